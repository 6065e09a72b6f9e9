//! A downloaded report. It is written from the ledger in chunks, so memory use does not depend on the
//! number of rows.

use axum::http::StatusCode;
use axum::response::Response;

use super::cells;
use super::columns::{self, Column};
use super::request::{Format, Report};
use super::response::{Envelope, clean, content_type, element_name, push_element};
use super::row_context::RowContext;
use jiff::tz::TimeZone;

use crate::sandbox::digest::Hasher;
use crate::sandbox::journal::{Page, PlacedRows, RequestedRows, RowMarks};
use crate::sandbox::ledger::{Axis, RowId, View};
use crate::wire::call::{response, streamed, with_rows};
use crate::wire::json::{Escapes, push_text};

/// Approximate size of a chunk of the answer, in bytes.
const PIECE: usize = 64 * 1024;

/// The structure that encloses the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// `[{"data_count":n},[rows]]`.
    Array,
    /// The signed envelope, with the fields `data` and `data_count`.
    Envelope,
}

/// The rows of a report with ids above `after`, in ascending order of id.
fn rows<'a>(
    view: &'a View,
    report: &'a Report,
    after: Option<RowId>,
) -> impl Iterator<Item = RowContext<'a>> {
    let rows = view.rows(Axis::Created, span(view, report));
    let rows = match after {
        Some(id) => rows.after(id),
        None => rows,
    };
    let mut cell = String::new();
    let shown = rows.filter(columns::is_shown);
    let rows = shown.map(|row| RowContext::of(row, report.offset));
    rows.filter(move |row| report.filters.iter().all(|filter| filter.admits(row, &mut cell)))
}

/// The range of creation times (Unix seconds) that has to be scanned. A `fort_id` begins with the
/// creation second of its row, so a filter on `fort_id` narrows the range. A scenario can pin any
/// `fort_id`; then the range is not narrowed.
fn span(view: &View, report: &Report) -> std::ops::Range<i64> {
    let span = report.span.clone();
    let filter = report.filters.iter().find(|filter| filter.column.name == "fort_id");
    let Some(filter) = filter.filter(|_| !view.has_pinned("payfort")) else { return span };
    let seconds = filter.values.iter().filter_map(|value| cells::second_of_fort_id(value));
    let ends = seconds.clone().min().zip(seconds.max());
    // If no filter value is a valid `fort_id`, no row can match.
    ends.map_or(0..0, |(low, high)| span.start.max(low)..span.end.min(high + 1))
}

/// For JSON, the bytes that precede each cell: comma, column name, colon. Empty for XML, where the name
/// encloses the cell.
fn names(report: &Report, format: Format) -> Vec<Vec<u8>> {
    if format == Format::Xml {
        return Vec::new();
    }
    let name = |(index, column): (usize, &&Column)| {
        let mut name = if index > 0 { b",".to_vec() } else { Vec::new() };
        push_text(&mut name, column.name, Escapes::default());
        name.push(b':');
        name
    };
    report.columns.iter().enumerate().map(name).collect()
}

/// The number of rows of a report; counting stops at `most`.
pub(super) fn count(view: &View, report: &Report, most: usize) -> usize {
    if report.filters.is_empty() {
        let rows = view.rows(Axis::Created, report.span.clone());
        return rows.filter(columns::is_shown).take(most).count();
    }
    rows(view, report, None).take(most).count()
}

/// A report that is being written.
#[derive(Debug)]
pub(super) struct Download {
    view: View,
    report: Report,
    envelope: Envelope<'static>,
    frame: Frame,
    /// The result of [`names`], computed once per report.
    names: Vec<Vec<u8>>,
    /// Hashes the rows while they are written; `None` if the answer is not signed.
    hasher: Option<Hasher>,
    rows: usize,
    begun: bool,
    done: bool,
    last: Option<RowId>,
    marks: RowMarks,
}

impl Download {
    /// A report with the given number of rows. In XML the frame is always the envelope.
    pub(super) fn new(
        view: View,
        report: Report,
        envelope: Envelope<'_>,
        frame: Frame,
        rows: usize,
    ) -> Self {
        let frame = match envelope.format {
            Format::Json => frame,
            Format::Xml => Frame::Envelope,
        };
        let mut envelope = envelope.into_owned();
        envelope.set("data_count", rows.to_string());
        let hasher = match frame {
            Frame::Array => None,
            Frame::Envelope => envelope.begin(),
        };
        let names = names(&report, envelope.format);
        let (begun, done, last) = (false, false, None);
        let (axis, span) = (Axis::Created, report.span.clone());
        let (shows, ids) = (columns::is_shown, RowId::MIN..RowId::MAX);
        let requested = RequestedRows {
            shows,
            axis,
            span,
            ids,
            page: Page::Whole,
            zone: TimeZone::fixed(report.offset),
        };
        let marks = RowMarks::new(Some(requested));
        Self { view, report, envelope, frame, names, hasher, rows, begun, done, last, marks }
    }

