//! Scenarios: the one in force, the built-in ones, loading another one, and the reset.

use axum::response::Response;
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

use super::request::{self, AdminRequest};
use super::spec::{Answer, Body, Spec, Values, parameter};
use crate::providers;
use crate::sandbox::scenario::{
    Overrides, Scenario, ScenarioError, ScenarioFile, built_ins, suggestion,
};
use crate::sandbox::space::Moment;
use crate::wire::problem::Problem;

pub(super) const RESET: Spec = Spec {
    body: Some(Body::optional::<EmptyBody>()),
    answers: &[Answer::json::<Replaced>(200)],
    ..Spec::PLAIN
};

pub(super) async fn reset(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    request.json::<EmptyBody>()?;
    Ok(replaced(&request.space.reset()))
}

/// A body without members.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EmptyBody {}

/// The world of the space after it was replaced.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "World")]
pub(super) struct Replaced {
    /// The name of its scenario.
    scenario: String,
    seed: u64,
    now: Timestamp,
}

/// The answer after the world of a space was replaced.
pub(super) fn replaced(moment: &Moment) -> Response {
    let scenario = moment.scenario();
    let (name, seed) = (scenario.name.clone(), scenario.seed);
    request::json(&Replaced { scenario: name, seed, now: moment.now })
}

/// The schema of a scenario as JSON.
fn whole(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<ScenarioFile>()
}

pub(super) const READ: Spec = Spec { answers: &[Answer::as_sent(whole)], ..Spec::PLAIN };

pub(super) async fn read(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    Ok(request::json(&file(request.scenario())?))
}

/// A scenario as JSON in the file format, with the seed and the quirks in force.
pub(super) fn file(scenario: &Scenario) -> Result<Value, Problem> {
    scenario
        .document()
        .map_err(|err| Problem::conflict(format!("cannot be written as JSON: {err}")))
}

pub(super) const WRITE: Spec = Spec {
    query: &[parameter("builtin", Values::OneOf(|| built_ins().map(|it| it.name).collect()))],
    body: Some(Body {
        required: false,
        media: &["application/json", "application/toml"],
        shape: whole_or_name,
    }),
    answers: &[Answer::json::<Replaced>(200)],
    ..Spec::PLAIN
};

pub(super) async fn write(request: AdminRequest) -> Result<Response, Problem> {
    let query = request.query(WRITE.query)?;
    let scenario = match query.get("builtin") {
        Some(_) if !request.call.body.trim_ascii().is_empty() => {
            return Err(Problem::bad_request("say `builtin` or send a scenario, not both"));
        }
        Some(name) => named(name)?,
        None => sent(&request)?,
    };
    Ok(replaced(&request.space.load(scenario.into())))
}

/// The built-in scenario with this name; the error contains the most similar name.
pub(super) fn named(name: &str) -> Result<Scenario, Problem> {
    let Some(built_in) = built_ins().find(|it| it.name == name) else {
        let near = suggestion(name, built_ins().map(|it| it.name));
        return Err(Problem::bad_request(format!("no built-in scenario is called `{name}`{near}")));
    };
    Scenario::parse(name, built_in.text, &providers::vocabulary(), &Overrides::default())
        .map_err(wrong)
}

/// The scenario in the body: the name of a built-in one, or a whole one as JSON or TOML.
fn sent(request: &AdminRequest) -> Result<Scenario, Problem> {
    let body = &request.call.body;
    let content_type = request.call.header("content-type").unwrap_or("");
    if content_type.split(';').next().is_some_and(|it| it.trim() == "application/toml") {
        let (vocabulary, overrides) = (providers::vocabulary(), Overrides::default());
        return Scenario::parse_toml("scenario", body, &vocabulary, &overrides).map_err(wrong);
    }
    match serde_json::from_slice(body) {
        Ok(BuiltInName::Bare(name) | BuiltInName::Member { name }) => named(&name),
        Err(_) => of_json(body),
    }
}

/// The name of a built-in scenario in place of a whole one.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
enum BuiltInName {
    /// The name alone.
    Bare(String),
    /// The name as the only member. No scenario has a member of this name.
    Member { name: String },
}

/// A whole scenario, or the name of a built-in one.
fn whole_or_name(generator: &mut SchemaGenerator) -> Schema {
    let (whole, name) = (whole(generator), generator.subschema_for::<BuiltInName>());
    json_schema!({"anyOf": [whole, name]})
}

/// Reads a scenario that was sent as JSON.
pub(super) fn of_json(body: &[u8]) -> Result<Scenario, Problem> {
    of_json_named("scenario", body)
}

/// Reads a scenario that was sent as JSON, and gives it this name.
pub(super) fn of_json_named(name: &str, body: &[u8]) -> Result<Scenario, Problem> {
    Scenario::parse_json(name, body, &providers::vocabulary(), &Overrides::default()).map_err(wrong)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn wrong(err: ScenarioError) -> Problem {
    Problem::bad_request(err.to_string())
}

pub(super) const RESTORE_DEFAULT: Spec =
    Spec { answers: &[Answer::json::<Replaced>(200)], ..Spec::PLAIN };

pub(super) async fn back(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    Ok(replaced(&request.space.load(request.spaces.scenario())))
}

/// The built-in scenarios.
#[derive(Debug, JsonSchema, Serialize)]
struct Scenarios {
    scenarios: Vec<Listed>,
}

/// A built-in scenario.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "BuiltInScenario")]
struct Listed {
    id: &'static str,
    name: &'static str,
    summary: &'static str,
}

pub(super) const BUILT_INS: Spec =
    Spec { answers: &[Answer::json::<Scenarios>(200)], ..Spec::PLAIN };

pub(super) async fn built_in(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let listed = built_ins().map(|it| Listed { id: it.name, name: it.name, summary: it.summary() });
    Ok(request::json(&Scenarios { scenarios: listed.collect() }))
}
