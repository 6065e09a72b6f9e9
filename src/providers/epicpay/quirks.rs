//! Behaviour that was observed in production and differs from the documents; off by default.

use crate::sandbox::scenario::Quirk;
use crate::sandbox::space::Moment;

/// The quirks of EpicPay.
pub(super) const ALL: &[Quirk] = &[
    Quirk {
        name: "account-no",
        off: "`account_number` in achrejects, deposits and deposits-detail, as documented",
        on: "`account_no` there",
    },
    Quirk {
        name: "unauthorized-200",
        off: "E01 comes with HTTP 401; E02 to E99 come with 200",
        on: "E01 comes with 200 too",
    },
];

/// The quirks that the scenario turns on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Quirks {
    // Two independent production clients read `account_no`; table and sample have `account_number`.
    pub(super) account_no: bool,
    // The vendor's own SDKs read the body of an error only if the HTTP status is 200.
    pub(super) unauthorized_200: bool,
}

impl Quirks {
    pub(super) fn of(moment: &Moment) -> Self {
        let on = |name| moment.scenario().has_quirk(name);
        Self {
            account_no: on("epicpay.account-no"),
            unauthorized_200: on("epicpay.unauthorized-200"),
        }
    }
}
