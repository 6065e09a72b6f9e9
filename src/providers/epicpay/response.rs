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
use crate::sandbox::journal::{Asked, Page, PlacedRows, RowMarks};
use crate::sandbox::ledger::batch::Batch;
use crate::sandbox::ledger::dispute::Stage;
use crate::sandbox::ledger::settlement::{self, Deposit};
use crate::sandbox::ledger::subscription::Subscription;
use crate::sandbox::ledger::{Axis, RowId, Transaction, View};
use crate::wire::call::{response, streamed, with_rows};
use crate::wire::json::Writer;

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
    fn asked(&self) -> Option<Asked> {
        let shows = activity::is_listed;
        let ids = RowId::MIN..RowId::MAX;
        let is_list = self.request.report == Report::TrxnActivity;
        is_list.then(|| Asked {
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

/// Reads the row of an entry; `None` writes nothing.
type ReadRow<T, R> = fn(&Context, T) -> Option<R>;

/// An entry of a report, and the rows of the ledger that it tells.
pub(super) trait Tells {
    /// Calls `each` with the rows that the entry tells in this report.
    fn each_row(&self, _: &Context, _: &mut dyn FnMut(RowId)) {}
}

impl Tells for RowId {
    fn each_row(&self, _: &Context, each: &mut dyn FnMut(RowId)) {
        each(*self);
    }
}

impl Tells for (RowId, Stage) {
    fn each_row(&self, _: &Context, each: &mut dyn FnMut(RowId)) {
        each(self.0);
    }
}

impl Tells for Deposit {
    fn each_row(&self, context: &Context, each: &mut dyn FnMut(RowId)) {
        if context.request.report == Report::DepositsDetail {
            let lines = settlement::lines(&context.view, self);
            lines.filter_map(|line| line.row).for_each(|row| each(row.id()));
        }
    }
}

impl Tells for Batch {}
impl<A> Tells for (Subscription, A) {}
impl<A, B> Tells for (Subscription, A, B) {}
impl<A, B, C> Tells for (Subscription, A, B, C) {}

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
    T: Tells + Send + 'static,
    R: 'static,
{
    let marks = RowMarks::new(context.asked());
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
    let pinned = pinned.into_iter().map(|(_, wire)| wire).collect();
    let entries = entries.into_iter();
    let (ended, rows) = (false, marks.clone());
    let mut chunks = Chunks { context, entries, pinned, table, read_row, json, ended, marks };
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

fn close(json: &mut Writer) {
    json.close(b']');
    json.close(b'}');
    json.key("status");
    json.open(b'{');
    json.text_member("response_code", "Received");
    json.text_member("reason_code", "");
    json.text_member("reason_text", "");
    json.close(b'}');
    json.close(b'}');
}

struct Chunks<T, R: 'static> {
    context: Context,
    entries: std::vec::IntoIter<(Day, Entry<T>)>,
    pinned: Vec<String>,
    table: Table<R>,
    read_row: ReadRow<T, R>,
    json: Writer,
    ended: bool,
    marks: RowMarks,
}

impl<T: Tells, R> Iterator for Chunks<T, R> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let (mut placed, mut told) = (PlacedRows::default(), Vec::new());
        while self.json.len() < CHUNK {
            match self.entries.next() {
                Some((_, Entry::Ledger(entry))) => {
                    entry.each_row(&self.context, &mut |id| told.push(id));
                    if let Some(row) = (self.read_row)(&self.context, entry) {
                        columns::write(self.table, &row, self.context.quirks, &mut self.json);
                    }
                    let end = self.json.len();
                    placed.push_all(told.drain(..).filter_map(|id| self.context.row(id)), end);
                }
                Some((_, Entry::Pinned(index))) => {
                    self.json.raw(self.pinned.get(index).map_or("{}", String::as_str));
                }
                None => {
                    close(&mut self.json);
                    self.ended = true;
                    break;
                }
            }
        }
        self.marks.piece(placed, self.json.len());
        Some(self.json.take().into())
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
