//! The journal of a space: requests to providers, their answers, and the reasons of refusals.

use axum::response::Response;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::har::{self, Archive};
use super::request::{self, AdminRequest, Query};
use super::spec::{Answer, LIMIT, Parameter, Spec, Values, names, parameter, slugs};
use crate::recorder::redaction::Redaction;
use crate::sandbox::facts::Named;
use crate::sandbox::journal::{Entry, Outcome};
use crate::sandbox::scenario::suggestion;
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
    /// The most likely mistake behind it.
    likely_mistake: Option<String>,
    /// Why the answer is empty or not the provider's own.
    note: Option<String>,
    /// The ids of the fault rules that applied.
    fault: Option<String>,
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
        likely_mistake: entry.note.likely_mistake().map(|it| redaction.text(it)),
        note: entry.note.remark.as_deref().map(|it| redaction.text(it)),
        fault: entry.fault.clone(),
        method: entry.method.clone().into_owned(),
        target: redaction.text(entry.head.target()),
    }
}

/// Formats of a list of entries for other tools.
#[derive(Clone, Copy, Debug, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
enum ListFormat {
    Har,
}

pub(super) const CLEAR: Spec = Spec::PLAIN;

pub(super) async fn clear(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    request.space.clear_journal();
    Ok(request::nothing())
}
