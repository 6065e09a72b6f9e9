//! `/v2/report/create`: checks a request for a report, stores its job, and plans its IPNs.

use jiff::SignedDuration;

use super::auth::{self, User};
use super::error::WePayError;
use super::ids::{self, IdOf};
use super::ipn;
use super::job::{Report, RequestedReport};
use super::request::{Create, ReportType};
use super::withdrawal;
use crate::sandbox::merchant::MerchantId;
use crate::sandbox::space::Moment;
use crate::sandbox::state::jobs::{Job, Timeline};

/// Accepts a report, stores its job, and plans its IPNs.
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
        let job = Job::new("wepay", merchant, requested.clone(), (draft.now, timeline));
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

/// The merchant of a report, and whether its preparation fails because its data is too recent.
fn check(moment: &Moment, user: &User, create: &Create) -> Result<(MerchantId, bool), WePayError> {
    let now = moment.now.as_second();
    let younger = |at: i64, latency: SignedDuration| at.saturating_add(latency.as_secs()) > now;
    match create.kind {
        ReportType::MerchantTransactions => {
            let account = auth::account(moment, user.id, create.object_id)?;
            let latency = moment.scenario().duration("wepay.latency_transactions");
            // The end before rounding. The rounded end of the default range is less than 36 hours old in every
            // request before 12:00 UTC.
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
