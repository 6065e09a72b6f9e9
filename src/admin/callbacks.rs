//! Callbacks of a space: list them, send one again, or pull them and answer in the place of a receiver.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::changes;
use super::request::{self, AdminRequest, Query};
use super::spec::{AFTER, Answer, Body, LIMIT, Spec, Values, names, parameter, slugs};
use crate::sandbox::callbacks;
use crate::sandbox::facts::Named;
use crate::sandbox::space::Moment;
use crate::sandbox::state::outbox::{Attempt, Callback, How, Standing};
use crate::wire::problem::Problem;

/// A page of callbacks, the oldest first.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Callbacks")]
struct CallbackList {
    callbacks: Vec<CallbackView>,
    /// `after` of the next page; `null` on the last one.
    next: Option<u64>,
}

pub(super) const LIST: Spec = Spec {
    query: &[
        parameter("provider", Values::OneOf(slugs)),
        parameter("state", Values::OneOf(names::<Standing>)),
        LIMIT,
        AFTER,
        parameter("wait", Values::Wait),
    ],
    answers: &[Answer::json::<CallbackList>(200)],
    ..Spec::PLAIN
};

pub(super) async fn list(request: AdminRequest) -> Result<Response, Problem> {
    let query = request.query(LIST.query)?;
    let (limit, after) = (query.limit()?, query.number("after")?.unwrap_or(0));
    query.get("provider").map(super::journal::known_provider).transpose()?;
    let state = query.one_of("state")?;
    let is_requested = |it: &Callback| {
        i64::try_from(it.id).is_ok_and(|id| id > after)
            && query.get("provider").is_none_or(|slug| *slug == *it.message.provider)
    };
    let found = if let Some(patience) = patience(&request, &query, state)? {
        let mut due = callbacks::wait_due(&request.space, patience, is_requested).await;
        due.sort_unstable_by_key(|it| it.id);
        due
    } else {
        let all = request.state().outbox.all().filter(|it| is_requested(it));
        let is = |it: &&Arc<Callback>| {
            state.is_none_or(|state| state == request.space.standing(it, request.now))
        };
        all.filter(is).cloned().collect()
    };
    let page: Vec<&Arc<Callback>> = found.iter().take(limit).collect();
    let next = page.last().filter(|_| found.len() > limit).map(|it| it.id);
    let callbacks = page.into_iter().map(|it| shown(&request, it)).collect();
    Ok(request::json(&CallbackList { callbacks, next }))
}

/// How long the list may wait until a callback is due (real time); `None` answers at once.
fn patience(
    request: &AdminRequest,
    query: &Query,
    state: Option<Standing>,
) -> Result<Option<Duration>, Problem> {
    let Some(text) = query.get("wait") else { return Ok(None) };
    if state != Some(Standing::Due) {
        return Err(Problem::bad_request("`wait` goes with `state=due` only"));
    }
    changes::patience(request, text).map(Some)
}

/// A callback with all its attempts.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Callback")]
struct CallbackView {
    id: u64,
    provider: String,
    merchant: String,
    /// The report that the callback is about.
    report: u64,
    event: String,
    #[schemars(extend("enum" = names::<Standing>()))]
    state: &'static str,
    /// When the first attempt was planned.
    due: Timestamp,
    /// When the next attempt is planned.
    next: Option<Timestamp>,
    /// Whether it is not sent, but waits until a client pulls it.
    held: bool,
    /// The callback of which this one is a duplicate, made by a fault.
    copy_of: Option<u64>,
    /// The id of the fault rule that applied.
    fault: Option<String>,
    request: Sent,
    attempts: Vec<Tried>,
}

/// The HTTP request of the callback.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "CallbackRequest")]
struct Sent {
    #[schemars(extend("const" = "POST"))]
    method: &'static str,
    url: String,
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    headers: Map<String, Value>,
    body: String,
}

/// An attempt to deliver the callback.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "CallbackAttempt")]
struct Tried {
    due: Timestamp,
    /// Sandbox time.
    at: Timestamp,
    real_at: Timestamp,
    #[schemars(extend("enum" = names::<How>()))]
    how: &'static str,
    /// The HTTP status, or `null` with a `problem`.
    #[schemars(range(max = 999))]
    status: Option<u16>,
    problem: Option<String>,
    body: String,
    /// Microseconds.
    duration_us: u64,
}

