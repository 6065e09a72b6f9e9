//! Report 969: captured orders, with card, batch and tariff.

use super::super::columns::{Column, IndexHint};
use super::Report;
use super::cards::{
    approval_code, bank_name, card_brand, card_expire_date, masked_card, payer_country, rrn,
};
use super::values::{
    actual_amount, batch, fee, fee_fix_value, fee_name, fee_percent_value, fee_type, is_taken,
    merchant_data, order_desc, order_id, order_status, payment_id, payment_system,
    settlement_amount, settlement_currency, settlement_date, time, tran_id,
};
use crate::wire::table::Cell;

pub(super) const REPORT: Report = Report {
    id: 969,
    mandatory: &["settlement_date", "tran_timeend", "payment_id", "order_id"],
    shows: is_taken,
    columns: COLUMNS,
    order: Some("tran_timeend"),
    aliases: &[],
};

const COLUMNS: &[Column] = &[
    Column::id("payment_id", IndexHint::PaymentId, payment_id),
    Column::id("tran_id", IndexHint::TransactionId, tran_id),
    Column::order("order_id", order_id),
    Column::time("tran_timeend", IndexHint::Finished, |it| time(it.finished_at())),
    Column::decimal("actual_amount", actual_amount),
    Column::text("settlement_currency", settlement_currency),
    Column::decimal("fee", fee),
    Column::decimal("settlement_amount", settlement_amount),
    Column::time("settlement_date", IndexHint::Settled, settlement_date),
    Column::integer("batch_id", |it| batch(it).map_or(Cell::Null, Cell::Integer)),
    Column::text("order_type", |_| Cell::text("purchase")),
    Column::text("order_status", |it| Cell::text(order_status(it))),
    Column::text("card_brand", card_brand),
    Column::text("payment_system", |it| Cell::text(payment_system(it.method))),
    Column::text("masked_card", masked_card),
    // The column is a string in report 745 and a number here.
    Column::integer("rrn", |it| rrn(it).map_or(Cell::Null, Cell::Integer)),
    Column::text("approval_code", approval_code),
    Column::text("order_desc", order_desc),
    Column::text("merchant_data", merchant_data),
    Column::text("payer_country", payer_country),
    Column::text("bank_name", bank_name),
    Column::text("card_expire_date", card_expire_date),
    // The vendor's list has this column twice.
    Column::text("card_brand", card_brand),
    Column::text("fee_name", fee_name),
    Column::text("fee_type", fee_type),
    Column::decimal("fee_percent_value", fee_percent_value),
    Column::decimal("fee_fix_value", fee_fix_value),
];
