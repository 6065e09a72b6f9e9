//! Generated rows of one day, looked at one after another: the day is looked up once, and what
//! happened to payments is counted along instead of searched for each row.

use std::ops::Range;

use super::day_rows::{DayRows, FollowUp};
use super::generated_ledger::generated;
use super::row_id::RowId;
use super::transaction::Transaction;
use super::view::{SETTLEMENT_HOUR, View};
use crate::sandbox::generate::calendar::{DAY, Day, start_of};

/// Rows of one day that are still to come, from one of its ends.
#[derive(Clone, Debug)]
pub(super) struct DayCursor<'a> {
    day_rows: &'a DayRows,
    /// Places in the day.
    rows: Range<u32>,
    /// Kids below the end that is walked from.
    follow_ups: usize,
    /// Only rows that are settled so many days later; every row without it.
    settles: Option<Range<u16>>,
}

impl<'a> DayCursor<'a> {
    /// The rows from this one on, to be walked upwards.
    pub(super) fn up(day_rows: &'a DayRows, from: u32) -> Self {
        Self {
            day_rows,
            rows: from..day_rows.len(),
            follow_ups: day_rows.follow_ups_before(from),
            settles: None,
        }
    }

    /// The rows up to and without this one, to be walked downwards.
    pub(super) fn down(day_rows: &'a DayRows, to: u32) -> Self {
        Self { day_rows, rows: 0..to, follow_ups: day_rows.follow_ups_before(to), settles: None }
    }

    /// Only rows whose money is settled in this span (Unix seconds).
    pub(super) fn settled_in(mut self, span: &Range<i64>) -> Self {
        // Days from the block's to the first eight o'clock that is not before an instant.
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

    /// The kid that the row at this place is, if it is one.
    fn follow_up(&self, index: usize, row: u32) -> Option<&'a FollowUp> {
        self.day_rows.follow_ups.get(index).filter(|follow_up| follow_up.row == row)
    }

    /// The id of the next row from below.
    pub(super) fn first(&mut self) -> Option<RowId> {
        while self.rows.start < self.rows.end && !self.is_wanted(self.rows.start) {
            self.follow_ups +=
                usize::from(self.follow_up(self.follow_ups, self.rows.start).is_some());
            self.rows.start += 1;
        }
        (!self.rows.is_empty()).then(|| generated(self.day_rows.day, self.rows.start))
    }

    /// Takes the next row from below.
    pub(super) fn take_first(&mut self, view: &'a View) -> Option<Transaction<'a>> {
        let row = self.rows.next()?;
        let (follow_up, before) = (self.follow_up(self.follow_ups, row), self.follow_ups);
        self.follow_ups += usize::from(follow_up.is_some());
        view.of_place(self.day_rows, row, follow_up, before)
    }

    /// The id of the next row from above.
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

    /// Takes the next row from above.
    pub(super) fn take_last(&mut self, view: &'a View) -> Option<Transaction<'a>> {
        let row = self.rows.next_back()?;
        let follow_up = self.follow_up_below(row);
        self.follow_ups -= usize::from(follow_up.is_some());
        view.of_place(self.day_rows, row, follow_up, self.follow_ups)
    }

    fn follow_up_below(&self, row: u32) -> Option<&'a FollowUp> {
        self.follow_ups.checked_sub(1).and_then(|index| self.follow_up(index, row))
    }

    /// The id below all rows of the day.
    pub(super) fn floor(&self) -> RowId {
        RowId::new(self.day_rows.day, 0, 0)
    }

    /// The id above all rows of the day.
    pub(super) fn ceiling(&self) -> RowId {
        RowId::new(self.day_rows.day + 1, 0, 0)
    }
}
