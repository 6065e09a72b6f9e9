//! Which rows a request selects, newest first, and a short memory of the last selections, so that the
//! next page need not look again.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::tz::TimeZone;
use tokio::sync::Semaphore;

use super::columns::{IndexHint, RowContext};
use super::filters::{Filter, Test};
use super::reports::{Report, TRANSACTION_OFFSET};
use crate::sandbox::generate::calendar::{self, DAY};
use crate::sandbox::generate::original::LIFECYCLE_DAYS;
use crate::sandbox::ledger::{Axis, RowId, Transaction, View};

/// Selections that are remembered at most.
const MAX_SELECTIONS: usize = 8;

/// Rows in all remembered selections at most: eight megabytes.
const MAX_ROWS: usize = 1 << 20;

/// Which rows of which report a request asks for.
#[derive(Clone, Debug)]
pub(super) struct ReportQuery {
    pub(super) report: &'static Report,
    pub(super) filters: Vec<Filter>,
    /// In which dates are read and written.
    pub(super) zone: TimeZone,
}

#[derive(Debug)]
struct Selection {
    view: View,
    report: i64,
    filters: Vec<Filter>,
    rows: Arc<[RowId]>,
}

/// The last selections. They are recognized by the view they were made in, so that a clock that moves or a
/// row that is added makes them worthless by itself.
#[derive(Debug)]
pub(super) struct SelectionCache {
    // A `std` lock: held to look through eight entries, never across an `.await`.
    selections: Mutex<VecDeque<Selection>>,
    /// Threads that may look through large ledgers at once.
    threads: Semaphore,
}

impl Default for SelectionCache {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { selections: Mutex::default(), threads: Semaphore::new(threads) }
    }
}

impl SelectionCache {
    /// The rows a query selects.
    pub(super) async fn rows(&self, view: &View, query: &ReportQuery) -> Arc<[RowId]> {
        if let Some(rows) = self.known(view, query) {
            return rows;
        }
        let rows: Arc<[RowId]> = self.select(view, query).await.into();
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
        // Rows that are given word for word can say anything about themselves.
        let pinned = view.has_pinned(super::SLUG);
        match scan_range(view, &query.filters, pinned) {
            ScanRange::Rows(mut ids) => {
                ids.retain(|id| view.get(*id).is_some_and(|row| query.accepts(&row, false)));
                newest_first(ids)
            }
            ScanRange::Span(span) => {
                // What only says when a row was created is what the span says.
                let by_span = !pinned;
                let pieces = pieces(view, &span);
                let mut ids = match pieces.as_slice() {
                    [_, _, ..] => self.scan_beside(view, query, (pieces, by_span)).await,
                    _ => scan(view, query, (span, by_span)),
                };
                // What was added keeps to no rule about where it is.
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

    /// Looks through pieces of a large ledger on threads of their own, so that other requests need not
    /// wait; a few at once, whoever asks.
    async fn scan_beside(
        &self,
        view: &View,
        query: &ReportQuery,
        (pieces, by_span): (Vec<Range<i64>>, bool),
    ) -> Vec<RowId> {
        let at_work = pieces.into_iter().map(async |piece| {
            let _turn = self.threads.acquire().await;
            let (view, query) = (view.clone(), query.clone());
            let scanning = move || scan(&view, &query, (piece, by_span));
            // An error is a panic of the scan, which is passed on.
            match tokio::task::spawn_blocking(scanning).await {
                Ok(ids) => ids,
                Err(err) => match err.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => Vec::new(),
                },
            }
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
    /// Whether the report shows a row and the filters accept it; `by_span` leaves out those that are
    /// satisfied by the span that is looked through.
    fn accepts(&self, row: &Transaction<'_>, by_span: bool) -> bool {
        if !(self.report.shows)(row) {
            return false;
        }
        let line = RowContext::new(*row, &self.zone);
        let says_span = |filter: &Filter| {
            filter.column.index_hint == IndexHint::Created && matches!(filter.test, Test::Within(_))
        };
        let mut open = self.filters.iter().filter(|filter| !(by_span && says_span(filter)));
        open.all(|filter| filter.test.accepts(&filter.column.read(&line)))
    }
}

/// Rows that were created in the span and are accepted, newest first.
fn scan(view: &View, query: &ReportQuery, (span, by_span): (Range<i64>, bool)) -> Vec<RowId> {
    let mut ids = Vec::new();
    let rows = view.rows(Axis::Created, span).rev();
    // Not `collect`, which asks for one row after the other.
    rows.filter(|row| query.accepts(row, by_span)).for_each(|row| ids.push(row.id()));
    ids
}

/// Payments that one thread looks through in a few milliseconds; where there are more, others help.
const SHARE: i64 = 60_000;

/// A span cut into as many pieces as threads should look through, the latest first. The part of it in which
/// there are rows is what is cut evenly; the ends belong to the outer pieces.
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

/// Where the rows that satisfy all filters must be.
#[derive(Debug)]
enum ScanRange {
    /// Among these rows.
    Rows(Vec<RowId>),
    /// Created in this span (Unix seconds).
    Span(Range<i64>),
}

fn scan_range(view: &View, filters: &[Filter], pinned: bool) -> ScanRange {
    // Instants before 2010 have no rows, and sums with the ends of i64 would overflow.
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
                // What was added can have any order number.
                rows.extend(view.exceptions());
                return ScanRange::Rows(rows);
            }
            (IndexHint::Created, Test::Within(_)) => 0,
            // The longest wait for an outcome is that for an invoice nobody pays: a day.
            (IndexHint::Finished, Test::Within(_)) => 2 * DAY,
            (IndexHint::Settled, Test::Within(_)) => settlement_lag(view),
            _ => continue,
        };
        if let Test::Within(within) = &filter.test {
            span.start = span.start.max(within.start.saturating_sub(lag));
            span.end = span.end.min(within.end);
        }
    }
    ScanRange::Span(span)
}

/// How long before its settlement an order can have been created, in seconds: it may have waited for
/// its capture, and for the bank over weekends.
fn settlement_lag(view: &View) -> i64 {
    let days = i64::from(view.merchant.trade.settlement_days);
    (days * 7 / 5 + 7 + i64::from(LIFECYCLE_DAYS)) * DAY
}

/// Rows by their numbers on the wire.
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
        let cache = SelectionCache::default();
        let permits = u32::try_from(cache.threads.available_permits()).unwrap();
        let others = cache.threads.try_acquire_many(permits).unwrap();
        let (large, small) = (view(12_000), view(10));
        assert!(cache.rows(&small, &query).await.len() > 100);
        let everywhere = 0..i64::MAX / 4;
        if pieces(&large, &everywhere).len() == 1 {
            // One core: nobody to share the work with.
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
        assert_eq!(cache.threads.available_permits(), permits as usize);
    }

    #[test]
    fn pieces_cover_a_span_without_gap_or_overlap() {
        assert_eq!(cut(&(0..1000), 400..700, 3), [600..1000, 500..600, 0..500]);
        assert_eq!(cut(&(5..6), 5..6, 1), vec![5..6; 1]);
    }
}
