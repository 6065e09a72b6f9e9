//! The counters of a build without the feature `metrics`: nothing is counted, and
//! `GET /_admin/metrics` does not exist.

use crate::sandbox::journal::Entry;

/// Counts nothing.
#[derive(Clone, Debug, Default)]
pub struct Metrics {}

impl Metrics {
    /// Does nothing.
    pub fn count(&self, _: &Entry) {}
}
