//! What deposits add up to, without their rows. Those of a complete day are kept, however many rows it has.

use std::collections::BTreeMap;
use std::ops::Range;

use super::fates::Failure;
use super::line_kind::LineKind;
use super::settlement::{self, Class, Deposit};
use super::view::View;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::money::Currency;

/// What a deposit adds up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Positive, ascending with the day, unique over all merchants.
    pub number: i64,
    /// The day on which its rows are settled, UTC.
    pub day: Day,
    /// The class of its payment methods.
    pub class: Class,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// The instant of the transfer, Unix seconds: 08:00 UTC of its day, or earlier if an action settled a
    /// row before.
    pub initiated_at: i64,
    /// The instant at which the bank books it, Unix seconds: in the morning of the next business day, or later if
    /// it was delayed.
    pub effective_at: i64,
    /// That it did not stay at the bank; its money comes with a later deposit.
    pub failure: Option<Failure>,
    /// Minor units; the sum of its lines.
    pub amount: i64,
    /// Minor units of the payments and captures in it.
    pub sales: i64,
    /// Minor units of the fees taken from it.
    pub fees: i64,
    /// For each kind of its lines their number and the sum of their amounts, signed minor units.
    pub lines: BTreeMap<LineKind, (u64, i64)>,
}

impl Summary {
    /// Adds a line; the amount has the sign of its effect on the deposit.
    pub(super) fn add(&mut self, kind: LineKind, amount: i64) {
        let (count, sum) = self.lines.entry(kind).or_default();
        *count += 1;
        *sum = sum.saturating_add(amount);
        self.amount = self.amount.saturating_add(amount);
    }
}

/// What the deposits of `days` that exist at the instant of the view add up to, by day and class.
///
/// The rows of a day are read once, unless additions of the space can change its deposits.
#[must_use]
pub fn summaries(view: &View, days: Range<Day>) -> Vec<Summary> {
    let days = days.start.max(view.first)..days.end.min(calendar::day_of(view.now) + 1);
    let mut found = Vec::new();
    let mut unread = days.start..days.start;
    for day in days.clone() {
        if let Some(kept) = kept(view, day) {
            found.append(&mut read(view, unread));
            found.extend_from_slice(kept);
            unread = day + 1..day + 1;
        } else {
            unread.end = day + 1;
        }
    }
    found.append(&mut read(view, unread));
    found
}

/// Whether nothing can be added to the deposits of a day, and they do not depend on the space.
fn is_complete(view: &View, day: Day) -> bool {
    view.overlay.is_generated(day) && settlement::morning(day) <= view.now
}

fn kept(view: &View, day: Day) -> Option<&[Summary]> {
    view.generated.deposit_summaries(day)?.get().filter(|_| is_complete(view, day)).map(|it| &**it)
}

/// Reads the rows of these days, and keeps the days that are complete.
fn read(view: &View, days: Range<Day>) -> Vec<Summary> {
    if days.is_empty() {
        return Vec::new();
    }
    let deposits = settlement::made(&view.with_hidden(), days.clone());
    let found: Vec<Summary> = deposits.into_iter().map(Deposit::into_summary).collect();
    // What was read from a cancelled view is not whole.
    if view.is_cancelled() {
        return found;
    }
    for day in days.filter(|day| is_complete(view, *day)) {
        let from = found.partition_point(|it| it.day < day);
        let of_day = found.iter().skip(from).take_while(|it| it.day == day).cloned().collect();
        if let Some(slot) = view.generated.deposit_summaries(day) {
            slot.get_or_init(|| of_day);
        }
    }
    found
}
