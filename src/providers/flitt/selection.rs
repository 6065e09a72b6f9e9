//! Which rows a request selects, newest first, and a short memory of the last selections, so that the
//! next page need not look again, and the same page need not be printed again.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jiff::tz::TimeZone;

use super::column::{Line, Place};
use super::filters::{Filter, Test};
use super::reports::{Report, TRANSACTION_OFFSET};
use super::request::Window;
use crate::sandbox::generate::birth::REACH;
use crate::sandbox::generate::calendar::{self, DAY};
use crate::sandbox::ledger::{Axis, Mark, RowId, Transaction, View};

/// Selections that are remembered at most.
const MOST: usize = 8;

/// Rows in all remembered selections at most: eight megabytes.
const MOST_ROWS: usize = 1 << 20;

/// What a report shows of a view.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) report: &'static Report,
    pub(super) filters: Vec<Filter>,
    /// In which dates are read and written.
    pub(super) zone: TimeZone,
}

#[derive(Debug)]
struct Kept {
    mark: Mark,
    report: i64,
    filters: Vec<Filter>,
    rows: Arc<[RowId]>,
    /// Pages of it that were printed, the last one first.
    pages: VecDeque<(PageKey, Bytes)>,
}

/// Which page of a selection, and the name of the form it is printed in.
pub(super) type PageKey = (Window, Arc<str>);

/// Pages of one selection that are remembered at most.
const MOST_PAGES: usize = 4;

/// The longest page that is remembered, in bytes.
const LONGEST_PAGE: usize = 64 * 1024;

/// The last selections. They are recognized by the view they were made in, so that a clock that
/// moves or a row that is added makes them worthless by itself.
#[derive(Debug, Default)]
pub(super) struct Memo {
    // A `std` lock: held to look through eight entries, never across an `.await`.
    kept: Mutex<VecDeque<Kept>>,
}

impl Kept {
    fn is_of(&self, view: &View, question: &Question) -> bool {
        self.report == question.report.id
            && view.bears(&self.mark)
            && self.filters == question.filters
    }
}

impl Memo {
    /// The rows a question selects.
    pub(super) fn rows(&self, view: &View, question: &Question) -> Arc<[RowId]> {
        if let Some(rows) = self.known(view, question) {
            return rows;
        }
        let rows: Arc<[RowId]> = select(view, question).into();
        if rows.len() <= MOST_ROWS {
            self.keep(view, question, &rows);
        }
        rows
    }

    fn known(&self, view: &View, question: &Question) -> Option<Arc<[RowId]>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|it| it.is_of(view, question)).map(|it| Arc::clone(&it.rows))
    }

    /// A page that was printed before.
    pub(super) fn page(&self, view: &View, question: &Question, key: &PageKey) -> Option<Bytes> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let pages = &kept.iter().find(|it| it.is_of(view, question))?.pages;
        pages.iter().find(|page| page.0 == *key).map(|page| page.1.clone())
    }

    /// Remembers a page of a selection that is remembered itself.
    pub(super) fn keep_page(&self, view: &View, question: &Question, key: PageKey, page: &Bytes) {
        if page.len() > LONGEST_PAGE {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.iter_mut().find(|it| it.is_of(view, question)) {
            kept.pages.push_front((key, page.clone()));
            kept.pages.truncate(MOST_PAGES);
        }
    }

    fn keep(&self, view: &View, question: &Question, rows: &Arc<[RowId]>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front(Kept {
            mark: view.mark(),
            report: question.report.id,
            filters: question.filters.clone(),
            rows: Arc::clone(rows),
            pages: VecDeque::new(),
        });
        let count = |kept: &VecDeque<Kept>| kept.iter().map(|it| it.rows.len()).sum::<usize>();
        while kept.len() > MOST || count(&kept) > MOST_ROWS {
            kept.pop_back();
        }
    }
}

/// Where the rows that satisfy all filters must be.
#[derive(Debug)]
enum Reach {
    /// Among these rows.
    Rows(Vec<RowId>),
    /// Created in this span (Unix seconds).
    Span(Range<i64>),
}

fn select(view: &View, question: &Question) -> Vec<RowId> {
    let accepts = |row: &Transaction<'_>, filters: &[&Filter]| {
        if !(question.report.shows)(row) {
            return false;
        }
        let line = Line::new(*row, &question.zone);
        filters.iter().all(|filter| filter.test.accepts(&filter.column.read(&line)))
    };
    let filters: Vec<&Filter> = question.filters.iter().collect();
    // Rows that are given word for word can say anything about themselves.
    let pinned = view.has_pinned(super::SLUG);
    match reach(view, &question.filters, pinned) {
        Reach::Rows(mut ids) => {
            ids.sort_unstable_by(|left, right| right.cmp(left));
            ids.dedup();
            ids.retain(|id| view.get(*id).is_some_and(|row| accepts(&row, &filters)));
            ids
        }
        Reach::Span(span) => {
            // What only says when a row was created is what the span says.
            let is_open = |filter: &&Filter| {
                let says_span =
                    filter.column.place == Place::Created && matches!(filter.test, Test::Within(_));
                pinned || !says_span
            };
            let open: Vec<&Filter> = filters.into_iter().filter(is_open).collect();
            scan(view, span, &|row| accepts(row, &open))
        }
    }
}

