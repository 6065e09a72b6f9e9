//! trxnactivity: sales, credits, chargebacks and rejects, by the day they took place.

use axum::response::Response;

use super::super::response::{Account, Context, amount, answer_with, date_of, id, mid};
use crate::sandbox::facts::Kind;
use crate::sandbox::generate::calendar;
use crate::sandbox::ledger::batch;
use crate::sandbox::ledger::settlement::{self, Class};
use crate::sandbox::ledger::{Axis, RowId, Transaction, dispute};
use crate::wire::json::Writer;

pub(super) fn answer(context: Context) -> Response {
    let rows = context.view.rows(Axis::Paid, context.request.span());
    let listed = rows.filter(|row| row.kind.sign() != 0 && !row.test);
    let mut entries: Vec<_> =
        listed.filter_map(|row| Some((calendar::day_of(row.paid_at()?), row.id()))).collect();
    // What is created before midnight may be paid after it.
    entries.sort_unstable();
    answer_with(context, entries, write)
}

/// The account that a row was paid with; what happened to a payment shows that of the payment.
pub(super) fn account(row: &Transaction<'_>) -> Account {
    let root = row.root();
    Account::new(root.card(), root.bank_account())
}

/// The word for a sale.
pub(super) fn sale_word(row: &Transaction<'_>) -> &'static str {
    match Class::of(row.method) {
        Class::Card => "SALE",
        Class::Bank => "DEBIT",
    }
}

/// The word for a reject, by who caused it.
pub(super) fn reject_word(row: &Transaction<'_>) -> &'static str {
    if dispute::is_by_customer(row) { "Reject-CUS" } else { "Reject-MER" }
}

fn trxn_type(row: &Transaction<'_>) -> &'static str {
    match row.kind {
        Kind::Payment | Kind::Authorization | Kind::Capture => sale_word(row),
        Kind::Refund | Kind::Void => "CREDIT",
        Kind::Chargeback => "Chargeback",
        Kind::Reject | Kind::Notice => reject_word(row),
    }
}

/// What the merchant called the transaction, its order and its customer.
pub(super) fn client_ids(json: &mut Writer, row: &Transaction<'_>) {
    // A merchant names what it sends; chargebacks and rejects come under the name of their payment.
    let named = match row.kind {
        Kind::Chargeback | Kind::Reject | Kind::Notice => {
            row.parent().map_or(row.number(), |parent| parent.number())
        }
        Kind::Payment | Kind::Authorization | Kind::Capture | Kind::Void | Kind::Refund => {
            row.number()
        }
    };
    id(json, "client_trxn_id", "TRX-", named);
    json.key("client_order_id");
    json.text(&row.order().to_string());
    json.text_member("client_customer_id", &customer(row.key()));
}

/// The name of a customer: the same for all payments of a subscription.
fn customer(key: u64) -> String {
    format!("CUS-{:08X}", key >> 32)
}

fn write(context: &Context, entry: RowId, json: &mut Writer) {
    let Some(row) = context.row(entry) else { return };
    let account = account(&row);
    let class = Class::of(row.method);
    json.open(b'{');
    json.text_member("bin", &account.bin());
    json.text_member("account_suffix", &account.suffix());
    client_ids(json, &row);
    id(json, "mid", "", mid(&context.view));
    date_of(json, "deposited_date", row.settled_at());
    match batch::batch_of(&row) {
        Some(batch) => id(json, "batch_id", "", batch),
        None => json.text_member("batch_id", ""),
    }
    json.text_member("accountholder", &row.root().person().name());
    amount(json, "amount", row.amount, row.currency);
    amount(json, "secondary_amount", settlement::secondary(&row), row.currency);
    json.text_member("account_number", &account.masked());
    date_of(json, "settled_date", row.settled_at());
    json.text_member("trxn_type", trxn_type(&row));
    json.text_member("payment_type", if class == Class::Bank { "ACH" } else { "CARD" });
    date_of(json, "reported_date", row.paid_at());
    id(json, "transaction_id", "", row.number());
    date_of(json, "trxn_utc_date", Some(row.created_at));
    let reason = dispute::reason_of(&row);
    json.text_member("reason_code", reason.map_or("000", |reason| reason.code));
    json.text_member("reason_text", reason.map_or("Approved", |reason| reason.text));
    json.close(b'}');
}
