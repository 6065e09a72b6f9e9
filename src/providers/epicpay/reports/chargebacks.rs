//! chargebacks: every stage of every case, by the day it was reported.

use axum::response::Response;

use super::super::response::{Context, amount, answer_with, date_of, epic_id, id, mid};
use super::activity::account;
use crate::sandbox::facts::Kind;
use crate::sandbox::generate::calendar::{self, DAY};
use crate::sandbox::ledger::dispute::{self, CASE_DAYS, Cycle, Stage};
use crate::sandbox::ledger::{Axis, RowId};
use crate::sandbox::money::Currency;
use crate::wire::json::Writer;

pub(super) fn answer(context: Context) -> Response {
    let span = context.request.span();
    let cases = context.view.rows(Axis::Created, span.start - CASE_DAYS * DAY..span.end);
    let cases = cases.filter(|row| row.kind == Kind::Chargeback && !row.test);
    let mut entries: Vec<_> = cases
        .flat_map(|row| dispute::stages(&row).map(move |stage| (row.id(), stage)))
        .filter(|(_, stage)| span.contains(&stage.at))
        .map(|entry| (calendar::day_of(entry.1.at), entry))
        .collect();
    entries.sort_by_key(|(day, (id, stage))| (*day, *id, stage.at));
    answer_with(context, entries, write)
}

fn write(context: &Context, entry: (RowId, Stage), json: &mut Writer) {
    let (row, stage) = (context.row(entry.0), entry.1);
    let Some(row) = row else { return };
    let (root, account) = (row.root(), account(&row));
    let sale = row.parent().unwrap_or(root);
    let reason = dispute::reason_of(&row);
    json.open(b'{');
    json.text_member("reason_code", reason.map_or("", |reason| reason.code));
    date_of(json, "deposited_date", sale.settled_at());
    let (cycle, kind) = match stage.cycle {
        Cycle::First => ("FIRST_CHARGEBACK", 1),
        Cycle::PreArbitration => ("PRE_ARBITRATION", 2),
    };
    json.text_member("cycle", cycle);
    json.text_member("activity", "Assign To Merchant");
    date_of(json, "activity_date", Some(stage.at));
    currency(context, json, "transaction_currency", sale.currency);
    amount(json, "transaction_amount", sale.amount, sale.currency);
    date_of(json, "trxn_utc_date", Some(root.created_at));
    currency(context, json, "authorization_currency", root.currency);
    amount(json, "authorization_amount", root.amount, root.currency);
    date_of(json, "authorization_date", Some(root.created_at));
    amount(json, "chargeback_amount", row.amount, row.currency);
    json.text_member("reason_text", reason.map_or("", |reason| reason.text));
    json.text_member("account_suffix", &account.suffix());
    json.text_member("bin", &account.bin());
    id(json, "mid", "", mid(&context.view));
    id(json, "epic_id", "", epic_id(&context.view));
    date_of(json, "date_reply_by", Some(stage.reply_by));
    json.integer_member("chargeback_type", kind);
    id(json, "case_id", "", row.number());
    date_of(json, "date_reported", Some(stage.at));
    currency(context, json, "chargeback_currency", row.currency);
    json.text_member("card_number", &account.masked());
    json.close(b'}');
}

/// EpicPay: the sample has the number 1 for US dollars where the table promises letters. The numbers
/// of other currencies are nobody's but ours.
fn currency(context: &Context, json: &mut Writer, name: &str, currency: Currency) {
    if context.currency_letters {
        return json.text_member(name, currency.code());
    }
    let index = Currency::codes().position(|code| code == currency.code()).unwrap_or(0);
    json.integer_member(name, i64::try_from(index).unwrap_or(0) + 1);
}