/// Payments that one thread looks through in a few milliseconds; where there are more, others help.
const SHARE: i64 = 60_000;

/// Rows that were created in the span and are accepted, newest first.
fn scan<'a>(
    view: &'a View,
    span: Range<i64>,
    accepts: &(impl Fn(&Transaction<'a>) -> bool + Sync),
) -> Vec<RowId> {
    let look = |span: Range<i64>| -> Vec<RowId> {
        let mut ids = Vec::new();
        let rows = view.rows(Axis::Created, span).rev();
        // Not `collect`, which asks for one row after the other.
        rows.filter(|row| accepts(row)).for_each(|row| ids.push(row.id()));
        ids
    };
    let start = calendar::start_of(view.first).max(span.start);
    let end = span.end.min(view.now.saturating_add(1));
    let payments = (end - start) / DAY * i64::from(view.merchant.trade.volume);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let count = (payments / SHARE).clamp(1, i64::try_from(threads).unwrap_or(1));
    if count == 1 {
        return look(span);
    }
    std::thread::scope(|scope| {
        // All have to be at work before the first is waited for.
        let at_work: Vec<_> = pieces(&span, start..end, count)
            .map(|piece| scope.spawn(move || look(piece)))
            .collect();
        let done = at_work
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        done.flatten().collect()
    })
}

/// A span cut into so many pieces, the latest first. The part of it in which there are rows is what
/// is cut evenly; the ends belong to the outer pieces.
fn pieces(span: &Range<i64>, rows: Range<i64>, count: i64) -> impl Iterator<Item = Range<i64>> {
    let Range { start, end } = span.clone();
    let cut = move |place: i64| match place {
        0 => start,
        place if place == count => end,
        place => rows.start + (rows.end - rows.start) / count * place,
    };
    (0..count).rev().map(move |place| cut(place)..cut(place + 1))
}

fn reach(view: &View, filters: &[Filter], pinned: bool) -> Reach {
    // Instants before 2010 have no rows, and sums with the ends of i64 would overflow.
    let mut span = 0..i64::MAX / 4;
    if pinned {
        return Reach::Span(span);
    }
    // What was added by hand keeps to no rule but that it has an instant of creation.
    let plain = view.is_plain();
    for filter in filters {
        let lag = match (filter.column.place, &filter.test) {
            (Place::PaymentId, Test::Integers(ids)) => return Reach::Rows(numbered(view, ids, 0)),
            (Place::TransactionId, Test::Integers(ids)) => {
                return Reach::Rows(numbered(view, ids, TRANSACTION_OFFSET));
            }
            (Place::Order, Test::Texts(orders)) if plain => {
                let numbers = orders.iter().filter_map(|it| it.strip_prefix("ORD-")?.parse().ok());
                return Reach::Rows(numbered(view, &numbers.collect::<Vec<_>>(), 0));
            }
            (Place::Created, Test::Within(_)) => 0,
            // The longest wait for an outcome is that for an invoice nobody pays: a day.
            (Place::Finished, Test::Within(_)) if plain => 2 * DAY,
            (Place::Settled, Test::Within(_)) if plain => settlement_lag(view),
            _ => continue,
        };
        if let Test::Within(within) = &filter.test {
            span.start = span.start.max(within.start.saturating_sub(lag));
            span.end = span.end.min(within.end);
        }
    }
    Reach::Span(span)
}

/// How long before its settlement an order can have been created, in seconds: it may have waited for
/// its capture, and for the bank over weekends.
fn settlement_lag(view: &View) -> i64 {
    let days = i64::from(view.merchant.trade.settlement_days);
    (days * 7 / 5 + 7 + i64::from(REACH)) * DAY
}

/// Rows by their numbers on the wire.
fn numbered(view: &View, numbers: &[i64], offset: i64) -> Vec<RowId> {
    let numbers = numbers.iter().filter_map(|number| number.checked_sub(offset));
    numbers.filter_map(|number| Some(view.find(number)?.id())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_a_span_without_gap_or_overlap() {
        let cut: Vec<_> = pieces(&(0..1000), 400..700, 3).collect();
        assert_eq!(cut, [600..1000, 500..600, 0..500]);
        assert!(pieces(&(5..6), 5..6, 1).eq(std::iter::once(5..6)));
    }
}
