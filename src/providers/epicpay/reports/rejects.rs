//! achrejects: bank debits that came back, and notices of change.

use axum::response::Response;

use super::super::response::{Context, amount, answer_with, date, date_of, id};
use super::activity::account;
use crate::sandbox::facts::Kind;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::ledger::dispute::{self, Correction};
use crate::sandbox::ledger::{Axis, RowId, Transaction};
use crate::wire::json::Writer;

pub(super) fn answer(context: Context) -> Response {
    let rows = context.view.rows(Axis::Created, context.request.span());
    let listed = rows.filter(|row| matches!(row.kind, Kind::Reject | Kind::Notice) && !row.test);
    let entries = listed.map(|row| (row.day(), row.id())).collect();
    answer_with(context, entries, write)
}

fn write(context: &Context, entry: RowId, json: &mut Writer) {
    let Some(row) = context.row(entry) else { return };
    let root = row.root();
    let account = account(&row);
    json.open(b'{');
    date(json, "reported_date", Some(row.day()));
    date_of(json, "settled_date", row.settled_at());
    date(json, "effective_date", Some(business_day_before(row.day())));
    id(json, "trxn_id", "", root.number());
    json.text_member(context.account_key(), &account.masked());
    amount(json, "amount", row.amount, row.currency);
    let reason = dispute::reason_of(&row);
    json.text_member("reason_code", reason.map_or("", |reason| reason.code));
    json.text_member("accountholder", &root.person().name());
    json.text_member("addenda", &addenda(&row));
    json.text_member("entry_class", "WEB");
    json.text_member("entry_desc", "PAYMENT");
    json.text_member("routing_number", &account.bin());
    json.text_member("reason_text", reason.map_or("", |reason| reason.text));
    json.close(b'}');
}

/// The customer's bank sends back a business day before the merchant's bank reports it.
fn business_day_before(day: Day) -> Day {
    let mut before = day.saturating_sub(1);
    while before > 0 && !calendar::is_business_day(before) {
        before -= 1;
    }
    before
}

/// What is right instead, for a notice of change; nothing for a reject, as in the vendor's sample.
fn addenda(row: &Transaction<'_>) -> String {
    let head = row.root().bank_account().map_or(0, |account| account.head);
    let account = |last4: u16| format!("{head:07}****{:03}", last4 % 1000);
    match dispute::correction(row) {
        None => String::new(),
        Some(Correction::Account(last4)) => account(last4),
        Some(Correction::Routing(routing)) => format!("{routing:09}"),
        Some(Correction::Both(routing, last4)) => format!("{routing:09} {}", account(last4)),
        // Nacha's transaction codes: 27 debits a checking account, 37 a savings account.
        Some(Correction::Savings(savings)) => if savings { "37" } else { "27" }.to_owned(),
    }
}
