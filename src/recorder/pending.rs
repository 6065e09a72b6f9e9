//! Guards a journal entry until it is complete: it is also written if the client closes the connection first.

use std::sync::Arc;

use super::metrics::Metrics;
use crate::sandbox::clock::Stopwatch;
use crate::sandbox::journal::{Entry, Note, Outcome};
use crate::sandbox::space::Space;

/// An entry that is written to the journal when this value is dropped, unless `take` was called.
pub(super) struct Pending {
    space: Arc<Space>,
    metrics: Metrics,
    watch: Stopwatch,
    entry: Option<Entry>,
    /// Whether the request was carried out, so that only the answer is missing.
    is_carried_out: bool,
}

impl Pending {
    /// Guards the entry of a request and starts its stopwatch.
    pub(super) fn new(space: Arc<Space>, metrics: Metrics, entry: Entry) -> Self {
        Self {
            space,
            metrics,
            watch: Stopwatch::start(),
            entry: Some(entry),
            is_carried_out: false,
        }
    }

    /// Stores the ids of the fault rules that apply to the request.
    pub(super) fn struck_by(&mut self, rules: &[String]) {
        if let Some(entry) = self.entry.as_mut().filter(|_| !rules.is_empty()) {
            entry.fault = Some(rules.join(", "));
        }
    }

    /// Marks the request as carried out.
    pub(super) fn was_carried_out(&mut self) {
        self.is_carried_out = true;
    }

    /// The entry with its duration; the caller has to write it to the journal.
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
        let reason = match self.is_carried_out {
            true => "the client went away before it was answered; what it asked for was done",
            false => "the client went away before it was answered",
        };
        entry.note = Note::refused(None, reason);
        self.metrics.count(&entry);
        if !self.space.journal.is_off() {
            let recorded = self.space.record(entry);
            if let Some(recorded) = recorded
                && let Ok(runtime) = tokio::runtime::Handle::try_current()
            {
                runtime.spawn(recorded);
            }
        }
    }
}
