//! How EpicPay's trxnactivity tells rows: by `transaction_id`, on the day on which they were paid.

use super::columns;
use super::quirks::Quirks;
use super::reports::activity::{self, is_listed, reason_text};
use crate::sandbox::ledger::dispute;
use crate::sandbox::ledger::{Axis, Transaction};
use crate::sandbox::space::Moment;
use crate::sandbox::truth::{Columns, IdKeys, ReportedRow, RowMapping, Spelling};
use crate::wire::line::Line;

pub(super) const ROW_MAPPING: RowMapping = RowMapping {
    reports: &[""],
    axis: Axis::Paid,
    spelling: Spelling::Decimal(0),
    columns: Columns { id: "transaction_id", amount: "amount", fee: "", status: "reason_text" },
    keys: |_| [0; 5],
    map: map_row,
    locate: |_, view, _, id| {
        let row = id.parse().ok().and_then(|number| view.find(number));
        row.into_iter().map(|row| row.id()).collect()
    },
    is_id: |text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
};

fn map_row(_: &IdKeys, row: &Transaction<'_>) -> Option<ReportedRow> {
    let is_told = is_listed(row) && row.paid_at().is_some();
    is_told.then(|| ReportedRow {
        status: reason_text(dispute::reason_of(row)).into(),
        ..ReportedRow::of("", row.number().to_string(), row)
    })
}

/// A row of trxnactivity.
pub(super) fn row(moment: &Moment, row: &Transaction<'_>) -> Vec<u8> {
    let mut line = Line::behind(Vec::with_capacity(1024));
    let row = activity::Row::of(row);
    columns::write(activity::TABLE, &row, Quirks::of(moment), &mut line);
    line.into_bytes()
}
