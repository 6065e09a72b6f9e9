//! Fault rules of a space: what shall go wrong.

use axum::http::StatusCode;
use axum::response::Response;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};

use super::ask::{self, Ask};
use super::problem::Problem;
use super::spec::{AFTER, Answer, Body, LIMIT, Spec};
use crate::providers::{self, Provider, Trouble};
use crate::sandbox::Sandbox;
use crate::sandbox::faults::{Fault, MOST_RULES, Posted, Rule};
use crate::sandbox::scenario::{FaultFile, nearest, suggestion};

/// A page of rules, the oldest first.
#[derive(Debug, JsonSchema, Serialize)]
struct Faults<'a> {
    faults: Vec<FaultRule<'a>>,
    /// `after` of the next page; `null` on the last one.
    next: Option<u64>,
}

/// A rule as it was asked for, with its name and what it has done.
#[derive(Debug, JsonSchema, Serialize)]
struct FaultRule<'a> {
    id: &'a str,
    #[serde(flatten)]
    file: &'a FaultFile,
    /// Requests that matched.
    seen: u64,
    /// Those that were struck.
    hits: u64,
    /// Whether it strikes no more.
    over: bool,
}

pub(super) const LIST: Spec =
    Spec { query: &[LIMIT, AFTER], answers: &[Answer::json::<Faults<'_>>(200)], ..Spec::PLAIN };

pub(super) async fn list(ask: Ask) -> Result<Response, Problem> {
    let query = ask.query(LIST.query)?;
    let (limit, after) = (query.limit()?, query.number("after")?.unwrap_or(0));
    let all = ask.sandbox().faults.all();
    let behind = |it: &&Posted| i64::try_from(it.number).is_ok_and(|number| number > after);
    let mut rules = all.iter().filter(behind);
    let page: Vec<&Posted> = rules.by_ref().take(limit).collect();
    let next = page.last().filter(|_| rules.next().is_some()).map(|it| it.number);
    let faults = page.into_iter().map(shown).collect();
    Ok(ask::json(&Faults { faults, next }))
}

fn shown(posted: &Posted) -> FaultRule<'_> {
    let Posted { id, file, seen, hits, .. } = posted;
    FaultRule { id, file, seen: *seen, hits: *hits, over: posted.is_over() }
}

pub(super) const ADD: Spec = Spec {
    body: Some(Body::shaped(new_fault)),
    answers: &[Answer::json::<FaultRule<'_>>(201)],
    problems: &[409],
    ..Spec::PLAIN
};

/// A rule as the file format has it, with the providers there are and their operations.
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

pub(super) async fn add(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let posted = post(ask.sandbox(), ask.json()?)?;
    Ok(ask::json_with(StatusCode::CREATED, &shown(&posted)))
}

/// Puts a rule in force, unless something is wrong with it.
pub(crate) fn post(sandbox: &Sandbox, file: FaultFile) -> Result<Posted, Problem> {
    let rule = file.to_rule().map_err(Problem::bad_request)?;
    check(sandbox, &rule)?;
    sandbox.faults.post(file, rule).ok_or_else(|| {
        Problem::conflict(format!("there are {MOST_RULES} rules already; delete some"))
    })
}

/// Whether the provider and its words are known.
fn check(sandbox: &Sandbox, rule: &Rule) -> Result<(), Problem> {
    let Some(slug) = &rule.provider else { return Ok(()) };
    let Some(provider) = providers::find(slug) else {
        let near = suggestion(slug, providers::ALL.iter().map(|it| it.slug));
        return Err(Problem::bad_request(format!("unknown provider `{slug}`{near}")));
    };
    if let Some(operation) = &rule.operation {
        let known = || provider.operations.iter().map(|it| it.name);
        if !known().any(|name| name == operation) && operation != "unknown" {
            let near = suggestion(operation, known());
            return Err(Problem::bad_request(format!(
                "{slug} has no operation `{operation}`{near}"
            )));
        }
    }
    if let (Fault::Error(code), Some(operation)) = (&rule.fault, &rule.operation) {
        let knows =
            |code: &str| (provider.words)(sandbox, operation, Trouble::Error(code)).is_some();
        if !knows(code) {
            let known: Vec<String> =
                (provider.codes)().into_iter().filter(|code| knows(code)).collect();
            return Err(Problem::bad_request(format!(
                "{slug} has no error `{code}` at `{operation}`; {}",
                nearest(code, &known)
            )));
        }
        return Ok(());
    }
    // Without an operation it strikes where its words are known.
    let vocabulary = providers::vocabulary();
    let dialect = vocabulary.dialect(slug);
    dialect.map_or(Ok(()), |it| it.check_fault(&rule.fault)).map_err(Problem::bad_request)
}

pub(super) const CLEAR: Spec = Spec::PLAIN;

pub(super) async fn clear(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    ask.sandbox().faults.clear();
    Ok(ask::nothing())
}

pub(super) const REMOVE: Spec = Spec { problems: &[404], ..Spec::PLAIN };

pub(super) async fn remove(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let id = ask.segment(1);
    if ask.sandbox().faults.remove(&id) {
        return Ok(ask::nothing());
    }
    Err(Problem::not_found(format!("there is no fault `{id}`; GET /_admin/faults lists them")))
}
