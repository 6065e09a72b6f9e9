//! Batches: the payments, captures and refunds of one day, separately for cards and bank debits.

use std::collections::BTreeMap;
use std::ops::Range;

use super::numbering::deposit_number;
use super::rows::Axis;
use super::settlement::{Class, Key, effective_on, secondary};
use super::transaction::Transaction;
use super::view::View;
use crate::sandbox::facts::Kind;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::money::Currency;

/// The payments, captures and refunds of one day, class and currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Positive, ascending with the day, unique over all batches of all merchants.
    pub number: i64,
    /// The day on which its rows succeeded, UTC.
    pub day: Day,
    /// The class of its payment methods.
    pub class: Class,
    /// The currency of its amounts.
    pub currency: Currency,
    /// The day, past or future, on which the bank books the deposit of its sales.
    pub effective_on: Day,
    /// The number of payments and captures.
    pub sales_count: i64,
    /// Minor units of the payments and captures.
    pub sales: i64,
    /// The number of refunds.
    pub credits_count: i64,
    /// Minor units of the refunds, positive.
    pub credits: i64,
    /// Minor units collected beside the sales, see [`secondary`].
    pub secondary: i64,
}

/// The batches of `days`, by day and class, with the rows that exist at the instant of the view.
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
            number: deposit_number(view, key),
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

/// The number of the batch that contains a row; `None` if no batch contains it.
#[must_use]
pub fn batch_of(row: &Transaction<'_>) -> Option<i64> {
    batch_key(row).map(|key| deposit_number(row.view(), key))
}

fn batch_key(row: &Transaction<'_>) -> Option<Key> {
    let in_batches = matches!(row.kind, Kind::Payment | Kind::Capture | Kind::Refund);
    let at = row.paid_at().filter(|_| in_batches && !row.test)?;
    Some((calendar::day_of(at), Class::of(row.method), row.currency))
}
