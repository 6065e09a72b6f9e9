//! Iterates over the rows of a view: within a span on a time axis, in both directions, from any row id.

use std::ops::Range;

use super::day_cursor::DayCursor;
use super::generated_ledger::generated;
use super::row_id::RowId;
use super::transaction::Transaction;
use super::view::View;
use crate::sandbox::generate::calendar::{self, DAY, Day};

/// The instant of a row that a span is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// The instant of creation.
    Created,
    /// The instant at which the payment succeeded.
    Paid,
    /// The instant at which the money of the row was settled.
    Settled,
}

/// A double-ended iterator over rows in ascending id order. Days outside the span are not visited.
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    view: &'a View,
    axis: Axis,
    span: Range<i64>,
    /// Bounds of the generated rows that were not yet returned.
    generated: Range<RowId>,
    /// Bounds of the added rows that were not yet returned. On the axis `Settled` they also bound the
    /// generated rows that were settled by an action.
    added: Range<RowId>,
    /// The cursors in the current day: `up` for the forward direction, `down` for the backward direction.
    up: Option<DayCursor<'a>>,
    down: Option<DayCursor<'a>>,
    /// Index of the next row in `View::carried_over`, the rows from before the window.
    carried_over: usize,
    /// The next added row in each direction, cached.
    lowest: Peeked,
    highest: Peeked,
}

/// The cached next added row at one end of the iterator.
#[derive(Clone, Copy, Debug)]
enum Peeked {
    /// Not looked up yet.
    Unknown,
    /// Looked up: there is no further row.
    Nothing,
    /// Looked up: the row with this id is next.
    Row(RowId),
}

impl Peeked {
    fn of(id: Option<RowId>) -> Self {
        id.map_or(Self::Nothing, Self::Row)
    }
}

impl<'a> Rows<'a> {
    pub(super) fn new(view: &'a View, axis: Axis, span: Range<i64>) -> Self {
        let earliest = match axis {
            Axis::Created => span.start,
            // Alternative payment methods take the longest time until the payment succeeds: two days are
            // enough.
            Axis::Paid => span.start.saturating_sub(2 * DAY),
            Axis::Settled => span.start.saturating_sub(view.settlement_lag()),
        };
        let latest = span.end.min(view.now.saturating_add(1));
        let added = match axis {
            Axis::Created => {
                let end = calendar::day_of(latest).saturating_add(1);
                RowId::new(calendar::day_of(span.start), 0, 0)..RowId::new(end, 0, 0)
            }
            // An added row can be paid and settled at any instant, so the id gives no bound.
            Axis::Paid | Axis::Settled => RowId::MIN..RowId::MAX,
        };
        Self {
            view,
            axis,
            span,
            generated: view.bound(earliest)..view.bound(latest),
            added,
            up: None,
            down: None,
            carried_over: 0,
            lowest: Peeked::Unknown,
            highest: Peeked::Unknown,
        }
    }

    /// Returns only the rows with an id above `id`.
    #[must_use]
    pub fn after(mut self, id: RowId) -> Self {
        self.generated.start = self.generated.start.max(id.next());
        self.added.start = self.added.start.max(id.next());
        (self.up, self.lowest) = (None, Peeked::Unknown);
        self
    }

