//! What leaves by itself: look, send again, pull and answer instead of being called.

use std::time::Duration;

use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::ask::{self, Ask, Query};
use super::problem::Problem;
use crate::sandbox::callbacks::{self, Attempt, Callback, Callbacks, State};
use crate::sandbox::faults::MOST_MS;
use crate::sandbox::scenario::duration;

pub(super) async fn list(ask: Ask) -> Result<Response, Problem> {
    let query = ask.query(&["provider", "state", "limit", "after", "wait"])?;
    let (limit, after) = (query.limit()?, query.number("after")?.unwrap_or(0));
    query.get("provider").map(super::journal::known_provider).transpose()?;
    let state = query.word("state", &State::ALL.map(|it| (it.word(), it)))?;
    let asked_for = |it: &Callback| {
        i64::try_from(it.id).is_ok_and(|id| id > after)
            && query.get("provider").is_none_or(|slug| slug == it.message.policy.provider)
    };
    let sandbox = ask.sandbox();
    let found = if let Some(patience) = patience(&query, state)? {
        let mut due = callbacks::wait_due(sandbox, patience, asked_for).await;
        due.sort_unstable_by_key(|it| it.id);
        due
    } else {
        let (mut all, now) = (sandbox.callbacks.all(), sandbox.clock.now());
        all.retain(|it| asked_for(it) && state.is_none_or(|state| state == it.state(now)));
        all
    };
    let page: Vec<&Callback> = found.iter().take(limit).collect();
    let next = page.last().filter(|_| found.len() > limit).map(|it| it.id);
    let page: Vec<Value> = page.into_iter().map(|it| shown(&ask, it)).collect();
    Ok(ask::json(&json!({"callbacks": page, "next": next})))
}

/// How long the list may wait for something to be due, real time; `None` to answer at once.
fn patience(query: &Query, state: Option<State>) -> Result<Option<Duration>, Problem> {
    let Some(text) = query.get("wait") else { return Ok(None) };
    if state != Some(State::Due) {
        return Err(Problem::bad_request("`wait` goes with `state=due` only"));
    }
    let most = Duration::from_millis(MOST_MS);
    let patience = duration(text).and_then(|it| Duration::try_from(it).ok());
    patience.filter(|it| *it <= most).map(Some).ok_or_else(|| {
        Problem::bad_request(format!(
            "`wait` is `{text}`; it must be a length of time such as 10s, at most {}s",
            most.as_secs()
        ))
    })
}

fn shown(ask: &Ask, callback: &Callback) -> Value {
    let message = &callback.message;
    let mut headers = Map::new();
    headers.insert("content-type".to_owned(), json!(message.policy.content_type));
    for (name, value) in message.policy.headers {
        headers.insert((*name).to_owned(), json!(value));
    }
    json!({
        "id": callback.id,
        "provider": message.policy.provider,
        "merchant": message.merchant,
        "report": message.job,
        "event": message.event,
        "state": callback.state(ask.sandbox().clock.now()).word(),
        "due": callback.due.to_string(),
        "next": callback.next.map(|at| at.to_string()),
        "held": callback.held,
        "copy_of": callback.copy_of,
        "fault": callback.fault,
        "request": {
            "method": "POST",
            "url": message.url,
            "headers": headers,
            "body": String::from_utf8_lossy(&message.body),
        },
        "attempts": callback.attempts.iter().map(attempt).collect::<Vec<_>>(),
    })
}

fn attempt(attempt: &Attempt) -> Value {
    let (status, problem) = match &attempt.reply.status {
        Ok(status) => (Some(*status), None),
        Err(problem) => (None, Some(problem)),
    };
    json!({
        "due": attempt.due.to_string(),
        "at": attempt.at.to_string(),
        "real_at": attempt.real_at.to_string(),
        "how": attempt.how.word(),
        "status": status,
        "problem": problem,
        "body": String::from_utf8_lossy(&attempt.reply.body),
        "duration_us": u64::try_from(attempt.duration.as_micros()).unwrap_or(u64::MAX),
    })
}

fn unknown(id: u64) -> Problem {
    Problem::not_found(format!("there is no callback {id}; GET /_admin/callbacks lists them"))
}

pub(super) async fn one(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let id = ask.number(1, "a callback")?;
    let callback = ask.sandbox().callbacks.get(id).ok_or_else(|| unknown(id))?;
    Ok(ask::json(&shown(&ask, &callback)))
}

pub(super) async fn redeliver(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let id = ask.number(1, "a callback")?;
    ask.sandbox().callbacks.get(id).ok_or_else(|| unknown(id))?;
    let callback = callbacks::redeliver(ask.sandbox(), id).await.map_err(Problem::conflict)?;
    Ok(ask::json(&shown(&ask, &callback)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    status: u16,
}

pub(super) async fn answer(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let id = ask.number(1, "a callback")?;
    let answer: Answer = ask.json()?;
    if !(100..600).contains(&answer.status) {
        return Err(Problem::bad_request(format!(
            "`status` is {}; it must be an HTTP status, 100 to 599",
            answer.status
        )));
    }
    ask.sandbox().callbacks.get(id).ok_or_else(|| unknown(id))?;
    let callback =
        Callbacks::answer(ask.sandbox(), id, answer.status).map_err(Problem::conflict)?;
    Ok(ask::json(&shown(&ask, &callback)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wait {
    timeout_ms: Option<u64>,
}

pub(super) async fn wait(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let wait: Wait = ask.json()?;
    let timeout = wait.timeout_ms.unwrap_or(5000);
    if timeout > MOST_MS {
        return Err(Problem::bad_request(format!("`timeout_ms` is at most {MOST_MS}")));
    }
    let due = callbacks::wait_due(ask.sandbox(), Duration::from_millis(timeout), |_| true).await;
    let due: Vec<Value> = due.iter().map(|it| shown(&ask, it)).collect();
    Ok(ask::json(&json!({"callbacks": due})))
}
