//! Fault rules of a space: list, add, read, delete.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};

use super::request::{self, AdminRequest};
use super::spec::{AFTER, Answer, Body, LIMIT, Spec};
use crate::providers::fault_rules::{self, RuleError};
use crate::providers::{self, Provider};
use crate::sandbox::scenario::FaultFile;
use crate::sandbox::state::event::Event;
use crate::sandbox::state::faults::ActiveRule;
use crate::wire::problem::Problem;

/// A page of rules, the oldest first.
#[derive(Debug, JsonSchema, Serialize)]
struct Faults<'a> {
    faults: Vec<FaultRule<'a>>,
    /// `after` of the next page; `null` on the last one.
    next: Option<u64>,
}

/// A fault rule as it was posted, with its id and its counters.
#[derive(Debug, JsonSchema, Serialize)]
struct FaultRule<'a> {
    id: String,
    #[serde(flatten)]
    file: &'a FaultFile,
    /// Number of requests that matched.
    #[serde(rename = "seen")]
    matched: u64,
    /// Number of requests to which the rule was applied.
    #[serde(rename = "hits")]
    applied: u64,
    /// Whether the rule applies to no further request.
    over: bool,
}

pub(super) const LIST: Spec =
    Spec { query: &[LIMIT, AFTER], answers: &[Answer::json::<Faults<'_>>(200)], ..Spec::PLAIN };

pub(super) async fn list(request: AdminRequest) -> Result<Response, Problem> {
    let query = request.query(LIST.query)?;
    let (limit, after) = (query.limit()?, query.number("after")?.unwrap_or(0));
    let behind =
        |it: &&Arc<ActiveRule>| i64::try_from(it.number).is_ok_and(|number| number > after);
    let mut rules = request.state().faults.all().filter(behind);
    let page: Vec<&Arc<ActiveRule>> = rules.by_ref().take(limit).collect();
    let next = page.last().filter(|_| rules.next().is_some()).map(|it| it.number);
    let faults = page.into_iter().map(|it| shown(it)).collect();
    Ok(request::json(&Faults { faults, next }))
}

fn shown(active: &ActiveRule) -> FaultRule<'_> {
    let ActiveRule { file, matched, applied, .. } = active;
    FaultRule {
        id: active.id(),
        file,
        matched: *matched,
        applied: *applied,
        over: active.is_over(),
    }
}

pub(super) const ADD: Spec = Spec {
    body: Some(Body::shaped(new_fault)),
    answers: &[Answer::json::<FaultRule<'_>>(201)],
    problems: &[409],
    ..Spec::PLAIN
};

/// The schema of a fault rule in the scenario format, with the existing providers and their operations.
fn new_fault(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = FaultFile::json_schema(generator);
    let of = |provider: &Provider| {
        let named = provider.operations.iter().map(|it| json!(it.name));
        let operations: Vec<Value> = named.chain([json!("unknown"), Value::Null]).collect();
        json!({
            "required": ["provider"],
            "properties": {"provider": {"const": provider.slug}, "operation": {"enum": operations}},
        })
    };
    let everywhere = json!({"properties": {
        "provider": {"type": "null"},
        "operation": {"type": "null"},
        "fault": {"not": {"required": ["kind"], "properties": {"kind": {"const": "error"}}}},
    }});
    let whose: Vec<Value> = providers::ALL.iter().map(of).chain([everywhere]).collect();
    schema.insert("anyOf".to_owned(), Value::Array(whose));
    schema
}

pub(super) async fn add(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    // `when.between` is a list. serde would take a list for an object too, so those are refused here.
    let document: Value = request.document()?;
    if let Some(name) =
        ["fault", "when"].iter().find(|it| document.get(**it).is_some_and(Value::is_array))
    {
        return Err(Problem::bad_request(format!("`{name}` is a list; it must be an object")));
    }
    let added = fault_rules::add(&request.space, request.document()?).map_err(|err| match err {
        RuleError::Invalid(problem) => Problem::bad_request(problem),
        RuleError::TooMany => Problem::conflict(err.to_string()),
    })?;
    Ok(request::json_with(StatusCode::CREATED, &shown(&added)))
}

pub(super) const CLEAR: Spec = Spec::PLAIN;

pub(super) async fn clear(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let cleared = request.space.change(|draft| {
        if draft.state().faults.all().next().is_some() {
            draft.push(Event::FaultsCleared);
        }
        Ok::<_, Problem>(())
    });
    cleared.map(|_| request::nothing())
}

pub(super) const REMOVE: Spec = Spec { problems: &[404], ..Spec::PLAIN };

pub(super) async fn remove(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let id = request.segment(1);
    let removed = request.space.change(|draft| {
        let unknown = || format!("there is no fault `{id}`; GET /_admin/faults lists them");
        let active = draft.state().faults.find(&id);
        let number = active.map(|it| it.number).ok_or_else(|| Problem::not_found(unknown()))?;
        draft.push(Event::FaultRemoved { number });
        Ok::<_, Problem>(())
    });
    removed.map(|_| request::nothing())
}
