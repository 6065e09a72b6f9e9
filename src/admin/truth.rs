//! What a right import of a provider's reports holds now: sums, deposits and rows, from the ledger.

use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::request::{self, AdminRequest, Query};
use super::spec::{Answer, Parameter, Spec, Values, names, parameter, slugs};
use crate::providers::{self, Provider};
use crate::sandbox::facts::{Kind, Named, Status};
use crate::sandbox::generate::calendar::{self, DAY, Day};
use crate::sandbox::ledger::settlement::{self, Class, LineKind};
use crate::sandbox::ledger::{Axis, RowId, Transaction};
use crate::sandbox::long_work::Threads;
use crate::sandbox::scenario::suggestion;
use crate::sandbox::truth::{Scope, Summary, Teller, Told, axis_name};
use crate::wire::call::{response, streamed};
use crate::wire::problem::Problem;

/// The instants that a range can be about.
#[derive(Clone, Copy, Debug, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub(super) enum AxisName {
    Created,
    Paid,
    Settled,
}

impl From<AxisName> for Axis {
    fn from(name: AxisName) -> Self {
        match name {
            AxisName::Created => Self::Created,
            AxisName::Paid => Self::Paid,
            AxisName::Settled => Self::Settled,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
enum Format {
    Json,
    Csv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
enum YesNo {
    True,
    False,
}

/// The rows that a call is about: a provider's reports on a merchant, in a range.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) provider: &'static Provider,
    pub(super) teller: Teller,
    pub(super) scope: Scope,
}

/// The texts that name a subject, from the query or from a body.
#[derive(Clone, Debug, Default)]
pub(super) struct SubjectText {
    pub(super) provider: Option<String>,
    pub(super) merchant: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) axis: Option<String>,
}

impl SubjectText {
    pub(super) fn of(query: &Query) -> Self {
        let text = |name| query.get(name).map(str::to_owned);
        Self {
            provider: text("provider"),
            merchant: text("merchant"),
            from: text("from"),
            to: text("to"),
            axis: text("axis"),
        }
    }

    /// Adds the texts of a body to those of the query. What both say must be the same.
    pub(super) fn or(&mut self, body: Self) -> Result<(), Problem> {
        let pairs = [
            ("provider", &mut self.provider, body.provider),
            ("merchant", &mut self.merchant, body.merchant),
            ("from", &mut self.from, body.from),
            ("to", &mut self.to, body.to),
            ("axis", &mut self.axis, body.axis),
        ];
        for (name, own, other) in pairs {
            let Some(other) = other else { continue };
            let own = own.get_or_insert_with(|| other.clone());
            if *own != other {
                let problem = format!("`{name}` is `{own}` in the query and `{other}` in the body");
                return Err(Problem::bad_request(problem));
            }
        }
        Ok(())
    }

    /// The rows that the texts name. Without `from` the range begins with the ledger, without `to` it ends
    /// now.
    pub(super) fn subject(&self, request: &AdminRequest) -> Result<Subject, Problem> {
        let wanted = |value: &Option<String>, name: &str| {
            let missing = || Problem::bad_request(format!("`{name}` is missing"));
            value.clone().ok_or_else(missing)
        };
        let slug = wanted(&self.provider, "provider")?;
        super::journal::known_provider(&slug)?;
        let tells = |provider: &'static Provider| Some((provider, provider.telling?));
        let (provider, telling) = providers::find(&slug).and_then(tells).ok_or_else(|| {
            Problem::bad_request(format!("no report of `{slug}` lists transactions"))
        })?;
        let name = wanted(&self.merchant, "merchant")?;
        let id = super::transactions::merchant(request, &name)?;
        let Some(view) = request.view(id) else {
            return Err(Problem::not_found("no such merchant"));
        };
        if view.merchant.credential(&slug).is_none() {
            let known = view.merchant.credentials.keys();
            let near = suggestion(&slug, known.map(String::as_str));
            let problem = format!("`{name}` has no credentials at {}{near}", provider.name);
            return Err(Problem::bad_request(problem));
        }
        let axis = match &self.axis {
            Some(axis) => request::one_of::<AxisName>("axis", axis)?.into(),
            None => telling.axis,
        };
        let from = self.from.as_deref().map(|text| bound("from", text, 0)).transpose()?;
        let to = self.to.as_deref().map(|text| bound("to", text, DAY)).transpose()?;
        let span = from.unwrap_or_else(|| calendar::start_of(view.first))
            ..to.unwrap_or(view.now.saturating_add(1));
        if span.is_empty() {
            return Err(Problem::bad_request("`to` must be after `from`"));
        }
        let teller = Teller::new(telling, provider.slug, request.scenario().seed, view);
        Ok(Subject { provider, teller, scope: Scope { axis, span } })
    }
}

/// An end of a range in Unix seconds: an instant, or a date, whose day is in the range as a whole.
fn bound(name: &str, text: &str, whole_day: i64) -> Result<i64, Problem> {
    if let Ok(date) = text.parse::<Date>()
        && text.len() == 10
    {
        let start = request::instant(name, &format!("{date}T00:00:00Z"))?;
        return Ok(start.as_second() + whole_day);
    }
    let parsed = text.parse::<Timestamp>().map_err(|_| {
        Problem::bad_request(format!(
            "`{name}` is `{text}`; it must be a date such as 2026-01-31, which is a whole UTC day, or an instant \
             such as 2026-01-31T12:00:00Z"
        ))
    })?;
    // Rows have whole seconds: a fraction of a second rounds up.
    let at = request::instant(name, text).map(|_| parsed)?;
    Ok(at.as_second() + i64::from(at.subsec_nanosecond() > 0))
}

const PARAMETERS: &[Parameter] = &[
    parameter("provider", Values::OneOf(slugs)),
    parameter("merchant", Values::Merchant),
    parameter("from", Values::Text),
    parameter("to", Values::Text),
    parameter("axis", Values::OneOf(names::<AxisName>)),
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
    lines: Vec<LineView>,
}

/// The lines of a kind in a deposit.
#[derive(Debug, JsonSchema, Serialize)]
struct LineView {
    kind: &'static str,
    count: u64,
    /// The sum of their effects on the deposit, signed.
    amount: i64,
}

/// A row as a right import holds it.
#[derive(Debug, JsonSchema, Serialize)]
struct RowView<'a> {
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
    wire: WireView<'a>,
}

/// The values of a row as the provider writes them.
#[derive(Debug, JsonSchema, Serialize)]
struct WireView<'a> {
    amount: String,
    /// `null` if it is not told.
    fee: Option<String>,
    status: &'a str,
}

