//! A space as one JSON document: downloaded, and restored so that later answers are identical byte by byte.
//!
//! The document holds the serialized state with its scenario. The whole document is checked before the
//! space changes.

mod version2;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::request::{self, AdminRequest};
use super::scenario;
use super::spec::{Answer, Body, Spec};
use crate::providers::{self, fault_rules};
use crate::sandbox::clock::{EARLIEST, LATEST};
use crate::sandbox::digest;
use crate::sandbox::scenario::{Scenario, explain, suggestion};
use crate::sandbox::state::{MAX_COUNT, State};
use crate::wire::problem::Problem;

/// Version of the format; it rises when the serialized state changes its structure.
const VERSION: u32 = 3;

/// The keys of the document.
const KEYS: [&str; 3] = ["sandtill_snapshot", "checksum", "state"];

#[derive(Debug, Serialize)]
struct Document {
    sandtill_snapshot: u32,
    /// SHA-256 of the state as compact JSON.
    checksum: String,
    state: Value,
}

/// The content of `state` in the document.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Held {
    scenario_name: String,
    scenario: Value,
    /// The time of the clock when the snapshot was taken.
    now: Timestamp,
    /// The id of the next journal entry.
    next_entry: u64,
    space: State,
}

pub(super) const READ: Spec = Spec { answers: &[Answer::as_sent(schema)], ..Spec::PLAIN };

pub(super) async fn read(request: AdminRequest) -> Result<Response, Problem> {
    request::in_background(request, written).await
}

fn written(request: &AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let held = Held {
        scenario_name: request.scenario().name.clone(),
        scenario: scenario::file(request.scenario())?,
        now: request.now,
        next_entry: request.space.journal.next_id(),
        space: request.state().clone(),
    };
    let state = serde_json::to_value(held).map_err(|err| Problem::conflict(err.to_string()))?;
    let state = with_whole_numbers(state);
    let checksum = digest::sha256(state.to_string().as_bytes());
    Ok(request::json(&Document { sandtill_snapshot: VERSION, checksum, state }))
}

pub(super) const WRITE: Spec = Spec {
    body: Some(Body::shaped(schema)),
    answers: &[Answer::json::<scenario::Replaced>(200)],
    problems: &[409],
    ..Spec::PLAIN
};

pub(super) async fn write(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let held: Held = serde_json::from_value(checked(request.document()?)?).map_err(|err| {
        let problem = explain(&err.to_string());
        Problem::bad_request(format!("the state is not a snapshot's: {problem}"))
    })?;
    let scenario = known_scenario(&request, &held)?;
    let wrong = |problem| Problem::bad_request(format!("the state cannot be: {problem}"));
    if !(EARLIEST..=LATEST).contains(&held.now) {
        let now = held.now;
        return Err(wrong(format!("`now` is {now}; clocks show {EARLIEST} to {LATEST}")));
    }
    if held.next_entry > MAX_COUNT {
        return Err(wrong(format!("`next_entry` is {}; the most is {MAX_COUNT}", held.next_entry)));
    }
    held.space
        .check(&scenario)
        .and_then(|()| check_providers(&held.space, &scenario))
        .map_err(wrong)?;
    Ok(scenario::replaced(&request.space.restore(
        scenario,
        held.space,
        (held.now, held.next_entry),
    )))
}

/// Returns the state of a document if its version is known and its checksum is right; upgrades old versions.
fn checked(mut document: Map<String, Value>) -> Result<Value, Problem> {
    let whole = "send what GET /_admin/snapshot gave, whole";
    let missing = |key: &str| {
        Problem::bad_request(format!("this is no snapshot: it has no `{key}`; {whole}"))
    };
    let [version, checksum, state] = KEYS;
    let found = document.get(version).cloned().ok_or_else(|| missing(version))?;
    if found != json!(VERSION) && found != json!(version2::VERSION) {
        return Err(Problem::new(StatusCode::CONFLICT, "Another version").detail(format!(
            "the snapshot is of version {found}, this server restores versions {} and {VERSION}",
            version2::VERSION
        )));
    }
    if let Some(key) = document.keys().find(|key| !KEYS.contains(&key.as_str())) {
        let near = suggestion(key, KEYS.into_iter());
        return Err(Problem::bad_request(format!("unknown key `{key}`{near}")));
    }
    let stated = document.remove(checksum).ok_or_else(|| missing(checksum))?;
    let state = document.remove(state).ok_or_else(|| missing(state))?;
    let state = with_whole_numbers(state);
    if stated != Value::String(digest::sha256(state.to_string().as_bytes())) {
        return Err(Problem::bad_request(format!(
            "the checksum does not fit: the snapshot was changed after it was taken; {whole}"
        )));
    }
    if found == json!(VERSION) {
        return Ok(state);
    }
    version2::upgraded(state).ok_or_else(|| {
        Problem::bad_request("the state is not that of a snapshot of version 2".to_owned())
    })
}

/// Checks that all named providers exist, and that they know the values that belong to them.
fn check_providers(state: &State, scenario: &Scenario) -> Result<(), String> {
    for job in state.reports.all() {
        if providers::find(&job.provider).is_none() {
            let near = suggestion(&job.provider, providers::ALL.iter().map(|it| it.slug));
            return Err(format!(
                "report {} is of an unknown provider `{}`{near}",
                job.id, job.provider
            ));
        }
    }
    state.faults.all().try_for_each(|active| fault_rules::check(&active.rule, scenario))
}

/// The scenario of the snapshot. If the space or the server has an equal one, that one is used, so that
/// the generated rows are shared.
fn known_scenario(request: &AdminRequest, held: &Held) -> Result<Arc<Scenario>, Problem> {
    for known in [Arc::clone(request.scenario()), request.spaces.scenario()] {
        let file = with_whole_numbers(scenario::file(&known)?);
        if known.name == held.scenario_name && file == held.scenario {
            return Ok(known);
        }
    }
    let text = held.scenario.to_string();
    scenario::of_json_named(&held.scenario_name, text.as_bytes()).map(Arc::new)
}

/// Writes whole numbers as integers, so that the checksum does not depend on the tool that wrote them: some
/// tools write `1` as `1.0`.
fn with_whole_numbers(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let whole = members.into_iter().map(|(name, it)| (name, with_whole_numbers(it)));
            Value::Object(whole.collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(with_whole_numbers).collect()),
        Value::Number(number) => {
            let text = number.to_string();
            let whole = text.strip_suffix(".0").and_then(|it| it.parse::<i64>().ok());
            whole.map_or(Value::Number(number), Value::from)
        }
        other => other,
    }
}

/// The schema of the document in the OpenAPI description.
fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "required": KEYS,
        "additionalProperties": false,
        "properties": {
            "sandtill_snapshot": {"enum": [VERSION, version2::VERSION]},
            "checksum": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "state": {"type": "object"},
        },
    })
}
