//! The rows of the truth as JSON and as CSV, made in pieces while they are sent.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::Truth;
use super::subject::Subject;
use crate::sandbox::facts::Named;
use crate::sandbox::ledger::{RowId, Transaction, settlement};
use crate::sandbox::money::Currency;
use crate::sandbox::truth::{ReportedRow, RowMapper, RowMapping};
use crate::wire::call::{response, streamed};

/// A row as a right import holds it.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct RowView<'a> {
    /// The provider's own id.
    id: &'a str,
    /// The report that tells it; empty if ids alone are enough.
    report: &'static str,
    /// The id at `/_admin/transactions`.
    transaction: i64,
    kind: &'static str,
    status: &'static str,
    /// Without a sign.
    amount: i64,
    currency: &'static str,
    /// As the provider tells it now; `null` if it does not.
    fee: Option<i64>,
    created_at: Option<Timestamp>,
    paid_at: Option<Timestamp>,
    settled_at: Option<Timestamp>,
    /// The deposit that has or will have it.
    deposit: Option<i64>,
    wire: WireView,
}

/// The values of a row as the provider writes them.
#[derive(Debug, JsonSchema, Serialize)]
pub(in crate::admin) struct WireView {
    amount: String,
    /// `null` if it is not told.
    fee: Option<String>,
    status: Cow<'static, str>,
}

impl WireView {
    pub(in crate::admin) fn of(
        row_mapping: &RowMapping,
        currency: Currency,
        reported: &ReportedRow,
    ) -> Self {
        let spelled = |minor| row_mapping.spelling.write(minor, currency);
        Self {
            amount: spelled(if reported.is_negative { -reported.amount } else { reported.amount }),
            fee: reported.fee.map(spelled),
            status: reported.status.clone(),
        }
    }
}

pub(super) fn instant(second: i64) -> Option<Timestamp> {
    Timestamp::from_second(second).ok()
}

/// Rows that are written at once.
const PIECE: usize = 500;

/// The rows of a subject in pieces.
struct Pieces {
    subject: Subject,
    after: Option<RowId>,
    done: bool,
}

impl Pieces {
    fn of(subject: Subject) -> Self {
        Self { subject, after: None, done: false }
    }

    /// Writes the next rows; the first argument says whether it is the first of all.
    fn next(&mut self, mut each: impl FnMut(bool, &Transaction<'_>, &ReportedRow)) {
        let Subject { mapper, scope, .. } = &self.subject;
        let (mut count, mut last) = (0, None);
        for (row, reported) in mapper.rows(scope, self.after).take(PIECE) {
            each(self.after.is_none() && count == 0, &row, &reported);
            (count, last) = (count + 1, Some(row.id()));
        }
        self.done = count < PIECE;
        self.after = last.or(self.after);
    }
}

fn row_view<'a>(
    mapper: &RowMapper,
    row: &Transaction<'_>,
    reported: &'a ReportedRow,
) -> RowView<'a> {
    RowView {
        id: &reported.id,
        report: reported.report,
        transaction: row.number(),
        kind: row.kind.name(),
        status: row.status().name(),
        amount: reported.amount,
        currency: row.currency.code(),
        fee: reported.fee,
        created_at: instant(row.created_at),
        paid_at: row.paid_at().and_then(instant),
        settled_at: row.settled_at().and_then(instant),
        deposit: settlement::deposit_of(row),
        wire: WireView::of(mapper.row_mapping, row.currency, reported),
    }
}

pub(super) fn with_all_rows(head: &Truth, subject: Subject) -> Response {
    let mut begin = serde_json::to_vec(head).unwrap_or_default();
    begin.pop();
    begin.extend_from_slice(b",\"rows\":[");
    let mut pieces = Pieces::of(subject);
    let rows = std::iter::from_fn(move || {
        if pieces.done {
            return None;
        }
        let (mapper, mut body) = (pieces.subject.mapper.clone(), Vec::with_capacity(PIECE * 400));
        pieces.next(|is_first, row, reported| {
            if !is_first {
                body.push(b',');
            }
            // Writing into memory cannot fail.
            let _ = serde_json::to_writer(&mut body, &row_view(&mapper, row, reported));
        });
        if pieces.done {
            body.extend_from_slice(b"]}");
        }
        Some(body)
    });
    let body = streamed(std::iter::once(begin).chain(rows));
    response(StatusCode::OK, "application/json", body)
}

const HEADER: [&str; 12] = [
    "id",
    "report",
    "transaction",
    "kind",
    "status",
    "amount",
    "currency",
    "fee",
    "created_at",
    "paid_at",
    "settled_at",
    "deposit",
];

/// The rows as CSV, with the names and values of the JSON rows.
pub(super) fn csv(subject: Subject) -> Response {
    let mut pieces = Pieces::of(subject);
    let mut is_begun = false;
    let rows = std::iter::from_fn(move || {
        if pieces.done {
            return None;
        }
        let mut csv = csv::Writer::from_writer(Vec::with_capacity(PIECE * 120));
        if !std::mem::replace(&mut is_begun, true) {
            let _ = csv.write_record(HEADER);
        }
        let mapper = pieces.subject.mapper.clone();
        pieces.next(|_, row, reported| {
            let view = row_view(&mapper, row, reported);
            let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
            let number = |it: Option<i64>| it.map(|it| it.to_string()).unwrap_or_default();
            let _ = csv.write_record([
                view.id,
                view.report,
                &view.transaction.to_string(),
                view.kind,
                view.status,
                &view.amount.to_string(),
                view.currency,
                &number(view.fee),
                &time(view.created_at),
                &time(view.paid_at),
                &time(view.settled_at),
                &number(view.deposit),
            ]);
        });
        Some(csv.into_inner().unwrap_or_default())
    });
    response(StatusCode::OK, "text/csv; charset=utf-8", streamed(rows))
}
