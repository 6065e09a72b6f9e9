//! Behaviour that was observed in production and differs from the documents; off by default.

use jiff::SignedDuration;

use crate::sandbox::scenario::Quirk;
use crate::sandbox::space::Moment;

/// The quirks of WePay.
pub(super) const ALL: &[Quirk] = &[
    Quirk {
        name: "unrounded-times",
        off: "`start_time` and `end_time` are returned rounded to whole UTC days",
        on: "they are returned as sent, as in the samples",
    },
    Quirk {
        name: "throttle",
        off: "no limit",
        on: "30 calls in 10 s of sandbox time per application, then `throttle_exceeded`",
    },
];

/// Maximum number of calls of an application within [`THROTTLE_WINDOW`].
pub(super) const THROTTLE_CALLS: usize = 30;
pub(super) const THROTTLE_WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// The quirks that are on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Quirks {
    // The samples show unrounded times; the text says that they are rounded.
    pub(super) unrounded_times: bool,
    // The limit is documented, but it would hinder tests that do not want it.
    pub(super) throttle: bool,
}

impl Quirks {
    pub(super) fn of(moment: &Moment) -> Self {
        let on = |name| moment.scenario().has_quirk(name);
        Self { unrounded_times: on("wepay.unrounded-times"), throttle: on("wepay.throttle") }
    }
}
