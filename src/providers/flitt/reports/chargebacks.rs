//! Report 500: chargebacks and their reversals, each with the transaction that was disputed.

use super::super::columns::{Column, IndexHint};
use super::Report;
use super::values::{currency, money, payment_system, sender_email, time, tran_id};
use crate::sandbox::facts::{Kind, Method};
use crate::sandbox::ledger::Transaction;
use crate::wire::table::Cell;

pub(super) const REPORT: Report = Report {
    id: 500,
    mandatory: &["tran_id", "chargeback_createtime"],
    shows: |it| is_of_dispute(it.kind) && !it.test,
    columns: COLUMNS,
    order: Some("tran_timestart"),
    aliases: &[("payout_amount", "payout_amoun")],
};

const COLUMNS: &[Column] = &[
    Column::time("chargeback_createtime", IndexHint::Created, |it| Cell::Time(it.created_at)),
    Column::id("tran_id", IndexHint::Anywhere, |it| tran_id(&it.root())),
    Column::text("sender_email", sender_email),
    Column::text("status", |_| Cell::text("approved")),
    Column::time("tran_timestart", IndexHint::Anywhere, |it| Cell::Time(it.root().created_at)),
    Column::time("tran_timeend", IndexHint::Anywhere, |it| time(it.root().finished_at())),
    Column::text("tran_type", |_| Cell::text("purchase")),
    Column::text("protocol", |it| match it.method {
        Method::Card => Cell::text("alfa"),
        other => Cell::text(payment_system(other)),
    }),
    Column::text("currency", currency),
    Column::decimal("amount", |it| money(it.amount, it.currency)),
    Column::time("payout_date", IndexHint::Settled, |it| time(it.settled_at())),
    // This spelling is in every version of the vendor's page. The page gives the type date, but the column
    // is a decimal in other reports.
    Column::decimal("payout_amoun", payout),
];

/// Whether a row is shown here: a chargeback, or its reversal after the dispute was won.
pub(in super::super) fn is_of_dispute(kind: Kind) -> bool {
    matches!(kind, Kind::Chargeback | Kind::ChargebackReversal)
}

/// What the payout loses by a chargeback with its fee, as a negative amount, or gains by a reversal; null until
/// it is settled.
fn payout<'a>(it: &Transaction<'a>) -> Cell<'a> {
    it.settled_at().map_or(Cell::Null, |_| money(it.gross() - it.fee, it.currency))
}
