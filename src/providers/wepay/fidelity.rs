//! What the operations of WePay rest on: documents, observation, or our choice.

use crate::providers::fidelity::{Fidelity, Level, Part, choice, documented, observed};

const CALLS: &str = "https://developer.wepay.com/api/api-calls/reports";
const ERRORS: Part =
    documented("errors and their codes", "https://developer.wepay.com/api/general/errors");
const THROTTLE: Part = documented(
    "30 calls in 10 seconds (quirk `wepay.throttle`)",
    "https://developer.wepay.com/docs/articles/throttling; no limit without the quirk",
);
const CHECKS: Part = choice(
    "the order in which a request is checked",
    "call, token, version, body, parameters, range, owner",
);

const fn call(source: &'static str, parts: &'static [Part]) -> Fidelity {
    Fidelity { level: Level::Documented, source, parts }
}

const TIMES: Part = observed(
    "`start_time` and `end_time` as sent (quirk `wepay.unrounded-times`)",
    "the samples; the text of the page rounds them to whole UTC days, as is the default",
);

pub(super) const REPORT: Fidelity = call(
    CALLS,
    &[
        ERRORS,
        THROTTLE,
        CHECKS,
        TIMES,
        choice("the form of `report_uri`", "a number and 32 hex digits"),
    ],
);
pub(super) const CREATE: Fidelity = call(
    CALLS,
    &[
        ERRORS,
        THROTTLE,
        CHECKS,
        TIMES,
        documented("the retries of an IPN", "https://developer.wepay.com/docs/articles/ipn"),
        choice(
            "how long a report takes",
            "3 s; the vendor says 5 to 10 min (settings `report_queued`, `report_running`)",
        ),
        choice("a report whose data is too young", "it is taken in, and fails"),
    ],
);
pub(super) const FILE: Fidelity = Fidelity {
    level: Level::Choice,
    source: "no header line of a file was ever published",
    parts: &[
        documented("CSV without authentication, four days long, with prefixes of ids", CALLS),
        observed(
            "the column `net_settled`, snake_case heads, `payment_id` with its prefix",
            "a published client",
        ),
    ],
};
pub(super) const TOKEN: Fidelity = call(
    "https://developer.wepay.com/api/api-calls/oauth2",
    &[ERRORS, choice("which codes are good", "any; the answer has the fixed token of the account")],
);
pub(super) const USER: Fidelity =
    call("https://developer.wepay.com/api/api-calls/user", &[ERRORS, CHECKS]);
pub(super) const ACCOUNT: Fidelity = call(
    "https://developer.wepay.com/api/api-calls/account",
    &[ERRORS, CHECKS, observed("`find` answers a bare list", "recorded answers")],
);
pub(super) const WITHDRAWAL: Fidelity = call(
    "https://developer.wepay.com/api/api-calls/withdrawal",
    &[
        ERRORS,
        CHECKS,
        observed("`find` answers a bare list", "recorded answers"),
        choice("what a withdrawal is", "the sum of the deposits of its day in one currency"),
    ],
);
