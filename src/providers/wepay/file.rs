//! The CSV files behind `report_uri`: straight from rows to bytes, in pieces.
//!
//! No header line and no sample of either file was ever published; their columns are a choice.

use std::collections::VecDeque;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use csv::{Terminator, Writer, WriterBuilder};
use futures_util::stream;

use super::ids::{self, IdOf};
use super::job::{self, Report};
use super::request::ReportType;
use super::withdrawal::Withdrawal;
use crate::sandbox::Sandbox;
use crate::sandbox::generate::calendar::day_of;
use crate::sandbox::ledger::settlement::{self, LineKind};
use crate::sandbox::ledger::{Axis, Kind, RowId, Transaction, View};
use crate::sandbox::money::{Currency, Money};
use crate::wire::call::answer;
use crate::wire::time::{push_date_time, utc};

/// Rows that are written at once.
const PIECE: usize = 500;

/// Columns of a `merchant_transactions` file.
const TRANSACTIONS: [&str; 17] = [
    "transaction_id",
    "transaction_type",
    "create_time",
    "payment_id",
    "checkout_id",
    "reference_id",
    "account_id",
    "currency",
    "gross",
    "app_fee",
    "processing_fee",
    "net",
    "payer_name",
    "payer_email",
    "short_description",
    "long_description",
    "state",
];

/// Columns of a reconciliation file.
const RECONCILIATION: [&str; 16] = [
    "withdrawal_id",
    "transaction_id",
    "transaction_type",
    "create_time",
    "payment_id",
    "checkout_id",
    "reference_id",
    "currency",
    "gross",
    "app_fee",
    "processing_fee",
    "net",
    "payer_name",
    "payer_email",
    "short_description",
    "long_description",
];

