//! deposits and deposits-detail: what went to the merchant's bank account, and what it was made of.

use axum::response::Response;

use super::super::report_type::Report;
use super::super::response::{
    Context, agent, amount, answer_with, date, date_of, epic_id, id, own_account,
};
use super::activity::{self, account, client_ids};
use super::batches::payment_type;
use crate::sandbox::ledger::batch;
use crate::sandbox::ledger::settlement::{self, Deposit, DepositLine, LineKind};
use crate::sandbox::ledger::{Transaction, dispute};
use crate::wire::json::Writer;

pub(super) fn answer(context: Context) -> Response {
    let deposits = settlement::deposits(&context.view, context.days());
    let entries = deposits.into_iter().map(|deposit| (deposit.day, deposit)).collect();
    answer_with(context, entries, write)
}

fn write(context: &Context, deposit: Deposit, json: &mut Writer) {
    json.open(b'{');
    date(json, "reported_date", Some(deposit.day));
    date_of(json, "effective_date", Some(deposit.effective_at));
    id(json, "epic_id", "", epic_id(&context.view));
    json.text_member("merchant_name", &context.view.merchant.display_name);
    json.text_member("payment_type", payment_type(deposit.class));
    json.text_member(context.account_key(), &own_account(&context.view));
    amount(json, "amount", deposit.amount, deposit.currency);
    agent(json);
    id(json, "unique_id", "", deposit.number);
    if context.request.report == Report::DepositsDetail {
        json.integer_member("detail_count", i64::try_from(deposit.len()).unwrap_or(i64::MAX));
        json.key("detail_data");
        json.open(b'[');
        for line in settlement::lines(&context.view, &deposit) {
            match line.row {
                Some(row) => write_row(&deposit, &line, &row, json),
                None => write_own(&deposit, &line, json),
            }
        }
        json.close(b']');
    }
    json.close(b'}');
}

/// The word for a line; sales as in the vendor's sample, the rest as in its third appendix.
fn trxn_type(line: &DepositLine<'_>) -> &'static str {
    match (line.kind, line.row) {
        (LineKind::Sale, Some(row)) => activity::sale_word(&row),
        (LineKind::Sale, None) => "SALE",
        (LineKind::Refund, _) => "Credits",
        (LineKind::Chargeback, _) => "Chargeback",
        (LineKind::Reject, row) => row.as_ref().map_or("Reject-CUS", activity::reject_word),
        (LineKind::Fee, _) => "Discount",
        (LineKind::Reserve | LineKind::ReserveRelease, _) => "Reserve",
        (LineKind::MonthEndFee, _) => "MEF",
        (LineKind::Adjustment, _) => "Adjustment",
    }
}

fn write_row(deposit: &Deposit, line: &DepositLine<'_>, row: &Transaction<'_>, json: &mut Writer) {
    json.open(b'{');
    json.text_member("trxn_type", trxn_type(line));
    date_of(json, "reported_date", row.paid_at());
    amount(json, "amount", line.amount, deposit.currency);
    amount(json, "secondary_amount", settlement::secondary(row), deposit.currency);
    json.text_member("account_no", &account(row).masked());
    json.text_member("accountholder", &row.root().person().name());
    date(json, "transaction_date", Some(row.day()));
    client_ids(json, row);
    let returned = row.parent().filter(|_| row.kind.sign() < 0);
    let referenced = returned.map_or(row.number(), |parent| parent.number());
    id(json, "reference_id", "trxn_", referenced);
    match (batch::batch_of(row), dispute::reason_of(row)) {
        (Some(batch), _) => id(json, "memo", "bat_", batch),
        (None, Some(reason)) => json.text_member("memo", reason.text),
        (None, None) => json.text_member("memo", ""),
    }
    json.close(b'}');
}

/// A line that belongs to no transaction.
fn write_own(deposit: &Deposit, line: &DepositLine<'_>, json: &mut Writer) {
    let memo = match line.kind {
        LineKind::Fee => "Processing fees",
        LineKind::Reserve => "Transfer to reserve account",
        LineKind::ReserveRelease => "Release from reserve account",
        LineKind::MonthEndFee => "Month end fee",
        LineKind::Adjustment => "Month end fee returned",
        LineKind::Sale | LineKind::Refund | LineKind::Chargeback | LineKind::Reject => "",
    };
    json.open(b'{');
    json.text_member("trxn_type", trxn_type(line));
    date(json, "reported_date", Some(deposit.day));
    amount(json, "amount", line.amount, deposit.currency);
    json.integer_member("secondary_amount", 0);
    json.text_member("account_no", "");
    json.text_member("accountholder", "");
    date(json, "transaction_date", Some(deposit.day));
    json.text_member("client_trxn_id", "");
    json.text_member("client_order_id", "");
    json.text_member("client_customer_id", "");
    json.text_member("reference_id", "");
    json.text_member("memo", memo);
    json.close(b'}');
}
