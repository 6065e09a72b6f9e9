//! Behaviour observed in production that differs from the documents; all of it is off by default.

use crate::sandbox::scenario::Quirk;
use crate::sandbox::space::Moment;

/// The quirks of beGateway.
pub(super) const ALL: &[Quirk] = &[
    Quirk {
        name: "local-time-z",
        off: "timestamps are UTC",
        on: "timestamps are wall clock of the requested zone, still ending in `Z`",
    },
    Quirk {
        name: "string-object-ids",
        off: "`first_object_id` and `last_object_id` are numbers, as in the sample",
        on: "they are strings, as in the table of the same page",
    },
];

/// Which quirks are on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Quirks {
    // One user saw 20:43:17 UTC come back as 23:43:17Z for Europe/Minsk; UTC requests hide it.
    pub(super) local_time_z: bool,
    // Two published clients cannot decode the numbers of the vendor's own sample.
    pub(super) string_object_ids: bool,
}

impl Quirks {
    pub(super) fn of(moment: &Moment) -> Self {
        let on = |name| moment.scenario().has_quirk(name);
        Self {
            local_time_z: on("begateway.local-time-z"),
            string_object_ids: on("begateway.string-object-ids"),
        }
    }
}
