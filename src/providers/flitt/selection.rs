//! The rows that a request selects, newest first, and a cache of the last selections, so that the next
//! page of a report needs no new scan.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::tz::TimeZone;

use super::columns::{IndexHint, RowContext};
use super::filters::{Filter, Test};
use super::reports::{Report, TRANSACTION_OFFSET};
use crate::sandbox::generate::calendar::{self, DAY};
use crate::sandbox::generate::original::LIFECYCLE_DAYS;
use crate::sandbox::ledger::{Axis, RowId, Transaction, View};
use crate::sandbox::long_work::Threads;
use crate::wire::table::Cell;

/// Maximum number of cached selections.
const MAX_SELECTIONS: usize = 8;

/// Maximum number of rows in all cached selections together: eight megabytes.
const MAX_ROWS: usize = 1 << 20;

/// A report with its filters, as a request asks for it.
#[derive(Clone, Debug)]
pub(super) struct ReportQuery {
    pub(super) report: &'static Report,
    pub(super) filters: Vec<Filter>,
    /// The time zone of dates in filters and answers.
    pub(super) zone: TimeZone,
}

#[derive(Debug)]
struct Selection {
    view: View,
    report: i64,
    filters: Vec<Filter>,
    rows: Arc<[RowId]>,
}

/// The last selections. The view is part of the cache key, so a change of the clock or of the ledger
/// invalidates a selection without further code.
#[derive(Debug)]
pub(super) struct SelectionCache {
    // A `std` lock, because it is held only to search eight entries and never across an `.await`.
    selections: Mutex<VecDeque<Selection>>,
    /// The threads that scan large ledgers.
    threads: Threads,
}

impl Default for SelectionCache {
    fn default() -> Self {
        Self { selections: Mutex::default(), threads: Threads::shared() }
    }
}

impl SelectionCache {
    /// The rows that a query selects, newest first, from the cache or by a scan.
    pub(super) async fn rows(&self, view: &View, query: &ReportQuery) -> Arc<[RowId]> {
        if let Some(rows) = self.known(view, query) {
            return rows;
        }
        let rows: Arc<[RowId]> = query.ordered(view, self.select(view, query).await).into();
        if rows.len() <= MAX_ROWS {
            self.insert(view, query, &rows);
        }
        rows
    }

    fn selections(&self) -> MutexGuard<'_, VecDeque<Selection>> {
        self.selections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, view: &View, query: &ReportQuery) -> Option<Arc<[RowId]>> {
        let is = |it: &&Selection| {
            it.report == query.report.id && it.view.is_same(view) && it.filters == query.filters
        };
        self.selections().iter().find(is).map(|it| Arc::clone(&it.rows))
    }

    fn insert(&self, view: &View, query: &ReportQuery, rows: &Arc<[RowId]>) {
        let mut selections = self.selections();
        selections.push_front(Selection {
            view: view.clone(),
            report: query.report.id,
            filters: query.filters.clone(),
            rows: Arc::clone(rows),
        });
        let count = |all: &VecDeque<Selection>| all.iter().map(|it| it.rows.len()).sum::<usize>();
        while selections.len() > MAX_SELECTIONS || count(&selections) > MAX_ROWS {
            selections.pop_back();
        }
    }

    async fn select(&self, view: &View, query: &ReportQuery) -> Vec<RowId> {
        // Pinned cells can have any value, so an index hint is not reliable for them.
        let pinned = view.has_pinned(super::SLUG);
        match scan_range(view, &query.filters, pinned) {
            ScanRange::Rows(mut ids) => {
                ids.retain(|id| view.get(*id).is_some_and(|row| query.accepts(&row, false)));
                newest_first(ids)
            }
            ScanRange::Span(span) => {
                // The span already applies the filters on the creation time.
                let by_span = !pinned;
                let pieces = pieces(view, &span);
                let mut ids = match pieces.as_slice() {
                    [_, _, ..] => self.scan_beside(view, query, (pieces, by_span)).await,
                    _ => scan(view, query, (span, by_span)),
                };
                // Added rows can be outside of the span, so they are tested one by one.
                let odd = view.exceptions();
                let odd =
                    odd.filter(|id| view.get(*id).is_some_and(|row| query.accepts(&row, false)));
                let odd: Vec<RowId> = odd.collect();
                if odd.is_empty() {
                    return ids;
                }
                ids.extend(odd);
                newest_first(ids)
            }
        }
    }

    /// Scans the pieces of a large ledger beside the runtime, so that other requests do not wait.
    async fn scan_beside(
        &self,
        view: &View,
        query: &ReportQuery,
        (pieces, by_span): (Vec<Range<i64>>, bool),
    ) -> Vec<RowId> {
        let at_work = pieces.into_iter().map(|piece| {
            let (view, query) = (view.clone(), query.clone());
            self.threads
                .run(move |cancel| scan(&view.cancelled_by(cancel), &query, (piece, by_span)))
        });
        futures_util::future::join_all(at_work).await.concat()
    }
}

