//! IPNs: that something about a report has changed, and nothing more. The policy; the mechanics are
//! the sandbox's.

use std::sync::Arc;

use jiff::SignedDuration;

use super::job::{self, Report};
use crate::providers::real_hosts;
use crate::sandbox::draft::Draft;
use crate::sandbox::policy::{Policy, RetrySchedule};
use crate::sandbox::state::jobs::Job;
use crate::sandbox::state::outbox::{Message, PlanError};

/// WePay: six retries, each so long after the one before.
const RETRIES: RetrySchedule = RetrySchedule(&[
    SignedDuration::from_mins(15),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(12),
    SignedDuration::from_hours(24),
]);

/// What all IPNs have in common.
pub(super) static POLICY: Policy = Policy {
    provider: "wepay",
    content_type: "application/x-www-form-urlencoded",
    headers: &[("user-agent", "WePay API Callback Agent"), ("accept-encoding", "identity")],
    // WePay takes only 200 for a yes; 204 is a failure.
    accepts: |status| status == 200,
    schedule: RETRIES,
    forbidden_hosts: real_hosts,
};

/// Plans what is sent about a job from now on. On an error, some of it may be planned already, so the whole
/// change has to be refused.
pub(super) fn plan(draft: &mut Draft<'_>, job: &Job) -> Result<(), PlanError> {
    let scenario = Arc::clone(&draft.world().scenario);
    let Some(report) = Report::of(&scenario, job, draft.now) else { return Ok(()) };
    let merchant = scenario.merchants().find(|it| it.id == job.merchant).map(|it| it.name.clone());
    for (event, due) in job::events(job) {
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

/// Plans anew for a job whose phase was forced.
pub(super) fn replan(draft: &mut Draft<'_>, job: &Job) -> Result<(), PlanError> {
    let cancelled = draft.state().outbox.cancel("wepay", job.id, |id| draft.is_sending(id));
    cancelled.into_iter().for_each(|event| draft.push(event));
    plan(draft, job)
}
