//! Observed behaviour that differs from the documents, or from our choice where they are silent. All
//! quirks are off by default.

use crate::sandbox::scenario::Quirk;
use crate::sandbox::space::Moment;

/// The quirks of PayFort.
pub(super) const ALL: &[Quirk] = &[Quirk {
    name: "download-envelope",
    off: "a downloaded report is `[{\"data_count\":n},[rows]]`, unsigned",
    on: "its rows stand inside the signed envelope, as `data_count` and `data`",
}];

/// The state of each quirk in a scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Quirks {
    // No official document shows the answer to a download. The array comes from one published client;
    // the envelope is the form of all other answers of the vendor that contain a list.
    pub(super) download_envelope: bool,
}

impl Quirks {
    pub(super) fn of(moment: &Moment) -> Self {
        Self { download_envelope: moment.scenario().has_quirk("payfort.download-envelope") }
    }
}
