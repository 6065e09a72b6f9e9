//! The answer of the report endpoint: a page of a table, written from the rows without a copy in between.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;

use super::columns::{Column, ESCAPES, RowContext};
use super::error::content_type;
use super::quirks::Quirks;
use super::request::Window;
use super::selection::ReportQuery;
use crate::sandbox::journal::{self, PlacedRows, RequestedRows, RowMarks};
use crate::sandbox::ledger::{Axis, RowId, Transaction, View};
use crate::wire::call::{response, streamed, with_rows};
use crate::wire::json::push_text;
use crate::wire::line::Line;

/// Rows per chunk; a page with more rows is streamed in chunks.
const PIECE: usize = 500;

/// Approximate size of a row, in bytes.
const ROW_BYTES: usize = 420;

/// A page that is being written.
#[derive(Debug)]
struct Page {
    view: View,
    query: ReportQuery,
    columns: Vec<&'static Column>,
    /// The whole selection, newest first.
    rows: Arc<[RowId]>,
    /// The page is `rows[from..to]`.
    from: usize,
    to: usize,
    marks: RowMarks,
}

/// The page of a selection that a request asks for.
pub(super) fn page(
    view: View,
    query: ReportQuery,
    window: Window,
    quirks: Quirks,
    rows: Arc<[RowId]>,
) -> Response {
    let columns = query.report.columns(quirks);
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let from = (window.page - 1).saturating_mul(window.on_page).min(count);
    let to = from.saturating_add(window.on_page).min(count);
    let (from, to) = (usize::try_from(from).unwrap_or(0), usize::try_from(to).unwrap_or(0));
    let tail = tail(&columns, count, window);
    let marks = RowMarks::new(Some(requested(&query, &rows, (from..to, window.on_page))));
    let page = Page { view, query, columns, rows, from, to, marks: marks.clone() };
    let body = if to - from <= PIECE {
        let mut body = b"{\"data\": [".to_vec();
        page.push(&mut body, from, to);
        body.extend_from_slice(&tail);
        Body::from(body)
    } else {
        page.stream(tail)
    };
    with_rows(response(StatusCode::OK, content_type(quirks), body), marks)
}

/// What a page decides about: of the ids that the report can show, those between its neighbours. Rows are
/// numbered from the newest, so the first page reaches up to now and the last one down to the beginning. Where
/// another column orders the rows, ids are not in order and one of several pages decides about nothing.
fn requested(
    query: &ReportQuery,
    rows: &[RowId],
    (page, on_page): (Range<usize>, i64),
) -> RequestedRows {
    let above = page.start.checked_sub(1).and_then(|at| rows.get(at));
    let last = page.end.checked_sub(1).and_then(|at| rows.get(at));
    let is_last = page.end >= rows.len();
    let ids = last.filter(|_| !is_last).copied().unwrap_or(RowId::MIN)
        ..above.copied().unwrap_or(RowId::MAX);
    let is_part = above.is_some() || !is_last;
    let is_ordered_otherwise = query.report.order_column().is_some();
    let ids = if is_part && is_ordered_otherwise { RowId::MIN..RowId::MIN } else { ids };
    let is_full = i64::try_from(page.len()).is_ok_and(|count| count == on_page);
    let page = match (is_last, is_full) {
        (false, _) => journal::Page::More,
        (true, true) => journal::Page::FullLast,
        (true, false) => journal::Page::Last,
    };
    RequestedRows {
        shows: query.report.shows,
        axis: Axis::Created,
        span: query.created(),
        ids,
        page,
        zone: query.zone.clone(),
    }
}

impl Page {
    /// Appends the rows of `rows[from..to]` and marks where they end.
    fn push(&self, body: &mut Vec<u8>, from: usize, to: usize) {
        let mut placed = PlacedRows::default();
        body.reserve((to - from) * ROW_BYTES);
        let mut line = Line::behind(std::mem::take(body)).escaping(ESCAPES);
        let ids = self.rows.get(from..to).unwrap_or_default();
        for (index, id) in (from..).zip(ids) {
            if index > self.from {
                line.piece(b", ");
            }
            // A view never loses rows, so every id has its row.
            let Some(row) = self.view.get(*id) else { continue };
            self.line(&mut line, row);
            placed.push(&row, line.len());
        }
        *body = line.into_bytes();
        self.marks.piece(placed, body.len());
    }

    fn line(&self, line: &mut Line, row: Transaction<'_>) {
        let context = RowContext::new(row, &self.query.zone);
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                line.piece(b", ");
            } else {
                line.piece(b"[");
            }
            context.push(line, &column.read(&context));
        }
        line.piece(b"]");
    }

    fn stream(self, tail: Vec<u8>) -> Body {
        let (from, to) = (self.from, self.to);
        let pieces = (from..to).step_by(PIECE).map(move |start| {
            let mut piece = if start == from { b"{\"data\": [".to_vec() } else { Vec::new() };
            self.push(&mut piece, start, to.min(start + PIECE));
            piece
        });
        streamed(pieces.chain(std::iter::once(tail)))
    }
}

/// The rest of the answer after the rows, from the closing bracket of the rows.
fn tail(columns: &[&Column], count: i64, window: Window) -> Vec<u8> {
    let mut tail = format!("], \"rows_count\": {count}, \"fields\": [").into_bytes();
    for (index, column) in columns.iter().enumerate() {
        if index > 0 {
            tail.extend_from_slice(b", ");
        }
        push_text(&mut tail, column.name, ESCAPES);
    }
    // The requested page size, not the number of rows on the page: clients compute the end of the report
    // from it.
    let Window { on_page, page } = window;
    let end = format!("], \"rows_page\": {page}, \"rows_on_page\": {on_page}}}");
    tail.extend_from_slice(end.as_bytes());
    tail
}
