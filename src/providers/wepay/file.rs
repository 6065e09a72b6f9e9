//! The CSV files at `report_uri`, written from rows to bytes piece by piece.

use std::collections::VecDeque;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use jiff::tz::TimeZone;

use super::columns::{Column, File, RECONCILIATION, TRANSACTIONS};
use super::ids::RowKeys;
use super::job::{self, Report};
use super::request::ReportType;
use super::withdrawal::Withdrawal;
use crate::sandbox::generate::calendar::day_of;
use crate::sandbox::journal::{Page, RequestedRows, RowMarks};
use crate::sandbox::ledger::payout;
use crate::sandbox::ledger::{Axis, RowId, Transaction, View};
use crate::sandbox::space::Moment;
use crate::wire::call::{response, streamed, with_rows};

/// Number of rows of a piece.
const PIECE: usize = 500;

/// The file of a report, as of the instant of its completion; `None` if its account or withdrawal does not exist.
pub(super) fn download(moment: &Moment, report: &Report) -> Option<Response> {
    let mut pieces = match report.kind {
        ReportType::MerchantTransactions => Pieces::transactions(moment, report)?,
        ReportType::Reconciliation => Pieces::reconciliation(moment, report)?,
    };
    let marks = pieces.marks.clone();
    let body = streamed(std::iter::from_fn(move || pieces.next()));
    let response = response(StatusCode::OK, "text/csv; charset=utf-8", body);
    let mut response = with_rows(response, marks);
    let name = format!("attachment; filename=\"{}_{}.csv\"", report.kind.word(), report.id);
    if let Ok(name) = HeaderValue::try_from(name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Some(response)
}

/// Progress of writing a file.
struct Pieces {
    report: Report,
    keys: RowKeys,
    begun: bool,
    source: Source,
    marks: RowMarks,
}

enum Source {
    /// Transactions of a range after the last one written, and the withdrawals between them.
    Transactions { view: View, after: Option<RowId>, withdrawals: VecDeque<Withdrawal>, done: bool },
    /// The lines of a withdrawal, and the number of lines written.
    Reconciliation { withdrawal: Withdrawal, written: usize },
}

impl Pieces {
    fn transactions(moment: &Moment, report: &Report) -> Option<Self> {
        let view = report.view(moment)?;
        let span = report.start()..report.end() + 1;
        let days = day_of(span.start)..day_of(span.end - 1) + 1;
        let payouts = payout::payouts(&view, days).into_iter();
        let withdrawals = payouts
            .filter(|payout| span.contains(&payout.initiated_at))
            .map(|payout| Withdrawal::of(moment, &view, payout))
            .collect();
        let source = Source::Transactions { view, after: None, withdrawals, done: false };
        let (shows, ids) = (|row: &Transaction<'_>| row.gross() != 0, RowId::MIN..RowId::MAX);
        let requested = RequestedRows {
            shows,
            axis: Axis::Created,
            span,
            ids,
            page: Page::Whole,
            zone: TimeZone::UTC,
        };
        Some(Self::from(moment, report, (source, Some(requested))))
    }

    fn reconciliation(moment: &Moment, report: &Report) -> Option<Self> {
        let withdrawal = job::withdrawal_of(moment, report)?;
        let source = Source::Reconciliation { withdrawal, written: 0 };
        Some(Self::from(moment, report, (source, None)))
    }

    fn from(
        moment: &Moment,
        report: &Report,
        (source, requested): (Source, Option<RequestedRows>),
    ) -> Self {
        let keys = RowKeys::of(moment.scenario().seed);
        Self { report: report.clone(), keys, begun: false, source, marks: RowMarks::new(requested) }
    }

    /// The next bytes of the file; `None` at its end.
    fn next(&mut self) -> Option<Bytes> {
        let report = &self.report;
        let columns: &[Column] = match self.source {
            Source::Transactions { .. } => &TRANSACTIONS,
            Source::Reconciliation { .. } => &RECONCILIATION,
        };
        let mut file = File::new(report.requested.object_id, columns, self.keys);
        let first = !std::mem::replace(&mut self.begun, true);
        match &mut self.source {
            Source::Transactions { done: true, .. } => return None,
            Source::Transactions { view, after, withdrawals, done } => {
                if first {
                    file.head();
                }
                let span = report.start()..report.end() + 1;
                let mut rows = view.rows(Axis::Created, span);
                if let Some(after) = after {
                    rows = rows.after(*after);
                }
                let mut count = 0;
                for row in rows.by_ref().take(PIECE) {
                    while withdrawals.front().is_some_and(|it| is_before(it, &row))
                        && let Some(withdrawal) = withdrawals.pop_front()
                    {
                        file.withdrawal(&withdrawal);
                    }
                    if row.gross() != 0 {
                        file.row(&row);
                    }
                    *after = Some(row.id());
                    count += 1;
                }
                if count < PIECE {
                    *done = true;
                    withdrawals.drain(..).for_each(|it| file.withdrawal(&it));
                }
            }
            Source::Reconciliation { withdrawal, written } => {
                if first {
                    file.head();
                } else if *written >= withdrawal.payout.len() {
                    return None;
                }
                let lines = withdrawal.payout.lines(&withdrawal.view);
                for line in lines.skip(*written).take(PIECE) {
                    file.line(withdrawal, &line);
                }
                *written += PIECE;
            }
        }
        let (bytes, placed) = file.into_parts();
        self.marks.piece(placed, bytes.len());
        Some(bytes.into())
    }
}

fn is_before(withdrawal: &Withdrawal, row: &Transaction<'_>) -> bool {
    withdrawal.payout.initiated_at <= row.created_at
}