    /// Returns only the rows with an id below `id`.
    #[must_use]
    pub fn before(mut self, id: RowId) -> Self {
        self.generated.end = self.generated.end.min(id);
        self.added.end = self.added.end.min(id);
        (self.down, self.highest) = (None, Peeked::Unknown);
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

    /// Skips the rows of a day that are certainly settled outside the span. Most rows are, and they need
    /// not be unpacked to find that out.
    fn narrowed(&self, cursor: DayCursor<'a>) -> DayCursor<'a> {
        if self.axis == Axis::Settled { cursor.settled_in(&self.span) } else { cursor }
    }

    fn first_added(&mut self) -> Option<RowId> {
        if let Peeked::Unknown = self.lowest {
            let added = self.view.added_ids(self.added.clone()).next();
            let resettled = self.resettled().next();
            self.lowest = Peeked::of(added.into_iter().chain(resettled).min());
        }
        match self.lowest {
            Peeked::Row(id) => Some(id).filter(|id| *id < self.added.end),
            Peeked::Nothing | Peeked::Unknown => None,
        }
    }

    fn last_added(&mut self) -> Option<RowId> {
        if let Peeked::Unknown = self.highest {
            let added = self.view.added_ids(self.added.clone()).next_back();
            let resettled = self.resettled().next_back();
            self.highest = Peeked::of(added.into_iter().chain(resettled).max());
        }
        match self.highest {
            Peeked::Row(id) => Some(id).filter(|id| *id >= self.added.start),
            Peeked::Nothing | Peeked::Unknown => None,
        }
    }

    /// Generated rows that an action settled, so their settlement instant differs from the generated one.
    fn resettled(&self) -> impl DoubleEndedIterator<Item = RowId> {
        let is_about_it = self.axis == Axis::Settled;
        let ids = if is_about_it { self.added.clone() } else { RowId::MIN..RowId::MIN };
        self.view.overlay.resettled(ids)
    }

    /// Continues after the added row `id`. The generated rows can contain the same id.
    fn skip_first_added(&mut self, id: RowId) {
        self.added.start = id.next();
        self.lowest = Peeked::Unknown;
    }

    fn skip_last_added(&mut self, id: RowId) {
        self.added.end = id;
        self.highest = Peeked::Unknown;
    }

    /// The lowest generated row that was not yet returned. `up` becomes the cursor in its day, unless the
    /// row is from before the window.
    fn next_up(&mut self) -> Option<RowId> {
        loop {
            if let Some(cursor) = &mut self.up {
                if let Some(id) = cursor.first() {
                    return Some(id).filter(|id| *id < self.generated.end);
                }
                self.generated.start = self.generated.start.max(cursor.ceiling());
            }
            self.up = None;
            if self.view.is_cancelled() {
                return None;
            }
            let id = match self.carried_over() {
                Some(id) => return Some(id),
                None => self.first_generated()?,
            };
            if id.day() < self.view.first {
                return Some(id);
            }
            let day_rows = self.view.generated.day(id.day())?;
            self.up = Some(self.narrowed(DayCursor::up(day_rows, id.number().saturating_sub(1))));
        }
    }

    /// The highest generated row that was not yet returned. `down` becomes the cursor in its day, unless
    /// the row is from before the window.
    fn next_down(&mut self) -> Option<RowId> {
        loop {
            if let Some(cursor) = &mut self.down {
                if let Some(id) = cursor.last() {
                    return Some(id).filter(|id| *id >= self.generated.start);
                }
                self.generated.end = self.generated.end.min(cursor.floor());
            }
            self.down = None;
            if self.view.is_cancelled() {
                return None;
            }
            let id = self.last_generated()?;
            if id.day() < self.view.first {
                return Some(id);
            }
            let day_rows = self.view.generated.day(id.day())?;
            self.down = Some(self.narrowed(DayCursor::down(day_rows, id.number())));
        }
    }

    fn first_generated(&self) -> Option<RowId> {
        if self.generated.is_empty() {
            return None;
        }
        let low = self.generated.start;
        if low.day() < self.view.first {
            let carried_over = self.view.carried_over();
            let index = carried_over.partition_point(|id| *id < low);
            let next = carried_over.get(index).copied();
            let next = next.or_else(|| self.first_from(self.view.first, 0));
            return next.filter(|id| *id < self.generated.end);
        }
        // Generated rows are numbered from 1; an added row follows the generated row with the same number.
        let row = if low.sub() == 0 { low.number().saturating_sub(1) } else { low.number() };
        self.first_from(low.day(), row)
    }

    /// The lowest row that was not yet returned, if it is from before the window. Such rows are days apart,
    /// so the index of the last one is kept to avoid a search for each row.
    fn carried_over(&mut self) -> Option<RowId> {
        let low = self.generated.start;
        if low.day() >= self.view.first || self.generated.is_empty() {
            return None;
        }
        let carried_over = self.view.carried_over();
        let is_next = |index: usize| {
            carried_over.get(index).is_some_and(|id| *id >= low)
                && index
                    .checked_sub(1)
                    .and_then(|it| carried_over.get(it))
                    .is_none_or(|id| *id < low)
        };
        if !is_next(self.carried_over) && is_next(self.carried_over + 1) {
            self.carried_over += 1;
        } else if !is_next(self.carried_over) {
            self.carried_over = carried_over.partition_point(|id| *id < low);
        }
        carried_over.get(self.carried_over).copied().filter(|id| *id < self.generated.end)
    }

    fn first_from(&self, day: Day, row: u32) -> Option<RowId> {
        let mut row = row;
        for day in day..=self.generated.end.day() {
            if row < self.view.generated.day(day)?.len() {
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
                rows = rows.min(self.view.generated.day(day)?.len());
                if let Some(last) = rows.checked_sub(1) {
                    return above_low(generated(day, last));
                }
                rows = u32::MAX;
            }
        }
        if self.generated.start.day() >= first {
            return None;
        }
        let carried_over = self.view.carried_over();
        let index = carried_over.partition_point(|id| *id < high);
        carried_over.get(index.checked_sub(1)?).copied().and_then(above_low)
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Transaction<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let row = match (self.next_up(), self.first_added()) {
                (None, None) => return None,
                (Some(id), added) if added.is_none_or(|added| id <= added) => {
                    if added == Some(id) {
                        self.skip_first_added(id);
                    }
                    self.generated.start = id.next();
                    match &mut self.up {
                        Some(cursor) => cursor.take_first(self.view),
                        None => self.view.fetch(id),
                    }
                }
                (_, Some(id)) | (Some(id), None) => {
                    self.skip_first_added(id);
                    self.view.get(id)
                }
            };
            if let Some(row) = row.filter(|row| self.admits(row)) {
                return Some(row);
            }
        }
    }

    // A caller that reads all rows (to count, filter or sum) reads each day in one loop, as long as the day
    // has no added rows.
    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, start: B, mut f: F) -> B {
        let mut sum = start;
        while self.next_up().is_some() {
            let added = self.first_added();
            let is_clear = |day: &mut DayCursor<'_>| added.is_none_or(|id| id >= day.ceiling());
            let Some(mut cursor) = self.up.take_if(is_clear) else {
                // Rows from before the window, and days with added rows, are read one by one.
                let Some(row) = self.next() else { continue };
                sum = f(sum, row);
                continue;
            };
            while cursor.first().is_some_and(|id| id < self.generated.end) {
                let row = cursor.take_first(self.view).filter(|row| self.admits(row));
                if let Some(row) = row {
                    sum = f(sum, row);
                }
            }
            self.generated.start = self.generated.start.max(cursor.ceiling());
        }
        for row in self {
            sum = f(sum, row);
        }
        sum
    }
}

