//! trxnactivity: sales, credits, chargebacks and rejects, by the day on which they were paid.

use axum::response::Response;

use super::super::cells::{Account, mid};
use super::super::columns::{Table, amount, date, id, plain, text};
use super::super::response::{Context, answer_with};
use crate::sandbox::facts::Kind;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::ledger::batch;
use crate::sandbox::ledger::dispute::{self, Reason};
use crate::sandbox::ledger::settlement::{self, Class};
use crate::sandbox::ledger::{Axis, OrderRef, Transaction};
use crate::sandbox::money::Money;
use crate::wire::line::Line;
use crate::wire::text::hex;

pub(in super::super) struct Row {
    account: Account,
    client_ids: ClientIds,
    mid: i64,
    settled_on: Option<Day>,
    batch: Option<i64>,
    accountholder: String,
    amount: Money,
    /// Minor units.
    secondary: i64,
    trxn_type: &'static str,
    class: Class,
    paid_on: Option<Day>,
    number: i64,
    created_on: Day,
    reason: Option<Reason>,
}

pub(in super::super) const TABLE: Table<Row> = &[&[
    plain("bin", |it, out| it.account.push_bin(out)),
    plain("account_suffix", |it, out| it.account.push_suffix(out)),
    plain("client_trxn_id", |it, out| it.client_ids.push_transaction(out)),
    text("client_order_id", |it| &it.client_ids.order),
    text("client_customer_id", |it| &it.client_ids.customer),
    id("mid", |it| Some(it.mid)),
    date("deposited_date", |it| it.settled_on),
    id("batch_id", |it| it.batch),
    text("accountholder", |it| &it.accountholder),
    amount("amount", |it| it.amount),
    amount("secondary_amount", |it| Money { minor: it.secondary, ..it.amount }),
    plain("account_number", |it, out| it.account.push_masked(out)),
    date("settled_date", |it| it.settled_on),
    text("trxn_type", |it| it.trxn_type),
    text("payment_type", |it| if it.class == Class::Bank { "ACH" } else { "CARD" }),
    date("reported_date", |it| it.paid_on),
    id("transaction_id", |it| Some(it.number)),
    date("trxn_utc_date", |it| Some(it.created_on)),
    text("reason_code", |it| it.reason.map_or("000", |reason| reason.code)),
    text("reason_text", |it| reason_text(it.reason)),
]];

/// Whether the report can show a row: it moves money, or will.
pub(in super::super) fn is_listed(row: &Transaction<'_>) -> bool {
    row.kind.sign() != 0 && !row.test
}

/// `reason_text`: why money was forced back.
pub(in super::super) fn reason_text(reason: Option<Reason>) -> &'static str {
    reason.map_or("Approved", |reason| reason.text)
}

pub(super) fn answer(context: Context) -> Response {
    let rows = context.view.rows(Axis::Paid, context.request.span());
    let listed = rows.filter(is_listed);
    let mut entries: Vec<_> =
        listed.filter_map(|row| Some((calendar::day_of(row.paid_at()?), row.id()))).collect();
    // A row that is created before midnight can be paid after it.
    entries.sort_unstable();
    answer_with(context, entries, TABLE, |context, id, tell| {
        let row = context.row(id)?;
        tell(row);
        Some(Row::of(&row))
    })
}

impl Row {
    pub(in super::super) fn of(row: &Transaction<'_>) -> Self {
        Self {
            account: Account::of(row),
            client_ids: ClientIds::of(row),
            mid: mid(row.view()),
            settled_on: row.settled_at().map(calendar::day_of),
            batch: batch::batch_of(row),
            accountholder: row.root().person().name(),
            amount: Money { minor: row.amount, currency: row.currency },
            secondary: settlement::secondary(row),
            trxn_type: trxn_type(row),
            class: Class::of(row.method),
            paid_on: row.paid_at().map(calendar::day_of),
            number: row.number(),
            created_on: calendar::day_of(row.created_at),
            reason: dispute::reason_of(row),
        }
    }
}

/// `trxn_type` of a sale.
pub(super) fn sale_type(row: &Transaction<'_>) -> &'static str {
    match Class::of(row.method) {
        Class::Card => "SALE",
        Class::Bank => "DEBIT",
    }
}

/// `trxn_type` of a reject, by the party that caused it.
pub(super) fn reject_type(row: &Transaction<'_>) -> &'static str {
    if dispute::is_by_customer(row) { "Reject-CUS" } else { "Reject-MER" }
}

fn trxn_type(row: &Transaction<'_>) -> &'static str {
    match row.kind {
        Kind::Payment | Kind::Authorization | Kind::Capture => sale_type(row),
        Kind::Refund | Kind::Void => "CREDIT",
        Kind::Chargeback => "Chargeback",
        Kind::ChargebackReversal => "Adjustment",
        Kind::Reject | Kind::Notice => reject_type(row),
    }
}

/// The payment or the capture that a row is about; of a reversal, that of its chargeback.
pub(super) fn sale<'a>(row: &Transaction<'a>) -> Transaction<'a> {
    let parent = row.parent().unwrap_or(*row);
    if row.kind == Kind::ChargebackReversal { parent.parent().unwrap_or(parent) } else { parent }
}

/// The same as `to_string`, which is slower.
fn order_text(order: OrderRef<'_>) -> String {
    match order {
        OrderRef::Given(text) => text.to_owned(),
        OrderRef::Drawn(number) => {
            let mut text = String::with_capacity(24);
            text.push_str("ORD-");
            text.push_str(itoa::Buffer::new().format(number));
            text
        }
    }
}

/// `CUS-` and eight upper-case hex digits.
fn customer_text(number: u64) -> String {
    let mut text = String::with_capacity(12);
    text.push_str("CUS-");
    let [.., a, b, c, d, e, f, g, h] = hex(number);
    text.extend([a, b, c, d, e, f, g, h].map(|digit| char::from(digit.to_ascii_uppercase())));
    text
}

/// The merchant's own identifiers of a transaction, its order and its customer; all empty by default.
#[derive(Default)]
pub(super) struct ClientIds {
    transaction: Option<i64>,
    pub(super) order: String,
    /// The same for all payments of a subscription.
    pub(super) customer: String,
}

impl ClientIds {
    pub(super) fn of(row: &Transaction<'_>) -> Self {
        // The merchant sends no chargebacks, rejects and notices, so these have the identifier of their
        // payment.
        let named = match row.kind {
            Kind::Chargeback | Kind::ChargebackReversal | Kind::Reject | Kind::Notice => {
                sale(row).number()
            }
            Kind::Payment | Kind::Authorization | Kind::Capture | Kind::Void | Kind::Refund => {
                row.number()
            }
        };
        Self {
            transaction: Some(named),
            order: order_text(row.order()),
            customer: customer_text(row.key() >> 32),
        }
    }

    pub(super) fn push_transaction(&self, out: &mut Line) {
        if let Some(number) = self.transaction {
            out.piece(b"TRX-");
            out.number(number);
        }
    }
}