/// The file of a report, as it was when the report was done; `None` when its object is gone.
pub(super) fn download(sandbox: &Sandbox, report: &Report) -> Option<Response> {
    let pieces = match report.kind {
        ReportType::MerchantTransactions => Pieces::transactions(sandbox, report)?,
        ReportType::Reconciliation => Pieces::reconciliation(sandbox, report)?,
    };
    let stream = stream::unfold(pieces, |mut pieces| async move {
        let piece = pieces.next()?;
        Some((Ok::<_, std::convert::Infallible>(piece), pieces))
    });
    let mut response = answer(StatusCode::OK, "text/csv; charset=utf-8", Body::from_stream(stream));
    let name = format!("attachment; filename=\"{}_{}.csv\"", report.kind.word(), report.id);
    if let Ok(name) = HeaderValue::try_from(name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Some(response)
}

/// Where writing a file has got to.
struct Pieces {
    sandbox: Sandbox,
    report: Report,
    begun: bool,
    source: Source,
}

enum Source {
    /// The rows of a time behind the last one written, and the withdrawals in between.
    Transactions { view: View, after: Option<RowId>, withdrawals: VecDeque<Withdrawal>, done: bool },
    /// The lines of a withdrawal, and how many of them are written.
    Reconciliation { withdrawal: Withdrawal, written: usize },
}

impl Pieces {
    fn transactions(sandbox: &Sandbox, report: &Report) -> Option<Self> {
        let view = sandbox.ledger.view(report.merchant, report.done_at)?;
        let span = report.start()..report.end() + 1;
        let days = day_of(span.start)..day_of(span.end - 1) + 1;
        let deposits = settlement::deposits(&view, days).into_iter();
        let withdrawals = deposits
            .filter(|deposit| span.contains(&deposit.initiated_at))
            .map(|deposit| Withdrawal::of(sandbox, &view, deposit))
            .collect();
        let source = Source::Transactions { view, after: None, withdrawals, done: false };
        Some(Self { sandbox: sandbox.clone(), report: report.clone(), begun: false, source })
    }

    fn reconciliation(sandbox: &Sandbox, report: &Report) -> Option<Self> {
        let withdrawal = job::withdrawal_of(sandbox, report)?;
        let source = Source::Reconciliation { withdrawal, written: 0 };
        Some(Self { sandbox: sandbox.clone(), report: report.clone(), begun: false, source })
    }

    /// The next bytes of the file; `None` behind its end.
    fn next(&mut self) -> Option<Bytes> {
        let mut file = WriterBuilder::new()
            .terminator(Terminator::Any(b'\n'))
            .from_writer(Vec::with_capacity(PIECE * 200));
        let first = !std::mem::replace(&mut self.begun, true);
        let (sandbox, report) = (&self.sandbox, &self.report);
        // Writing into memory does not fail, so results of it are not looked at.
        match &mut self.source {
            Source::Transactions { done: true, .. } => return None,
            Source::Transactions { view, after, withdrawals, done } => {
                if first {
                    let _ = file.write_record(TRANSACTIONS);
                }
                let span = report.start()..report.end() + 1;
                let mut rows = view.rows(Axis::Created, span);
                if let Some(after) = after {
                    rows = rows.after(*after);
                }
                let mut count = 0;
                for row in rows.by_ref().take(PIECE) {
                    while withdrawals.front().is_some_and(|it| is_before(it, &row)) {
                        write_withdrawals(&mut file, report, withdrawals.pop_front());
                    }
                    if row.gross() != 0 {
                        write_row(&mut file, sandbox, report, &row);
                    }
                    *after = Some(row.id());
                    count += 1;
                }
                if count < PIECE {
                    *done = true;
                    withdrawals.drain(..).for_each(|it| {
                        write_withdrawals(&mut file, report, Some(it));
                    });
                }
            }
            Source::Reconciliation { withdrawal, written } => {
                if first {
                    let _ = file.write_record(RECONCILIATION);
                } else if *written >= withdrawal.deposit.len() {
                    return None;
                }
                let lines = settlement::lines(&withdrawal.view, &withdrawal.deposit);
                for line in lines.skip(*written).take(PIECE) {
                    write_line(&mut file, sandbox, withdrawal, &line);
                }
                *written += PIECE;
            }
        }
        file.into_inner().ok().map(Bytes::from)
    }
}

fn is_before(withdrawal: &Withdrawal, row: &Transaction<'_>) -> bool {
    withdrawal.deposit.initiated_at <= row.created_at
}

/// `2026-03-14 15:09:26`, UTC.
fn time(at: i64) -> String {
    let mut text = Vec::with_capacity(19);
    push_date_time(&mut text, utc(at), b' ', "");
    String::from_utf8(text).unwrap_or_default()
}

fn amount(minor: i64, currency: Currency) -> String {
    Money { minor, currency }.decimal().to_string()
}

/// What both files say about a row.
struct Said {
    transaction_id: String,
    transaction_type: &'static str,
    create_time: String,
    payment_id: String,
    checkout_id: String,
    reference_id: String,
}

impl Said {
    fn of(sandbox: &Sandbox, row: &Transaction<'_>) -> Self {
        let scenario = &sandbox.scenario;
        let root = row.root();
        let checkout_id = format!("C{}", ids::of_row(scenario, IdOf::Checkout, &root));
        let own = |prefix, what| format!("{prefix}{}", ids::of_row(scenario, what, row));
        let (transaction_type, transaction_id) = match row.kind {
            Kind::Refund => ("refund", own("RF", IdOf::Refund)),
            // A bank debit that came back is forced back like a chargeback, and has no prefix of its
            // own.
            Kind::Chargeback | Kind::Reject => ("chargeback", own("CBK", IdOf::Chargeback)),
            Kind::Payment | Kind::Authorization | Kind::Capture | Kind::Void | Kind::Notice => {
                ("payment", checkout_id.clone())
            }
        };
        Self {
            transaction_id,
            transaction_type,
            create_time: time(row.created_at),
            payment_id: format!("C{}", ids::of_row(scenario, IdOf::Payment, &root)),
            checkout_id,
            reference_id: row.order().to_string(),
        }
    }
}

fn long_description(row: &Transaction<'_>) -> String {
    let what = match row.kind {
        Kind::Refund => "Refund of",
        Kind::Chargeback => "Chargeback of",
        Kind::Reject => "Returned bank debit of",
        Kind::Payment | Kind::Authorization | Kind::Capture | Kind::Void | Kind::Notice => {
            "Payment for"
        }
    };
    format!("{what} {}, order {}", row.description(), row.order())
}

/// The word for where a payment stands.
fn state(row: &Transaction<'_>) -> &'static str {
    if row.kind.sign() < 0 {
        return if row.settled_at().is_some() { "released" } else { "captured" };
    }
    let root = row.root();
    let forced_back = |child: &Transaction<'_>| {
        matches!(child.kind, Kind::Chargeback | Kind::Reject) && child.is_done()
    };
    if root.children().iter().any(forced_back) {
        "charged back"
    } else if root.refunded() >= row.amount {
        "refunded"
    } else if row.settled_at().is_some() {
        "released"
    } else {
        "captured"
    }
}

fn write_row(
    file: &mut Writer<Vec<u8>>,
    sandbox: &Sandbox,
    report: &Report,
    row: &Transaction<'_>,
) {
    let said = Said::of(sandbox, row);
    let person = row.person();
    let _ = file.write_record([
        said.transaction_id.as_str(),
        said.transaction_type,
        &said.create_time,
        &said.payment_id,
        &said.checkout_id,
        &said.reference_id,
        &report.asked.object_id.to_string(),
        row.currency.code(),
        &amount(row.gross(), row.currency),
        &amount(0, row.currency),
        &amount(-row.fee, row.currency),
        &amount(row.gross() - row.fee, row.currency),
        &person.name(),
        &person.email(),
        row.description(),
        &long_description(row),
        state(row),
    ]);
}

/// A withdrawal takes away what it pays out.
fn write_withdrawals(file: &mut Writer<Vec<u8>>, report: &Report, withdrawal: Option<Withdrawal>) {
    let Some(withdrawal) = withdrawal else { return };
    let deposit = &withdrawal.deposit;
    let _ = file.write_record([
        format!("W{}", withdrawal.id).as_str(),
        "withdrawal",
        &time(deposit.initiated_at),
        "",
        "",
        "",
        &report.asked.object_id.to_string(),
        deposit.currency.code(),
        &amount(-deposit.amount, deposit.currency),
        &amount(0, deposit.currency),
        &amount(0, deposit.currency),
        &amount(-deposit.amount, deposit.currency),
        "",
        "",
        "Withdrawal",
        "Withdrawal to bank account",
        withdrawal.state(),
    ]);
}

fn write_line(
    file: &mut Writer<Vec<u8>>,
    sandbox: &Sandbox,
    withdrawal: &Withdrawal,
    line: &settlement::Line<'_>,
) {
    let id = format!("W{}", withdrawal.id);
    let currency = withdrawal.deposit.currency;
    if let Some(row) = &line.row {
        let said = Said::of(sandbox, row);
        let person = row.person();
        let _ = file.write_record([
            id.as_str(),
            &said.transaction_id,
            said.transaction_type,
            &said.create_time,
            &said.payment_id,
            &said.checkout_id,
            &said.reference_id,
            currency.code(),
            &amount(line.amount, currency),
            &amount(0, currency),
            &amount(-line.fee, currency),
            &amount(line.amount - line.fee, currency),
            &person.name(),
            &person.email(),
            row.description(),
            &long_description(row),
        ]);
        return;
    }
    let (kind, text) = match line.kind {
        // The fees stand beside the rows they are for.
        LineKind::Fee => return,
        LineKind::Reserve => ("reserve", "Held in reserve"),
        LineKind::ReserveRelease => ("reserve_release", "Released from reserve"),
        LineKind::MonthEndFee => ("monthly_fee", "Monthly fee"),
        // Only the first of these comes without a row.
        LineKind::Adjustment
        | LineKind::Sale
        | LineKind::Refund
        | LineKind::Chargeback
        | LineKind::Reject => ("adjustment", "Adjustment"),
    };
    let fee = line.kind == LineKind::MonthEndFee;
    let (gross, processing_fee) = if fee { (0, line.amount) } else { (line.amount, 0) };
    let _ = file.write_record([
        id.as_str(),
        "",
        kind,
        &time(withdrawal.deposit.initiated_at),
        "",
        "",
        "",
        currency.code(),
        &amount(gross, currency),
        &amount(0, currency),
        &amount(processing_fee, currency),
        &amount(line.amount, currency),
        "",
        "",
        text,
        text,
    ]);
}
