//! A cursor over the generated rows of one day: the day is looked up once, and the follow-ups are counted
//! on the way, so that no row needs a search.

use std::ops::Range;

use super::day_rows::{DayRows, FollowUp};
use super::generated_ledger::generated;
use super::row_id::RowId;
use super::transaction::Transaction;
use super::view::{SETTLEMENT_HOUR, View};
use crate::sandbox::generate::calendar::{DAY, Day, start_of};

/// The rows of one day that were not yet returned. A cursor runs either upwards or downwards.
#[derive(Clone, Debug)]
pub(super) struct DayCursor<'a> {
    day_rows: &'a DayRows,
    /// Indexes of the rows in the day.
    rows: Range<u32>,
    /// The number of follow-ups below the current end.
    follow_ups: usize,
    /// If set, only rows that are settled this number of days later.
    settles: Option<Range<u16>>,
}

impl<'a> DayCursor<'a> {
    /// The rows from index `from` on, to be read upwards.
    pub(super) fn up(day_rows: &'a DayRows, from: u32) -> Self {
        Self {
            day_rows,
            rows: from..day_rows.len(),
            follow_ups: day_rows.follow_ups_before(from),
            settles: None,
        }
    }

    /// The rows below index `to`, to be read downwards.
    pub(super) fn down(day_rows: &'a DayRows, to: u32) -> Self {
        Self { day_rows, rows: 0..to, follow_ups: day_rows.follow_ups_before(to), settles: None }
    }

    /// Keeps only the rows whose money is settled in this span (Unix seconds).
    pub(super) fn settled_in(mut self, span: &Range<i64>) -> Self {
        // Days from this day to the first 08:00 UTC that is not before an instant.
        let days = |at: i64| {
            let away = at.saturating_sub(SETTLEMENT_HOUR + start_of(self.day_rows.day));
            u16::try_from(away.saturating_add(DAY - 1).div_euclid(DAY).max(0)).unwrap_or(u16::MAX)
        };
        let morning = |day: Day| start_of(day) + SETTLEMENT_HOUR;
        let reaches = |(low, high)| morning(low) < span.end && morning(high) >= span.start;
        if !self.day_rows.settled.is_some_and(reaches) {
            self.rows = 0..0;
        }
        self.settles = Some(days(span.start)..days(span.end));
        self
    }

    fn is_wanted(&self, row: u32) -> bool {
        let Some(settles) = &self.settles else { return true };
        self.day_rows.settles_after(row).is_some_and(|days| settles.contains(&days))
    }

    /// The follow-up at this row; `None` if the row is an original transaction.
    fn follow_up(&self, index: usize, row: u32) -> Option<&'a FollowUp> {
        self.day_rows.follow_ups.get(index).filter(|follow_up| follow_up.row == row)
    }

    /// The id of the lowest row left.
    pub(super) fn first(&mut self) -> Option<RowId> {
        while self.rows.start < self.rows.end && !self.is_wanted(self.rows.start) {
            self.follow_ups +=
                usize::from(self.follow_up(self.follow_ups, self.rows.start).is_some());
            self.rows.start += 1;
        }
        (!self.rows.is_empty()).then(|| generated(self.day_rows.day, self.rows.start))
    }

    /// Returns the lowest row left and moves on.
    pub(super) fn take_first(&mut self, view: &'a View) -> Option<Transaction<'a>> {
        let row = self.rows.next()?;
        let (follow_up, before) = (self.follow_up(self.follow_ups, row), self.follow_ups);
        self.follow_ups += usize::from(follow_up.is_some());
        view.of_index(self.day_rows, row, follow_up, before)
    }

    /// The id of the highest row left.
    pub(super) fn last(&mut self) -> Option<RowId> {
        while let Some(row) = self.rows.end.checked_sub(1)
            && self.rows.start <= row
            && !self.is_wanted(row)
        {
            self.follow_ups -= usize::from(self.follow_up_below(row).is_some());
            self.rows.end = row;
        }
        (!self.rows.is_empty()).then(|| generated(self.day_rows.day, self.rows.end - 1))
    }

    /// Returns the highest row left and moves on.
    pub(super) fn take_last(&mut self, view: &'a View) -> Option<Transaction<'a>> {
        let row = self.rows.next_back()?;
        let follow_up = self.follow_up_below(row);
        self.follow_ups -= usize::from(follow_up.is_some());
        view.of_index(self.day_rows, row, follow_up, self.follow_ups)
    }

    fn follow_up_below(&self, row: u32) -> Option<&'a FollowUp> {
        self.follow_ups.checked_sub(1).and_then(|index| self.follow_up(index, row))
    }

    /// An id below all generated rows of the day.
    pub(super) fn floor(&self) -> RowId {
        RowId::new(self.day_rows.day, 0, 0)
    }

    /// An id above all rows of the day.
    pub(super) fn ceiling(&self) -> RowId {
        RowId::new(self.day_rows.day + 1, 0, 0)
    }
}
