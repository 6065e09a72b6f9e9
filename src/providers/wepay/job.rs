//! A report from create to deletion: what was asked, its state by the clock, who may see it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::auth::{self, User};
use super::error::WePayError;
use super::ids::{self, IdOf};
use super::ipn;
use super::request::{Create, ReportType};
use super::withdrawal::{self, Withdrawal};
use crate::sandbox::Sandbox;
use crate::sandbox::digest;
use crate::sandbox::jobs::{Job, Phase, Timeline};
use crate::sandbox::merchant::MerchantId;

const DAY: i64 = 86_400;

/// What was asked, as the job keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) user_id: i64,
    #[serde(rename = "type")]
    kind: String,
    pub(super) object_id: i64,
    /// Not rounded, Unix seconds.
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) callback_uri: String,
}

/// A report.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) id: i64,
    pub(super) kind: ReportType,
    pub(super) asked: Asked,
    pub(super) merchant: MerchantId,
    pub(super) phase: Phase,
    pub(super) requested_at: i64,
    /// When it was, or will be, done.
    pub(super) done_at: i64,
    /// When it is deleted; `None` unless it got ready.
    pub(super) expires_at: Option<i64>,
}

impl Report {
    /// What a job is at `now`; `None` for a job that is none of ours.
    pub(super) fn of(sandbox: &Sandbox, job: &Job, now: Timestamp) -> Option<Self> {
        Self::with_id(ids::of_number(&sandbox.scenario, IdOf::Report, job.id), job, now)
    }

    fn with_id(id: i64, job: &Job, now: Timestamp) -> Option<Self> {
        let asked: Asked = serde_json::from_str(&job.request).ok()?;
        let phase = job.phase(now);
        let gone = || deleted_at(job).map(Timestamp::as_second);
        let expires_at = match phase {
            Phase::Ready | Phase::Expired => gone(),
            Phase::Queued | Phase::Running | Phase::Failed => None,
        };
        Some(Self {
            id,
            kind: ReportType::parse(&asked.kind)?,
            merchant: job.merchant,
            phase,
            requested_at: job.requested_at.as_second(),
            done_at: job.done_at().as_second(),
            expires_at,
            asked,
        })
    }

    /// The first second of its range: rounded to 00:00:00 UTC.
    pub(super) fn start(&self) -> i64 {
        self.asked.start.div_euclid(DAY) * DAY
    }

    /// The last second of its range: rounded to 23:59:59 UTC.
    pub(super) fn end(&self) -> i64 {
        self.asked.end.div_euclid(DAY) * DAY + DAY - 1
    }

    /// The word for where it stands.
    pub(super) fn state(&self) -> &'static str {
        match self.phase {
            Phase::Queued => "new",
            Phase::Running => "processing",
            Phase::Ready => "complete",
            Phase::Failed => "failed",
            Phase::Expired => "deleted",
        }
    }

    /// The part of its address that nobody guesses.
    pub(super) fn secret(&self, sandbox: &Sandbox) -> String {
        let key = format!("wepay report {} {}", sandbox.scenario.seed, sandbox.born);
        let mut secret = digest::hmac_sha256(key.as_bytes(), self.id.to_string().as_bytes());
        secret.truncate(32);
        secret
    }
}

/// When a job that gets ready is deleted.
fn deleted_at(job: &Job) -> Option<Timestamp> {
    if let Some((Phase::Expired, since)) = job.forced {
        return Some(since);
    }
    job.done_at().checked_add(job.timeline.kept?).ok()
}

/// Takes a report in and plans what is sent about it.
pub(super) fn create(
    sandbox: &Sandbox,
    user: &User,
    create: &Create,
) -> Result<Report, WePayError> {
    let now = sandbox.clock.now();
    let (merchant, fails) = check(sandbox, user, create, now)?;
    let setting = |name| sandbox.scenario.duration(name);
    let asked = Asked {
        user_id: user.id,
        kind: create.kind.word().to_owned(),
        object_id: create.object_id,
        start: create.start,
        end: create.end,
        callback_uri: create.callback_uri.clone(),
    };
    let job = Job {
        id: 0,
        provider: "wepay",
        merchant,
        reference: "".into(),
        request: serde_json::to_string(&asked).map_err(|_| WePayError::Internal)?.into(),
        requested_at: now,
        timeline: Timeline {
            queued: setting("wepay.report_queued"),
            running: setting("wepay.report_running"),
            kept: Some(setting("wepay.report_kept")),
            fails,
        },
        forced: None,
    };
    let scenario = &sandbox.scenario;
    let named = |number| ids::of_number(scenario, IdOf::Report, number).to_string();
    let job = sandbox.jobs.open_as(job, named).map_err(|_| WePayError::Internal)?;
    ipn::plan(sandbox, &job);
    Report::of(sandbox, &job, now).ok_or(WePayError::Internal)
}

/// Whose report it is, and whether its data is too young: then preparing it fails.
fn check(
    sandbox: &Sandbox,
    user: &User,
    create: &Create,
    now: Timestamp,
) -> Result<(MerchantId, bool), WePayError> {
    let younger =
        |at: i64, latency: SignedDuration| at.saturating_add(latency.as_secs()) > now.as_second();
    match create.kind {
        ReportType::MerchantTransactions => {
            let account = auth::account(sandbox, user.id, create.object_id)?;
            let latency = sandbox.scenario.duration("wepay.latency_transactions");
            // The end before it is rounded: else no default range would do before noon.
            Ok((account.merchant, younger(create.end, latency)))
        }
        ReportType::Reconciliation => {
            let withdrawal = withdrawal::find(sandbox, user, create.object_id)?;
            let latency = sandbox.scenario.duration("wepay.latency_reconciliation");
            let merchant = withdrawal.view.merchant.id;
            Ok((merchant, younger(withdrawal.changed_at(), latency)))
        }
    }
}

/// The report with this id, for whoever it belongs to.
pub(super) fn find(sandbox: &Sandbox, id: i64) -> Option<Report> {
    let number = ids::number_of(&sandbox.scenario, IdOf::Report, id)?;
    let job = sandbox.jobs.get(number).filter(|job| job.provider == "wepay")?;
    Report::with_id(id, &job, sandbox.clock.now())
}

/// The withdrawal that a reconciliation report is about, as it was when the report was done.
pub(super) fn withdrawal_of(sandbox: &Sandbox, report: &Report) -> Option<Withdrawal> {
    withdrawal::at(sandbox, report.asked.object_id, report.done_at)
}

/// What is sent about a job, and when.
pub(super) fn events(job: &Job) -> Vec<(&'static str, Timestamp)> {
    let done = job.done_at();
    let ready = |done| {
        let gone = deleted_at(job).map(|gone| ("deleted", gone));
        std::iter::once(("complete", done)).chain(gone).collect()
    };
    match job.forced {
        // Nothing comes of it any more.
        Some((Phase::Queued | Phase::Running, _)) => Vec::new(),
        Some((Phase::Expired, since)) => vec![("deleted", since)],
        Some((Phase::Failed, since)) => vec![("failed", since)],
        Some((Phase::Ready, since)) => ready(since),
        None if job.timeline.fails => vec![("failed", done)],
        None => ready(done),
    }
}