fn newest_first(mut ids: Vec<RowId>) -> Vec<RowId> {
    ids.sort_unstable_by(|left, right| right.cmp(left));
    ids.dedup();
    ids
}

impl ReportQuery {
    /// The ids in the order of the report: newest first, by its own column where it has one.
    fn ordered(&self, view: &View, mut ids: Vec<RowId>) -> Vec<RowId> {
        let Some(column) = self.report.order_column() else { return ids };
        ids.sort_by_cached_key(|id| {
            let row = view.get(*id);
            let at = match row.map(|row| column.read(&RowContext::new(row, &self.zone))) {
                Some(Cell::Time(at)) => at,
                _ => i64::MIN,
            };
            // The report of chargebacks prints the id of the disputed payment.
            Reverse((at, row.map(|row| row.root_id()), *id))
        });
        ids
    }

    /// The span of creation (Unix seconds) that the filters on it leave.
    pub(super) fn created(&self) -> Range<i64> {
        let mut span = i64::MIN..i64::MAX;
        for filter in &self.filters {
            if let (IndexHint::Created, Test::Within(within)) =
                (filter.column.index_hint, &filter.test)
            {
                span = span.start.max(within.span.start)..span.end.min(within.span.end);
            }
        }
        span
    }

    /// Whether the report shows a row and all filters accept it. With `by_span` the filters on the creation
    /// time are skipped, because the scanned span already satisfies them.
    fn accepts(&self, row: &Transaction<'_>, by_span: bool) -> bool {
        if !(self.report.shows)(row) {
            return false;
        }
        let line = RowContext::new(*row, &self.zone);
        let says_span = |filter: &Filter| {
            filter.column.index_hint == IndexHint::Created
                && matches!(&filter.test, Test::Within(within) if within.is_contiguous())
        };
        let mut open = self.filters.iter().filter(|filter| !(by_span && says_span(filter)));
        open.all(|filter| filter.test.accepts(&filter.column.read(&line)))
    }
}

/// The accepted rows that were created in the span (Unix seconds), newest first.
fn scan(view: &View, query: &ReportQuery, (span, by_span): (Range<i64>, bool)) -> Vec<RowId> {
    let mut ids = Vec::new();
    let rows = view.rows(Axis::Created, span).rev();
    // `for_each` is faster here than `collect`, which takes the rows one by one with `next`.
    rows.filter(|row| query.accepts(row, by_span)).for_each(|row| ids.push(row.id()));
    ids
}

/// Payments per piece: one thread scans this many in a few milliseconds.
const SHARE: i64 = 60_000;

/// Divides a span into one piece per thread, the latest first. The part that contains rows is divided
/// evenly; the first and the last piece also cover the rest of the span.
fn pieces(view: &View, span: &Range<i64>) -> Vec<Range<i64>> {
    let start = calendar::start_of(view.first).max(span.start);
    let end = span.end.min(view.now.saturating_add(1));
    let payments = (end - start) / DAY * i64::from(view.merchant.trade.volume);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let count = (payments / SHARE).clamp(1, i64::try_from(threads).unwrap_or(1));
    cut(span, start..end, count)
}

fn cut(span: &Range<i64>, rows: Range<i64>, count: i64) -> Vec<Range<i64>> {
    let Range { start, end } = span.clone();
    let at = move |index: i64| match index {
        0 => start,
        index if index == count => end,
        index => rows.start + (rows.end - rows.start) / count * index,
    };
    (0..count).rev().map(move |index| at(index)..at(index + 1)).collect()
}

/// The rows that have to be scanned; no row outside of them satisfies all filters.
#[derive(Debug)]
enum ScanRange {
    /// These rows.
    Rows(Vec<RowId>),
    /// The rows created in this span (Unix seconds).
    Span(Range<i64>),
}

