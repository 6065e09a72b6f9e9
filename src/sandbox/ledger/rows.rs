//! Walking through rows: a span on a time axis, forwards and backwards, from any row onwards.

use std::ops::Range;

use super::book::generated;
use super::transaction::{RowId, Transaction};
use super::view::{SETTLEMENT_HOUR, View};
use crate::sandbox::generate::calendar::{self, DAY, Day};

/// Which instant of a row a span speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// When it was created.
    Created,
    /// When it was paid (succeeded).
    Paid,
    /// When its money was settled.
    Settled,
}

/// Rows in rising ids, from both ends. Days outside the span are never looked at.
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    view: &'a View,
    axis: Axis,
    span: Range<i64>,
    /// Generated rows still to come.
    generated: Range<RowId>,
    /// Added rows still to come.
    added: Range<RowId>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(view: &'a View, axis: Axis, span: Range<i64>) -> Self {
        let earliest = match axis {
            Axis::Created => span.start,
            // What takes longest to be paid is an alternative method.
            Axis::Paid => span.start.saturating_sub(2 * DAY),
            Axis::Settled if view.is_plain() => span.start.saturating_sub(view.settlement_lag()),
            // A row can be settled by hand at any time.
            Axis::Settled => i64::MIN,
        };
        let latest = span.end.min(view.now.saturating_add(1));
        let low = bound(view, earliest);
        let high = bound(view, latest);
        let all = RowId::MIN..RowId::MAX;
        Self { view, axis, span, generated: low..high, added: all }
    }

    /// Only rows above this id.
    #[must_use]
    pub fn after(mut self, id: RowId) -> Self {
        self.generated.start = self.generated.start.max(id.next());
        self.added.start = self.added.start.max(id.next());
        self
    }

    /// Only rows below this id.
    #[must_use]
    pub fn before(mut self, id: RowId) -> Self {
        self.generated.end = self.generated.end.min(id);
        self.added.end = self.added.end.min(id);
        self
    }

    fn admits(&self, row: &Transaction<'_>) -> bool {
        let at = match self.axis {
            Axis::Created => Some(row.created_at),
            Axis::Paid => row.paid_at(),
            Axis::Settled => row.settled_at(),
        };
        at.is_some_and(|at| self.span.contains(&at)) && self.view.shows(row)
    }

    /// Whether a generated row is settled outside the span for sure: most are, and need not be fetched
    /// to see it.
    fn is_unsettled(&self, id: RowId) -> bool {
        if self.axis != Axis::Settled || !self.view.is_plain() {
            return false;
        }
        let settled = self.view.book.day(id.day()).and_then(|block| {
            let days = block.settles_after(id.number().checked_sub(1)?)?;
            Some(calendar::start_of(id.day()) + i64::from(days) * DAY + SETTLEMENT_HOUR)
        });
        settled.is_none_or(|at| !self.span.contains(&at))
    }

    fn first_added(&self) -> Option<RowId> {
        if self.view.overlay.rows.is_empty() || self.added.is_empty() {
            return None;
        }
        self.view.overlay.rows.range(self.added.clone()).next().map(|(id, _)| *id)
    }

    fn last_added(&self) -> Option<RowId> {
        if self.view.overlay.rows.is_empty() || self.added.is_empty() {
            return None;
        }
        self.view.overlay.rows.range(self.added.clone()).next_back().map(|(id, _)| *id)
    }

    fn first_generated(&self) -> Option<RowId> {
        if self.generated.is_empty() {
            return None;
        }
        let low = self.generated.start;
        if low.day() < self.view.first {
            let opening = self.view.opening();
            let place = opening.partition_point(|id| *id < low);
            let next = opening.get(place).copied();
            let next = next.or_else(|| self.first_from(self.view.first, 0));
            return next.filter(|id| *id < self.generated.end);
        }
        // Generated rows are numbered from 1; an added row stands behind the one with its number.
        let row = if low.sub() == 0 { low.number().saturating_sub(1) } else { low.number() };
        self.first_from(low.day(), row)
    }

    fn first_from(&self, day: Day, row: u32) -> Option<RowId> {
        let mut row = row;
        for day in day..=self.generated.end.day() {
            if row < self.view.book.day(day)?.len() {
                return Some(generated(day, row)).filter(|id| *id < self.generated.end);
            }
            row = 0;
        }
        None
    }

    fn last_generated(&self) -> Option<RowId> {
        if self.generated.is_empty() {
            return None;
        }
        let high = self.generated.end;
        let first = self.view.first;
        let above_low = |id: RowId| Some(id).filter(|id| *id >= self.generated.start);
        if high.day() >= first {
            let behind = high.number().saturating_sub(u32::from(high.sub() == 0));
            let mut rows = behind;
            for day in (first.max(self.generated.start.day())..=high.day()).rev() {
                rows = rows.min(self.view.book.day(day)?.len());
                if let Some(last) = rows.checked_sub(1) {
                    return above_low(generated(day, last));
                }
                rows = u32::MAX;
            }
        }
        if self.generated.start.day() >= first {
            return None;
        }
        let opening = self.view.opening();
        let place = opening.partition_point(|id| *id < high);
        opening.get(place.checked_sub(1)?).copied().and_then(above_low)
    }
}

/// The lowest generated id at or after an instant. Rows added right before it have lower ids.
fn bound(view: &View, at: i64) -> RowId {
    let day = calendar::day_of(at);
    if at <= calendar::EPOCH {
        return RowId::MIN;
    }
    if day < view.first {
        return RowId::new(day, 0, 0);
    }
    match view.book.day(day) {
        Some(block) => generated(day, block.first_at(at)),
        None => RowId::MAX,
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Transaction<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let id = match (self.first_generated(), self.first_added()) {
                (Some(left), Some(right)) => left.min(right),
                (left, right) => left.or(right)?,
            };
            self.generated.start = self.generated.start.max(id.next());
            self.added.start = self.added.start.max(id.next());
            if self.is_unsettled(id) {
                continue;
            }
            if let Some(row) = self.view.fetch(id).filter(|row| self.admits(row)) {
                return Some(row);
            }
        }
    }
}

impl DoubleEndedIterator for Rows<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        loop {
            let id = match (self.last_generated(), self.last_added()) {
                (Some(left), Some(right)) => left.max(right),
                (left, right) => left.or(right)?,
            };
            self.generated.end = self.generated.end.min(id);
            self.added.end = self.added.end.min(id);
            if let Some(row) = self.view.fetch(id).filter(|row| self.admits(row)) {
                return Some(row);
            }
        }
    }
}
