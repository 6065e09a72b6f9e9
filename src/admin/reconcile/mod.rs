//! Compares an import with the truth: rows in, findings out, each with the answer that explains it.

mod render;
mod rows;
mod why;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::request::{self, AdminRequest};
use super::spec::{Answer, Body, Parameter, Spec, Values, names, parameter};
use super::truth::{AXIS, AxisName, FROM, MERCHANT, PROVIDER, Subject, SubjectText, TO};
use crate::sandbox::facts::Named;
use crate::sandbox::long_work::Threads;
use crate::sandbox::space::Moment;
use crate::sandbox::truth::{
    Finding, FindingKind, ImportedRow, MAX_FINDINGS, Reconciled, Reconciliation, axis_name,
};
use crate::wire::call::response;
use crate::wire::problem::Problem;

use self::rows::Wrong;
use self::why::{Evidence, Why};

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
enum Format {
    Json,
    Csv,
    Junit,
    Table,
}

const PARAMETERS: &[Parameter] =
    &[PROVIDER, MERCHANT, FROM, TO, AXIS, parameter("format", Values::OneOf(names::<Format>))];

pub(super) const RECONCILE: Spec = Spec {
    query: PARAMETERS,
    body: Some(Body { media: &["application/json", "text/csv"], ..Body::json::<ImportAsSent>() }),
    answers: &[
        Answer::json::<Findings>(200),
        Answer::text("text/csv"),
        Answer::text("application/xml"),
        Answer::text("text/plain"),
    ],
    problems: &[422],
};

/// An import: its rows, and what they are rows of, unless the query says so. A bare list of rows is taken too.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Import", untagged)]
#[expect(dead_code, reason = "for its schema alone")]
enum ImportAsSent {
    Whole {
        provider: Option<String>,
        merchant: Option<String>,
        /// A date (a whole UTC day) or an instant.
        from: Option<String>,
        /// A date (a whole UTC day) or an instant, which is not in the range.
        to: Option<String>,
        axis: Option<String>,
        rows: Vec<RowAsSent>,
    },
    Rows(Vec<RowAsSent>),
}

/// A row of an import. Empty and missing values are not compared; other members are ignored.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "ImportedRow")]
#[expect(dead_code, reason = "for its schema alone")]
struct RowAsSent {
    /// The report that the id belongs to, where ids alone do not say.
    report: Option<Cell>,
    /// The provider's id.
    id: Cell,
    /// In the provider's spelling.
    amount: Option<Cell>,
    /// In minor units, instead of `amount`.
    amount_minor: Option<Cell>,
    /// ISO 4217 code.
    currency: Option<String>,
    /// In the provider's spelling.
    fee: Option<Cell>,
    /// In minor units, instead of `fee`.
    fee_minor: Option<Cell>,
    /// The provider's word.
    status: Option<Cell>,
}

#[derive(Debug, JsonSchema)]
#[schemars(rename = "ImportedCell", untagged)]
#[expect(dead_code, reason = "for its schema alone")]
enum Cell {
    Text(String),
    Number(f64),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Import {
    provider: Option<String>,
    merchant: Option<String>,
    from: Option<String>,
    to: Option<String>,
    axis: Option<String>,
    #[expect(dead_code, reason = "only that it is there; the rows are read one by one")]
    rows: IgnoredAny,
}

/// The result of a reconciliation.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct Findings {
    pub(super) provider: &'static str,
    pub(super) merchant: String,
    #[schemars(extend("enum" = names::<AxisName>()))]
    pub(super) axis: &'static str,
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
    pub(super) now: Timestamp,
    /// Whether nothing is wrong; findings `expected` are right.
    pub(super) ok: bool,
    /// Rows of the import.
    pub(super) rows: u64,
    /// Rows of the truth.
    pub(super) expected_rows: u64,
    /// Findings that are wrong.
    pub(super) breaks: u64,
    pub(super) counts: Vec<CountOf>,
    pub(super) findings: Vec<FindingView>,
    /// Whether there are more findings than are listed.
    pub(super) truncated: bool,
    /// What was unusual in the import.
    pub(super) notes: Vec<String>,
}

/// The number of findings of a kind.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "FindingCount")]
pub(super) struct CountOf {
    #[schemars(extend("enum" = names::<FindingKind>()))]
    pub(super) kind: &'static str,
    pub(super) count: u64,
}

/// A difference between an import and the truth.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Finding")]
pub(super) struct FindingView {
    #[schemars(extend("enum" = names::<FindingKind>()))]
    pub(super) kind: &'static str,
    /// The provider's id.
    pub(super) id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) report: String,
    /// The right value as the provider writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expected: Option<String>,
    /// The value of the import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) received: Option<String>,
    pub(super) why: Why,
}

