//! The scenario in force, those there are, and going back to the beginning.

use axum::response::Response;
use serde_json::{Value, json};

use super::ask::{self, Ask};
use super::problem::Problem;
use crate::providers;
use crate::sandbox::Sandbox;
use crate::sandbox::scenario::{BUILT_IN, Overrides, Scenario, ScenarioError, suggestion};

pub(super) async fn reset(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    ask.json::<Nothing>()?;
    Ok(replaced(&ask, ask.sandbox().reset()))
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Puts a new world in the place of the old one.
pub(super) fn replaced(ask: &Ask, sandbox: Sandbox) -> Response {
    let now = sandbox.clock.now().to_string();
    let (name, seed) = (sandbox.scenario.name.clone(), sandbox.scenario.seed);
    ask.spaces.put(sandbox);
    ask::json(&json!({"scenario": name, "seed": seed, "now": now}))
}

pub(super) async fn read(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    Ok(ask::json(&file(&ask.sandbox().scenario)?))
}

/// A scenario as a file would say it.
pub(super) fn file(scenario: &Scenario) -> Result<Value, Problem> {
    let mut file = serde_json::to_value(&scenario.file)
        .map_err(|err| Problem::conflict(format!("cannot be written as JSON: {err}")))?;
    drop_nulls(&mut file);
    if let Some(file) = file.as_object_mut() {
        // The command line can say otherwise than the file; this is what is in force.
        file.insert("seed".to_owned(), json!(scenario.seed));
        file.insert("quirks".to_owned(), json!(scenario.quirks));
    }
    Ok(file)
}

/// What is left out in the file is left out in its JSON.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

pub(super) async fn write(ask: Ask) -> Result<Response, Problem> {
    let query = ask.query(&["builtin"])?;
    let scenario = match query.get("builtin") {
        Some(name) => named(name)?,
        None => sent(&ask)?,
    };
    Ok(replaced(&ask, ask.sandbox().with_scenario(scenario.into())))
}

/// The built-in scenario with this name.
pub(super) fn named(name: &str) -> Result<Scenario, Problem> {
    let Some(built_in) = BUILT_IN.iter().find(|it| it.name == name) else {
        let near = suggestion(name, BUILT_IN.iter().map(|it| it.name));
        return Err(Problem::bad_request(format!("no built-in scenario is called `{name}`{near}")));
    };
    Scenario::parse(name, built_in.text, &providers::vocabulary(), &Overrides::default())
        .map_err(wrong)
}

fn sent(ask: &Ask) -> Result<Scenario, Problem> {
    let content_type = ask.call.header("content-type").unwrap_or("");
    if content_type.split(';').next().is_some_and(|it| it.trim() == "application/toml") {
        let text = std::str::from_utf8(&ask.call.body)
            .map_err(|_| Problem::bad_request("the body is not UTF-8"))?;
        return Scenario::parse("scenario", text, &providers::vocabulary(), &Overrides::default())
            .map_err(wrong);
    }
    of_json(&ask.call.body)
}

/// A scenario that was sent as JSON.
pub(super) fn of_json(body: &[u8]) -> Result<Scenario, Problem> {
    of_json_named("scenario", body)
}

/// A scenario that was sent as JSON, under a name.
pub(super) fn of_json_named(name: &str, body: &[u8]) -> Result<Scenario, Problem> {
    Scenario::parse_json(name, body, &providers::vocabulary(), &Overrides::default()).map_err(wrong)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn wrong(err: ScenarioError) -> Problem {
    Problem::bad_request(err.to_string())
}

pub(super) async fn back(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    Ok(replaced(&ask, ask.sandbox().with_scenario(ask.spaces.scenario())))
}

pub(super) async fn built_in(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let list: Vec<Value> = BUILT_IN
        .iter()
        .map(|it| json!({"id": it.name, "name": it.name, "summary": it.summary()}))
        .collect();
    Ok(ask::json(&json!({"scenarios": list})))
}
