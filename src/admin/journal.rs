//! The journal of a space: requests to providers, their answers, and the reasons of refusals.

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::curl::curl;
use super::har::{self, Archive};
use super::request::{self, AdminRequest, Query};
use super::spec::{Answer, LIMIT, Parameter, Spec, Values, names, parameter, slugs};
use crate::recorder::redaction::Redaction;
use crate::sandbox::facts::Named;
use crate::sandbox::journal::Headers;
use crate::sandbox::journal::{Body, Entry, Missing, Outcome, Run};
use crate::sandbox::scenario::suggestion;
use crate::sandbox::space::Moment;
use crate::wire::call::response;
use crate::wire::problem::Problem;

/// Query parameters that select entries of the journal.
const FILTERS: &[Parameter] = &[
    parameter("provider", Values::OneOf(slugs)),
    parameter("operation", Values::Text),
    parameter("outcome", Values::OneOf(names::<Outcome>)),
    parameter("merchant", Values::Text),
    parameter("status", Values::Number),
    parameter("path", Values::Text),
    parameter("contains", Values::Text),
    parameter("since", Values::Number),
    parameter("before", Values::Number),
    LIMIT,
    parameter("as", Values::OneOf(names::<ListFormat>)),
];

/// The conditions of the query parameters; all of them must hold.
struct Filter {
    provider: Option<String>,
    operation: Option<String>,
    outcome: Option<Outcome>,
    merchant: Option<String>,
    status: Option<u64>,
    path: Option<String>,
    /// Text in the target or the body of the request.
    contains: Option<String>,
    since: Option<u64>,
    before: Option<u64>,
}

impl Filter {
    fn parse(query: &Query) -> Result<Self, Problem> {
        let id = |name| {
            let number = query.number(name)?;
            Ok::<_, Problem>(number.and_then(|number| u64::try_from(number).ok()))
        };
        query.get("provider").map(known_provider).transpose()?;
        let text = |name| query.get(name).map(str::to_owned);
        Ok(Self {
            provider: text("provider"),
            operation: text("operation"),
            outcome: query.one_of("outcome")?,
            merchant: text("merchant"),
            status: id("status")?,
            path: text("path"),
            contains: text("contains"),
            since: id("since")?,
            before: id("before")?,
        })
    }

    fn admits(&self, entry: &Entry) -> bool {
        let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|it| it == is);
        same(&self.provider, entry.provider)
            && same(&self.operation, entry.operation)
            && self.outcome.is_none_or(|outcome| outcome == entry.outcome)
            && same(&self.merchant, entry.note.merchant.as_deref().unwrap_or(""))
            && self.status.is_none_or(|status| status == u64::from(entry.status))
            && self.path.as_deref().is_none_or(|part| entry.path().contains(part))
            && self.contains.as_deref().is_none_or(|part| contains(entry, part))
            && self.since.is_none_or(|since| entry.id > since)
            && self.before.is_none_or(|before| entry.id < before)
    }
}

/// Whether the target or the kept part of the body of a request contains the text.
pub(super) fn contains(entry: &Entry, part: &str) -> bool {
    entry.head.target().contains(part)
        || memchr::memmem::find(&entry.request_body.bytes, part.as_bytes()).is_some()
}

/// Checks that a provider with this slug exists.
pub(super) fn known_provider(slug: &str) -> Result<(), Problem> {
    if crate::providers::find(slug).is_some() {
        return Ok(());
    }
    let near = suggestion(slug, crate::providers::ALL.iter().map(|it| it.slug));
    Err(Problem::bad_request(format!("unknown provider `{slug}`{near}")))
}

/// A page of entries, the newest first.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Journal")]
struct EntryList {
    entries: Vec<EntrySummary>,
    /// `before` of the next page; `null` on the last one.
    next: Option<u64>,
    /// Id of the newest entry that is complete with all before it; `since` of the next request; 0 before any.
    last: u64,
    /// The id of the last entry that was dropped to limit the size of the journal.
    dropped: u64,
    /// Whether some of the requested entries were dropped.
    truncated: bool,
}

/// A page of entries, or with `as=har` an archive.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(untagged)]
#[schemars(rename = "JournalAsAsked")]
#[expect(dead_code, reason = "for its schema alone")]
enum PageAsAsked {
    Page(EntryList),
    Archive(Archive),
}

pub(super) const LIST: Spec =
    Spec { query: FILTERS, answers: &[Answer::json::<PageAsAsked>(200)], ..Spec::PLAIN };

