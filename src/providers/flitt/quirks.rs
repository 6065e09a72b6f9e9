//! Behaviour observed in production that differs from the documents. All quirks are off by default.

use crate::sandbox::scenario::Quirk;
use crate::sandbox::space::Moment;

/// The quirks of Flitt.
pub(super) const ALL: &[Quirk] = &[
    Quirk {
        name: "html-content-type",
        off: "report answers are `application/json`",
        on: "report answers are `text/html; charset=UTF-8`",
    },
    Quirk {
        name: "token-errors-200",
        off: "a refused token request is HTTP 403",
        on: "a refused token request is HTTP 200",
    },
    Quirk {
        name: "wide-745",
        off: "report 745 has the 26 columns of the vendor document",
        on: "report 745 has the 36 columns of its newer version",
    },
    Quirk {
        name: "lenient-filters",
        off: "an unknown field or operand and a missing mandatory filter are errors",
        on: "an unknown field or operand and a missing mandatory filter are ignored",
    },
];

/// The state of each quirk in a scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent switches")]
pub(super) struct Quirks {
    // A client in production had to disable its content type check for this endpoint alone.
    pub(super) html_content_type: bool,
    // The PHP client reads `error_message` from answers with status 200 only.
    pub(super) token_errors_200: bool,
    // The newest version of the vendor's page lists ten more columns.
    pub(super) wide_745: bool,
    // The vendor's own clients send an empty list of filters by default.
    pub(super) lenient_filters: bool,
}

impl Quirks {
    pub(super) fn of(moment: &Moment) -> Self {
        let on = |name| moment.scenario().has_quirk(name);
        Self {
            html_content_type: on("flitt.html-content-type"),
            token_errors_200: on("flitt.token-errors-200"),
            wide_745: on("flitt.wide-745"),
            lenient_filters: on("flitt.lenient-filters"),
        }
    }
}
