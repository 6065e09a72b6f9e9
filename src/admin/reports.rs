//! Report jobs of a space: list them, and force a phase.

use std::sync::Arc;

use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::request::{self, AdminRequest, one_of};
use super::spec::{AFTER, Answer, Body, LIMIT, Spec, Values, names, parameter, slugs};
use crate::providers::operation::Step;
use crate::providers::{self, Provider};
use crate::sandbox::facts::Named;
use crate::sandbox::scenario::schema::Length;
use crate::sandbox::scenario::{duration, suggestion};
use crate::sandbox::space::Moment;
use crate::sandbox::state::State;
use crate::sandbox::state::event::Event;
use crate::sandbox::state::jobs::{Fate, Job, Phase};
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
    /// Where its file is; `null` before it is ready, and for a provider that gives it no address.
    url: Option<String>,
    /// A command that downloads it; `null` before it is ready.
    curl: Option<String>,
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
    let base_url = request.base_url();
    let reports = page.into_iter().map(|job| shown(&request, job, &base_url)).collect();
    Ok(request::json(&Reports { reports, next }))
}

fn shown(moment: &Moment, job: &Job, base_url: &str) -> ReportView {
    let provider = providers::find(&job.provider);
    let fetch = provider.and_then(|provider| (provider.fetch)(moment, job));
    let has_address = |it: &&Step| it.method == "GET" && it.headers.is_empty();
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
        url: fetch.as_ref().filter(has_address).map(|it| format!("{base_url}{}", it.path)),
        curl: fetch.map(|it| it.curl(base_url)),
    }
}

pub(super) const ONE: Spec =
    Spec { answers: &[Answer::json::<ReportView>(200)], problems: &[404], ..Spec::PLAIN };

pub(super) async fn one(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let job = found(request.state(), &request.segment(1))?;
    Ok(request::json(&shown(&request, job, &request.base_url())))
}

/// The report with this id, or else the newest one with this number or reference of the vendor.
fn found<'a>(state: &'a State, id: &str) -> Result<&'a Arc<Job>, Problem> {
    let numbered = id.parse().ok().and_then(|id| state.reports.get(id));
    numbered.or_else(|| state.reports.newest_with(id)).ok_or_else(|| {
        Problem::not_found(format!(
            "no report has the id, number or reference `{id}`; GET /_admin/reports lists them"
        ))
    })
}

/// What becomes of the next report of a provider: one of `phase` and `after`.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NextReport", extend("oneOf" = [
    {"required": ["phase"], "properties": {"phase": {"type": "string"}, "after": {"type": "null"}}},
    {"required": ["after"], "properties": {"after": {"type": "string"}, "phase": {"type": "null"}}},
]))]
struct Next {
    /// Slug of a provider that prepares reports first.
    #[schemars(extend("enum" = preparing()))]
    provider: String,
    /// `failed`: its preparation fails; `never`: it never ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["failed", "never", null]))]
    phase: Option<String>,
    /// It is done this long after the request, sandbox time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Length>")]
    after: Option<String>,
}

/// The providers that prepare reports first.
fn preparing() -> Vec<&'static str> {
    let prepares = |it: &&Provider| {
        it.operations.iter().any(|it| it.listing.is_some_and(|listing| listing.is_prepared))
    };
    providers::ALL.iter().filter(prepares).map(|it| it.slug).collect()
}

impl Next {
    fn fate(&self) -> Result<Fate, Problem> {
        super::journal::known_provider(&self.provider)?;
        let preparing = preparing();
        if !preparing.contains(&self.provider.as_str()) {
            return Err(Problem::bad_request(format!(
                "{} prepares no reports first; {} do",
                self.provider,
                preparing.join(" and ")
            )));
        }
        match (self.phase.as_deref(), self.after.as_deref()) {
            (Some("failed"), None) => Ok(Fate::Failed),
            (Some("never"), None) => Ok(Fate::Never),
            (Some(other), None) => {
                let near = suggestion(other, ["failed", "never"].into_iter());
                Err(Problem::bad_request(format!("`phase` is `{other}`{near}")))
            }
            (None, Some(after)) => duration(after)
                .filter(|length| !length.is_negative() && *length <= MAX_PREPARATION)
                .map(Fate::After)
                .ok_or_else(|| {
                    Problem::bad_request(format!(
                        "`after` is `{after}`; it must be a length of time such as `20m`, 10 years at most"
                    ))
                }),
            (None, None) | (Some(_), Some(_)) => {
                Err(Problem::bad_request("say one of `phase` and `after`"))
            }
        }
    }
}

/// The longest preparation of a report.
const MAX_PREPARATION: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);

pub(super) const NEXT: Spec =
    Spec { body: Some(Body::json::<Next>()), answers: &[Answer::json::<Next>(200)], ..Spec::PLAIN };

pub(super) async fn next(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let next: Next = request.json()?;
    let fate = next.fate()?;
    let set = request.space.change(|draft| {
        draft.push(Event::ReportFateSet { provider: next.provider.as_str().into(), fate });
        Ok::<_, Problem>(())
    });
    set.map(|_| request::json(&next))
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
    let named = request.segment(1);
    let force: Force = request.json()?;
    let phase = one_of("phase", &force.phase)?;
    let forced = request.space.change(|draft| {
        let id = found(draft.state(), &named)?.id;
        draft.push(Event::ReportForced { id, phase, since: draft.now });
        let job = Arc::clone(found(draft.state(), &id.to_string())?);
        if let Some(provider) = providers::find(&job.provider) {
            (provider.on_phase_forced)(draft, &job)
                .map_err(|err| Problem::conflict(format!("the phase was not forced: {err}")))?;
        }
        Ok::<_, Problem>(job)
    });
    let (job, moment) = forced?;
    Ok(request::json(&shown(&moment, &job, &request.base_url())))
}
