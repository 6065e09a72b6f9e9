//! What the operations of EpicPay rest on: documents, observation, or our choice.

use super::report_type::Report;
use crate::providers::fidelity::{Fidelity, Level, Part, choice, observed};

const DOCS: &str = "https://developer.epicpay.com/Docs/ReportingAPI";

const UNAUTHORIZED: Part = observed(
    "E01 with HTTP 200 (quirk `epicpay.unauthorized-200`)",
    "the vendor's own clients read errors at HTTP 200 alone; HTTP 401 without the quirk",
);
const DATES: Part =
    choice("the days of a range", "UTC, both ends included; rows by that day, then by id");
const ACCOUNT_NO: Part = observed(
    "`account_no` instead of `account_number` (quirk `epicpay.account-no`)",
    "two published clients",
);

const fn report(parts: &'static [Part]) -> Fidelity {
    Fidelity { level: Level::Documented, source: DOCS, parts }
}

const BATCHES: Fidelity = report(&[
    UNAUTHORIZED,
    DATES,
    choice("what a batch holds", "the sales and refunds of a UTC day, cards and ACH apart"),
]);
const ACH_REJECTS: Fidelity = report(&[UNAUTHORIZED, DATES, ACCOUNT_NO]);
const DEPOSITS: Fidelity = report(&[
    UNAUTHORIZED,
    DATES,
    ACCOUNT_NO,
    choice("sign and day of a deposit", "the sum of its lines; effective on the next business day"),
]);
const DEPOSITS_DETAIL: Fidelity = report(&[
    UNAUTHORIZED,
    DATES,
    ACCOUNT_NO,
    choice("lines beside the transactions", "`Discount`, `Reserve`, `MEF`, `Adjustment`"),
]);
const TRXN_ACTIVITY: Fidelity = report(&[
    UNAUTHORIZED,
    DATES,
    choice(
        "from when a transaction is listed",
        "from the moment it is paid, with empty dates until it settles",
    ),
]);
const CHARGEBACKS: Fidelity = report(&[
    UNAUTHORIZED,
    DATES,
    choice("currencies", "`1` for USD as in the sample (setting `chargeback_currency`)"),
]);
const SUBSCRIPTIONS: Fidelity = report(&[
    UNAUTHORIZED,
    choice("what the dates select", "nothing in activesubscriptions and wallettrouble"),
]);
const SCHEDULED: Fidelity = report(&[
    UNAUTHORIZED,
    DATES,
    choice(
        "which of the three reports has a payment",
        "new, failed after a decline, successful after an approval",
    ),
    choice(
        "attempts after a decline",
        "on the next three days, then the subscription is suspended",
    ),
]);

/// What a report type rests on.
pub(super) const fn of(report: Report) -> Fidelity {
    match report {
        Report::Batches => BATCHES,
        Report::AchRejects => ACH_REJECTS,
        Report::Deposits => DEPOSITS,
        Report::DepositsDetail => DEPOSITS_DETAIL,
        Report::TrxnActivity => TRXN_ACTIVITY,
        Report::Chargebacks => CHARGEBACKS,
        Report::ActiveSubscriptions | Report::SuspendedSubscriptions | Report::WalletTrouble => {
            SUBSCRIPTIONS
        }
        Report::NewPayments | Report::FailedPayments | Report::SuccessfulPayments => SCHEDULED,
    }
}
