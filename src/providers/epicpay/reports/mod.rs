//! Selects the module that makes each report.

mod activity;
mod batches;
mod chargebacks;
mod deposits;
mod payments;
mod rejects;
mod subscriptions;

use axum::response::Response;

use super::report_type::Report;
use super::response::Context;

/// The answer to a valid request.
pub(super) fn answer(context: Context) -> Response {
    match context.request.report {
        Report::Batches => batches::answer(context),
        Report::AchRejects => rejects::answer(context),
        Report::Deposits | Report::DepositsDetail => deposits::answer(context),
        Report::TrxnActivity => activity::answer(context),
        Report::Chargebacks => chargebacks::answer(context),
        Report::ActiveSubscriptions => subscriptions::active(context),
        Report::SuspendedSubscriptions => subscriptions::suspended(context),
        Report::WalletTrouble => subscriptions::wallet_trouble(context),
        Report::NewPayments | Report::FailedPayments | Report::SuccessfulPayments => {
            payments::answer(context)
        }
    }
}
