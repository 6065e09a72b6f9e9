//! The log of a space: its newest events, in memory, bounded in count and bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use super::state::event::Record;

/// The default of the maximum number of events that a space keeps.
pub const MAX_EVENTS: usize = 10_000;

/// The maximum memory for the events of a space in bytes, estimated.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The newest events of a space, oldest first.
#[derive(Debug)]
pub struct Log {
    records: VecDeque<Arc<Record>>,
    max_events: usize,
    bytes: usize,
    /// The number of the last event that was dropped.
    dropped: u64,
}

impl Log {
    /// An empty log that keeps at most `max_events` events.
    #[must_use]
    pub fn keeping(max_events: usize) -> Self {
        Self { records: VecDeque::new(), max_events, bytes: 0, dropped: 0 }
    }

    /// Appends an event. When the log is full, the oldest events are dropped.
    pub fn append(&mut self, record: Record) {
        self.bytes += record.event.weight();
        self.records.push_back(Arc::new(record));
        while self.records.len() > self.max_events || self.bytes > MAX_BYTES {
            let Some(oldest) = self.records.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(oldest.event.weight());
            self.dropped = oldest.id;
        }
    }

    /// The number of the last event that was dropped to make room; 0 if none was.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The kept events with numbers greater than `id`, oldest first.
    pub fn since(&self, id: u64) -> impl DoubleEndedIterator<Item = &Arc<Record>> {
        let from = self.records.partition_point(|record| record.id <= id);
        self.records.range(from..)
    }
}
