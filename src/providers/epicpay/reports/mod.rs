//! Selects the module that makes each report.

pub(super) mod activity;
mod batches;
mod chargebacks;
mod deposits;
mod payments;
mod rejects;
mod subscriptions;

use axum::response::Response;
use serde_json::Value;

use super::columns::schema;
use super::report_type::Report;
use super::response::Context;

/// The answer to a valid request.
pub(super) fn answer(context: Context) -> Response {
    match context.request.report {
        Report::Batches => batches::answer(context),
        Report::AchRejects => rejects::answer(context),
        Report::Deposits => deposits::answer(context, deposits::TABLE),
        Report::DepositsDetail => deposits::answer(context, deposits::TABLE_WITH_DETAIL),
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

/// The JSON schema of a row of a report.
pub(super) fn row_schema(report: Report) -> Value {
    match report {
        Report::Batches => schema(batches::TABLE),
        Report::AchRejects => schema(rejects::TABLE),
        Report::Deposits => schema(deposits::TABLE),
        Report::DepositsDetail => schema(deposits::TABLE_WITH_DETAIL),
        Report::TrxnActivity => schema(activity::TABLE),
        Report::Chargebacks => schema(chargebacks::TABLE),
        Report::ActiveSubscriptions => schema(subscriptions::ACTIVE),
        Report::SuspendedSubscriptions => schema(subscriptions::SUSPENDED),
        Report::WalletTrouble => schema(subscriptions::WALLET_TROUBLE),
        Report::NewPayments | Report::FailedPayments | Report::SuccessfulPayments => {
            schema(payments::TABLE)
        }
    }
}