impl DoubleEndedIterator for Rows<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        loop {
            let row = match (self.next_down(), self.last_added()) {
                (None, None) => return None,
                (Some(id), added) if added.is_none_or(|added| id >= added) => {
                    if added == Some(id) {
                        self.skip_last_added(id);
                    }
                    self.generated.end = id;
                    match &mut self.down {
                        Some(cursor) => cursor.take_last(self.view),
                        None => self.view.fetch(id),
                    }
                }
                (_, Some(id)) | (Some(id), None) => {
                    self.skip_last_added(id);
                    self.view.get(id)
                }
            };
            if let Some(row) = row.filter(|row| self.admits(row)) {
                return Some(row);
            }
        }
    }

    fn rfold<B, F: FnMut(B, Self::Item) -> B>(mut self, start: B, mut f: F) -> B {
        let mut sum = start;
        while self.next_down().is_some() {
            let added = self.last_added();
            let is_clear = |day: &mut DayCursor<'_>| added.is_none_or(|id| id < day.floor());
            let Some(mut cursor) = self.down.take_if(is_clear) else {
                let Some(row) = self.next_back() else { continue };
                sum = f(sum, row);
                continue;
            };
            while cursor.last().is_some_and(|id| id >= self.generated.start) {
                let row = cursor.take_last(self.view).filter(|row| self.admits(row));
                if let Some(row) = row {
                    sum = f(sum, row);
                }
            }
            self.generated.end = self.generated.end.min(cursor.floor());
        }
        while let Some(row) = self.next_back() {
            sum = f(sum, row);
        }
        sum
    }
}
