//! An entry on its way into the journal: it gets there also when the client goes away before the answer.

use std::mem;

use crate::admin::metrics::Metrics;
use crate::sandbox::clock::Stopwatch;
use crate::sandbox::journal::{Entry, Journal, Note, Outcome};

/// An entry that is written when it is dropped, unless it was taken.
pub(super) struct Pending {
    journal: Journal,
    metrics: Metrics,
    watch: Stopwatch,
    entry: Option<Box<Entry>>,
}

impl Pending {
    /// The entry of a request that begins to be answered.
    pub(super) fn new(journal: Journal, metrics: Metrics, entry: Entry) -> Self {
        Self { journal, metrics, watch: Stopwatch::start(), entry: Some(Box::new(entry)) }
    }

    /// Changes what is known so far.
    pub(super) fn edit(&mut self, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = &mut self.entry {
            change(entry);
        }
    }

    /// The entry, with how long it took; whoever takes it writes it.
    pub(super) fn take(mut self) -> Option<Box<Entry>> {
        let mut entry = mem::take(&mut self.entry)?;
        entry.duration_us = micros(self.watch);
        Some(entry)
    }
}

fn micros(watch: Stopwatch) -> u64 {
    u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX)
}

impl Drop for Pending {
    fn drop(&mut self) {
        let Some(mut entry) = mem::take(&mut self.entry) else { return };
        entry.duration_us = micros(self.watch);
        entry.outcome = if entry.fault.is_some() { Outcome::Faulted } else { Outcome::Refused };
        entry.note = Note::refused(None, "the client went away before it was answered");
        self.metrics.count(&entry);
        if !self.journal.is_off() {
            self.journal.write(*entry);
        }
    }
}