pub(super) async fn reconcile(request: AdminRequest) -> Result<Response, Problem> {
    let query = request.query(PARAMETERS)?;
    let format = query.one_of::<Format>("format")?.unwrap_or(Format::Json);
    let body = request.call.body.clone();
    let is_csv = rows::is_csv(&body);
    let mut names = SubjectText::of(&query);
    if !is_csv && body.trim_ascii_start().first() == Some(&b'{') {
        let import: Import = serde_json::from_slice(&body).map_err(request::unreadable)?;
        names.or(SubjectText {
            provider: import.provider,
            merchant: import.merchant,
            from: import.from,
            to: import.to,
            axis: import.axis,
        })?;
    }
    let subject = names.subject(&request)?;
    let moment = request.moment.clone();
    let work = move |_| compared(&body, is_csv, subject, moment);
    let findings = Threads::shared().run(work).await.map_err(|wrong| {
        let Wrong { line, column, problem } = wrong;
        let place = match column.as_str() {
            "" => format!("line {line}"),
            column => format!("line {line}, column `{column}`"),
        };
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Unreadable import")
            .detail(format!("{place}: {problem}"))
            .at(line, &column)
    })?;
    let mut answer = match format {
        Format::Json => request::json(&findings),
        Format::Csv => response(StatusCode::OK, "text/csv; charset=utf-8", render::csv(&findings)),
        Format::Junit => response(StatusCode::OK, "application/xml", render::junit(&findings)),
        Format::Table => {
            response(StatusCode::OK, "text/plain; charset=utf-8", render::table(&findings))
        }
    };
    answer.headers_mut().insert(BREAKS, HeaderValue::from(findings.breaks));
    answer.headers_mut().insert(ROWS, HeaderValue::from(findings.rows));
    Ok(answer)
}

/// Header with the number of findings that are wrong, in every format.
const BREAKS: HeaderName = HeaderName::from_static("sandtill-breaks");
/// Header with the number of rows of the import.
const ROWS: HeaderName = HeaderName::from_static("sandtill-rows");

/// Reads an import, compares it, and explains what was found.
fn compared(
    body: &[u8],
    is_csv: bool,
    subject: Subject,
    moment: Moment,
) -> Result<Findings, Wrong> {
    let Subject { provider, mapper, reported, scope } = subject;
    let row_mapping = mapper.row_mapping;
    let now = moment.now;
    let evidence = Evidence::of(moment, provider.slug, &mapper.view.merchant.name);
    let mut reconciliation = Reconciliation::new(mapper, reported, scope);
    let mut foreign = Foreign::default();
    let take = |row: &ImportedRow| {
        if !row.report.is_empty() && !row_mapping.reports.contains(&row.report.as_str()) {
            let reports = row_mapping.reports.join("`, `");
            let problem = format!("there is no report `{}`; ids are of `{reports}`", row.report);
            return Err(("report", problem));
        }
        foreign.look_at(row_mapping.is_id, &row.id);
        reconciliation.add(row).map_err(|unreadable| (unreadable.field, unreadable.problem))
    };
    let mut notes = match is_csv {
        true => rows::csv(body, take)?,
        false => rows::json(body, take)?,
    };
    notes.extend(foreign.note(provider.name));
    let reconciled = reconciliation.finish();
    if !row_mapping.has_fee() {
        notes.push(format!("{} tells no fees; a column `fee` is not compared", provider.name));
    }
    let view = |finding: &Finding| FindingView {
        kind: finding.kind.name(),
        id: finding.id.clone(),
        report: finding.report.clone(),
        expected: finding.expected.clone(),
        received: finding.received.clone(),
        why: evidence.why(&reconciled.mapper, finding),
    };
    let listed = reconciled.findings.iter().map(view).collect();
    Ok(findings(provider.slug, &reconciled, now, (listed, notes)))
}

fn findings(
    provider: &'static str,
    reconciled: &Reconciled,
    now: Timestamp,
    (findings, notes): (Vec<FindingView>, Vec<String>),
) -> Findings {
    let instant = |second| Timestamp::from_second(second).ok();
    let count = |(kind, count): (&FindingKind, &u64)| CountOf { kind: kind.name(), count: *count };
    let all: u64 = reconciled.counts.values().sum();
    Findings {
        provider,
        merchant: reconciled.mapper.view.merchant.name.clone(),
        axis: axis_name(reconciled.scope.axis),
        from: instant(reconciled.scope.span.start),
        to: instant(reconciled.scope.span.end),
        now,
        ok: reconciled.breaks() == 0,
        rows: reconciled.rows,
        expected_rows: reconciled.expected_rows,
        breaks: reconciled.breaks(),
        counts: reconciled.counts.iter().map(count).collect(),
        truncated: all > u64::try_from(MAX_FINDINGS).unwrap_or(u64::MAX),
        findings,
        notes,
    }
}

/// Ids that do not have the form of the provider's.
#[derive(Debug, Default)]
struct Foreign {
    count: u64,
    rows: u64,
    first: Option<(u64, String)>,
}

impl Foreign {
    fn look_at(&mut self, is_id: fn(&str) -> bool, id: &str) {
        self.rows += 1;
        if !is_id(id) {
            self.count += 1;
            self.first.get_or_insert_with(|| (self.rows, id.to_owned()));
        }
    }

    /// What is said about them: how many, the first one, and whose ids look like it.
    fn note(&self, name: &str) -> Option<String> {
        let (row, id) = self.first.as_ref()?;
        let mappings =
            crate::providers::ALL.iter().filter_map(|it| Some((it.name, it.row_mapping?)));
        let others = mappings.filter(|(_, mapping)| (mapping.is_id)(id)).map(|(name, _)| name);
        let others: Vec<&str> = others.collect();
        let likely = match (others.as_slice(), id.contains(['e', 'E', '.'])) {
            ([], true) => {
                "; it looks like a number that lost its digits: keep ids as text".to_owned()
            }
            ([], false) => String::new(),
            (others, _) => format!("; it looks like an id of {}", others.join(" or ")),
        };
        Some(format!(
            "{} of {} ids do not have the form of {name}'s; the first is `{id}` in row {row}, column `id`{likely}",
            self.count, self.rows
        ))
    }
}
