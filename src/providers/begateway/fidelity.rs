//! What the operations of beGateway rest on: documents, observation, or our choice.

use crate::providers::fidelity::{Fidelity, Level, Part, choice, documented, observed};

const PAGINATED: &str = "https://doc.begateway.com/en/payment_management/reports/paginated_report/";
const SHOP: &str = "https://doc.begateway.com/en/payment_management/reports/reports_shop/";

const ERRORS: Part =
    choice("errors", "`message` and `errors` with the name of the parameter at the leaf");
const ZONES: Part = choice(
    "bounds in hours that clocks repeat or skip",
    "a row is selected if its printed time lies between the bounds",
);
const LOCAL_TIME: Part = observed(
    "wall clock of the zone that ends in `Z` (quirk `begateway.local-time-z`)",
    "recorded answers of a production user; UTC without the quirk",
);

/// A page of transactions, `X-Api-Version: 3`.
pub(super) const REPORTS: Fidelity = Fidelity {
    level: Level::Documented,
    source: PAGINATED,
    parts: &[
        documented("authentication", SHOP),
        documented(
            "`first_object_id` and `last_object_id` as text (quirk `begateway.string-object-ids`)",
            "the table of the same page; its sample has numbers, which are the default",
        ),
        LOCAL_TIME,
        ERRORS,
        ZONES,
        choice("rows of a page", "1000, by ascending id (setting `page_size`)"),
        choice(
            "keys of types that no sample shows",
            "those of the sample, and `parent_uid` and `reason`",
        ),
        observed("`erip` as a payment method", "published clients"),
    ],
};

/// The transactions of a day, `X-Api-Version: 2`.
pub(super) const DAY: Fidelity = Fidelity {
    level: Level::Documented,
    source: SHOP,
    parts: &[
        LOCAL_TIME,
        ERRORS,
        ZONES,
        choice(
            "keys of types that no sample shows",
            "those of the sample, and `parent_uid` and `reason`",
        ),
    ],
};

/// The number of transactions.
pub(super) const COUNT: Fidelity =
    Fidelity { level: Level::Documented, source: PAGINATED, parts: &[ERRORS, ZONES] };

/// Balances.
pub(super) const BALANCES: Fidelity = Fidelity {
    level: Level::Observed,
    source: "two published clients (crates.io `bepaid`, PyPI `bepaid`)",
    parts: &[choice("what a balance is", "what is paid and not yet settled, by currency"), ERRORS],
};
