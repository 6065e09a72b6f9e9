//! The clock of a space: read, freeze, run, set, advance.

use std::sync::Arc;

use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::request::{self, AdminRequest, instant, one_of};
use super::spec::{Answer, Body, Spec, names};
use super::transactions::refused;
use crate::sandbox::callbacks;
use crate::sandbox::clock::{LATEST, Mode};
use crate::sandbox::due::{self, DueKind, Target};
use crate::sandbox::facts::Named;
use crate::sandbox::long_work::Threads;
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

/// Schema of an object with exactly one of these members.
fn one_of_three(names: &[&str]) -> Value {
    let alternative = |name: &&str| {
        let others = names.iter().filter(|other| *other != name);
        let nulls = others.map(|other| ((*other).to_owned(), json!({"type": "null"})));
        let own = [((*name).to_owned(), json!({"type": "string"}))];
        let properties: serde_json::Map<_, _> = nulls.chain(own).collect();
        json!({"required": [name], "properties": properties})
    };
    names.iter().map(alternative).collect()
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
    window_holds(&request, now.unwrap_or(request.now))?;
    let set = request.space.set_clock(mode, now);
    let moment = set.map_err(|err| {
        Problem::conflict(format!("{err}; ask again when POST /_admin/clock/advance has answered"))
    })?;
    Ok(shown(&moment))
}

/// How far to advance: a length of time, an instant, or until something happens; one of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = one_of_three(&["by", "to", "until"])))]
struct Advance {
    /// A length of time from now.
    #[schemars(with = "Option<Length>")]
    by: Option<String>,
    /// An instant, not before now.
    #[schemars(with = "Option<Instant>")]
    to: Option<String>,
    /// `next` (the next thing due), or an id: `settled:17` (the transaction is settled), `deposit:17` (the deposit,
    /// or that of the transaction, is at the bank), `visible:17` (all reports show the transaction).
    #[schemars(regex(pattern = "^(next|(settled|deposit|visible):[0-9]{1,18})$"))]
    until: Option<String>,
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
    /// What kind of thing it is; callbacks have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = names::<DueKind>()))]
    kind: Option<&'static str>,
    /// The id of the transaction or the deposit.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
}

impl Happened {
    fn of(at: Timestamp, text: String) -> Self {
        Self { at, text, kind: None, id: None }
    }
}

pub(super) const ADVANCE: Spec = Spec {
    body: Some(Body::json::<Advance>()),
    answers: &[Answer::json::<Advanced>(200)],
    problems: &[404, 409],
    ..Spec::PLAIN
};

pub(super) async fn advance(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let advance: Advance = request.json()?;
    let now = request.now;
    let Advance { by, to, until } = &advance;
    let until = until.as_deref().map(Until::parse).transpose()?;
    let (by, target) = match (by.as_deref(), to.as_deref(), &until) {
        (Some(by), None, None) => {
            let (by, target) = later(now, by)?;
            (Some(by), target)
        }
        (None, Some(to), None) => (None, instant("to", to)?),
        (None, None, Some(Until(target))) => {
            (None, due::instant_of(&request.world, now, *target).map_err(refused)?)
        }
        _ => {
            return Err(Problem::bad_request(
                "say either `by` (a length of time such as `36h`), `to` (an instant) or `until` \
                 (`next`, `settled:ID`, `deposit:ID`, `visible:ID`)",
            ));
        }
    };
    if target < now {
        return Err(Problem::conflict(format!(
            "{target} is past, it is {now}; PUT /_admin/clock jumps backwards"
        )));
    }
    window_holds(&request, target)?;
    let events = match by {
        Some(by) => callbacks::advance_by(&request.space, by).await,
        None => callbacks::advance(&request.space, target).await,
    };
    let moment = request.space.moment();
    let watched = match until {
        Some(Until(Target::Deposit(number))) => Some(number),
        _ => None,
    };
    let world = Arc::clone(&moment.world);
    let span = (now, moment.now);
    let due = Threads::shared().run(move |_| due::between(&world, span, watched)).await;
    let callbacks = events.into_iter().map(|it| Happened::of(it.at, it.text));
    let due = due.into_iter().map(|it| {
        let at = Timestamp::from_second(it.at).unwrap_or(moment.now);
        Happened { kind: Some(it.kind.name()), id: it.id, ..Happened::of(at, it.text) }
    });
    let mut happened: Vec<Happened> = callbacks.chain(due).collect();
    happened.sort_by_key(|it| it.at);
    Ok(request::json(&Advanced { now: moment.now, happened }))
}

/// What `until` says.
struct Until(Target);

impl Until {
    fn parse(text: &str) -> Result<Self, Problem> {
        let target = match text.split_once(':') {
            None if text == "next" => Some(Target::Next),
            None => None,
            Some((target, id)) => {
                id.parse().ok().filter(|id| *id >= 0).and_then(|id| match target {
                    "settled" => Some(Target::Settled(id)),
                    "deposit" => Some(Target::Deposit(id)),
                    "visible" => Some(Target::Visible(id)),
                    _ => None,
                })
            }
        };
        target.map(Self).ok_or_else(|| {
            Problem::bad_request(format!(
                "`until` is `{text}`; it can be `next`, or `settled:`, `deposit:` or `visible:` with \
                 an id, such as `settled:17`"
            ))
        })
    }
}

/// Refuses an instant at which the window would hold more payments than the server keeps.
pub(super) fn window_holds(request: &AdminRequest, now: Timestamp) -> Result<(), Problem> {
    request.world.check_window(now).map_err(|problem| {
        Problem::conflict(format!("{problem}; a scenario with a lower `volume` can go there"))
    })
}

/// The length and the instant that it leads to.
fn later(now: Timestamp, by: &str) -> Result<(SignedDuration, Timestamp), Problem> {
    let length = duration(by).filter(|length| !length.is_negative()).ok_or_else(|| {
        Problem::bad_request(format!(
            "`by` is `{by}`; it must be a length of time such as `90s`, `36h` or `7d`"
        ))
    })?;
    let target = now.checked_add(length).ok().filter(|target| *target <= LATEST);
    let target = target.ok_or_else(|| {
        Problem::conflict(format!("`by` is `{by}`; that is beyond {LATEST}, where clocks end"))
    })?;
    Ok((length, target))
}
