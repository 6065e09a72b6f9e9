//! Fault rules of a space: what shall go wrong.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::ask::{self, Ask};
use super::problem::Problem;
use crate::providers::{self, Trouble};
use crate::sandbox::Sandbox;
use crate::sandbox::faults::{Fault, MOST_RULES, Posted, Rule};
use crate::sandbox::scenario::{FaultFile, nearest, suggestion};

pub(super) async fn list(ask: Ask) -> Result<Response, Problem> {
    let query = ask.query(&["limit", "after"])?;
    let (limit, after) = (query.limit()?, query.number("after")?.unwrap_or(0));
    let all = ask.sandbox().faults.all();
    let behind = |it: &&Posted| i64::try_from(it.number).is_ok_and(|number| number > after);
    let mut rules = all.iter().filter(behind);
    let page: Vec<&Posted> = rules.by_ref().take(limit).collect();
    let next = page.last().filter(|_| rules.next().is_some()).map(|it| it.number);
    let faults: Vec<Value> = page.into_iter().map(shown).collect();
    Ok(ask::json(&json!({"faults": faults, "next": next})))
}

/// A rule as it was asked for, with its name and what it has done.
fn shown(posted: &Posted) -> Value {
    let mut shown = Map::new();
    shown.insert("id".to_owned(), json!(posted.id));
    if let Ok(Value::Object(file)) = serde_json::to_value(&posted.file) {
        shown.extend(file);
    }
    shown.insert("seen".to_owned(), json!(posted.seen));
    shown.insert("hits".to_owned(), json!(posted.hits));
    shown.insert("over".to_owned(), json!(posted.is_over()));
    Value::Object(shown)
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
        let base_url = "http://localhost";
        let examples = (provider.examples)(sandbox, base_url);
        let commands = examples.iter().map(|it| it.command.as_str());
        let known = super::status::operations(provider, base_url, commands);
        // Examples may not show every operation, so a name is refused only where none is near.
        if !known.is_empty() && !known.contains_key(operation.as_str()) && operation != "unknown" {
            let near = suggestion(operation, known.keys().copied());
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

pub(super) async fn clear(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    ask.sandbox().faults.clear();
    Ok(ask::nothing())
}

pub(super) async fn remove(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let id = ask.segment(1);
    if ask.sandbox().faults.remove(&id) {
        return Ok(ask::nothing());
    }
    Err(Problem::not_found(format!("there is no fault `{id}`; GET /_admin/faults lists them")))
}
