//! The clock of a space: look, freeze, run, jump, advance.

use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::{self, Ask, instant, word};
use super::problem::Problem;
use crate::sandbox::Sandbox;
use crate::sandbox::callbacks;
use crate::sandbox::clock::{LATEST, Mode};
use crate::sandbox::scenario::duration;

const MODES: [(&str, Mode); 2] = [("frozen", Mode::Frozen), ("running", Mode::Running)];

pub(super) async fn read(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    Ok(shown(ask.sandbox()))
}

fn shown(sandbox: &Sandbox) -> Response {
    let clock = &sandbox.clock;
    let mode = MODES.iter().find(|(_, mode)| *mode == clock.mode()).map_or("", |it| it.0);
    ask::json(&json!({"mode": mode, "now": clock.now().to_string()}))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    mode: Option<String>,
    now: Option<String>,
}

pub(super) async fn write(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let change: Change = ask.json()?;
    let mode = change.mode.as_deref().map(|text| word("mode", text, &MODES)).transpose()?;
    let now = change.now.as_deref().map(|text| instant("now", text)).transpose()?;
    let clock = &ask.sandbox().clock;
    match (mode, now) {
        (Some(mode), Some(now)) => clock.set(mode, now),
        (Some(mode), None) => clock.switch(mode),
        (None, Some(now)) => clock.jump(now),
        (None, None) => {
            return Err(Problem::bad_request(
                "say `mode` (`frozen` or `running`), `now` (an instant), or both",
            ));
        }
    }
    Ok(shown(ask.sandbox()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    by: Option<String>,
    to: Option<String>,
}

pub(super) async fn advance(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let advance: Advance = ask.json()?;
    let clock = &ask.sandbox().clock;
    let now = clock.now();
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
    let events = callbacks::advance(ask.sandbox(), target).await;
    let happened: Vec<Value> =
        events.iter().map(|it| json!({"at": it.at.to_string(), "what": it.text})).collect();
    let now = ask.sandbox().clock.now().to_string();
    Ok(ask::json(&json!({"now": now, "happened": happened})))
}

fn later(now: Timestamp, by: &str) -> Result<Timestamp, Problem> {
    let length = duration(by).filter(|length| !length.is_negative()).ok_or_else(|| {
        Problem::bad_request(format!(
            "`by` is `{by}`; it must be a length of time such as `90s`, `36h` or `7d`"
        ))
    })?;
    now.checked_add(length).ok().filter(|target| *target <= LATEST).ok_or_else(|| {
        Problem::bad_request(format!("`by` is `{by}`; that is beyond {LATEST}, where clocks end"))
    })
}
