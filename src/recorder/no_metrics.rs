//! Replaces `metrics.rs` in a build without the feature `metrics`: it counts nothing, and
//! `GET /_admin/metrics` does not exist.

use crate::sandbox::journal::Entry;

/// Stands in for the counters; it has no fields.
#[derive(Clone, Debug, Default)]
pub struct Metrics {}

impl Metrics {
    /// Does nothing.
    pub fn count(&self, _: &Entry) {}
}
