//! Report 745: every order, whatever its status.

use super::super::columns::{Column, IndexHint};
use super::Report;
use super::cards::{
    approval_code, bank_name, card_bin, card_brand, card_expire_date, eci, masked_card,
    payer_country, rrn,
};
use super::values::{
    actual_amount, currency, digits, fee, fee_fix_value, fee_name, fee_percent_value, fee_type,
    is_order, merchant_data, money, optional, order_desc, order_id, order_status, payment_id,
    payment_system, response, reversal_amount, sender_email, settlement_amount,
    settlement_currency, settlement_date, time, tran_id,
};
use crate::wire::table::Cell;

pub(super) const REPORT: Report = Report {
    id: 745,
    mandatory: &["order_timestart", "order_timeend", "payment_id", "order_id"],
    shows: is_order,
    columns: COLUMNS,
    order: None,
    aliases: &[],
};

const COLUMNS: &[Column] = &[
    Column::id("payment_id", IndexHint::PaymentId, payment_id),
    Column::time("order_timestart", IndexHint::Created, |it| Cell::Time(it.created_at)),
    Column::time("order_timeend", IndexHint::Finished, |it| time(it.finished_at())),
    Column::text("order_status", |it| Cell::text(order_status(it))),
    Column::decimal("amount", |it| money(it.amount, it.currency)),
    Column::decimal("actual_amount", actual_amount),
    Column::id("transaction_id", IndexHint::TransactionId, tran_id).wide(),
    Column::text("currency", currency),
    Column::text("actual_currency", currency),
    Column::text("order_type", |_| Cell::text("purchase")),
    Column::text("approval_code", approval_code),
    Column::text("card_bin", card_bin),
    Column::text("eci", |it| optional(eci(it))),
    Column::decimal("fee", fee),
    Column::text("masked_card", masked_card),
    Column::order("order_id", order_id),
    Column::text("payment_system", |it| Cell::text(payment_system(it.method))),
    Column::integer("response_code", |it| {
        response(it).map_or(Cell::Null, |it| Cell::Integer(it.0))
    }),
    Column::text("response_description", |it| optional(response(it).map(|it| it.1))),
    Column::decimal("reversal_amount", reversal_amount),
    Column::text("rrn", |it| rrn(it).map_or(Cell::Null, |it| digits("", it.unsigned_abs(), 1))),
    Column::text("sender_email", sender_email),
    Column::decimal("settlement_amount", settlement_amount),
    Column::text("settlement_currency", settlement_currency),
    Column::time("settlement_date", IndexHint::Settled, settlement_date),
    Column::text("merchant_data", merchant_data),
    Column::text("order_desc", order_desc),
    Column::text("payer_country", payer_country).wide(),
    Column::text("bank_name", bank_name).wide(),
    Column::text("bank_country", payer_country).wide(),
    Column::text("card_expire_date", card_expire_date).wide(),
    Column::text("card_brand", card_brand).wide(),
    Column::text("fee_name", fee_name).wide(),
    Column::text("fee_type", fee_type).wide(),
    Column::decimal("fee_percent_value", fee_percent_value).wide(),
    Column::decimal("fee_fix_value", fee_fix_value).wide(),
];
