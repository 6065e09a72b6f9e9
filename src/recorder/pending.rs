//! An entry on its way into the journal: it gets there also when the client goes away before the answer.

use std::sync::Arc;

use super::metrics::Metrics;
use crate::sandbox::clock::Stopwatch;
use crate::sandbox::journal::{Entry, Note, Outcome};
use crate::sandbox::space::Space;

/// An entry that is written when it is dropped, unless it was taken.
pub(super) struct Pending {
    space: Arc<Space>,
    metrics: Metrics,
    watch: Stopwatch,
    entry: Option<Entry>,
}

impl Pending {
    /// The entry of a request that begins to be answered.
    pub(super) fn new(space: Arc<Space>, metrics: Metrics, entry: Entry) -> Self {
        Self { space, metrics, watch: Stopwatch::start(), entry: Some(entry) }
    }

    /// Says which fault rules struck.
    pub(super) fn struck_by(&mut self, rules: &[String]) {
        if let Some(entry) = self.entry.as_mut().filter(|_| !rules.is_empty()) {
            entry.fault = Some(rules.join(", "));
        }
    }

    /// The entry, with how long it took; whoever takes it writes it.
    pub(super) fn take(mut self) -> Option<Entry> {
        let entry = self.entry.take()?;
        Some(Entry { duration_us: micros(self.watch), ..entry })
    }
}

fn micros(watch: Stopwatch) -> u64 {
    u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX)
}

impl Drop for Pending {
    fn drop(&mut self) {
        let Some(mut entry) = self.entry.take() else { return };
        entry.duration_us = micros(self.watch);
        entry.outcome = if entry.fault.is_some() { Outcome::Faulted } else { Outcome::Refused };
        entry.note = Note::refused(None, "the client went away before it was answered");
        self.metrics.count(&entry);
        if !self.space.journal.is_off() {
            self.space.record(entry);
        }
    }
}
