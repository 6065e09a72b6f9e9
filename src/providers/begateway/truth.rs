//! How beGateway's report tells rows: every status and both payment methods, by `id` or `uid`.

use jiff::tz::TimeZone;

use super::pieces::bare_uid;
use super::response::{is_shown, object_id, push_rows};
use super::row_context::PageContext;
use super::values;
use crate::sandbox::ledger::{Axis, RowId, Transaction, View};
use crate::sandbox::space::Moment;
use crate::sandbox::truth::{Columns, IdKeys, ReportedRow, RowMapping, Spelling};
use crate::wire::json::text_member;
use crate::wire::line::Line;

pub(super) const ROW_MAPPING: RowMapping = RowMapping {
    reports: &[""],
    axis: Axis::Created,
    spelling: Spelling::Minor,
    columns: Columns { id: "id", amount: "amount", fee: "transaction_fee", status: "status" },
    keys: |_| [0; 5],
    map: map_row,
    locate,
    is_id: |text| {
        let (number, rest) = text.split_once('-').unwrap_or((text, ""));
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number && rest.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    },
};

fn map_row(_: &IdKeys, row: &Transaction<'_>) -> Option<ReportedRow> {
    if !is_shown(row) {
        return None;
    }
    let pinned = row.pinned("begateway").and_then(|json| text_member(json, "status"));
    let status = pinned.map_or_else(|| values::status(row).into(), Into::into);
    let fee = Some(values::fee(row));
    Some(ReportedRow { fee, status, ..ReportedRow::of("", object_id(row).to_string(), row) })
}

fn locate(_: &IdKeys, view: &View, _: &str, id: &str) -> Vec<RowId> {
    let (number, is_uid) = match id.split_once('-') {
        Some((number, _)) => (number, true),
        None => (id, false),
    };
    let row = number.parse().ok().and_then(|number| view.find(number));
    let has_uid = |row: &Transaction<'_>| {
        let mut uid = Line::behind(Vec::with_capacity(32));
        bare_uid(&mut uid, row);
        uid.into_bytes() == id.as_bytes()
    };
    row.filter(|row| !is_uid || has_uid(row)).into_iter().map(|row| row.id()).collect()
}

/// A transaction object of a page, timestamps in UTC.
pub(super) fn row(_: &Moment, row: &Transaction<'_>) -> Vec<u8> {
    let shop = row.view().merchant.credential_field("begateway", "shop_id").unwrap_or("");
    let mut json = Vec::new();
    push_rows(&mut json, &[*row], &PageContext::of(shop, TimeZone::UTC), true);
    json
}
