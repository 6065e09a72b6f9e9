//! IPNs of WePay, which say that a report has changed: when they are sent, and how a receiver confirms one.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::job::{Report, deleted_at};
use crate::providers::real_hosts;
use crate::sandbox::draft::Draft;
use crate::sandbox::policy::{Policy, RetrySchedule};
use crate::sandbox::state::jobs::{Job, Phase};
use crate::sandbox::state::outbox::{Message, PlanError};

/// The documented six retries; each duration counts from the attempt before.
const RETRIES: RetrySchedule = RetrySchedule(&[
    SignedDuration::from_mins(15),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(12),
    SignedDuration::from_hours(24),
]);

/// Form, headers, confirmation and retries of all IPNs.
pub(super) static POLICY: Policy = Policy {
    provider: "wepay",
    content_type: "application/x-www-form-urlencoded",
    headers: &[("user-agent", "WePay API Callback Agent"), ("accept-encoding", "identity")],
    // Only status 200 confirms an IPN; 204 does not.
    accepts: |status| status == 200,
    schedule: RETRIES,
    forbidden_hosts: real_hosts,
};

/// Plans the IPNs of a job. After an error some of them may be planned already, so the caller has to refuse the
/// whole change.
pub(super) fn plan(draft: &mut Draft<'_>, job: &Job) -> Result<(), PlanError> {
    let scenario = Arc::clone(&draft.world().scenario);
    let Some(report) = Report::of(&scenario, job, draft.now) else { return Ok(()) };
    let merchant = scenario.merchants().find(|it| it.id == job.merchant).map(|it| it.name.clone());
    for (event, due) in events(job) {
        let message = Message {
            provider: POLICY.provider.into(),
            merchant: merchant.clone().unwrap_or_default(),
            job: job.id,
            event: event.to_owned(),
            url: report.requested.callback_uri.clone(),
            body: format!("report_id={}", report.id).into_bytes(),
        };
        draft.plan(message, due)?;
    }
    Ok(())
}

/// Cancels the planned IPNs of a job whose phase was forced, and plans those of its new phase.
pub(super) fn replan(draft: &mut Draft<'_>, job: &Job) -> Result<(), PlanError> {
    let cancelled = draft.state().outbox.cancel("wepay", job.id, |id| draft.is_sending(id));
    cancelled.into_iter().for_each(|event| draft.push(event));
    plan(draft, job)
}

/// The IPNs of a job: the event that each tells, and when it is due.
fn events(job: &Job) -> Vec<(&'static str, Timestamp)> {
    let done = job.done_at();
    let ready = |done| {
        let gone = deleted_at(job).map(|gone| ("deleted", gone));
        std::iter::once(("complete", done)).chain(gone).collect()
    };
    match job.forced_phase {
        // A job that was forced into one of these phases stays in it.
        Some((Phase::Queued | Phase::Running, _)) => Vec::new(),
        Some((Phase::Expired, since)) => vec![("deleted", since)],
        Some((Phase::Failed, since)) => vec![("failed", since)],
        Some((Phase::Ready, since)) => ready(since),
        None if job.timeline.is_endless() => Vec::new(),
        None if job.timeline.fails => vec![("failed", done)],
        None => ready(done),
    }
}
