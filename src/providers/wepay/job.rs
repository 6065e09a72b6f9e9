//! A report from create to deletion: what was asked, its state by the clock, who may see it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::auth::{self, User};
use super::error::WePayError;
use super::ids::{self, IdOf};
use super::ipn;
use super::request::{Create, ReportType};
use super::withdrawal::{self, Withdrawal};
use crate::sandbox::digest;
use crate::sandbox::ledger::View;
use crate::sandbox::merchant::MerchantId;
use crate::sandbox::scenario::Scenario;
use crate::sandbox::space::Moment;
use crate::sandbox::state::jobs::{Job, Phase, Timeline};

const DAY: i64 = 86_400;

/// What was asked, as the job keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RequestedReport {
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
    pub(super) requested: RequestedReport,
    pub(super) merchant: MerchantId,
    pub(super) phase: Phase,
    pub(super) requested_at: i64,
    /// When it is deleted; `None` unless it got ready.
    pub(super) expires_at: Option<i64>,
}

impl Report {
    /// What a job is at `now`; `None` for a job that is none of ours.
    pub(super) fn of(scenario: &Scenario, job: &Job, now: Timestamp) -> Option<Self> {
        Self::with_id(ids::of_number(scenario, IdOf::Report, job.id), job, now)
    }

    fn with_id(id: i64, job: &Job, now: Timestamp) -> Option<Self> {
        let requested: RequestedReport = serde_json::from_str(&job.request).ok()?;
        let phase = job.phase(now);
        let gone = || deleted_at(job).map(Timestamp::as_second);
        let expires_at = match phase {
            Phase::Ready | Phase::Expired => gone(),
            Phase::Queued | Phase::Running | Phase::Failed => None,
        };
        Some(Self {
            id,
            kind: ReportType::parse(&requested.kind)?,
            merchant: job.merchant,
            phase,
            requested_at: job.requested_at.as_second(),
            expires_at,
            requested,
        })
    }

    /// The rows it shows: those of the instant at which it was done.
    pub(super) fn view(&self, moment: &Moment) -> Option<View> {
        let number = ids::number_of(moment.scenario(), IdOf::Report, self.id)?;
        moment.report_view(moment.state().reports.get(number)?)
    }

    /// The first second of its range: rounded to 00:00:00 UTC.
    pub(super) fn start(&self) -> i64 {
        self.requested.start.div_euclid(DAY) * DAY
    }

    /// The last second of its range: rounded to 23:59:59 UTC.
    pub(super) fn end(&self) -> i64 {
        self.requested.end.div_euclid(DAY) * DAY + DAY - 1
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
    pub(super) fn secret(&self, moment: &Moment) -> String {
        let key =
            format!("wepay report {} {}", moment.scenario().seed, moment.state().origin_space);
        let mut secret = digest::hmac_sha256(key.as_bytes(), self.id.to_string().as_bytes());
        secret.truncate(32);
        secret
    }
}

/// When a job that gets ready is deleted.
fn deleted_at(job: &Job) -> Option<Timestamp> {
    if let Some((Phase::Expired, since)) = job.forced_phase {
        return Some(since);
    }
    job.done_at().checked_add(job.timeline.available_for?).ok()
}

/// Takes a report in and plans what is sent about it.
pub(super) fn create(moment: &Moment, user: &User, create: &Create) -> Result<Report, WePayError> {
    let (merchant, fails) = check(moment, user, create)?;
    let scenario = moment.scenario();
    let setting = |name| scenario.duration(name);
    let timeline = Timeline {
        queued: setting("wepay.report_queued"),
        running: setting("wepay.report_running"),
        available_for: Some(setting("wepay.report_kept")),
        fails,
    };
    let requested = RequestedReport {
        user_id: user.id,
        kind: create.kind.word().to_owned(),
        object_id: create.object_id,
        start: create.start,
        end: create.end,
        callback_uri: create.callback_uri.clone(),
    };
    let requested = serde_json::to_string(&requested).map_err(|_| WePayError::Internal)?;
    let named = |number| ids::of_number(scenario, IdOf::Report, number).to_string();
    let created = moment.change(|draft| {
        let job = Job::new("wepay", merchant, requested, (draft.now, timeline));
        let reports = &draft.state().reports;
        let requested = reports.create_numbered(job, named).map_err(|_| WePayError::Internal)?;
        draft.push(requested);
        let reports = &draft.state().reports;
        let job = reports.get(reports.count()).cloned().ok_or(WePayError::Internal)?;
        ipn::plan(draft, &job)?;
        Ok::<_, WePayError>(job)
    });
    let (job, _) = created?;
    Report::of(scenario, &job, moment.now).ok_or(WePayError::Internal)
}

/// Whose report it is, and whether its data is too young: then preparing it fails.
fn check(moment: &Moment, user: &User, create: &Create) -> Result<(MerchantId, bool), WePayError> {
    let now = moment.now.as_second();
    let younger = |at: i64, latency: SignedDuration| at.saturating_add(latency.as_secs()) > now;
    match create.kind {
        ReportType::MerchantTransactions => {
            let account = auth::account(moment, user.id, create.object_id)?;
            let latency = moment.scenario().duration("wepay.latency_transactions");
            // The end before it is rounded: else no default range would do before noon.
            Ok((account.merchant, younger(create.end, latency)))
        }
        ReportType::Reconciliation => {
            let withdrawal = withdrawal::find(moment, user, create.object_id)?;
            let latency = moment.scenario().duration("wepay.latency_reconciliation");
            let merchant = withdrawal.view.merchant.id;
            Ok((merchant, younger(withdrawal.changed_at(), latency)))
        }
    }
}

/// The report with this id, for whoever it belongs to.
pub(super) fn find(moment: &Moment, id: i64) -> Option<Report> {
    let number = ids::number_of(moment.scenario(), IdOf::Report, id)?;
    let job = moment.state().reports.get(number).filter(|job| &*job.provider == "wepay")?;
    Report::with_id(id, job, moment.now)
}

/// The withdrawal that a reconciliation report is about, as it was when the report was done.
pub(super) fn withdrawal_of(moment: &Moment, report: &Report) -> Option<Withdrawal> {
    let view = report.view(moment)?;
    // What was sent to the bank is known at once; the report lacks the rows that lag.
    let sent = withdrawal::in_view(moment, &view.clone().truth(), report.requested.object_id)?;
    Some(Withdrawal { view, ..sent })
}

/// What is sent about a job, and when.
pub(super) fn events(job: &Job) -> Vec<(&'static str, Timestamp)> {
    let done = job.done_at();
    let ready = |done| {
        let gone = deleted_at(job).map(|gone| ("deleted", gone));
        std::iter::once(("complete", done)).chain(gone).collect()
    };
    match job.forced_phase {
        // Nothing comes of it any more.
        Some((Phase::Queued | Phase::Running, _)) => Vec::new(),
        Some((Phase::Expired, since)) => vec![("deleted", since)],
        Some((Phase::Failed, since)) => vec![("failed", since)],
        Some((Phase::Ready, since)) => ready(since),
        None if job.timeline.is_endless() => Vec::new(),
        None if job.timeline.fails => vec![("failed", done)],
        None => ready(done),
    }
}
