//! Reports that are prepared first: look, and force a phase.

use std::sync::Arc;

use axum::response::Response;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ask::{self, Ask, word};
use super::problem::Problem;
use super::spec::{AFTER, Answer, Body, LIMIT, Spec, Values, parameter, slugs, words};
use crate::providers;
use crate::sandbox::Sandbox;
use crate::sandbox::jobs::{Job, Phase};

/// A page of prepared reports, the oldest first.
#[derive(Debug, JsonSchema, Serialize)]
struct Reports {
    reports: Vec<Shown>,
    /// `after` of the next page; `null` on the last one.
    next: Option<u64>,
}

/// A report that is prepared first.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Report")]
struct Shown {
    id: u64,
    provider: &'static str,
    merchant: Option<String>,
    /// What the provider knows it by.
    reference: String,
    /// What was asked, in the provider's own terms.
    request: String,
    #[schemars(extend("enum" = words(Phase::ALL, Phase::word)))]
    phase: &'static str,
    requested_at: Timestamp,
    done_at: Timestamp,
    /// The phase that was forced by hand.
    forced: Option<Forced>,
}

/// A phase that was forced, and since when.
#[derive(Debug, JsonSchema, Serialize)]
struct Forced {
    #[schemars(extend("enum" = words(Phase::ALL, Phase::word)))]
    phase: &'static str,
    since: Timestamp,
}

pub(super) const LIST: Spec = Spec {
    query: &[
        parameter("provider", Values::Words(slugs)),
        parameter("phase", Values::Words(|| Phase::ALL.map(Phase::word).to_vec())),
        LIMIT,
        AFTER,
    ],
    answers: &[Answer::json::<Reports>(200)],
    ..Spec::PLAIN
};

pub(super) async fn list(ask: Ask) -> Result<Response, Problem> {
    let query = ask.query(LIST.query)?;
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
    let reports = page.into_iter().map(|job| shown(ask.sandbox(), job)).collect();
    Ok(ask::json(&Reports { reports, next }))
}

fn shown(sandbox: &Sandbox, job: &Job) -> Shown {
    Shown {
        id: job.id,
        provider: job.provider,
        merchant: sandbox.ledger.merchant(job.merchant).map(|it| it.name.clone()),
        reference: job.reference.to_string(),
        request: job.request.to_string(),
        phase: job.phase(sandbox.clock.now()).word(),
        requested_at: job.requested_at,
        done_at: job.done_at(),
        forced: job.forced.map(|(phase, since)| Forced { phase: phase.word(), since }),
    }
}

pub(super) const ONE: Spec =
    Spec { answers: &[Answer::json::<Shown>(200)], problems: &[404], ..Spec::PLAIN };

pub(super) async fn one(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let id = ask.number(1, "a report")?;
    let job = ask.sandbox().jobs.get(id).ok_or_else(|| unknown(id))?;
    Ok(ask::json(&shown(ask.sandbox(), &job)))
}

fn unknown(id: u64) -> Problem {
    Problem::not_found(format!("there is no report {id}; GET /_admin/reports lists them"))
}

/// The phase a report shall be in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ForcedPhase")]
struct Force {
    #[schemars(extend("enum" = words(Phase::ALL, Phase::word)))]
    phase: String,
}

pub(super) const FORCE: Spec = Spec {
    body: Some(Body::json::<Force>()),
    answers: &[Answer::json::<Shown>(200)],
    problems: &[404],
    ..Spec::PLAIN
};

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
