//! Report 528: transactions that moved money: purchases, and reversals with the id of their purchase.

use super::super::columns::{Column, IndexHint};
use super::Report;
use super::values::{
    checkout_url, currency, is_reversal, is_taken, money, order_desc, sender_email, settled, time,
    tran_id,
};
use crate::sandbox::ledger::Transaction;
use crate::wire::table::Cell;

pub(super) const REPORT: Report = Report {
    id: 528,
    mandatory: &["tran_id", "tran_timestart"],
    shows: |it| is_taken(it) || (is_reversal(it) && !it.test),
    columns: COLUMNS,
    order: None,
    aliases: &[("payout_amount", "payout_amoun")],
};

const COLUMNS: &[Column] = &[
    Column::id("tran_id", IndexHint::TransactionId, tran_id),
    Column::id("parent_tran_id", IndexHint::Anywhere, |it| match it.kind.is_original() {
        true => Cell::Null,
        false => tran_id(&it.root()),
    }),
    Column::text("sender_email", sender_email),
    Column::text("status", |_| Cell::text("approved")),
    Column::time("tran_timestart", IndexHint::Created, |it| Cell::Time(it.created_at)),
    Column::time("tran_timeend", IndexHint::Finished, |it| time(it.finished_at())),
    Column::text("tran_type", |it| match it.kind.is_original() {
        true => Cell::text("purchase"),
        false => Cell::text("reverse"),
    }),
    Column::text("currency", currency),
    Column::decimal("actual_amount", |it| money(moved(it), it.currency)),
    Column::time("payout_date", IndexHint::Settled, |it| time(paid_out(it).map(|it| it.0))),
    Column::decimal("payout_amoun", |it| match paid_out(it) {
        Some((_, minor)) => money(minor, it.currency),
        None => Cell::Null,
    }),
    Column::text("order_desc", order_desc),
    Column::text("checkout_url", |it| match it.kind.is_original() {
        true => checkout_url(it),
        false => Cell::Null,
    }),
];

/// The amount that moved, in minor units, always positive; `tran_type` gives the direction.
fn moved(it: &Transaction<'_>) -> i64 {
    if it.kind.is_original() { it.captured() } else { it.amount }
}

/// The time (Unix seconds) and the signed amount (minor units) of the change to the payout.
fn paid_out(it: &Transaction<'_>) -> Option<(i64, i64)> {
    if it.kind.is_original() {
        return settled(it).map(|settled| (settled.at, it.captured() - settled.fee));
    }
    it.settled_at().map(|at| (at, -it.amount - it.fee))
}