    /// The answer. A report that fits into one chunk has a complete body; a longer one is streamed.
    pub(super) fn respond(mut self) -> Response {
        let content_type = content_type(self.envelope.format);
        let marks = self.marks.clone();
        let Some(first) = self.next() else { return response(StatusCode::OK, content_type, "") };
        if self.done {
            return with_rows(response(StatusCode::OK, content_type, first), marks);
        }
        let pieces = std::iter::once(first).chain(std::iter::from_fn(move || self.next()));
        with_rows(response(StatusCode::OK, content_type, streamed(pieces)), marks)
    }

    /// The next chunk; `None` after the last.
    fn next(&mut self) -> Option<Vec<u8>> {
        if self.done {
            return None;
        }
        let mut bytes = Vec::with_capacity(PIECE + PIECE / 4);
        let (view, report) = (self.view.clone(), self.report.clone());
        if !self.begun {
            self.push_head(&mut bytes);
        }
        let mut placed = PlacedRows::default();
        let mut rows = rows(&view, &report, self.last);
        while bytes.len() < PIECE {
            let Some(context) = rows.next() else {
                self.push_tail(&mut bytes);
                self.done = true;
                break;
            };
            self.push_row(&mut bytes, &context);
            self.last = Some(context.row.id());
            placed.push(&context.row, bytes.len());
        }
        self.marks.piece(placed, bytes.len());
        self.begun = true;
        Some(bytes)
    }

    fn push_head(&mut self, bytes: &mut Vec<u8>) {
        match self.frame {
            Frame::Array => {
                bytes.extend_from_slice(format!("[{{\"data_count\":{}}},[", self.rows).as_bytes());
            }
            Frame::Envelope => {
                self.envelope.push_head(bytes);
                bytes.extend_from_slice(match self.envelope.format {
                    Format::Json => b",\"data\":[".as_slice(),
                    Format::Xml => b"<data_list>",
                });
                self.hash("data=[");
            }
        }
    }

    fn push_tail(&mut self, bytes: &mut Vec<u8>) {
        match self.frame {
            Frame::Array => bytes.extend_from_slice(b"]]"),
            Frame::Envelope => {
                bytes.extend_from_slice(match self.envelope.format {
                    Format::Json => b"]".as_slice(),
                    Format::Xml => b"</data_list>",
                });
                self.hash("]");
                let signature = self.hasher.take().map(|hasher| self.envelope.sign(hasher));
                self.envelope.push_tail(bytes, signature.as_deref());
            }
        }
    }

    fn hash(&mut self, text: &str) {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(text.as_bytes());
        }
    }

    fn push_row(&mut self, bytes: &mut Vec<u8>, context: &RowContext<'_>) {
        let format = self.envelope.format;
        let first = self.last.is_none();
        self.hash(if first { "{" } else { ", {" });
        bytes.extend_from_slice(match format {
            Format::Json if first => b"{".as_slice(),
            Format::Json => b",{",
            Format::Xml => b"<data>",
        });
        let mut cell = String::with_capacity(64);
        for index in 0..self.report.columns.len() {
            let Some(column) = self.report.columns.get(index).copied() else { break };
            cell.clear();
            column.push(context, &mut cell);
            let text = clean(&cell, format);
            let name = match format {
                Format::Json => {
                    bytes.extend_from_slice(self.names.get(index).map_or(b"", Vec::as_slice));
                    push_text(bytes, &text, Escapes::default());
                    column.name
                }
                Format::Xml => {
                    let name = element_name(column.name);
                    push_element(bytes, name, &text);
                    name
                }
            };
            if self.hasher.is_some() {
                for part in [if index > 0 { ", " } else { "" }, name, "=", &text] {
                    self.hash(part);
                }
            }
        }
        self.hash("}");
        bytes.extend_from_slice(match format {
            Format::Json => b"}".as_slice(),
            Format::Xml => b"</data>",
        });
    }
}