pub(super) async fn list(request: AdminRequest) -> Result<Response, Problem> {
    let query = request.query(FILTERS)?;
    let (filter, limit) = (Filter::parse(&query)?, query.limit()?);
    let journal = &request.space.journal;
    // Read before the entries: an entry written in between then comes again with the next `since`.
    let last_written = journal.last();
    let all = journal.entries();
    let mut wanted = all.iter().rev().filter(|entry| filter.admits(entry));
    let page: Vec<_> = wanted.by_ref().take(limit).collect();
    let redaction = Redaction::of(request.scenario(), &request.space);
    if let Some(ListFormat::Har) = query.one_of("as")? {
        return Ok(request::json(&har::archive(&page, &request.origin(), &redaction)));
    }
    let entries: Vec<EntrySummary> = page.iter().map(|it| line(it, &redaction)).collect();
    let more = wanted.next().is_some();
    Ok(request::json(&EntryList {
        next: entries.last().map(|it| it.id).filter(|_| more),
        last: last_written,
        dropped: journal.dropped(),
        truncated: journal.has_gap(filter.since),
        entries,
    }))
}

/// The summary of an entry in a list.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "JournalLine")]
pub(super) struct EntrySummary {
    id: u64,
    /// Sandbox time.
    at: Timestamp,
    real_at: Timestamp,
    /// Slug of the provider; empty if the path belongs to no provider.
    provider: &'static str,
    operation: &'static str,
    merchant: Option<String>,
    #[schemars(extend("enum" = names::<Outcome>()))]
    outcome: &'static str,
    /// The HTTP status; 0 if no answer was sent.
    #[schemars(range(max = 999))]
    status: u16,
    /// Microseconds.
    duration_us: u64,
    /// The reason of a refusal.
    reason: Option<String>,
    /// The ids of the fault rules that applied.
    fault: Option<String>,
    /// How a fault altered the answer.
    note: Option<String>,
    method: String,
    target: String,
}

pub(super) fn line(entry: &Entry, redaction: &Redaction) -> EntrySummary {
    EntrySummary {
        id: entry.id,
        at: entry.at,
        real_at: entry.real_at,
        provider: entry.provider,
        operation: entry.operation,
        merchant: entry.note.merchant.clone(),
        outcome: entry.outcome.name(),
        status: entry.status,
        duration_us: entry.duration_us,
        reason: entry.note.reason.as_deref().map(|it| redaction.text(it)),
        fault: entry.fault.clone(),
        note: entry.note.altered.as_deref().map(|it| redaction.text(it)),
        method: entry.method.clone().into_owned(),
        target: redaction.text(entry.head.target()),
    }
}

/// One entry, or with `as=har` an archive.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(untagged)]
#[schemars(rename = "JournalEntryAsAsked")]
#[expect(dead_code, reason = "for its schema alone")]
enum WholeAsAsked {
    Whole(Box<Whole>),
    Archive(Archive),
}

pub(super) const ONE: Spec = Spec {
    query: &[
        parameter("as", Values::OneOf(names::<Format>)),
        parameter("secrets", Values::OneOf(|| vec!["shown", "masked"])),
    ],
    answers: &[Answer::json::<WholeAsAsked>(200), Answer::text("text/plain")],
    problems: &[404],
    ..Spec::PLAIN
};

pub(super) async fn one(request: AdminRequest) -> Result<Response, Problem> {
    let query = request.query(ONE.query)?;
    let id = request.number(1, "a journal entry")?;
    let journal = &request.space.journal;
    let Some(entry) = journal.entry(id) else {
        return Err(Problem::not_found(match journal.missing(id) {
            Missing::Open => format!("the request of entry {id} is still being answered"),
            Missing::Cleared => format!("entry {id} was cleared"),
            Missing::Dropped => format!("entry {id} made room for newer ones"),
            Missing::Never => {
                format!("there is no entry {id}; GET /_admin/journal lists those there are")
            }
        }));
    };
    let redaction = Redaction::of(request.scenario(), &request.space);
    let secrets = query.one_of("secrets")?.unwrap_or(Secrets::Masked);
    match query.one_of("as")? {
        None => Ok(request::json(&whole(&entry, &request, &redaction))),
        Some(Format::Har) => {
            Ok(request::json(&har::archive(&[&entry], &request.origin(), &redaction)))
        }
        Some(Format::Curl) => {
            let redaction = Some(&redaction).filter(|_| secrets == Secrets::Masked);
            let command = curl(&entry, (&request.origin(), request.space.name()), redaction);
            Ok(response(StatusCode::OK, "text/plain; charset=utf-8", command))
        }
    }
}

