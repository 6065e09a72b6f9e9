//! What a right import of a provider's reports holds now: sums, deposits and rows, from the ledger.

mod rows;
mod subject;

use axum::response::Response;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

pub(super) use self::subject::{
    AXIS, AxisName, FROM, MERCHANT, PROVIDER, Subject, SubjectText, TO,
};

pub(super) use self::rows::WireView;
use self::rows::{RowView, instant};
use super::request::{self, AdminRequest};
use super::spec::{Answer, Parameter, Spec, Values, names, parameter};
use crate::sandbox::facts::{Kind, Named, Status};
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::ledger::deposit_summary::Summary as DepositSummary;
use crate::sandbox::ledger::settlement::{Class, LineKind};
use crate::sandbox::long_work::Threads;
use crate::sandbox::truth::{Summary, axis_name};
use crate::wire::problem::Problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
enum Format {
    Json,
    Csv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub(super) enum YesNo {
    True,
    False,
}

const PARAMETERS: &[Parameter] = &[
    PROVIDER,
    MERCHANT,
    FROM,
    TO,
    AXIS,
    parameter("rows", Values::OneOf(names::<YesNo>)),
    parameter("format", Values::OneOf(names::<Format>)),
];

pub(super) const TRUTH: Spec = Spec {
    query: PARAMETERS,
    answers: &[Answer::json::<Truth>(200), Answer::text("text/csv")],
    ..Spec::PLAIN
};

/// What a right import of a range holds now. Amounts are minor units.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct Truth {
    provider: &'static str,
    merchant: String,
    /// The instant by which rows are in the range.
    #[schemars(extend("enum" = names::<AxisName>()))]
    axis: &'static str,
    /// The first instant of the range.
    from: Option<Timestamp>,
    /// The end of the range, which is not in it.
    to: Option<Timestamp>,
    now: Timestamp,
    /// The number of rows.
    count: u64,
    /// SHA-256 over the rows in ascending order, each a line of report, id, amount, currency, fee and status
    /// (the provider's) with tabs between them.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    digest: String,
    totals: Vec<TotalView>,
    deposits: Vec<DepositView>,
    /// The rows in ascending order; with `rows=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<RowView<'static>>>")]
    rows: Option<Box<RawValue>>,
}

/// Rows of a kind, status, currency and day together.
#[derive(Debug, JsonSchema, Serialize)]
struct TotalView {
    #[schemars(extend("enum" = names::<Kind>()))]
    kind: &'static str,
    #[schemars(extend("enum" = names::<Status>()))]
    status: &'static str,
    currency: &'static str,
    /// The UTC day of the instant that counts.
    day: String,
    count: u64,
    /// The sum of the amounts, which have no sign.
    amount: i64,
}

/// A deposit of a day in the range, with its lines by kind.
#[derive(Debug, JsonSchema, Serialize)]
struct DepositView {
    id: i64,
    day: String,
    /// Of `card` (cards and alternative methods) or `bank` payments.
    class: &'static str,
    currency: &'static str,
    /// The sum of the lines.
    amount: i64,
    /// When it failed or came back from the bank; its money is a line of a later deposit.
    failed_at: Option<Timestamp>,
    lines: Vec<LineView>,
}

/// The lines of a kind in a deposit.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct LineView {
    kind: &'static str,
    count: u64,
    /// The sum of their effects on the deposit, signed.
    amount: i64,
}

pub(super) async fn truth(request: AdminRequest) -> Result<Response, Problem> {
    let query = request.query(PARAMETERS)?;
    let subject = SubjectText::of(&query).subject(&request)?;
    let with_rows = query.one_of::<YesNo>("rows")?.is_some_and(|it| it == YesNo::True);
    if query.one_of::<Format>("format")? == Some(Format::Csv) {
        return Ok(rows::csv(subject));
    }
    let (provider, now) = (subject.provider.slug, request.now);
    let (head, subject) =
        Threads::shared().run(move |_| (head(&subject, provider, now), subject)).await;
    if !with_rows {
        return Ok(request::json(&head));
    }
    Ok(rows::with_all_rows(&head, subject))
}

fn date(day: Day) -> String {
    calendar::date_of(day).to_string()
}

fn head(subject: &Subject, provider: &'static str, now: Timestamp) -> Truth {
    let Subject { mapper, scope, .. } = subject;
    let summary = Summary::of(mapper, scope);
    let totals = summary.totals.iter().map(|(group, (count, amount))| TotalView {
        kind: group.kind.name(),
        status: group.status.name(),
        currency: group.currency.code(),
        day: date(group.day),
        count: *count,
        amount: *amount,
    });
    let deposits = mapper.deposits(scope);
    let deposits = deposits.iter().map(|deposit| DepositView {
        id: deposit.number,
        day: date(deposit.day),
        class: if deposit.class == Class::Bank { "bank" } else { "card" },
        currency: deposit.currency.code(),
        amount: deposit.amount,
        failed_at: deposit.failure.and_then(|failure| instant(failure.at)),
        lines: lines(deposit),
    });
    Truth {
        provider,
        merchant: mapper.view.merchant.name.clone(),
        axis: axis_name(scope.axis),
        from: instant(scope.span.start),
        to: instant(scope.span.end),
        now,
        count: summary.count,
        digest: summary.digest,
        totals: totals.collect(),
        deposits: deposits.collect(),
        rows: None,
    }
}

pub(super) fn lines(deposit: &DepositSummary) -> Vec<LineView> {
    let view = |(kind, (count, amount)): (&LineKind, &(u64, i64))| LineView {
        kind: kind.name(),
        count: *count,
        amount: *amount,
    };
    deposit.lines.iter().map(view).collect()
}
