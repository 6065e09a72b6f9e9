//! Generated rows of one day, looked at one after another: the day is looked up once, and what
//! happened to payments is counted along instead of searched for each row.

use std::ops::Range;

use super::book::generated;
use super::columns::{Block, Kid};
use super::row_id::RowId;
use super::transaction::Transaction;
use super::view::{SETTLEMENT_HOUR, View};
use crate::sandbox::generate::calendar::{DAY, Day, start_of};

/// Rows of one day that are still to come, from one of its ends.
#[derive(Clone, Debug)]
pub(super) struct Stretch<'a> {
    block: &'a Block,
    /// Places in the day.
    rows: Range<u32>,
    /// Kids below the end that is walked from.
    kids: usize,
    /// Only rows that are settled so many days later; every row without it.
    settles: Option<Range<u16>>,
}

impl<'a> Stretch<'a> {
    /// The rows from this one on, to be walked upwards.
    pub(super) fn up(block: &'a Block, from: u32) -> Self {
        Self { block, rows: from..block.len(), kids: block.kids_before(from), settles: None }
    }

    /// The rows up to and without this one, to be walked downwards.
    pub(super) fn down(block: &'a Block, to: u32) -> Self {
        Self { block, rows: 0..to, kids: block.kids_before(to), settles: None }
    }

    /// Only rows whose money is settled in this span (Unix seconds).
    pub(super) fn settled_in(mut self, span: &Range<i64>) -> Self {
        // Days from the block's to the first eight o'clock that is not before an instant.
        let days = |at: i64| {
            let away = at.saturating_sub(SETTLEMENT_HOUR + start_of(self.block.day));
            u16::try_from(away.saturating_add(DAY - 1).div_euclid(DAY).max(0)).unwrap_or(u16::MAX)
        };
        let morning = |day: Day| start_of(day) + SETTLEMENT_HOUR;
        let reaches = |(low, high)| morning(low) < span.end && morning(high) >= span.start;
        if !self.block.settled.is_some_and(reaches) {
            self.rows = 0..0;
        }
        self.settles = Some(days(span.start)..days(span.end));
        self
    }

    fn is_wanted(&self, row: u32) -> bool {
        let Some(settles) = &self.settles else { return true };
        self.block.settles_after(row).is_some_and(|days| settles.contains(&days))
    }

    /// The kid that the row at this place is, if it is one.
    fn kid(&self, place: usize, row: u32) -> Option<&'a Kid> {
        self.block.kids.get(place).filter(|kid| kid.row == row)
    }

    /// The id of the next row from below.
    pub(super) fn first(&mut self) -> Option<RowId> {
        while self.rows.start < self.rows.end && !self.is_wanted(self.rows.start) {
            self.kids += usize::from(self.kid(self.kids, self.rows.start).is_some());
            self.rows.start += 1;
        }
        (!self.rows.is_empty()).then(|| generated(self.block.day, self.rows.start))
    }

    /// Takes the next row from below.
    pub(super) fn take_first(&mut self, view: &'a View) -> Option<Transaction<'a>> {
        let row = self.rows.next()?;
        let (kid, before) = (self.kid(self.kids, row), self.kids);
        self.kids += usize::from(kid.is_some());
        view.of_place(self.block, row, kid, before)
    }

    /// The id of the next row from above.
    pub(super) fn last(&mut self) -> Option<RowId> {
        while let Some(row) = self.rows.end.checked_sub(1)
            && self.rows.start <= row
            && !self.is_wanted(row)
        {
            self.kids -= usize::from(self.kid_below(row).is_some());
            self.rows.end = row;
        }
        (!self.rows.is_empty()).then(|| generated(self.block.day, self.rows.end - 1))
    }

    /// Takes the next row from above.
    pub(super) fn take_last(&mut self, view: &'a View) -> Option<Transaction<'a>> {
        let row = self.rows.next_back()?;
        let kid = self.kid_below(row);
        self.kids -= usize::from(kid.is_some());
        view.of_place(self.block, row, kid, self.kids)
    }

    fn kid_below(&self, row: u32) -> Option<&'a Kid> {
        self.kids.checked_sub(1).and_then(|place| self.kid(place, row))
    }

    /// The id below all rows of the day.
    pub(super) fn floor(&self) -> RowId {
        RowId::new(self.block.day, 0, 0)
    }

    /// The id above all rows of the day.
    pub(super) fn ceiling(&self) -> RowId {
        RowId::new(self.block.day + 1, 0, 0)
    }
}
