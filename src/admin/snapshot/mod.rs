//! A space as one document: downloaded, and restored so that it goes on byte by byte as it would have.
//!
//! `state` is what the document holds and what is checked before anything is replaced; `rows`, `jobs`
//! and `callbacks` are its larger parts, `portable` how numbers are spelled in it.

mod callbacks;
mod jobs;
mod portable;
mod rows;
mod state;

use axum::http::StatusCode;
use axum::response::Response;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value, json};

use self::state::State;
use super::ask::{self, Ask};
use super::problem::Problem;
use super::scenario;
use super::spec::{Answer, Body, Spec};
use crate::sandbox::callbacks::set_off;
use crate::sandbox::digest;
use crate::sandbox::scenario::{explain, suggestion};

/// Rises when a snapshot of before can no longer be restored.
const VERSION: u32 = 2;

/// The keys of the document.
const KEYS: [&str; 3] = ["sandtill_snapshot", "checksum", "state"];

#[derive(Debug, Serialize)]
struct Document {
    sandtill_snapshot: u32,
    /// SHA-256 of the state as compact JSON.
    checksum: String,
    state: Value,
}

pub(super) const READ: Spec = Spec { answers: &[Answer::as_sent(schema)], ..Spec::PLAIN };

pub(super) async fn read(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let mut state = serde_json::to_value(State::of(ask.sandbox())?)
        .map_err(|err| Problem::conflict(err.to_string()))?;
    portable::whole(&mut state);
    let checksum = digest::sha256(state.to_string().as_bytes());
    Ok(ask::json(&Document { sandtill_snapshot: VERSION, checksum, state }))
}

pub(super) const WRITE: Spec = Spec {
    body: Some(Body::shaped(schema)),
    answers: &[Answer::json::<scenario::Replaced>(200)],
    problems: &[409],
    ..Spec::PLAIN
};

pub(super) async fn write(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let state = checked(ask.document()?)?;
    let state: State = serde_json::from_value(state).map_err(|err| {
        let problem = explain(&err.to_string());
        Problem::bad_request(format!("the state is not a snapshot's: {problem}"))
    })?;
    // Everything is looked at before anything is replaced.
    let restored = ask.sandbox().restored(state.into_parts(&ask)?);
    let answer = scenario::replaced(&ask, restored.clone());
    // Whoever is called back finds the new world.
    if restored.callbacks.has_open() {
        set_off(&restored);
    }
    Ok(answer)
}

/// The state of a document of this version that nobody has changed.
fn checked(mut document: Map<String, Value>) -> Result<Value, Problem> {
    let whole = "send what GET /_admin/snapshot gave, whole";
    let missing = |key: &str| {
        Problem::bad_request(format!("this is no snapshot: it has no `{key}`; {whole}"))
    };
    let [version, checksum, state] = KEYS;
    let found = document.get(version).ok_or_else(|| missing(version))?;
    if *found != json!(VERSION) {
        return Err(Problem::new(StatusCode::CONFLICT, "Another version").detail(format!(
            "the snapshot is of version {found}, this server restores version {VERSION}"
        )));
    }
    if let Some(key) = document.keys().find(|key| !KEYS.contains(&key.as_str())) {
        let near = suggestion(key, KEYS.into_iter());
        return Err(Problem::bad_request(format!("unknown key `{key}`{near}")));
    }
    let said = document.remove(checksum).ok_or_else(|| missing(checksum))?;
    let mut state = document.remove(state).ok_or_else(|| missing(state))?;
    portable::whole(&mut state);
    if said != Value::String(digest::sha256(state.to_string().as_bytes())) {
        return Err(Problem::bad_request(format!(
            "the checksum does not fit: the snapshot was changed after it was taken; {whole}"
        )));
    }
    Ok(state)
}

/// What the OpenAPI description says of the document.
fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "required": KEYS,
        "additionalProperties": false,
        "properties": {
            "sandtill_snapshot": {"const": VERSION},
            "checksum": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "state": {"type": "object"},
        },
    })
}
