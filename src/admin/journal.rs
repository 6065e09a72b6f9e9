//! The journal of a space: what was asked and answered, and why.

use std::sync::PoisonError;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::ask::{self, Ask, Query};
use super::har;
use super::masks::Masks;
use super::problem::Problem;
use crate::sandbox::headers::Headers;
use crate::sandbox::journal::{Body, Entry, Missing, Outcome};
use crate::sandbox::scenario::suggestion;
use crate::wire::call::answer;

pub(super) const OUTCOMES: [(&str, Outcome); 3] =
    [("answered", Outcome::Answered), ("refused", Outcome::Refused), ("faulted", Outcome::Faulted)];

/// What narrows the journal.
const FILTERS: [&str; 8] =
    ["provider", "operation", "outcome", "merchant", "since", "before", "limit", "as"];

/// Which entries are wanted.
struct Filter {
    provider: Option<String>,
    operation: Option<String>,
    outcome: Option<Outcome>,
    merchant: Option<String>,
    since: Option<u64>,
    before: Option<u64>,
}

impl Filter {
    fn parse(query: &Query) -> Result<Self, Problem> {
        let id = |name| {
            let id = |number| {
                u64::try_from(number).map_err(|_| {
                    Problem::bad_request(format!(
                        "`{name}` is {number}; ids of entries are positive"
                    ))
                })
            };
            query.number(name)?.map(id).transpose()
        };
        query.get("provider").map(known_provider).transpose()?;
        let text = |name| query.get(name).map(str::to_owned);
        Ok(Self {
            provider: text("provider"),
            operation: text("operation"),
            outcome: query.word("outcome", &OUTCOMES)?,
            merchant: text("merchant"),
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
            && self.since.is_none_or(|since| entry.id > since)
            && self.before.is_none_or(|before| entry.id < before)
    }
}

/// Whether there is such a provider.
pub(super) fn known_provider(slug: &str) -> Result<(), Problem> {
    if crate::providers::find(slug).is_some() {
        return Ok(());
    }
    let near = suggestion(slug, crate::providers::ALL.iter().map(|it| it.slug));
    Err(Problem::bad_request(format!("unknown provider `{slug}`{near}")))
}

pub(super) async fn list(ask: Ask) -> Result<Response, Problem> {
    let query = ask.query(&FILTERS)?;
    let (filter, limit) = (Filter::parse(&query)?, query.limit()?);
    let journal = &ask.sandbox().journal;
    // Read before the entries, so that none falls in between.
    let last_written = journal.last();
    let all = journal.entries();
    let mut wanted = all.iter().rev().filter(|entry| filter.admits(entry));
    let page: Vec<_> = wanted.by_ref().take(limit).collect();
    let masks = Masks::of(&ask.sandbox().scenario);
    if let Some(()) = query.word("as", &[("har", ())])? {
        return Ok(ask::json(&har::archive(&page, &ask.origin(), &masks)));
    }
    let entries: Vec<Value> = page.iter().map(|it| Value::Object(line(it, &masks))).collect();
    let more = wanted.next().is_some();
    let last = entries.last().and_then(|it| it.get("id")).cloned().filter(|_| more);
    Ok(ask::json(&json!({
        "entries": entries,
        // Ids below it are still to come: `before` in the next request.
        "next": last,
        // Everything up to it is there: `since` in the next request for what is new.
        "last": last_written,
        "dropped": journal.dropped(),
        // Whether entries that were asked for are gone.
        "truncated": journal.is_cut(filter.since),
    })))
}

/// What is said about an entry in a list.
pub(super) fn line(entry: &Entry, masks: &Masks) -> Map<String, Value> {
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
    put("id", json!(entry.id));
    put("at", json!(entry.at.to_string()));
    put("real_at", json!(entry.real_at.to_string()));
    put("provider", json!(entry.provider));
    put("operation", json!(entry.operation));
    put("merchant", json!(entry.note.merchant));
    put("outcome", json!(entry.outcome.word()));
    put("status", json!(entry.status));
    put("duration_us", json!(entry.duration_us));
    put("reason", json!(entry.note.reason.as_deref().map(|it| masks.text(it))));
    put("fault", json!(entry.fault));
    put("method", json!(entry.method));
    put("target", json!(masks.text(&entry.target)));
    line
}

pub(super) async fn one(ask: Ask) -> Result<Response, Problem> {
    let query = ask.query(&["as", "secrets"])?;
    let id = ask.number(1, "a journal entry")?;
    let journal = &ask.sandbox().journal;
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
    let masks = Masks::of(&ask.sandbox().scenario);
    let is_open = query.word("secrets", &[("shown", true), ("masked", false)])?.unwrap_or(false);
    match query.word("as", &[("curl", Form::Curl), ("har", Form::Har)])? {
        None => Ok(ask::json(&whole(&entry, &masks))),
        Some(Form::Har) => Ok(ask::json(&har::archive(&[&entry], &ask.origin(), &masks))),
        Some(Form::Curl) => {
            let masks = Some(&masks).filter(|_| !is_open);
            let command = har::curl(&entry, &ask.origin(), masks);
            Ok(answer(StatusCode::OK, "text/plain; charset=utf-8", command))
        }
    }
}

/// Shapes for other tools.
#[derive(Clone, Copy, Debug)]
enum Form {
    Curl,
    Har,
}

fn whole(entry: &Entry, masks: &Masks) -> Value {
    let mut whole = line(entry, masks);
    let mask = |(name, value): &(String, String)| (name.clone(), json!(masks.text(value)));
    let explanation: Map<String, Value> = entry.note.explanation.iter().map(mask).collect();
    whole.insert("explanation".to_owned(), Value::Object(explanation));
    whole.insert(
        "request".to_owned(),
        json!({
            "method": entry.method,
            "target": masks.text(&entry.target),
            "headers": headers(&entry.request_headers, masks),
            "body": body(&entry.request_body, masks),
        }),
    );
    let answered = entry.answer_body.lock().unwrap_or_else(PoisonError::into_inner).clone();
    whole.insert(
        "answer".to_owned(),
        json!({
            "status": entry.status,
            "headers": headers(&entry.answer_headers, masks),
            "body": body(&answered, masks),
        }),
    );
    Value::Object(whole)
}

fn headers(headers: &Headers, masks: &Masks) -> Vec<Value> {
    headers.iter().map(|(name, value)| json!([name, masks.text(value)])).collect()
}

/// A body as text, how long it was, and whether something is left out.
fn body(body: &Body, masks: &Masks) -> Value {
    json!({
        "text": masks.text(&String::from_utf8_lossy(&body.kept)),
        "length": body.length,
        "cut": body.is_cut(),
    })
}

pub(super) async fn clear(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    ask.sandbox().journal.clear();
    Ok(ask::nothing())
}
