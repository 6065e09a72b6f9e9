//! What amendments change after the money of their rows was paid out: a line of the next deposit.

use std::collections::BTreeSet;
use std::ops::Range;

use super::View;
use super::amendment::LATEST_AMENDMENT;
use super::row_id::RowId;
use super::rows::Axis;
use super::settlement::{Class, Key, morning};
use crate::sandbox::generate::calendar::{self, DAY, Day};
use crate::sandbox::money::Currency;

/// The longest time, in seconds, until the outcome of a generated payment is known.
const LONGEST_FINISH: i64 = 86_400;

/// The longest time, in seconds, from an amendment to the next deposit: from Friday to Monday.
const LONGEST_WAIT: i64 = 4 * DAY;

/// The line of a deposit for one amendment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CorrectionLine {
    /// The deposit that it is a line of.
    pub(super) key: Key,
    /// The amended row.
    pub(super) row: RowId,
    /// The instant of the amendment, Unix seconds.
    made_at: i64,
    /// Minor units with the sign of their effect on the deposit.
    pub(super) amount: i64,
}

/// The lines of the amendments that were made in a span (Unix seconds) or shortly before it, and maybe
/// others, ordered by row. They do not depend on where the window begins.
pub(super) fn lines(view: &View, span: &Range<i64>) -> Vec<CorrectionLine> {
    let mut lines = Vec::new();
    if !view.has_amendments() {
        return lines;
    }
    let ledger = View { first: 0, ..view.clone() };
    let mut rows: BTreeSet<RowId> = view.amended_ids().collect();
    if view.merchant.trade.amended > 0 {
        let reach = LATEST_AMENDMENT + LONGEST_FINISH + LONGEST_WAIT;
        let made = ledger.rows(Axis::Created, span.start.saturating_sub(reach)..span.end);
        rows.extend(made.filter(|row| row.kind.sign() > 0).map(|row| row.id()));
    }
    for row in rows.into_iter().filter_map(|id| ledger.get(id)) {
        let (class, currency) = (Class::of(row.method), row.currency);
        lines.extend(row.corrections().into_iter().map(|it| CorrectionLine {
            key: (next_deposit(it.made_at), class, currency),
            row: row.id(),
            made_at: it.made_at,
            amount: it.amount,
        }));
    }
    lines
}

/// Minor units of a currency by which amendments changed what had been paid out, and that no deposit
/// contains yet.
#[must_use]
pub fn corrections_due(view: &View, currency: Currency) -> i64 {
    let view = &*view.with_hidden();
    let is_due = |line: &CorrectionLine| {
        line.key.2 == currency && line.made_at <= view.now && morning(line.key.0) > view.now
    };
    let lines = lines(view, &(view.now..view.now.saturating_add(1))).into_iter();
    lines.filter(is_due).map(|line| line.amount).sum()
}

/// The instant of the first settlement after an instant (both Unix seconds).
#[must_use]
pub fn next_settlement(at: i64) -> i64 {
    morning(next_deposit(at))
}

/// The day of the first deposit after an instant (Unix seconds).
fn next_deposit(at: i64) -> Day {
    let today = calendar::business_days_after(calendar::day_of(at), 0);
    if morning(today) > at { today } else { calendar::business_days_after(today, 1) }
}
