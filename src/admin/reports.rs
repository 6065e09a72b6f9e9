//! Report jobs of a space: list them, and force a phase.

use std::sync::Arc;

use axum::response::Response;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::request::{self, AdminRequest, one_of};
use super::spec::{AFTER, Answer, Body, LIMIT, Spec, Values, names, parameter, slugs};
use crate::providers;
use crate::sandbox::facts::Named;
use crate::sandbox::space::Moment;
use crate::sandbox::state::event::Event;
use crate::sandbox::state::jobs::{Job, Phase};
use crate::wire::problem::Problem;

/// A page of prepared reports, the oldest first.
#[derive(Debug, JsonSchema, Serialize)]
struct Reports {
    reports: Vec<ReportView>,
    /// `after` of the next page; `null` on the last one.
    next: Option<u64>,
}

/// A report that the provider prepares before it can be downloaded.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Report")]
struct ReportView {
    id: u64,
    provider: String,
    merchant: Option<String>,
    /// The provider's identifier of the report.
    reference: String,
    /// The request for the report, in the provider's own terms.
    request: String,
    #[schemars(extend("enum" = names::<Phase>()))]
    phase: &'static str,
    requested_at: Timestamp,
    done_at: Timestamp,
    /// The phase that was forced by hand.
    forced: Option<Forced>,
}

/// A forced phase and the instant since which it applies.
#[derive(Debug, JsonSchema, Serialize)]
struct Forced {
    #[schemars(extend("enum" = names::<Phase>()))]
    phase: &'static str,
    since: Timestamp,
}

pub(super) const LIST: Spec = Spec {
    query: &[
        parameter("provider", Values::OneOf(slugs)),
        parameter("phase", Values::OneOf(names::<Phase>)),
        LIMIT,
        AFTER,
    ],
    answers: &[Answer::json::<Reports>(200)],
    ..Spec::PLAIN
};

pub(super) async fn list(request: AdminRequest) -> Result<Response, Problem> {
    let query = request.query(LIST.query)?;
    let (limit, after) = (query.limit()?, query.number("after")?.unwrap_or(0));
    query.get("provider").map(super::journal::known_provider).transpose()?;
    let phase = query.one_of::<Phase>("phase")?;
    let behind = request.state().reports.after(u64::try_from(after).unwrap_or(0));
    let mut jobs = behind.filter(|job| {
        query.get("provider").is_none_or(|slug| *slug == *job.provider)
            && phase.is_none_or(|phase| phase == job.phase(request.now))
    });
    let page: Vec<&Arc<Job>> = jobs.by_ref().take(limit).collect();
    let next = page.last().filter(|_| jobs.next().is_some()).map(|it| it.id);
    let reports = page.into_iter().map(|job| shown(&request, job)).collect();
    Ok(request::json(&Reports { reports, next }))
}

fn shown(moment: &Moment, job: &Job) -> ReportView {
    let merchant = moment.scenario().merchants().find(|it| it.id == job.merchant);
    ReportView {
        id: job.id,
        provider: job.provider.to_string(),
        merchant: merchant.map(|it| it.name.clone()),
        reference: job.reference.to_string(),
        request: job.request.to_string(),
        phase: job.phase(moment.now).name(),
        requested_at: job.requested_at,
        done_at: job.done_at(),
        forced: job.forced_phase.map(|(phase, since)| Forced { phase: phase.name(), since }),
    }
}

pub(super) const ONE: Spec =
    Spec { answers: &[Answer::json::<ReportView>(200)], problems: &[404], ..Spec::PLAIN };

pub(super) async fn one(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let id = request.number(1, "a report")?;
    let job = request.state().reports.get(id).ok_or_else(|| unknown(id))?;
    Ok(request::json(&shown(&request, job)))
}

fn unknown(id: u64) -> Problem {
    Problem::not_found(format!("there is no report {id}; GET /_admin/reports lists them"))
}

/// The phase to force on a report.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ForcedPhase")]
struct Force {
    #[schemars(extend("enum" = names::<Phase>()))]
    phase: String,
}

pub(super) const FORCE: Spec = Spec {
    body: Some(Body::json::<Force>()),
    answers: &[Answer::json::<ReportView>(200)],
    problems: &[404, 409],
    ..Spec::PLAIN
};

pub(super) async fn force(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let id = request.number(1, "a report")?;
    let force: Force = request.json()?;
    let phase = one_of("phase", &force.phase)?;
    let forced = request.space.change(|draft| {
        draft.state().reports.get(id).ok_or_else(|| unknown(id))?;
        draft.push(Event::ReportForced { id, phase, since: draft.now });
        let job = draft.state().reports.get(id).cloned().ok_or_else(|| unknown(id))?;
        if let Some(provider) = providers::find(&job.provider) {
            (provider.on_phase_forced)(draft, &job)
                .map_err(|err| Problem::conflict(format!("the phase was not forced: {err}")))?;
        }
        Ok::<_, Problem>(job)
    });
    let (job, moment) = forced?;
    Ok(request::json(&shown(&moment, &job)))
}
