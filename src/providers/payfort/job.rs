//! The report jobs of PayFort: creation, and download once the job is ready.

use std::sync::Arc;

use jiff::SignedDuration;

use super::auth::Caller;
use super::download;
use super::error::PayFortError;
use super::request::Report;
use crate::sandbox::ledger::View;
use crate::sandbox::state::jobs::{Job, Phase, Timeline};
use crate::wire::call::Call;
use crate::wire::raw_json::JsonObject;

const PROVIDER: &str = "payfort";

/// Creates a report job. A refused request does not use up its `merchant_reference`.
pub(super) fn create(
    call: &Call,
    caller: &Caller<'_>,
    request: &JsonObject<'_>,
    report: &Report,
) -> Result<(), PayFortError> {
    if report.span.is_empty() {
        let text = |name| request.text(name).unwrap_or("").to_owned();
        return Err(PayFortError::Interval { from: text("from_date"), to: text("to_date") });
    }
    let reference = request.text("merchant_reference").unwrap_or("");
    let scenario = call.scenario();
    let limit = scenario.number("payfort.queue_limit");
    let timeline = Timeline {
        queued: SignedDuration::ZERO,
        running: scenario.duration("payfort.report_ready"),
        available_for: None,
        fails: false,
    };
    let merchant = caller.merchant.id;
    let created = call.change(|draft| {
        let reports = &draft.state().reports;
        let job = Job {
            reference: reference.into(),
            ..Job::new(PROVIDER, merchant, report.note(request), (draft.now, timeline))
        };
        let taken = |taken: Arc<Job>| PayFortError::Taken(taken.reference.to_string());
        let requested = reports.create(job).map_err(taken)?;
        let waiting =
            if limit > 0 { reports.in_preparation(PROVIDER, merchant, draft.now) } else { 0 };
        if limit > 0 && waiting >= usize::try_from(limit).unwrap_or(usize::MAX) {
            return Err(PayFortError::QueueFull(limit));
        }
        draft.push(requested);
        Ok(())
    });
    created.map(|_| ())
}

/// Finds a report that is ready: its view of the ledger, its request, and its number of rows.
pub(super) fn fetch(
    call: &Call,
    caller: &Caller<'_>,
    request: &JsonObject<'_>,
) -> Result<(View, Report, usize), PayFortError> {
    let reference = request.text("merchant_reference").unwrap_or("");
    let unknown = || PayFortError::NotGenerated(reference.to_owned());
    let job = call.state().reports.find(PROVIDER, caller.merchant.id, reference);
    let job = job.ok_or_else(unknown)?;
    match job.phase(call.now) {
        Phase::Queued | Phase::Running => {
            return Err(PayFortError::Pending(job.done_at().to_string()));
        }
        Phase::Failed => return Err(PayFortError::Failed),
        Phase::Expired => return Err(unknown()),
        Phase::Ready => {}
    }
    let report = Report::recall(&job.request)?;
    let view = call.report_view(job).ok_or(PayFortError::Internal)?;
    let limit = call.scenario().number("payfort.row_limit");
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let rows = download::count(&view, &report, most.saturating_add(1));
    if rows > most {
        return Err(PayFortError::TooManyRows(limit));
    }
    Ok((view, report, rows))
}
