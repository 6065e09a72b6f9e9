//! How PayFort's report tells rows: every operation, by its `fort_id`.

use jiff::tz::Offset;

use super::row_context::RowContext;
use super::{cells, columns};
use crate::sandbox::ledger::{Axis, Transaction};
use crate::sandbox::space::Moment;
use crate::sandbox::truth::{Columns, IdKeys, ReportedRow, RowMapping, Spelling};
use crate::wire::json::{Writer, text_member};

pub(super) const ROW_MAPPING: RowMapping = RowMapping {
    reports: &[""],
    axis: Axis::Created,
    spelling: Spelling::Minor,
    columns: Columns { id: "fort_id", amount: "amount", fee: "", status: "status" },
    keys: |_| [0; 5],
    map: map_row,
    locate: |_, view, _, id| cells::rows_of_fort_id(view, id),
    is_id: |text| cells::second_of_fort_id(text).is_some(),
};

fn map_row(_: &IdKeys, row: &Transaction<'_>) -> Option<ReportedRow> {
    if !columns::is_shown(row) {
        return None;
    }
    let mut id = String::with_capacity(18);
    cells::push_fort_id(row, &mut id);
    let status = cells::code(row).status.into();
    let mut reported = ReportedRow { status, ..ReportedRow::of("", id, row) };
    if let Some(json) = row.pinned("payfort") {
        let cell = |column| text_member(json, column);
        reported.id = cell("fort_id").unwrap_or(reported.id);
        reported.status = cell("status").map_or(reported.status, Into::into);
    }
    Some(reported)
}

/// A row of a report with all columns, dates in UTC.
pub(super) fn row(_: &Moment, row: &Transaction<'_>) -> Vec<u8> {
    let context = RowContext::of(*row, Offset::UTC);
    let (mut json, mut cell) = (Writer::with_capacity(2048), String::new());
    json.open(b'{');
    for column in &columns::ALL {
        cell.clear();
        column.push(&context, &mut cell);
        json.text_member(column.name, &cell);
    }
    json.close(b'}');
    json.into_bytes()
}
