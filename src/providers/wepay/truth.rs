//! Rows of WePay for truth and reconciliation: those of a `merchant_transactions` file by `transaction_id`, without
//! withdrawals.

use super::columns::{File, TRANSACTIONS, state};
use super::ids::RowKeys;
use crate::sandbox::facts::Kind;
use crate::sandbox::ledger::{Axis, RowId, Transaction, View};
use crate::sandbox::space::Moment;
use crate::sandbox::truth::{Columns, IdKeys, ReportedRow, RowMapping, Spelling};
use crate::wire::json::Writer;
use crate::wire::rows::{self, Document, Layout};

pub(super) const ROW_MAPPING: RowMapping = RowMapping {
    reports: &[""],
    axis: Axis::Created,
    spelling: Spelling::Decimal(0),
    columns: Columns {
        id: "transaction_id",
        amount: "gross",
        fee: "processing_fee",
        status: "state",
    },
    keys: |seed| RowKeys::of(seed).into(),
    map: map_row,
    locate,
    is_id: |text| prefixed(text).is_some(),
};

fn map_row(keys: &IdKeys, row: &Transaction<'_>) -> Option<ReportedRow> {
    if row.gross() == 0 {
        return None;
    }
    let (root, keys) = (row.root(), RowKeys::from(*keys));
    let (prefix, number) = keys.transaction(row, &root);
    Some(ReportedRow {
        is_negative: row.gross() < 0,
        fee: Some(row.fee),
        status: state(row, &root).into(),
        ..ReportedRow::of("", format!("{prefix}{number}"), row)
    })
}

/// The prefix and the number of an id.
fn prefixed(id: &str) -> Option<(&'static str, i64)> {
    // The longer prefix first, because it begins with the shorter one.
    ["RCBK", "CBK", "RF", "C"].into_iter().find_map(|prefix| {
        let digits = id.strip_prefix(prefix)?;
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        Some((prefix, digits.parse().ok().filter(|_| is_number)?))
    })
}

/// The row with a `transaction_id`.
fn locate(keys: &IdKeys, view: &View, _: &str, id: &str) -> Vec<RowId> {
    let keys = RowKeys::from(*keys);
    let Some((prefix, number)) = prefixed(id) else { return Vec::new() };
    let Some(row) = keys.find(view, prefix, number) else { return Vec::new() };
    match row.kind {
        Kind::Authorization => row.first_capture().into_iter().map(|it| it.id()).collect(),
        _ => vec![row.id()],
    }
}

/// A line of a `merchant_transactions` file, each value as the text below its column's name.
pub(super) fn row(moment: &Moment, row: &Transaction<'_>) -> Vec<u8> {
    let account = row.view().merchant.credential_field("wepay", "account_id");
    let account = account.and_then(|it| it.parse().ok()).unwrap_or(0);
    let mut file = File::new(account, &TRANSACTIONS, RowKeys::of(moment.scenario().seed));
    file.head();
    file.row(row);
    let text = String::from_utf8(file.into_parts().0).unwrap_or_default();
    let mut json = Writer::with_capacity(1024);
    json.open(b'{');
    for cell in Document::of(&text, &[Layout::Csv]).iter().flat_map(|it| it.cells(0)) {
        json.text_member(&cell.name, &rows::unquoted(&cell.value));
    }
    json.close(b'}');
    json.into_bytes()
}
