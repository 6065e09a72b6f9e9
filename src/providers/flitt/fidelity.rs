//! What the operations of Flitt rest on: documents, observation, or our choice.

use crate::providers::fidelity::{Fidelity, Level, choice, observed};

const REPORTS: &str = "https://docs.flitt.com/api/reports/";

/// The token of an application.
pub(super) const TOKEN: Fidelity = Fidelity {
    level: Level::Documented,
    source: REPORTS,
    parts: &[
        choice(
            "the text of a refusal",
            "`Incorrect signature` for every error; the journal has the reason",
        ),
        observed(
            "a refused request with HTTP 200 (quirk `flitt.token-errors-200`)",
            "a published client reads the error at HTTP 200; the page has 403, the default",
        ),
    ],
};

/// A page of a report.
pub(super) const REPORT: Fidelity = Fidelity {
    level: Level::Documented,
    source: REPORTS,
    parts: &[
        observed(
            "report 745 with 36 columns (quirk `flitt.wide-745`)",
            "the newer version of the page",
        ),
        observed(
            "`text/html` as the content type (quirk `flitt.html-content-type`)",
            "a published client reads the answer whatever its content type",
        ),
        observed(
            "unknown fields and operands are ignored (quirk `flitt.lenient-filters`)",
            "samples of a published client without a filter",
        ),
        choice("blanks and escapes of the JSON text", "as Python writes JSON"),
        choice(
            "texts of errors beside the four that are documented",
            "our wording in the same envelope",
        ),
        choice("the order of rows", "newest first; within a second by descending id"),
        choice("limits of a page", "`on_page` without an upper limit; 10 without it"),
        choice("words of `fee_name` and `fee_type`", "`Acquiring fee`; `percent` or `percent+fix`"),
    ],
};
