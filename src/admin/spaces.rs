//! Spaces: list, make, delete.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::history;
use super::request::{self, AdminRequest};
use super::scenario;
use super::spec::{Answer, Body, LIMIT, Spec, Values, parameter};
use crate::recorder::target;
use crate::sandbox::callbacks;
use crate::sandbox::clock::{Mode, real_now};
use crate::sandbox::facts::is_name;
use crate::sandbox::ledger::Overlay;
use crate::sandbox::scenario::{ScenarioFile, built_ins};
use crate::sandbox::space::Space;
use crate::sandbox::spaces::{DEFAULT, NAMES, SpaceError};
use crate::sandbox::world::World;
use crate::wire::problem::Problem;

/// Approximate size of an added row in bytes.
const ROW: usize = 400;

/// A page of spaces, in the order of their names.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Spaces")]
struct SpaceList {
    spaces: Vec<SpaceView>,
    /// `after` of the next page; `null` on the last one.
    next: Option<String>,
}

/// A space. The default space has an empty name.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Space")]
struct SpaceView {
    id: String,
    name: String,
    /// The prefix of all paths of the space.
    prefix: String,
    scenario: String,
    seed: u64,
    #[schemars(extend("enum" = ["frozen", "running"]))]
    mode: &'static str,
    now: Timestamp,
    /// Real time.
    made_at: Timestamp,
    age_s: i64,
    idle_s: i64,
    journal_entries: usize,
    added_rows: usize,
    /// Approximate memory in bytes.
    bytes: usize,
}

pub(super) const LIST: Spec = Spec {
    query: &[LIMIT, parameter("after", Values::Text)],
    answers: &[Answer::json::<SpaceList>(200)],
    ..Spec::PLAIN
};

pub(super) async fn list(request: AdminRequest) -> Result<Response, Problem> {
    let query = request.query(LIST.query)?;
    let limit = query.limit()?;
    request.spaces.drop_idle(real_now());
    let all = request.spaces.all();
    let mut spaces =
        all.iter().filter(|it| query.get("after").is_none_or(|name| *it.name() > *name));
    let page: Vec<&Arc<Space>> = spaces.by_ref().take(limit).collect();
    let next = page.last().filter(|_| spaces.next().is_some()).map(|it| it.name().to_owned());
    Ok(request::json(&SpaceList { spaces: page.into_iter().map(shown).collect(), next }))
}

/// Number of rows that were added to a space by calls or by its scenario.
pub(super) fn added_rows(world: &World) -> usize {
    world.state.additions.all().iter().map(Overlay::row_count).sum()
}

fn shown(space: &Arc<Space>) -> SpaceView {
    let (entries, bytes) = space.journal.size();
    let moment = space.moment();
    let rows = added_rows(&moment.world);
    let now = real_now();
    let is_frozen = moment.state().clock.mode() == Mode::Frozen;
    SpaceView {
        id: space.name().to_owned(),
        name: space.name().to_owned(),
        prefix: space.prefix(),
        scenario: moment.scenario().name.clone(),
        seed: moment.scenario().seed,
        mode: if is_frozen { "frozen" } else { "running" },
        now: moment.now,
        made_at: space.made_at,
        age_s: now.duration_since(space.made_at).as_secs(),
        idle_s: now.duration_since(space.used_at()).as_secs().max(0),
        journal_entries: entries,
        added_rows: rows,
        bytes: bytes + rows * ROW,
    }
}

/// A space to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSpace")]
struct New {
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,64}$"))]
    name: String,
    /// The scenario of the server without it.
    #[serde(default)]
    #[schemars(schema_with = "any_scenario")]
    scenario: Option<Value>,
    /// The name of a space of which it begins as a copy; empty or `-` for the default space.
    #[serde(default)]
    fork: Option<String>,
    /// The number of the event of that space behind which it is copied; the last one without it.
    #[serde(default)]
    at: Option<u64>,
}

/// Schema: the name of a built-in scenario, or a whole scenario.
fn any_scenario(generator: &mut SchemaGenerator) -> Schema {
    let names: Vec<&str> = built_ins().map(|it| it.name).collect();
    let whole = generator.subschema_for::<ScenarioFile>();
    json_schema!({"anyOf": [{"type": "null"}, {"enum": names}, whole]})
}

pub(super) const CREATE: Spec = Spec {
    body: Some(Body::json::<New>()),
    answers: &[Answer::json::<SpaceView>(201)],
    problems: &[404, 409],
    ..Spec::PLAIN
};

pub(super) async fn create(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let new: New = request.document()?;
    if !is_name(&new.name) {
        return Err(Problem::bad_request(format!("`name` must be {NAMES}")));
    }
    if let Some(origin) = &new.fork {
        return fork(&request, &new, origin);
    }
    if new.at.is_some() {
        return Err(Problem::bad_request("`at` is an event of the space in `fork`; name it too"));
    }
    let scenario = match new.scenario {
        None => request.spaces.scenario(),
        Some(Value::String(name)) => Arc::new(scenario::named(&name)?),
        Some(file @ Value::Object(_)) => Arc::new(scenario::of_json(file.to_string().as_bytes())?),
        Some(_) => {
            return Err(Problem::bad_request(
                "`scenario` must be the name of a built-in scenario or an object with the keys of \
                 a scenario file",
            ));
        }
    };
    made(&new.name, request.spaces.create(&new.name, scenario))
}

/// Makes a space that begins as a copy of another one.
fn fork(request: &AdminRequest, new: &New, origin: &str) -> Result<Response, Problem> {
    if new.scenario.is_some() {
        return Err(Problem::bad_request(
            "say `fork` or `scenario`: a fork has the scenario of the space that it copies",
        ));
    }
    let origin = if origin == target::DEFAULT_NAME { DEFAULT } else { origin };
    let copied = request.spaces.find(origin).ok_or_else(|| {
        Problem::not_found(format!(
            "there is no space `{origin}` to copy; GET /_admin/spaces lists them"
        ))
    })?;
    let past = copied.past_at(new.at).map_err(|err| history::no_event("at", &err))?;
    made(&new.name, request.spaces.fork(&new.name, origin, past))
}

fn made(name: &str, made: Result<Arc<Space>, SpaceError>) -> Result<Response, Problem> {
    let space = made.map_err(|err| match err {
        SpaceError::Taken => Problem::conflict(format!(
            "there is a space `{name}`; PUT /@{name}/_admin/scenario gives it another scenario"
        )),
        SpaceError::TooMany(limit) => Problem::conflict(target::too_many(limit)),
        err => target::problem(name, err),
    })?;
    callbacks::start(&space);
    Ok(request::json_with(StatusCode::CREATED, &shown(&space)))
}

pub(super) const CLEAR: Spec = Spec::PLAIN;

pub(super) async fn clear(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    request.spaces.drop_all();
    Ok(request::nothing())
}

pub(super) const REMOVE: Spec = Spec { problems: &[404, 409], ..Spec::PLAIN };

pub(super) async fn remove(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let name = request.segment(1);
    if name == DEFAULT {
        return Err(Problem::conflict("the default space stays; POST /_admin/reset empties it"));
    }
    if request.spaces.remove(&name) {
        return Ok(request::nothing());
    }
    Err(Problem::not_found(format!("there is no space `{name}`; GET /_admin/spaces lists them")))
}
