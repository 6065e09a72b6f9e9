//! A downloaded report, written a piece at a time straight from the ledger: however many rows it has,
//! only some of them are in memory.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;

use super::cells;
use super::columns::{self, Column};
use super::request::{Format, Report};
use super::response::{Envelope, clean, content_type, element_name, push_element};
use super::row_context::RowContext;
use crate::sandbox::digest::Hasher;
use crate::sandbox::ledger::{Axis, RowId, View};
use crate::wire::call::response;
use crate::wire::json::{Escapes, push_text};

/// Bytes of a piece, roughly.
const PIECE: usize = 64 * 1024;

/// What stands around the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// `[{"data_count":n},[rows]]`.
    Array,
    /// The signed envelope.
    Envelope,
}

/// The rows of a report behind `after`, in rising ids.
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

/// A filter on `fort_id` names the second of its row, unless ids are pinned.
fn span(view: &View, report: &Report) -> std::ops::Range<i64> {
    let span = report.span.clone();
    let filter = report.filters.iter().find(|filter| filter.column.name == "fort_id");
    let Some(filter) = filter.filter(|_| !view.has_pinned("payfort")) else { return span };
    let seconds = filter.values.iter().filter_map(|value| cells::second_of_fort_id(value));
    let ends = seconds.clone().min().zip(seconds.max());
    // No row has an id that is none.
    ends.map_or(0..0, |(low, high)| span.start.max(low)..span.end.min(high + 1))
}

/// What stands before each cell of a JSON object; XML has names on both sides of a cell.
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

/// How many rows a report has; counts no further than `most`.
pub(super) fn count(view: &View, report: &Report, most: usize) -> usize {
    if report.filters.is_empty() {
        let rows = view.rows(Axis::Created, report.span.clone());
        return rows.filter(columns::is_shown).take(most).count();
    }
    rows(view, report, None).take(most).count()
}

/// A report on its way.
#[derive(Debug)]
pub(super) struct Download {
    view: View,
    report: Report,
    envelope: Envelope<'static>,
    frame: Frame,
    /// The name of each column as it is written before its cell.
    names: Vec<Vec<u8>>,
    /// Signs while rows pass; only within the envelope.
    hasher: Option<Hasher>,
    rows: usize,
    begun: bool,
    done: bool,
    last: Option<RowId>,
}

impl Download {
    /// A report of so many rows. XML knows no other frame than the envelope.
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
        Self { view, report, envelope, frame, names, hasher, rows, begun, done, last }
    }

    /// The answer: whole where one piece holds it, else piece by piece.
    pub(super) fn respond(mut self) -> Response {
        let content_type = content_type(self.envelope.format);
        let Some(first) = self.next() else { return response(StatusCode::OK, content_type, "") };
        if self.done {
            return response(StatusCode::OK, content_type, first);
        }
        let pieces = stream::unfold((Some(first), self), |(first, mut download)| async move {
            let piece = first.or_else(|| download.next())?;
            Some((Ok::<_, Infallible>(Bytes::from(piece)), (None, download)))
        });
        response(StatusCode::OK, content_type, Body::from_stream(pieces))
    }

    /// The next piece.
    fn next(&mut self) -> Option<Vec<u8>> {
        if self.done {
            return None;
        }
        let mut bytes = Vec::with_capacity(PIECE + PIECE / 4);
        let (view, report) = (self.view.clone(), self.report.clone());
        if !self.begun {
            self.push_head(&mut bytes);
        }
        let mut rows = rows(&view, &report, self.last);
        while bytes.len() < PIECE {
            let Some(context) = rows.next() else {
                self.push_tail(&mut bytes);
                self.done = true;
                break;
            };
            self.push_row(&mut bytes, &context);
            self.last = Some(context.row.id());
        }
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
