//! The clock of a space: read, freeze, run, set, advance.

use axum::response::Response;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::request::{self, AdminRequest, instant, one_of};
use super::spec::{Answer, Body, Spec, names};
use crate::sandbox::callbacks;
use crate::sandbox::clock::{LATEST, Mode};
use crate::sandbox::facts::Named;
use crate::sandbox::scenario::duration;
use crate::sandbox::scenario::schema::{Instant, Length};
use crate::sandbox::space::Moment;
use crate::wire::problem::Problem;

pub(super) const READ: Spec = Spec { answers: &[Answer::json::<Clock>(200)], ..Spec::PLAIN };

pub(super) async fn read(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    Ok(shown(&request))
}

/// The clock of a space.
#[derive(Debug, JsonSchema, Serialize)]
struct Clock {
    #[schemars(extend("enum" = names::<Mode>()))]
    mode: &'static str,
    now: Timestamp,
}

fn shown(moment: &Moment) -> Response {
    let mode = moment.state().clock.mode().name();
    request::json(&Clock { mode, now: moment.now })
}

/// The new mode or time of the clock.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ClockChange", extend("anyOf" = alternatives(&["mode"], &["now"])))]
struct Change {
    /// Frozen or running; unchanged without it.
    #[schemars(extend("enum" = [json!("frozen"), json!("running"), Value::Null]))]
    mode: Option<String>,
    /// The new time; what falls due in between is not processed, so no callbacks are sent.
    #[schemars(with = "Option<Instant>")]
    now: Option<String>,
}

/// Schema of an object with two alternatives: the required members of each of them.
fn alternatives(one: &[&str], other: &[&str]) -> Value {
    let alternative = |names: &[&str]| {
        let says = names.iter().map(|name| ((*name).to_owned(), json!({"type": "string"})));
        json!({"required": names, "properties": says.collect::<serde_json::Map<_, _>>()})
    };
    json!([alternative(one), alternative(other)])
}

pub(super) const WRITE: Spec = Spec {
    body: Some(Body::json::<Change>()),
    answers: &[Answer::json::<Clock>(200)],
    problems: &[409],
    ..Spec::PLAIN
};

pub(super) async fn write(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let change: Change = request.json()?;
    let mode = change.mode.as_deref().map(|text| one_of("mode", text)).transpose()?;
    let now = change.now.as_deref().map(|text| instant("now", text)).transpose()?;
    if mode.is_none() && now.is_none() {
        return Err(Problem::bad_request(
            "say `mode` (`frozen` or `running`), `now` (an instant), or both",
        ));
    }
    let set = request.space.set_clock(mode, now);
    let moment = set.map_err(|err| {
        Problem::conflict(format!("{err}; ask again when POST /_admin/clock/advance has answered"))
    })?;
    Ok(shown(&moment))
}

/// How far to advance: a length of time or an instant, not both.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = alternatives(&["by"], &["to"])))]
struct Advance {
    /// A length of time from now.
    #[schemars(with = "Option<Length>")]
    by: Option<String>,
    /// An instant, not before now.
    #[schemars(with = "Option<Instant>")]
    to: Option<String>,
}

/// The new time of the clock, and what happened on the way.
#[derive(Debug, JsonSchema, Serialize)]
struct Advanced {
    now: Timestamp,
    happened: Vec<Happened>,
}

/// An occurrence that fell due.
#[derive(Debug, JsonSchema, Serialize)]
struct Happened {
    at: Timestamp,
    /// Description of the occurrence in one sentence.
    #[serde(rename = "what")]
    text: String,
}

pub(super) const ADVANCE: Spec = Spec {
    body: Some(Body::json::<Advance>()),
    answers: &[Answer::json::<Advanced>(200)],
    problems: &[409],
    ..Spec::PLAIN
};

pub(super) async fn advance(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let advance: Advance = request.json()?;
    let now = request.now;
    let target = match (advance.by.as_deref(), advance.to.as_deref()) {
        (Some(by), None) => later(now, by)?,
        (None, Some(to)) => instant("to", to)?,
        _ => {
            return Err(Problem::bad_request(
                "say either `by` (a length of time such as `36h`) or `to` (an instant)",
            ));
        }
    };
    if target < now {
        return Err(Problem::conflict(format!(
            "{target} is past, it is {now}; PUT /_admin/clock jumps backwards"
        )));
    }
    let events = callbacks::advance(&request.space, target).await;
    let occurrences = events.into_iter().map(|it| Happened { at: it.at, text: it.text }).collect();
    Ok(request::json(&Advanced { now: request.space.moment().now, happened: occurrences }))
}

fn later(now: Timestamp, by: &str) -> Result<Timestamp, Problem> {
    let length = duration(by).filter(|length| !length.is_negative()).ok_or_else(|| {
        Problem::bad_request(format!(
            "`by` is `{by}`; it must be a length of time such as `90s`, `36h` or `7d`"
        ))
    })?;
    now.checked_add(length).ok().filter(|target| *target <= LATEST).ok_or_else(|| {
        Problem::conflict(format!("`by` is `{by}`; that is beyond {LATEST}, where clocks end"))
    })
}
