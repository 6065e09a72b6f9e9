//! Reports that are prepared first: look, and force a phase.

use std::sync::Arc;

use axum::response::Response;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ask::{self, Ask, word};
use super::spec::{AFTER, Answer, Body, LIMIT, Spec, Values, parameter, slugs, words};
use crate::providers;
use crate::sandbox::space::Moment;
use crate::sandbox::state::event::Event;
use crate::sandbox::state::jobs::{Job, Phase};
use crate::wire::problem::Problem;

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
    provider: String,
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
    let behind = ask.state().reports.after(u64::try_from(after).unwrap_or(0));
    let mut jobs = behind.filter(|job| {
        query.get("provider").is_none_or(|slug| *slug == *job.provider)
            && phase.is_none_or(|phase| phase == job.phase(ask.now))
    });
    let page: Vec<&Arc<Job>> = jobs.by_ref().take(limit).collect();
    let next = page.last().filter(|_| jobs.next().is_some()).map(|it| it.id);
    let reports = page.into_iter().map(|job| shown(&ask, job)).collect();
    Ok(ask::json(&Reports { reports, next }))
}

fn shown(moment: &Moment, job: &Job) -> Shown {
    let merchant = moment.scenario().merchants().find(|it| it.id == job.merchant);
    Shown {
        id: job.id,
        provider: job.provider.to_string(),
        merchant: merchant.map(|it| it.name.clone()),
        reference: job.reference.to_string(),
        request: job.request.to_string(),
        phase: job.phase(moment.now).word(),
        requested_at: job.requested_at,
        done_at: job.done_at(),
        forced: job.forced_phase.map(|(phase, since)| Forced { phase: phase.word(), since }),
    }
}

pub(super) const ONE: Spec =
    Spec { answers: &[Answer::json::<Shown>(200)], problems: &[404], ..Spec::PLAIN };

pub(super) async fn one(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let id = ask.number(1, "a report")?;
    let job = ask.state().reports.get(id).ok_or_else(|| unknown(id))?;
    Ok(ask::json(&shown(&ask, job)))
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
    let forced = ask.space.change(|draft| {
        draft.state().reports.get(id).ok_or_else(|| unknown(id))?;
        draft.push(Event::ReportForced { id, phase, since: draft.now });
        let job = draft.state().reports.get(id).cloned().ok_or_else(|| unknown(id))?;
        if let Some(provider) = providers::find(&job.provider) {
            (provider.on_phase_forced)(draft, &job);
        }
        Ok::<_, Problem>(job)
    });
    let (job, moment) = forced?;
    Ok(ask::json(&shown(&moment, &job)))
}