pub(super) async fn truth(request: AdminRequest) -> Result<Response, Problem> {
    let query = request.query(PARAMETERS)?;
    let subject = SubjectText::of(&query).subject(&request)?;
    let with_rows = query.one_of::<YesNo>("rows")?.is_some_and(|it| it == YesNo::True);
    if query.one_of::<Format>("format")? == Some(Format::Csv) {
        return Ok(csv(subject));
    }
    let (provider, now) = (subject.provider.slug, request.now);
    let (head, subject) =
        Threads::shared().run(move |_| (head(&subject, provider, now), subject)).await;
    if !with_rows {
        return Ok(request::json(&head));
    }
    Ok(with_all_rows(&head, subject))
}

fn instant(second: i64) -> Option<Timestamp> {
    Timestamp::from_second(second).ok()
}

fn date(day: Day) -> String {
    calendar::date_of(day).to_string()
}

fn head(subject: &Subject, provider: &'static str, now: Timestamp) -> Truth {
    let Subject { teller, scope, .. } = subject;
    let summary = Summary::of(teller, scope);
    let totals = summary.totals.iter().map(|(group, (count, amount))| TotalView {
        kind: group.kind.name(),
        status: group.status.name(),
        currency: group.currency.code(),
        day: date(group.day),
        count: *count,
        amount: *amount,
    });
    let deposits = teller.deposits(scope);
    let deposits = deposits.iter().map(|deposit| DepositView {
        id: deposit.number,
        day: date(deposit.day),
        class: if deposit.class == Class::Bank { "bank" } else { "card" },
        currency: deposit.currency.code(),
        amount: deposit.amount,
        lines: lines(teller, deposit),
    });
    Truth {
        provider,
        merchant: teller.view.merchant.name.clone(),
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

fn lines(teller: &Teller, deposit: &settlement::Deposit) -> Vec<LineView> {
    let mut lines: std::collections::BTreeMap<LineKind, (u64, i64)> = Default::default();
    for line in settlement::lines(&teller.view, deposit) {
        let sum = lines.entry(line.kind).or_default();
        *sum = (sum.0 + 1, sum.1.saturating_add(line.amount));
    }
    let view = |(kind, (count, amount)): (LineKind, (u64, i64))| LineView {
        kind: kind.name(),
        count,
        amount,
    };
    lines.into_iter().map(view).collect()
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
    fn next(&mut self, mut each: impl FnMut(bool, &Transaction<'_>, &Told)) {
        let Subject { teller, scope, .. } = &self.subject;
        let (mut count, mut last) = (0, None);
        for (row, told) in teller.rows(scope, self.after).take(PIECE) {
            each(self.after.is_none() && count == 0, &row, &told);
            (count, last) = (count + 1, Some(row.id()));
        }
        self.done = count < PIECE;
        self.after = last.or(self.after);
    }
}

fn row_view<'a>(teller: &Teller, row: &Transaction<'_>, told: &'a Told) -> RowView<'a> {
    let spelled = |minor| teller.telling.spelling.write(minor, row.currency);
    RowView {
        id: &told.id,
        report: told.report,
        transaction: row.number(),
        kind: row.kind.name(),
        status: row.status().name(),
        amount: told.amount,
        currency: row.currency.code(),
        fee: told.fee,
        created_at: instant(row.created_at),
        paid_at: row.paid_at().and_then(instant),
        settled_at: row.settled_at().and_then(instant),
        deposit: settlement::deposit_of(row),
        wire: WireView {
            amount: spelled(if told.is_negative { -told.amount } else { told.amount }),
            fee: told.fee.map(spelled),
            status: &told.status,
        },
    }
}

fn with_all_rows(head: &Truth, subject: Subject) -> Response {
    let mut begin = serde_json::to_vec(head).unwrap_or_default();
    begin.pop();
    begin.extend_from_slice(b",\"rows\":[");
    let mut pieces = Pieces::of(subject);
    let rows = std::iter::from_fn(move || {
        if pieces.done {
            return None;
        }
        let (teller, mut body) = (pieces.subject.teller.clone(), Vec::with_capacity(PIECE * 400));
        pieces.next(|is_first, row, told| {
            if !is_first {
                body.push(b',');
            }
            // Writing into memory cannot fail.
            let _ = serde_json::to_writer(&mut body, &row_view(&teller, row, told));
        });
        if pieces.done {
            body.extend_from_slice(b"]}");
        }
        Some(body)
    });
    let body = streamed(std::iter::once(begin).chain(rows));
    response(axum::http::StatusCode::OK, "application/json", body)
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
fn csv(subject: Subject) -> Response {
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
        let teller = pieces.subject.teller.clone();
        pieces.next(|_, row, told| {
            let view = row_view(&teller, row, told);
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
    response(axum::http::StatusCode::OK, "text/csv; charset=utf-8", streamed(rows))
}
