//! IPNs: that something about a report has changed, and nothing more. The policy; the mechanics are
//! the sandbox's.

use jiff::SignedDuration;

use super::job::{self, Report};
use crate::providers::REAL_HOSTS;
use crate::sandbox::Sandbox;
use crate::sandbox::callbacks::{Callbacks, Message, Policy, RetrySchedule};
use crate::sandbox::jobs::Job;

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
    forbidden_hosts: REAL_HOSTS,
};

/// Plans what is sent about a job from now on.
pub(super) fn plan(sandbox: &Sandbox, job: &Job) {
    let Some(report) = Report::of(sandbox, job, sandbox.clock.now()) else { return };
    let merchant = sandbox.ledger.merchant(job.merchant).map(|merchant| merchant.name.clone());
    for (event, due) in job::events(job) {
        let message = Message {
            policy: &POLICY,
            merchant: merchant.clone().unwrap_or_default(),
            job: job.id,
            event: event.to_owned(),
            url: report.asked.callback_uri.clone(),
            body: format!("report_id={}", report.id).into_bytes(),
        };
        Callbacks::plan(sandbox, message, due);
    }
}

/// Plans anew for a job whose phase was forced.
pub(super) fn replan(sandbox: &Sandbox, job: &Job) {
    sandbox.callbacks.cancel("wepay", job.id);
    plan(sandbox, job);
}
