//! What was observed and differs from the documents, or from what is made of their silence; off by
//! default.

use crate::sandbox::scenario::Quirk;
use crate::sandbox::space::Moment;

/// The quirks of PayFort.
pub(super) const ALL: &[Quirk] = &[Quirk {
    name: "download-envelope",
    off: "a downloaded report is `[{\"data_count\":n},[rows]]`, unsigned",
    on: "its rows stand inside the signed envelope, as `data_count` and `data`",
}];

/// Which of them are on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Quirks {
    // No official text shows a download. The array comes from one published client, the envelope is
    // how the vendor answers every other request for a list.
    pub(super) download_envelope: bool,
}

impl Quirks {
    pub(super) fn of(moment: &Moment) -> Self {
        Self { download_envelope: moment.scenario().has_quirk("payfort.download-envelope") }
    }
}
