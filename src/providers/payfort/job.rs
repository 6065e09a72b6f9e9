//! The life of a report: asked for, being prepared, ready; by the clock.

use jiff::SignedDuration;

use super::auth::Caller;
use super::download;
use super::error::PayFortError;
use super::fields::{Name, Request};
use super::request::Report;
use crate::sandbox::Sandbox;
use crate::sandbox::jobs::{Job, Phase, Timeline};
use crate::sandbox::ledger::View;

const PROVIDER: &str = "payfort";

/// Takes a report in. A refused one does not use up its reference.
pub(super) fn open(
    sandbox: &Sandbox,
    caller: &Caller<'_>,
    request: &Request<'_>,
    report: &Report,
) -> Result<(), PayFortError> {
    if report.span.is_empty() {
        return Err(PayFortError::Interval);
    }
    let reference = request.text(Name::MerchantReference).unwrap_or("");
    let now = sandbox.clock.now();
    let limit = sandbox.scenario.number("payfort.queue_limit");
    if limit > 0 {
        if sandbox.jobs.find(PROVIDER, caller.merchant.id, reference).is_some() {
            return Err(PayFortError::Taken(reference.to_owned()));
        }
        let all = sandbox.jobs.all();
        let waiting = all.iter().filter(|job| {
            job.provider == PROVIDER
                && job.merchant == caller.merchant.id
                && matches!(job.phase(now), Phase::Queued | Phase::Running)
        });
        if waiting.count() >= usize::try_from(limit).unwrap_or(usize::MAX) {
            return Err(PayFortError::QueueFull(limit));
        }
    }
    let job = Job {
        id: 0,
        provider: PROVIDER,
        merchant: caller.merchant.id,
        reference: reference.into(),
        request: report.note(request),
        requested_at: now,
        timeline: Timeline {
            queued: SignedDuration::ZERO,
            running: sandbox.scenario.duration("payfort.report_ready"),
            kept: None,
            fails: false,
        },
        forced: None,
    };
    let opened = sandbox.jobs.open(job);
    opened.map(|_| ()).map_err(|taken| PayFortError::Taken(taken.reference.to_string()))
}

/// A report that is ready: the rows it is made of, what it asks for, and how many rows it has.
pub(super) fn fetch(
    sandbox: &Sandbox,
    caller: &Caller<'_>,
    request: &Request<'_>,
) -> Result<(View, Report, usize), PayFortError> {
    let reference = request.text(Name::MerchantReference).unwrap_or("");
    let unknown = || PayFortError::NotGenerated(reference.to_owned());
    let job = sandbox.jobs.find(PROVIDER, caller.merchant.id, reference).ok_or_else(unknown)?;
    match job.phase(sandbox.clock.now()) {
        Phase::Queued | Phase::Running => {
            return Err(PayFortError::Pending(job.done_at().to_string()));
        }
        Phase::Failed => return Err(PayFortError::Failed),
        Phase::Expired => return Err(unknown()),
        Phase::Ready => {}
    }
    let report = Report::recall(&job.request)?;
    // The ledger as it was when the report got ready, whenever it is fetched.
    let ready = job.done_at().as_second();
    let view = sandbox.ledger.view(caller.merchant.id, ready).ok_or(PayFortError::Internal)?;
    let view = sandbox.jobs.keep(job.id, view);
    let limit = sandbox.scenario.number("payfort.row_limit");
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let rows = download::count(&view, &report, most.saturating_add(1));
    if rows > most {
        return Err(PayFortError::TooManyRows(limit));
    }
    Ok((view, report, rows))
}
