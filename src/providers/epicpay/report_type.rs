//! The twelve report types and their names, which paths, rows of scenarios and answers share.

/// A report type of the vendor's API.
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
    /// Every report type, in the order of the vendor's table.
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

    /// The name in the path of a request.
    pub(super) const fn name(self) -> &'static str {
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

    /// The report type with this name; case counts.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|report| report.name() == name)
    }

    /// Whether a report reads only the rows of the requested days and of payments that reach into them.
    pub(super) fn is_about_days(self) -> bool {
        use Report::{AchRejects, Batches, Deposits, DepositsDetail, TrxnActivity};
        matches!(self, Batches | AchRejects | Deposits | DepositsDetail | TrxnActivity)
    }

    /// Whether the dates of a request select rows. The dates are required in either case.
    pub(super) fn is_filtered(self) -> bool {
        !matches!(self, Self::ActiveSubscriptions | Self::WalletTrouble)
    }
}