/// Formats of one entry for other tools.
#[derive(Clone, Copy, Debug, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
enum Format {
    Curl,
    Har,
}

/// Formats of a list of entries for other tools.
#[derive(Clone, Copy, Debug, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
enum ListFormat {
    Har,
}

/// Whether the `curl` command contains secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
enum Secrets {
    Shown,
    Masked,
}

/// A journal entry with all its details.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "JournalEntry")]
struct Whole {
    #[serde(flatten)]
    line: EntrySummary,
    /// Names and values that help to correct the request.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    explanation: Map<String, Value>,
    request: RecordedRequest,
    answer: Answered,
    /// The transactions that the answer carried, as far as it has left.
    rows: Vec<CarriedRows>,
}

/// Transactions without a gap between them that an answer carried.
#[derive(Debug, JsonSchema, Serialize)]
struct CarriedRows {
    /// Id of the transaction with the lowest id.
    first: i64,
    /// Id of the transaction with the highest id.
    last: i64,
    /// How many there are; an answer with very many gaps has the rest in one item.
    count: u32,
}

/// The recorded request.
#[derive(Debug, JsonSchema, Serialize)]
struct RecordedRequest {
    method: String,
    target: String,
    /// Names and values.
    headers: Vec<(String, String)>,
    body: Text,
}

/// The recorded answer.
#[derive(Debug, JsonSchema, Serialize)]
struct Answered {
    #[schemars(range(max = 999))]
    status: u16,
    headers: Vec<(String, String)>,
    body: Text,
}

/// A body as text, its full length, and whether a part is left out.
#[derive(Debug, JsonSchema, Serialize)]
struct Text {
    /// The body; bytes that are not UTF-8 are replaced by `U+FFFD`.
    text: String,
    /// The bytes as they came, base64, if they are not UTF-8 and contain no secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    /// Bytes.
    length: u64,
    cut: bool,
}

/// The rows of an entry with their ids.
fn rows(moment: &Moment, entry: &Entry) -> Vec<CarriedRows> {
    let merchant = entry.note.merchant.as_deref();
    let merchant = merchant.and_then(|name| moment.scenario().merchant(name));
    let view = merchant.and_then(|merchant| moment.view(merchant.id));
    let (Some(view), Some(rows)) = (view, &entry.rows) else { return Vec::new() };
    let run = |run: &Run| CarriedRows {
        first: view.number_of(run.first),
        last: view.number_of(run.last),
        count: run.count,
    };
    rows.carried().runs().iter().map(run).collect()
}

fn whole(entry: &Entry, moment: &Moment, redaction: &Redaction) -> Whole {
    let mask = |(name, value): &(String, String)| (name.clone(), redaction.text(value).into());
    let answered = entry.answer_body.body();
    Whole {
        line: line(entry, redaction),
        explanation: entry.note.explanation.iter().map(mask).collect(),
        request: RecordedRequest {
            method: entry.method.clone().into_owned(),
            target: redaction.text(entry.head.target()),
            headers: headers(entry.head.request(), redaction),
            body: text(&entry.request_body, redaction),
        },
        answer: Answered {
            status: entry.status,
            headers: headers(entry.head.answer(), redaction),
            body: text(&answered, redaction),
        },
        rows: rows(moment, entry),
    }
}

fn headers(headers: Headers<'_>, redaction: &Redaction) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_owned(), redaction.text(value))).collect()
}

fn text(body: &Body, redaction: &Redaction) -> Text {
    let (text, base64) = exact(body, redaction);
    Text { text, base64, length: body.length, cut: body.is_truncated() }
}

/// The kept part of a body as text without secrets. If it is not UTF-8, its bytes in base64 stand beside the
/// text, unless they contain a secret, which base64 would not hide.
pub(super) fn exact(body: &Body, redaction: &Redaction) -> (String, Option<String>) {
    if let Some(text) = body.text() {
        return (redaction.text(text), None);
    }
    let text = String::from_utf8_lossy(&body.bytes);
    let masked = redaction.text(&text);
    let base64 = (masked == text).then(|| STANDARD.encode(&body.bytes));
    (masked, base64)
}

pub(super) const CLEAR: Spec = Spec::PLAIN;

pub(super) async fn clear(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    request.space.journal.clear();
    Ok(request::nothing())
}
