//! What the operations of PayFort rest on: documents, observation, or our choice.

use crate::providers::fidelity::{Fidelity, Level, Part, choice, documented, observed};

const REPORTING: &str = "https://paymentservices.amazon.com/docs/api/managing-payments/reporting";
const SIGNATURE: &str = "https://paymentservices.amazon.com/docs/developer-resources/signature";

const SIGNED: Part = documented("signatures of requests and answers", SIGNATURE);
const ARABIC: Part = observed(
    "the message of a success when `language` is `ar`",
    "three real answers; other messages are English, because their Arabic texts are not public",
);

/// `GENERATE_REPORT`.
pub(super) const GENERATE: Fidelity = Fidelity {
    level: Level::Documented,
    source: REPORTING,
    parts: &[
        SIGNED,
        choice(
            "the order in which a request is checked",
            "format first, then credentials, values, signature",
        ),
        ARABIC,
        choice(
            "which rows `from_date` and `to_date` select",
            "by `transaction_date`, both ends included",
        ),
    ],
};

/// `DOWNLOAD_REPORT`.
pub(super) const DOWNLOAD: Fidelity = Fidelity {
    level: Level::Observed,
    source: "the documents name the command without its answer; one published client reads the body",
    parts: &[
        documented("columns and their values, and the codes of errors", REPORTING),
        SIGNED,
        choice("the body in XML", "the signed envelope with `data` and `data_count`"),
        observed(
            "rows inside the signed envelope (quirk `payfort.download-envelope`)",
            "a published client",
        ),
        choice(
            "how long a report is pending",
            "the setting `report_ready`; a report does not expire",
        ),
        choice("a report whose preparation failed", "`57127`; its reference may be used again"),
        choice("the order of rows", "by time"),
        ARABIC,
    ],
};
