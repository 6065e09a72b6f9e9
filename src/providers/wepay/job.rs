//! A report of WePay as its job keeps it: the requested parameters, and its state by the clock.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{self, IdOf};
use super::request::ReportType;
use super::withdrawal::{self, Withdrawal};
use crate::providers::operation::Step;
use crate::sandbox::digest;
use crate::sandbox::ledger::View;
use crate::sandbox::merchant::MerchantId;
use crate::sandbox::scenario::Scenario;
use crate::sandbox::space::Moment;
use crate::sandbox::state::jobs::{Job, Phase};

const DAY: i64 = 86_400;

/// The parameters of `/v2/report/create`, as the job stores them (JSON).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RequestedReport {
    pub(super) user_id: i64,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) object_id: i64,
    /// First second of the range before it is rounded, Unix seconds.
    pub(super) start: i64,
    /// Last second of the range before it is rounded, Unix seconds.
    pub(super) end: i64,
    pub(super) callback_uri: String,
}

/// A report at one instant.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) id: i64,
    pub(super) kind: ReportType,
    pub(super) requested: RequestedReport,
    pub(super) merchant: MerchantId,
    pub(super) phase: Phase,
    pub(super) requested_at: i64,
    /// When it is or was deleted, Unix seconds; `None` unless it was completed.
    pub(super) expires_at: Option<i64>,
}

impl Report {
    /// The report of a job at `now`; `None` for a job of another provider.
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

    /// The rows of the report: the ledger at the instant at which the report was completed.
    pub(super) fn view(&self, moment: &Moment) -> Option<View> {
        let number = ids::number_of(moment.scenario(), IdOf::Report, self.id)?;
        moment.report_view(moment.state().reports.get(number)?)
    }

    /// First second of the range, rounded down to 00:00:00 UTC; Unix seconds.
    pub(super) fn start(&self) -> i64 {
        self.requested.start.div_euclid(DAY) * DAY
    }

    /// Last second of the range, rounded up to 23:59:59 UTC; Unix seconds.
    pub(super) fn end(&self) -> i64 {
        self.requested.end.div_euclid(DAY) * DAY + DAY - 1
    }

    /// The vendor's word for the phase (`state`).
    pub(super) fn state(&self) -> &'static str {
        match self.phase {
            Phase::Queued => "new",
            Phase::Running => "processing",
            Phase::Ready => "complete",
            Phase::Failed => "failed",
            Phase::Expired => "deleted",
        }
    }

    /// The part of `report_uri` that protects the file: 32 hex digits, derived from seed, space and id.
    pub(super) fn secret(&self, moment: &Moment) -> String {
        let key =
            format!("wepay report {} {}", moment.scenario().seed, moment.state().origin_space);
        let mut secret = digest::hmac_sha256(key.as_bytes(), self.id.to_string().as_bytes());
        secret.truncate(32);
        secret
    }
}

/// The request for the file of a completed report.
pub(super) fn fetch(moment: &Moment, job: &Job) -> Option<Step> {
    let report = Report::of(moment.scenario(), job, moment.now)?;
    let path = || format!("/api/report/{}/{}", report.id, report.secret(moment));
    (report.phase == Phase::Ready).then(|| Step::get(path()))
}

/// When the report of a completed job is deleted.
pub(super) fn deleted_at(job: &Job) -> Option<Timestamp> {
    if let Some((Phase::Expired, since)) = job.forced_phase {
        return Some(since);
    }
    job.done_at().checked_add(job.timeline.available_for?).ok()
}

/// The report with this id, without a check of its owner.
pub(super) fn find(moment: &Moment, id: i64) -> Option<Report> {
    let number = ids::number_of(moment.scenario(), IdOf::Report, id)?;
    let job = moment.state().reports.get(number).filter(|job| &*job.provider == "wepay")?;
    Report::with_id(id, job, moment.now)
}

/// The withdrawal of a reconciliation report, as it was when the report was completed.
pub(super) fn withdrawal_of(moment: &Moment, report: &Report) -> Option<Withdrawal> {
    let view = report.view(moment)?;
    // A withdrawal does not lag. The rows of the report do, so they come from the view that lags.
    let sent = withdrawal::in_view(moment, &view.clone().truth(), report.requested.object_id)?;
    Some(Withdrawal { view, ..sent })
}
