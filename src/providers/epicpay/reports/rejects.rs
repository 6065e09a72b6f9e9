//! achrejects: bank debits that were returned, and notices of change.

use axum::response::Response;

use super::super::cells::Account;
use super::super::columns::{Table, amount, date, id, plain, text};
use super::super::response::{Context, Tell, answer_with};
use crate::sandbox::facts::Kind;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::ledger::dispute::{self, Correction, Reason};
use crate::sandbox::ledger::{Axis, RowId, Transaction};
use crate::sandbox::money::Money;

pub(super) struct Row {
    reported_on: Day,
    settled_on: Option<Day>,
    /// The number of the payment that was returned.
    payment: i64,
    account: Account,
    amount: Money,
    reason: Option<Reason>,
    accountholder: String,
    addenda: String,
}

pub(super) const TABLE: Table<Row> = &[&[
    date("reported_date", |it| Some(it.reported_on)),
    date("settled_date", |it| it.settled_on),
    date("effective_date", |it| Some(business_day_before(it.reported_on))),
    id("trxn_id", |it| Some(it.payment)),
    plain("account_number", |it: &Row, out| it.account.push_masked(out)).observed_as("account_no"),
    amount("amount", |it| it.amount),
    text("reason_code", |it| it.reason.map_or("", |reason| reason.code)),
    text("accountholder", |it| &it.accountholder),
    text("addenda", |it| &it.addenda),
    text("entry_class", |_| "WEB"),
    text("entry_desc", |_| "PAYMENT"),
    plain("routing_number", |it, out| it.account.push_bin(out)),
    text("reason_text", |it| it.reason.map_or("", |reason| reason.text)),
]];

pub(super) fn answer(context: Context) -> Response {
    let rows = context.view.rows(Axis::Created, context.request.span());
    let listed = rows.filter(|row| matches!(row.kind, Kind::Reject | Kind::Notice) && !row.test);
    let entries = listed.map(|row| (row.day(), row.id())).collect();
    answer_with(context, entries, TABLE, Row::new)
}

impl Row {
    fn new<'a>(context: &'a Context, entry: RowId, tell: Tell<'_, 'a>) -> Option<Self> {
        let row = context.row(entry)?;
        tell(row);
        let root = row.root();
        Some(Self {
            reported_on: row.day(),
            settled_on: row.settled_at().map(calendar::day_of),
            payment: root.number(),
            account: Account::of(&row),
            amount: Money { minor: row.amount, currency: row.currency },
            reason: dispute::reason_of(&row),
            accountholder: root.person().name(),
            addenda: addenda(&row),
        })
    }
}

/// The customer's bank returns a debit one business day before the merchant's bank reports it.
fn business_day_before(day: Day) -> Day {
    let mut before = day.saturating_sub(1);
    while before > 0 && !calendar::is_business_day(before) {
        before -= 1;
    }
    before
}

/// The corrected data of a notice of change; empty for a reject, as in the vendor's sample.
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
