//! Batches: what was taken and given back on one day, for cards and for bank debits apart.

use std::collections::BTreeMap;
use std::ops::Range;

use super::rows::Axis;
use super::settlement::{Class, Key, effective_on, number, secondary};
use super::transaction::Transaction;
use super::view::View;
use crate::sandbox::facts::Kind;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::money::Currency;

/// What was taken and given back on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Positive, rising with the day, different for every batch of every merchant.
    pub number: i64,
    /// The day its rows were paid.
    pub day: Day,
    /// What it is the money of.
    pub class: Class,
    /// Of its amounts.
    pub currency: Currency,
    /// The day the bank books the deposit of its sales, past or future.
    pub effective_on: Day,
    /// Payments and captures.
    pub sales_count: i64,
    /// Minor units of them.
    pub sales: i64,
    /// Refunds.
    pub credits_count: i64,
    /// Minor units of them, positive.
    pub credits: i64,
    /// Minor units collected beside the sales, see [`secondary`].
    pub secondary: i64,
}

/// The batches of the days, by day and class, as far as their rows are there.
#[must_use]
pub fn batches(view: &View, days: Range<Day>) -> Vec<Batch> {
    let mut batches: BTreeMap<Key, Batch> = BTreeMap::new();
    if days.is_empty() {
        return Vec::new();
    }
    let span = calendar::start_of(days.start)..calendar::start_of(days.end);
    for row in view.rows(Axis::Paid, span) {
        let Some(key) = batch_key(&row) else { continue };
        let wait = view.merchant.trade.settlement_days.max(1);
        let batch = batches.entry(key).or_insert_with(|| Batch {
            number: number(view, key),
            day: key.0,
            class: key.1,
            currency: key.2,
            effective_on: effective_on(calendar::business_days_after(key.0, wait)),
            sales_count: 0,
            sales: 0,
            credits_count: 0,
            credits: 0,
            secondary: 0,
        });
        if row.kind.sign() > 0 {
            batch.sales_count += 1;
            batch.sales = batch.sales.saturating_add(row.amount);
            batch.secondary = batch.secondary.saturating_add(secondary(&row));
        } else {
            batch.credits_count += 1;
            batch.credits = batch.credits.saturating_add(row.amount);
        }
    }
    batches.into_values().collect()
}

/// The number of the batch that a row is in; `None` for what is in none.
#[must_use]
pub fn batch_of(row: &Transaction<'_>) -> Option<i64> {
    batch_key(row).map(|key| number(row.view(), key))
}

fn batch_key(row: &Transaction<'_>) -> Option<Key> {
    let in_batches = matches!(row.kind, Kind::Payment | Kind::Capture | Kind::Refund);
    let at = row.paid_at().filter(|_| in_batches && !row.test)?;
    Some((calendar::day_of(at), Class::of(row.method), row.currency))
}
