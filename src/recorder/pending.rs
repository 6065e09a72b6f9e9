//! An entry on its way into the journal: it gets there also when the client goes away before the answer.

use std::sync::Arc;

use crate::admin::metrics::Metrics;
use crate::sandbox::Sandbox;
use crate::sandbox::clock::Stopwatch;
use crate::sandbox::journal::{Entry, Note, Outcome};

/// An entry that is written when it is dropped, unless it was taken. Nobody else has it yet; it is where
/// it is going to stay, so that it is never copied.
pub(super) struct Pending<'a> {
    sandbox: &'a Sandbox,
    metrics: &'a Metrics,
    watch: Stopwatch,
    entry: Option<Arc<Entry>>,
}

impl<'a> Pending<'a> {
    /// The entry of a request that begins to be answered.
    pub(super) fn new(sandbox: &'a Sandbox, metrics: &'a Metrics, entry: Arc<Entry>) -> Self {
        Self { sandbox, metrics, watch: Stopwatch::start(), entry: Some(entry) }
    }

    /// Changes what is known so far.
    pub(super) fn edit(&mut self, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = &mut self.entry {
            change(Arc::make_mut(entry));
        }
    }

    /// The entry, with how long it took; whoever takes it writes it.
    pub(super) fn take(mut self) -> Option<Arc<Entry>> {
        let mut entry = self.entry.take()?;
        Arc::make_mut(&mut entry).duration_us = micros(self.watch);
        Some(entry)
    }
}

fn micros(watch: Stopwatch) -> u64 {
    u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX)
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        let Some(mut kept) = self.entry.take() else { return };
        let entry = Arc::make_mut(&mut kept);
        entry.duration_us = micros(self.watch);
        entry.outcome = if entry.fault.is_some() { Outcome::Faulted } else { Outcome::Refused };
        entry.note = Note::refused(None, "the client went away before it was answered");
        self.metrics.count(entry);
        if !self.sandbox.journal.is_off() {
            self.sandbox.journal.write(kept);
        }
    }
}
