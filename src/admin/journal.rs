//! The journal of a space: what was asked and answered, and why.

use std::sync::PoisonError;

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::ask::{self, Ask, Query};
use super::problem::Problem;
use crate::sandbox::journal::{Body, Entry, Outcome};

const OUTCOMES: [(&str, Outcome); 3] =
    [("answered", Outcome::Answered), ("refused", Outcome::Refused), ("faulted", Outcome::Faulted)];

/// What narrows the journal.
const FILTERS: [&str; 7] =
    ["provider", "operation", "outcome", "merchant", "since", "before", "limit"];

/// Which entries are wanted.
struct Filter {
    provider: Option<String>,
    operation: Option<String>,
    outcome: Option<Outcome>,
    merchant: Option<String>,
    since: u64,
    before: u64,
}

impl Filter {
    fn parse(query: &Query) -> Result<Self, Problem> {
        let id = |name, default| {
            let number = query.number(name)?;
            Ok::<u64, Problem>(number.map_or(default, |it| u64::try_from(it).unwrap_or(0)))
        };
        let text = |name| query.get(name).map(str::to_owned);
        Ok(Self {
            provider: text("provider"),
            operation: text("operation"),
            outcome: query.word("outcome", &OUTCOMES)?,
            merchant: text("merchant"),
            since: id("since", 0)?,
            before: id("before", u64::MAX)?,
        })
    }

    fn admits(&self, entry: &Entry) -> bool {
        let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|it| it == is);
        same(&self.provider, entry.provider)
            && same(&self.operation, entry.operation)
            && self.outcome.is_none_or(|outcome| outcome == entry.outcome)
            && same(&self.merchant, entry.note.merchant.as_deref().unwrap_or(""))
            && entry.id > self.since
            && entry.id < self.before
    }
}

pub(super) async fn list(ask: Ask) -> Result<Response, Problem> {
    let query = ask.query(&FILTERS)?;
    let (filter, limit) = (Filter::parse(&query)?, query.limit()?);
    let journal = &ask.sandbox().journal;
    let all = journal.entries();
    let mut wanted = all.iter().rev().filter(|entry| filter.admits(entry));
    let entries: Vec<Value> =
        wanted.by_ref().take(limit).map(|entry| Value::Object(line(entry))).collect();
    let more = wanted.next().is_some();
    let last = entries.last().and_then(|it| it.get("id")).cloned().filter(|_| more);
    let dropped = journal.dropped();
    Ok(ask::json(&json!({
        "entries": entries,
        // Ids below it are still to come: `before` in the next request.
        "next": last,
        "last": all.last().map_or(0, |entry| entry.id),
        "dropped": dropped,
        // Whether entries that were asked for have made room for newer ones.
        "truncated": dropped > filter.since,
    })))
}

/// What is said about an entry in a list.
fn line(entry: &Entry) -> Map<String, Value> {
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
    put("reason", json!(entry.note.reason));
    put("fault", json!(entry.fault));
    put("method", json!(entry.method));
    put("target", json!(entry.target));
    line
}

pub(super) async fn one(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let id = ask.number(1, "a journal entry")?;
    let journal = &ask.sandbox().journal;
    let Some(entry) = journal.entry(id) else {
        return Err(Problem::not_found(if id <= journal.dropped() {
            format!("entry {id} made room for newer ones")
        } else {
            format!("there is no entry {id}; GET /_admin/journal lists those there are")
        }));
    };
    Ok(ask::json(&whole(&entry)))
}

fn whole(entry: &Entry) -> Value {
    let mut whole = line(entry);
    let explanation: Map<String, Value> =
        entry.note.explanation.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    whole.insert("explanation".to_owned(), Value::Object(explanation));
    whole.insert(
        "request".to_owned(),
        json!({
            "method": entry.method,
            "target": entry.target,
            "headers": headers(&entry.request_headers),
            "body": body(&entry.request_body),
        }),
    );
    let answered = entry.answer_body.lock().unwrap_or_else(PoisonError::into_inner).clone();
    whole.insert(
        "answer".to_owned(),
        json!({
            "status": entry.status,
            "headers": headers(&entry.answer_headers),
            "body": body(&answered),
        }),
    );
    Value::Object(whole)
}

fn headers(headers: &[(String, String)]) -> Vec<Value> {
    headers.iter().map(|(name, value)| json!([name, value])).collect()
}

/// A body as text, how long it was, and whether something is left out.
fn body(body: &Body) -> Value {
    json!({
        "text": String::from_utf8_lossy(&body.kept),
        "length": body.length,
        "cut": body.is_cut(),
    })
}

pub(super) async fn clear(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    ask.sandbox().journal.clear();
    Ok(ask::nothing())
}
