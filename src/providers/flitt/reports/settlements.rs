//! Report 403: captured orders with their settlement.

use super::super::columns::{Column, IndexHint};
use super::Report;
use super::values::{
    actual_amount, batch, currency, fee, is_taken, merchant_data, optional, order_desc, order_id,
    order_status, owned, payment_id, payment_system, sender_email, settled, settlement_amount,
    settlement_currency, settlement_date, tran_id,
};
use crate::sandbox::facts::Method;
use crate::wire::table::Cell;

pub(super) const REPORT: Report = Report {
    id: 403,
    // The vendor does not document the mandatory filters of this report.
    mandatory: &[
        "settlement_date",
        "tran_time",
        "order_time",
        "payment_id",
        "order_id",
        "transaction_id",
    ],
    shows: is_taken,
    columns: COLUMNS,
    order: None,
    aliases: &[],
};

const COLUMNS: &[Column] = &[
    Column::id("payment_id", IndexHint::PaymentId, payment_id),
    Column::time("order_time", IndexHint::Created, |it| Cell::Time(it.created_at)),
    Column::text("order_status", |it| Cell::text(order_status(it))),
    Column::decimal("actual_amount", actual_amount),
    Column::text("currency", currency),
    Column::decimal("fee", fee),
    Column::order("order_id", order_id),
    Column::decimal("settlement_amount", settlement_amount),
    Column::text("settlement_currency", settlement_currency),
    Column::time("settlement_date", IndexHint::Settled, settlement_date),
    Column::text("settlement_status", |it| optional(settled(it).map(|_| "completed"))),
    Column::text("odb_ref", |it| batch(it).map_or(Cell::Null, |it| owned(it.to_string()))),
    Column::time("tran_time", IndexHint::Created, |it| Cell::Time(it.created_at)),
    Column::text("settlement_type", |_| Cell::text("purchase")),
    Column::text("payment_system", |it| match it.method {
        // From the vendor's sample of this report; other reports have `card`.
        Method::Card => Cell::text("Visa/MC"),
        other => Cell::text(payment_system(other)),
    }),
    Column::text("sender_email", sender_email),
    Column::text("order_desc", order_desc),
    Column::text("merchant_data", merchant_data),
    Column::text("settlement_desc", |it| match batch(it) {
        Some(batch) => owned(format!("Settlement {batch}")),
        None => Cell::Null,
    }),
    Column::id("transaction_id", IndexHint::TransactionId, tran_id),
];
