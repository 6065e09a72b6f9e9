//! Reports that are prepared first: look, and force a phase.

use std::sync::Arc;

use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::{self, Ask, word};
use super::problem::Problem;
use crate::providers;
use crate::sandbox::Sandbox;
use crate::sandbox::jobs::{Job, Phase};

pub(super) async fn list(ask: Ask) -> Result<Response, Problem> {
    let query = ask.query(&["provider", "phase", "limit", "after"])?;
    let (limit, after) = (query.limit()?, query.number("after")?.unwrap_or(0));
    query.get("provider").map(super::journal::known_provider).transpose()?;
    let phase = query.word("phase", &Phase::ALL.map(|it| (it.word(), it)))?;
    let now = ask.sandbox().clock.now();
    let all = ask.sandbox().jobs.all();
    let mut jobs = all.iter().filter(|job| {
        i64::try_from(job.id).is_ok_and(|id| id > after)
            && query.get("provider").is_none_or(|slug| slug == job.provider)
            && phase.is_none_or(|phase| phase == job.phase(now))
    });
    let page: Vec<&Arc<Job>> = jobs.by_ref().take(limit).collect();
    let next = page.last().filter(|_| jobs.next().is_some()).map(|it| it.id);
    let page: Vec<Value> = page.into_iter().map(|job| shown(ask.sandbox(), job)).collect();
    Ok(ask::json(&json!({"reports": page, "next": next})))
}

fn shown(sandbox: &Sandbox, job: &Job) -> Value {
    let merchant = sandbox.ledger.merchant(job.merchant).map(|it| it.name.clone());
    json!({
        "id": job.id,
        "provider": job.provider,
        "merchant": merchant,
        "reference": job.reference,
        "request": job.request,
        "phase": job.phase(sandbox.clock.now()).word(),
        "requested_at": job.requested_at.to_string(),
        "done_at": job.done_at().to_string(),
        "forced": job.forced.map(|(phase, since)| {
            json!({"phase": phase.word(), "since": since.to_string()})
        }),
    })
}

pub(super) async fn one(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let id = ask.number(1, "a report")?;
    let job = ask.sandbox().jobs.get(id).ok_or_else(|| unknown(id))?;
    Ok(ask::json(&shown(ask.sandbox(), &job)))
}

fn unknown(id: u64) -> Problem {
    Problem::not_found(format!("there is no report {id}; GET /_admin/reports lists them"))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Force {
    phase: String,
}

pub(super) async fn force(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let id = ask.number(1, "a report")?;
    let force: Force = ask.json()?;
    let phase = word("phase", &force.phase, &Phase::ALL.map(|it| (it.word(), it)))?;
    let sandbox = ask.sandbox();
    let job = sandbox.jobs.force(id, phase, sandbox.clock.now()).ok_or_else(|| unknown(id))?;
    if let Some(provider) = providers::find(job.provider) {
        (provider.forced)(sandbox, &job);
    }
    Ok(ask::json(&shown(sandbox, &job)))
}
