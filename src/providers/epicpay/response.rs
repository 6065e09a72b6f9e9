//! The answer of a report: its rows, streamed in the vendor's envelope.

use std::ops::Range;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use jiff::tz::TimeZone;

use super::columns::{self, Table};
use super::quirks::Quirks;
use super::report_type::Report;
use super::reports::activity;
use super::request::Request;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::journal::{Page, PlacedRows, RequestedRows, RowMarks};
use crate::sandbox::ledger::{Axis, RowId, Transaction, View};
use crate::wire::call::{response, streamed, with_rows};
use crate::wire::json::Writer;
use crate::wire::line::Line;

/// Bytes of a chunk of the body; the last row can exceed them.
const CHUNK: usize = 64 * 1024;

/// Estimated bytes of a row.
const ENTRY_BYTES: usize = 512;

/// The data that a report is made from.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) view: View,
    pub(super) request: Request,
    pub(super) quirks: Quirks,
    /// Whether currencies of chargebacks are ISO codes instead of numbers.
    pub(super) currency_letters: bool,
}

impl Context {
    pub(super) fn days(&self) -> Range<Day> {
        self.request.days.clone()
    }

    /// What the request asks for; `None` unless the report lists the transactions themselves.
    fn requested(&self) -> Option<RequestedRows> {
        let shows = activity::is_listed;
        let ids = RowId::MIN..RowId::MAX;
        let is_list = self.request.report == Report::TrxnActivity;
        is_list.then(|| RequestedRows {
            shows,
            axis: Axis::Paid,
            span: self.request.span(),
            ids,
            page: Page::Whole,
            zone: TimeZone::UTC,
        })
    }

    /// The row with this id, which comes from the same view.
    pub(super) fn row(&self, id: RowId) -> Option<Transaction<'_>> {
        self.view.get(id)
    }
}

/// Is called with each row of the ledger that an entry tells in this report.
pub(super) type Tell<'t, 'a> = &'t mut dyn FnMut(Transaction<'a>);

/// Reads the row of an entry; `None` writes nothing.
type ReadRow<T, R> = for<'a> fn(&'a Context, T, Tell<'_, 'a>) -> Option<R>;

enum Entry<T> {
    Ledger(T),
    /// The position among the pinned rows.
    Pinned(usize),
}

/// The answer with these entries in their order, each under its day, merged with the rows that the
/// scenario pins for the report.
pub(super) fn answer_with<T, R>(
    context: Context,
    entries: Vec<(Day, T)>,
    table: Table<R>,
    read_row: ReadRow<T, R>,
) -> Response
where
    T: Send + 'static,
    R: 'static,
{
    let marks = RowMarks::new(context.requested());
    let pinned = pinned(&context, table);
    let mut entries: Vec<(Day, Entry<T>)> =
        entries.into_iter().map(|(day, entry)| (day, Entry::Ledger(entry))).collect();
    if !pinned.is_empty() {
        let listed = pinned.iter().enumerate();
        entries.extend(listed.map(|(index, (day, _))| (*day, Entry::Pinned(index))));
        entries.sort_by_key(|(day, _)| *day);
    }
    let room = (entries.len() * ENTRY_BYTES + 512).min(CHUNK + CHUNK / 4);
    let mut json = Writer::with_capacity(room);
    open(&mut json, &context.request, entries.len());
    let written = json.into_bytes();
    let pinned = pinned.into_iter().map(|(_, wire)| wire).collect();
    let entries = entries.into_iter();
    let (is_first, ended, rows) = (true, false, marks.clone());
    let mut chunks =
        Chunks { context, entries, pinned, table, read_row, written, is_first, ended, marks };
    let first = chunks.next();
    let body = match first {
        Some(first) if chunks.ended => Body::from(first),
        first => streamed(first.into_iter().chain(chunks)),
    };
    with_rows(response(StatusCode::OK, "application/json", body), rows)
}

/// Rows that the scenario pins for the report, with their days.
fn pinned<R>(context: &Context, table: Table<R>) -> Vec<(Day, String)> {
    let with_names = |json| columns::with_names(table, context.quirks, json);
    let report = context.request.report;
    let span = context.request.span();
    let rows = context.view.pinned_rows("epicpay", report.name());
    rows.filter(|row| !report.is_filtered() || span.contains(&row.at))
        .map(|row| (calendar::day_of(row.at), with_names(compact(&row.wire))))
        .collect()
}

/// JSON of a scenario without the white space between its tokens.
fn compact(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in json.chars() {
        if quoted {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            quoted = c == '"';
        }
        text.push(c);
    }
    text
}

fn open(json: &mut Writer, request: &Request, count: usize) {
    json.open(b'{');
    json.key("result");
    json.open(b'{');
    json.key("filters");
    json.open(b'{');
    json.text_member("start_date", &request.start_date);
    json.text_member("end_date", &request.end_date);
    json.close(b'}');
    json.integer_member("record_count", i64::try_from(count).unwrap_or(i64::MAX));
    json.key("data");
    json.open(b'[');
}

/// What follows the rows.
const END: &str = r#"]},"status":{"response_code":"Received","reason_code":"","reason_text":""}}"#;

struct Chunks<T, R: 'static> {
    context: Context,
    entries: std::vec::IntoIter<(Day, Entry<T>)>,
    pinned: Vec<String>,
    table: Table<R>,
    read_row: ReadRow<T, R>,
    /// The beginning of the next chunk.
    written: Vec<u8>,
    /// Whether no row is written yet.
    is_first: bool,
    ended: bool,
    marks: RowMarks,
}

impl<T, R> Iterator for Chunks<T, R> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let (mut placed, mut rows) = (PlacedRows::default(), Vec::new());
        let mut line = Line::behind(std::mem::take(&mut self.written));
        while line.len() < CHUNK {
            let Some((_, entry)) = self.entries.next() else {
                line.text(END);
                self.ended = true;
                break;
            };
            match entry {
                Entry::Ledger(entry) => {
                    let row = (self.read_row)(&self.context, entry, &mut |row| rows.push(row));
                    if let Some(row) = row {
                        separate(&mut line, &mut self.is_first);
                        columns::write(self.table, &row, self.context.quirks, &mut line);
                    }
                    placed.push_all(rows.drain(..), line.len());
                }
                Entry::Pinned(index) => {
                    separate(&mut line, &mut self.is_first);
                    line.text(self.pinned.get(index).map_or("{}", String::as_str));
                }
            }
        }
        self.marks.piece(placed, line.len());
        Some(line.into_bytes().into())
    }
}

fn separate(line: &mut Line, is_first: &mut bool) {
    if !std::mem::take(is_first) {
        line.piece(b",");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pinned_json_loses_its_white_space_and_nothing_else() {
        let json = "{ \"a b\" : 1.50,\n \"c\\\" \": \"\\\\\", \"account_number\": \"1\" }";
        let plain = r#"{"a b":1.50,"c\" ":"\\","account_number":"1"}"#;
        assert_eq!(compact(json), plain);
    }
}
