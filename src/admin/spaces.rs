//! Worlds of their own: list, make, delete.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::{self, Ask};
use super::problem::Problem;
use super::scenario;
use crate::sandbox::Sandbox;
use crate::sandbox::clock::{Mode, real_now};
use crate::sandbox::spaces::{CreateError, DEFAULT, MOST, NAMES, is_name};

/// About how many bytes an added row takes.
const ROW: usize = 400;

pub(super) async fn list(ask: Ask) -> Result<Response, Problem> {
    let query = ask.query(&["limit", "after"])?;
    let limit = query.limit()?;
    ask.spaces.sweep(real_now());
    let all = ask.spaces.all();
    let mut spaces =
        all.iter().filter(|it| query.get("after").is_none_or(|name| *it.space > *name));
    let page: Vec<&Sandbox> = spaces.by_ref().take(limit).collect();
    let next = page.last().filter(|_| spaces.next().is_some()).map(|it| it.space.clone());
    let page: Vec<Value> = page.into_iter().map(shown).collect();
    Ok(ask::json(&json!({"spaces": page, "next": next})))
}

/// Rows that were added to a space by hand or by its scenario.
pub(super) fn added_rows(sandbox: &Sandbox) -> usize {
    let overlays = sandbox.ledger.merchants().filter_map(|it| sandbox.ledger.overlay(it.id));
    overlays.map(|overlay| overlay.rows().count()).sum()
}

fn shown(sandbox: &Sandbox) -> Value {
    let (entries, bytes) = sandbox.journal.size();
    let rows = added_rows(sandbox);
    let now = real_now();
    json!({
        "id": sandbox.space,
        "name": sandbox.space,
        "prefix": sandbox.prefix(),
        "scenario": sandbox.scenario.name,
        "seed": sandbox.scenario.seed,
        "mode": if sandbox.clock.mode() == Mode::Frozen { "frozen" } else { "running" },
        "now": sandbox.clock.now().to_string(),
        "made_at": sandbox.made_at.to_string(),
        "age_s": now.duration_since(sandbox.made_at).as_secs(),
        "idle_s": now.duration_since(sandbox.used_at()).as_secs().max(0),
        "journal_entries": entries,
        "added_rows": rows,
        "bytes": bytes + rows * ROW,
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    scenario: Option<Value>,
}

pub(super) async fn create(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let new: New = ask.json()?;
    if !is_name(&new.name) {
        return Err(Problem::bad_request(format!("`name` must be {NAMES}")));
    }
    let scenario = match new.scenario {
        None => ask.spaces.scenario(),
        Some(Value::String(name)) => Arc::new(scenario::named(&name)?),
        Some(file @ Value::Object(_)) => Arc::new(scenario::of_json(file.to_string().as_bytes())?),
        Some(_) => {
            return Err(Problem::bad_request(
                "`scenario` must be the name of a built-in scenario or an object with the keys of \
                 a scenario file",
            ));
        }
    };
    let sandbox = ask.spaces.create(&new.name, scenario).map_err(|err| match err {
        CreateError::Taken => Problem::conflict(format!(
            "there is a space `{0}`; PUT /@{0}/_admin/scenario gives it another scenario",
            new.name
        )),
        CreateError::TooMany => {
            Problem::conflict(format!("there are {MOST} spaces already; delete some"))
        }
    })?;
    Ok(ask::json_with(StatusCode::CREATED, &shown(&sandbox)))
}

pub(super) async fn remove(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let name = ask.segment(1);
    if name == DEFAULT {
        return Err(Problem::conflict("the default space stays; POST /_admin/reset empties it"));
    }
    if ask.spaces.remove(&name) {
        return Ok(ask::nothing());
    }
    Err(Problem::not_found(format!("there is no space `{name}`; GET /_admin/spaces lists them")))
}