fn scan_range(view: &View, filters: &[Filter], pinned: bool) -> ScanRange {
    // No row is older than 2010, and sums with the limits of `i64` would overflow.
    let mut span = 0..i64::MAX / 4;
    if pinned {
        return ScanRange::Span(span);
    }
    for filter in filters {
        let lag = match (filter.column.index_hint, &filter.test) {
            (IndexHint::PaymentId, Test::Integers(ids)) => {
                return ScanRange::Rows(numbered(view, ids, 0));
            }
            (IndexHint::TransactionId, Test::Integers(ids)) => {
                return ScanRange::Rows(numbered(view, ids, TRANSACTION_OFFSET));
            }
            (IndexHint::Order, Test::Texts(orders)) => {
                let numbers = orders.iter().filter_map(|it| it.strip_prefix("ORD-")?.parse().ok());
                let mut rows = numbered(view, &numbers.collect::<Vec<_>>(), 0);
                // Added rows can have any order number.
                rows.extend(view.exceptions());
                return ScanRange::Rows(rows);
            }
            (IndexHint::Created, Test::Within(_)) => 0,
            // The longest time to an outcome is one day: the expiry of an unpaid invoice.
            (IndexHint::Finished, Test::Within(_)) => 2 * DAY,
            (IndexHint::Settled, Test::Within(_)) => settlement_lag(view),
            _ => continue,
        };
        if let Test::Within(within) = &filter.test {
            span.start = span.start.max(within.span.start.saturating_sub(lag));
            span.end = span.end.min(within.span.end);
        }
    }
    ScanRange::Span(span)
}

/// The longest time between the creation of an order and its settlement, in seconds. It includes the time
/// to the capture and the weekends on which banks do not settle.
fn settlement_lag(view: &View) -> i64 {
    let days = i64::from(view.merchant.trade.settlement_days);
    (days * 7 / 5 + 7 + i64::from(LIFECYCLE_DAYS)) * DAY
}

/// The rows with these numbers on the wire; `offset` is subtracted from each number first.
fn numbered(view: &View, numbers: &[i64], offset: i64) -> Vec<RowId> {
    let numbers = numbers.iter().filter_map(|number| number.checked_sub(offset));
    numbers.filter_map(|number| Some(view.find(number)?.id())).collect()
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::sandbox::merchant::MerchantId;
    use crate::sandbox::scenario::{Overrides, Scenario};
    use crate::sandbox::space::Space;

    fn view(volume: u32) -> View {
        let text = format!(
            r#"
            days = 14
            [clock]
            mode = "frozen"
            now = "2026-03-14T12:00:00Z"
            [[merchant]]
            name = "flitt"
            [merchant.trade]
            volume = {volume}
            "#
        );
        let vocabulary = crate::providers::vocabulary();
        let scenario = Scenario::parse("test", &text, &vocabulary, &Overrides::default());
        Space::alone(scenario.unwrap()).moment().view(MerchantId(0)).unwrap()
    }

    #[tokio::test]
    async fn a_large_ledger_waits_for_a_thread_and_a_small_one_does_not() {
        let filters = Vec::new();
        let report = super::super::reports::find("745").unwrap();
        let query = ReportQuery { report, filters, zone: TimeZone::UTC };
        let threads = Threads::of(2);
        let cache = SelectionCache { threads: threads.clone(), ..SelectionCache::default() };
        let others = threads.take_all();
        let (large, small) = (view(12_000), view(10));
        assert!(cache.rows(&small, &query).await.len() > 100);
        let everywhere = 0..i64::MAX / 4;
        if pieces(&large, &everywhere).len() == 1 {
            // With one core there is only one piece, and the scan waits for no permit.
            return;
        }
        let mut selection = pin!(cache.rows(&large, &query));
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            assert_eq!(selection.as_mut().poll(&mut context), Poll::Pending);
        }
        drop(others);
        let rows = selection.await;
        assert_eq!(*rows, *scan(&large, &query, (everywhere, true)));
        assert!(rows.len() > 100_000);
        assert_eq!(threads.available(), 2);
    }

    #[test]
    fn pieces_cover_a_span_without_gap_or_overlap() {
        assert_eq!(cut(&(0..1000), 400..700, 3), [600..1000, 500..600, 0..500]);
        assert_eq!(cut(&(5..6), 5..6, 1), vec![5..6; 1]);
    }
}
