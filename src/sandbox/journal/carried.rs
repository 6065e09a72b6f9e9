//! The rows that an answer carried: runs of row ids, noted by the provider and counted as their bytes leave.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::tz::TimeZone;

use super::{Entry, Journal};
use crate::sandbox::ledger::{Axis, RowId, Transaction};
use crate::sandbox::truth::coverage::{Coverage, HardSet};

/// Rows with ascending ids and no gap between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct Run {
    /// The lowest id.
    pub first: RowId,
    /// The highest id.
    pub last: RowId,
    /// The number of rows. Less than the ids between the ends if there were too many runs for an entry.
    pub count: u32,
}

/// The rows that an answer carried.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct Carried {
    runs: Vec<Run>,
    count: u64,
}

impl Carried {
    /// The maximum number of runs of one answer. Rows behind the last run are added to it, with the gaps
    /// between them.
    pub const MAX_RUNS: usize = 256;

    /// Adds the next row of the answer.
    pub fn push(&mut self, id: RowId) {
        self.count += 1;
        let is_full = self.runs.len() >= Self::MAX_RUNS;
        if let Some(run) = self.runs.last_mut()
            && (is_full || run.last.is_before(id) || id.is_before(run.first))
        {
            run.first = run.first.min(id);
            run.last = run.last.max(id);
            run.count = run.count.saturating_add(1);
            return;
        }
        self.runs.push(Run { first: id, last: id, count: 1 });
    }

    /// The runs, in the order of the answer.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The number of rows.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether the answer carried a row. Only in the last of [`Self::MAX_RUNS`] runs can it be wrong.
    #[must_use]
    pub fn contains(&self, id: RowId) -> bool {
        self.runs.iter().any(|run| run.first <= id && id <= run.last)
    }
}

/// The rows that a request asked for.
#[derive(Clone, Debug)]
pub struct RequestedRows {
    /// Whether the report shows a row at all.
    pub shows: fn(&Transaction<'_>) -> bool,
    /// The instant by which the report selects rows.
    pub axis: Axis,
    /// The span of that instant, in Unix seconds.
    pub span: Range<i64>,
    /// The ids that the answer decided about: of a page, those from its cursor to its last row.
    pub ids: Range<RowId>,
    /// How the answer ends.
    pub page: Page,
    /// The zone of the days in the request.
    pub zone: TimeZone,
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The report has no pages.
    Whole,
    /// More rows follow on another page.
    More,
    /// The last page, with room for more rows.
    Last,
    /// The last page, without room for one more row.
    FullLast,
}

impl RequestedRows {
    /// Whether the request asked for a row, so that an answer without it passed it by.
    #[must_use]
    pub fn includes(&self, row: &Transaction<'_>) -> bool {
        let at = match self.axis {
            Axis::Created => Some(row.created_at),
            Axis::Paid => row.paid_at(),
            Axis::Settled => row.settled_at(),
        };
        at.is_some_and(|at| self.span.contains(&at))
            && self.ids.contains(&row.id())
            && (self.shows)(row)
    }
}

/// The rows in a piece of a body, in its order.
#[derive(Debug, Default)]
pub struct PlacedRows(Vec<Mark>);

impl PlacedRows {
    /// Adds a row of the report that tells this row of the ledger and ends so many bytes from the beginning
    /// of the piece.
    pub fn push(&mut self, row: &Transaction<'_>, end: usize) {
        self.push_all([*row], end);
    }

    /// Adds a row of the report that tells these rows of the ledger.
    pub fn push_all<'a>(&mut self, rows: impl IntoIterator<Item = Transaction<'a>>, end: usize) {
        let end = u64::try_from(end).unwrap_or(u64::MAX);
        let mark = |row: Transaction<'_>| {
            let (hard, is_repeated) = (HardSet::of_row(&row), row.is_repeated());
            Mark { id: row.id(), end, hard, is_repeated }
        };
        self.0.extend(rows.into_iter().map(mark));
    }
}

/// A row in a body that is being sent.
#[derive(Clone, Copy, Debug)]
struct Mark {
    id: RowId,
    /// The number of bytes up to its end.
    end: u64,
    /// What is hard about it.
    hard: HardSet,
    /// Whether reports tell it twice.
    is_repeated: bool,
}

#[derive(Debug, Default)]
struct Marks {
    /// Bytes of the body that the provider has written.
    written: u64,
    /// Rows that have not left yet, in the order of the body.
    waiting: VecDeque<Mark>,
    carried: Carried,
    /// Where to say what is hard about the rows, and the journal entry of the answer.
    coverage: Option<(Arc<Coverage>, u64)>,
}

