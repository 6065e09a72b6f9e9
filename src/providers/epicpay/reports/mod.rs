//! The twelve reports: their names, and which file makes each.

mod activity;
mod batches;
mod chargebacks;
mod deposits;
mod payments;
mod rejects;
mod subscriptions;

use axum::response::Response;

use super::response::Context;

/// A report type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Report {
    Batches,
    AchRejects,
    Deposits,
    DepositsDetail,
    TrxnActivity,
    Chargebacks,
    ActiveSubscriptions,
    SuspendedSubscriptions,
    WalletTrouble,
    NewPayments,
    FailedPayments,
    SuccessfulPayments,
}

impl Report {
    /// Every report, in the order of the vendor's table.
    pub(super) const ALL: [Self; 12] = [
        Self::Batches,
        Self::AchRejects,
        Self::Deposits,
        Self::DepositsDetail,
        Self::TrxnActivity,
        Self::Chargebacks,
        Self::ActiveSubscriptions,
        Self::SuspendedSubscriptions,
        Self::WalletTrouble,
        Self::NewPayments,
        Self::FailedPayments,
        Self::SuccessfulPayments,
    ];

    /// Its name on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Batches => "batches",
            Self::AchRejects => "achrejects",
            Self::Deposits => "deposits",
            Self::DepositsDetail => "deposits-detail",
            Self::TrxnActivity => "trxnactivity",
            Self::Chargebacks => "chargebacks",
            Self::ActiveSubscriptions => "activesubscriptions",
            Self::SuspendedSubscriptions => "suspendedsubscriptions",
            Self::WalletTrouble => "wallettrouble",
            Self::NewPayments => "newpayments",
            Self::FailedPayments => "failedpayments",
            Self::SuccessfulPayments => "successfulpayments",
        }
    }

    /// The report with this name, in lower case.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|report| report.name() == name)
    }

    /// Whether the dates select anything; they have to be there all the same.
    pub(super) fn is_filtered(self) -> bool {
        !matches!(self, Self::ActiveSubscriptions | Self::WalletTrouble)
    }

    /// The answer to a good request.
    pub(super) fn answer(self, context: Context) -> Response {
        match self {
            Self::Batches => batches::answer(context),
            Self::AchRejects => rejects::answer(context),
            Self::Deposits | Self::DepositsDetail => deposits::answer(context),
            Self::TrxnActivity => activity::answer(context),
            Self::Chargebacks => chargebacks::answer(context),
            Self::ActiveSubscriptions => subscriptions::active(context),
            Self::SuspendedSubscriptions => subscriptions::suspended(context),
            Self::WalletTrouble => subscriptions::wallet_trouble(context),
            Self::NewPayments | Self::FailedPayments | Self::SuccessfulPayments => {
                payments::answer(context)
            }
        }
    }
}