fn shown(moment: &Moment, callback: &Callback) -> CallbackView {
    let message = &callback.message;
    let mut headers = Map::new();
    if let Some(policy) = moment.scenario().policy(&message.provider) {
        headers.insert("content-type".to_owned(), json!(policy.content_type));
        let extra_headers = policy.headers.iter();
        headers.extend(extra_headers.map(|(name, value)| ((*name).to_owned(), json!(value))));
    }
    CallbackView {
        id: callback.id,
        provider: message.provider.to_string(),
        merchant: message.merchant.clone(),
        report: message.job,
        event: message.event.clone(),
        state: moment.space.standing(callback, moment.now).name(),
        due: callback.due,
        next: callback.next,
        held: callback.held,
        copy_of: callback.copy_of,
        fault: callback.fault.clone(),
        request: Sent {
            method: "POST",
            url: message.url.clone(),
            headers,
            body: String::from_utf8_lossy(&message.body).into_owned(),
        },
        attempts: callback.attempts.iter().map(attempt).collect(),
    }
}

fn attempt(attempt: &Attempt) -> Tried {
    let (status, problem) = match &attempt.reply.status {
        Ok(status) => (Some(*status), None),
        Err(problem) => (None, Some(problem.clone())),
    };
    Tried {
        due: attempt.due,
        at: attempt.at,
        real_at: attempt.real_at,
        how: attempt.how.name(),
        status,
        problem,
        body: String::from_utf8_lossy(&attempt.reply.body).into_owned(),
        duration_us: u64::try_from(attempt.duration.as_micros()).unwrap_or(u64::MAX),
    }
}

fn unknown(id: u64) -> Problem {
    Problem::not_found(format!("there is no callback {id}; GET /_admin/callbacks lists them"))
}

pub(super) const ONE: Spec =
    Spec { answers: &[Answer::json::<CallbackView>(200)], problems: &[404], ..Spec::PLAIN };

pub(super) async fn one(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let id = request.number(1, "a callback")?;
    let callback = request.state().outbox.get(id).ok_or_else(|| unknown(id))?;
    Ok(request::json(&shown(&request, callback)))
}

pub(super) const REDELIVER: Spec =
    Spec { answers: &[Answer::json::<CallbackView>(200)], problems: &[404, 409], ..Spec::PLAIN };

pub(super) async fn redeliver(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let id = request.number(1, "a callback")?;
    request.state().outbox.get(id).ok_or_else(|| unknown(id))?;
    let callback = callbacks::redeliver(&request.space, id).await.map_err(Problem::conflict)?;
    Ok(request::json(&shown(&request.space.moment(), &callback)))
}

/// The answer to record in the place of a receiver.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReceiverAnswer")]
struct Receiver {
    /// An HTTP status.
    #[schemars(range(min = 100, max = 599))]
    status: u16,
}

pub(super) const ANSWER: Spec = Spec {
    body: Some(Body::json::<Receiver>()),
    answers: &[Answer::json::<CallbackView>(200)],
    problems: &[404, 409],
    ..Spec::PLAIN
};

pub(super) async fn answer_pull(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let id = request.number(1, "a callback")?;
    let answer: Receiver = request.json()?;
    if !(100..600).contains(&answer.status) {
        return Err(Problem::bad_request(format!(
            "`status` is {}; it must be an HTTP status, 100 to 599",
            answer.status
        )));
    }
    request.state().outbox.get(id).ok_or_else(|| unknown(id))?;
    let answered = callbacks::answer_alone(&request.space, id, answer.status).await;
    let callback = answered.map_err(Problem::conflict)?;
    Ok(request::json(&shown(&request.space.moment(), &callback)))
}

/// How long to wait until a callback is due.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CallbackWait")]
struct Wait {
    /// Milliseconds of real time; five seconds without it.
    timeout_ms: Option<u64>,
}

/// The callbacks that are due.
#[derive(Debug, JsonSchema, Serialize)]
struct DueCallbacks {
    callbacks: Vec<CallbackView>,
}

pub(super) const WAIT: Spec = Spec {
    body: Some(Body::optional::<Wait>()),
    answers: &[Answer::json::<DueCallbacks>(200)],
    ..Spec::PLAIN
};

pub(super) async fn wait(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let wait: Wait = request.json()?;
    let most = request.space.options.longest_wait_ms();
    let timeout = wait.timeout_ms.unwrap_or(5000.min(most));
    if timeout > most {
        return Err(Problem::bad_request(format!("`timeout_ms` is at most {most}")));
    }
    let due = callbacks::wait_due(&request.space, Duration::from_millis(timeout), |_| true).await;
    let callbacks = due.iter().map(|it| shown(&request, it)).collect();
    Ok(request::json(&DueCallbacks { callbacks }))
}