/// The rows of an answer, shared by the provider, who marks where they end in the body, and the recorder, who
/// says how much of the body has left. An extension of the HTTP response.
#[derive(Clone, Debug, Default)]
pub struct RowMarks {
    requested: Option<Arc<RequestedRows>>,
    marks: Arc<Mutex<Marks>>,
}

impl RowMarks {
    /// No rows yet, for an answer to this question.
    #[must_use]
    pub fn new(requested: Option<RequestedRows>) -> Self {
        Self { requested: requested.map(Arc::new), marks: Arc::default() }
    }

    /// The rows of an answer that has left, as another server tells of it.
    #[must_use]
    pub fn of(carried: Carried) -> Self {
        let marks = Marks { carried, ..Marks::default() };
        Self { requested: None, marks: Arc::new(Mutex::new(marks)) }
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the rows in the next piece of the body, which has `length` bytes.
    pub fn piece(&self, rows: PlacedRows, length: usize) {
        let mut marks = self.marks();
        let before = marks.written;
        let placed = rows.0.into_iter().map(|mark| Mark { end: before + mark.end, ..mark });
        marks.waiting.extend(placed);
        marks.written = before + u64::try_from(length).unwrap_or(u64::MAX);
    }

    /// The marks of the same answer after its rows were altered. `ends` are the ends of its rows in the body
    /// as it was, in bytes; `rows` are the rows that it has now: their positions before, and their new ends.
    #[must_use]
    pub fn moved(&self, ends: &[usize], rows: impl Iterator<Item = (usize, usize)>) -> Self {
        let marks = self.marks();
        let bytes = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let mut by_row: Vec<Vec<Mark>> = vec![Vec::new(); ends.len()];
        for mark in &marks.waiting {
            let row = ends.partition_point(|end| bytes(*end) < mark.end);
            if let Some(of_row) = by_row.get_mut(row) {
                of_row.push(*mark);
            }
        }
        let mut moved = Marks::default();
        for (position, end) in rows {
            let of_row = by_row.get(position).into_iter().flatten();
            moved.waiting.extend(of_row.map(|mark| Mark { end: bytes(end), ..*mark }));
        }
        Self { requested: self.requested.clone(), marks: Arc::new(Mutex::new(moved)) }
    }

    /// The positions of the rows that reports tell twice, if the answer lists transactions. `ends` are the ends
    /// of its rows in the body, in bytes.
    #[must_use]
    pub fn repeated(&self, ends: &[usize]) -> Vec<usize> {
        if self.requested.is_none() {
            return Vec::new();
        }
        let marks = self.marks();
        let bytes = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let repeated = marks.waiting.iter().filter(|mark| mark.is_repeated);
        repeated.map(|mark| ends.partition_point(|end| bytes(*end) < mark.end)).collect()
    }

    /// Tells a coverage what is hard about the rows that leave, as of the journal entry `entry`.
    pub fn cover(&self, coverage: Arc<Coverage>, entry: u64) {
        self.marks().coverage = Some((coverage, entry));
    }

    /// Counts the rows that end within the first `bytes` of the body.
    pub fn left(&self, bytes: u64) {
        let mut marks = self.marks();
        let Marks { waiting, carried, coverage, .. } = &mut *marks;
        let mut hard = HardSet::default();
        while waiting.front().is_some_and(|mark| mark.end <= bytes)
            && let Some(mark) = waiting.pop_front()
        {
            carried.push(mark.id);
            hard.merge(mark.hard);
        }
        if let Some((coverage, entry)) = coverage {
            coverage.meet(hard, Some(*entry));
        }
    }

    /// The question that the answer is about; `None` if the report does not list transactions.
    #[must_use]
    pub fn requested(&self) -> Option<&RequestedRows> {
        self.requested.as_deref()
    }

    /// Whether the answer has no rows as far as it is written.
    #[must_use]
    pub fn is_without_rows(&self) -> bool {
        let marks = self.marks();
        marks.waiting.is_empty() && marks.carried.count == 0
    }

    /// The rows that have left so far.
    #[must_use]
    pub fn carried(&self) -> Carried {
        self.marks().carried.clone()
    }

    /// Whether a row has left.
    #[must_use]
    pub fn contains(&self, id: RowId) -> bool {
        self.marks().carried.contains(id)
    }

    /// Bytes of memory that the runs use now, or can use while the answer is being sent.
    pub(super) fn weight(&self) -> usize {
        let marks = self.marks();
        let runs = marks.carried.runs.len();
        let most = if marks.waiting.is_empty() { runs } else { Carried::MAX_RUNS };
        size_of::<Marks>() + size_of::<RequestedRows>() + most * size_of::<Run>()
    }

    /// Releases memory that is not used once the whole answer has left.
    pub(super) fn shrink(&self) {
        let mut marks = self.marks();
        marks.waiting.shrink_to_fit();
        marks.carried.runs.shrink_to_fit();
    }
}

impl Journal {
    /// The ids of the entries whose answers carried a row of a merchant, oldest first.
    #[must_use]
    pub fn carriers(&self, merchant: &str, row: RowId) -> Vec<u64> {
        let has = |entry: &&Arc<Entry>| {
            entry.note.merchant.as_deref() == Some(merchant)
                && entry.rows.as_ref().is_some_and(|rows| rows.contains(row))
        };
        self.entries().iter().filter(has).map(|entry| entry.id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(ids: impl IntoIterator<Item = (u32, u32, u16)>) -> Carried {
        let mut carried = Carried::default();
        ids.into_iter().for_each(|(day, number, sub)| carried.push(RowId::new(day, number, sub)));
        carried
    }

    #[test]
    fn rows_without_a_gap_are_one_run_in_both_directions() {
        let up = carried((1..=50).map(|number| (7, number, 0)));
        let down = carried((1..=50).rev().map(|number| (7, number, 0)));
        let ends = (RowId::new(7, 1, 0), RowId::new(7, 50, 0));
        for carried in [up, down] {
            assert_eq!((carried.count(), carried.runs().len()), (50, 1));
            assert_eq!((carried.runs()[0].first, carried.runs()[0].last), ends);
        }
    }

    #[test]
    fn a_gap_begins_a_run_and_belongs_to_none() {
        let carried = carried([(7, 1, 0), (7, 2, 0), (7, 4, 0), (7, 4, 9), (7, 4, 10), (8, 1, 0)]);
        let counts: Vec<u32> = carried.runs().iter().map(|run| run.count).collect();
        assert_eq!(counts, [2, 1, 2, 1]);
        let has = |day, number, sub| carried.contains(RowId::new(day, number, sub));
        assert!(has(7, 2, 0) && has(7, 4, 10) && has(8, 1, 0));
        assert!(!has(7, 3, 0) && !has(7, 4, 8) && !has(7, 5, 0) && !has(8, 2, 0));
    }

    #[test]
    fn too_many_runs_end_in_one_that_says_how_many_rows_it_has() {
        let carried = carried((1..=1000).map(|number| (7, number * 2, 0)));
        assert_eq!((carried.count(), carried.runs().len()), (1000, Carried::MAX_RUNS));
        assert_eq!(carried.runs().last().unwrap().count, 1000 - 255);
        assert!(carried.contains(RowId::new(7, 2000, 0)) && !carried.contains(RowId::new(7, 3, 0)));
    }

    /// Rows with these numbers and ends.
    fn placed(rows: &[(u32, u64)]) -> PlacedRows {
        let mark = |(number, end): &(u32, u64)| {
            let (id, hard) = (RowId::new(7, *number, 0), HardSet::default());
            Mark { id, end: *end, hard, is_repeated: false }
        };
        PlacedRows(rows.iter().map(mark).collect())
    }

    #[test]
    fn altered_rows_keep_their_ids() {
        let marks = RowMarks::new(None);
        // The second of four rows has no id.
        marks.piece(placed(&[(1, 10), (3, 30), (4, 40)]), 45);
        let moved =
            marks.moved(&[10, 20, 30, 40], [(3, 12), (0, 24), (1, 36), (0, 48)].into_iter());
        let mut carried = Carried::default();
        for (bytes, next) in [(11, None), (12, Some(4)), (24, Some(1)), (47, None), (48, Some(1))] {
            next.into_iter().for_each(|number| carried.push(RowId::new(7, number, 0)));
            moved.left(bytes);
            assert_eq!(moved.carried(), carried, "{bytes}");
        }
    }

    #[test]
    fn a_row_counts_once_its_last_byte_has_left() {
        let marks = RowMarks::new(None);
        marks.piece(placed(&[(1, 10), (2, 20)]), 25);
        marks.piece(placed(&[(3, 10)]), 12);
        for (bytes, count) in [(9, 0), (10, 1), (19, 1), (25, 2), (34, 2), (35, 3)] {
            marks.left(bytes);
            assert_eq!(marks.carried().count(), count, "{bytes}");
        }
    }
}
