//! Where the events of a space go: in memory, the newest of them, bounded in count and bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use super::state::event::Record;

/// Events that a space keeps at most, when nothing is said.
pub const MAX_EVENTS: usize = 10_000;

/// Bytes that the events of a space take at most, about.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The newest events of a space.
#[derive(Debug)]
pub struct Log {
    records: VecDeque<Arc<Record>>,
    max_events: usize,
    bytes: usize,
    /// The number of the last event that has made room.
    dropped: u64,
}

impl Log {
    /// A log of so many events at most.
    #[must_use]
    pub fn keeping(max_events: usize) -> Self {
        Self { records: VecDeque::new(), max_events, bytes: 0, dropped: 0 }
    }

    /// Appends an event. The oldest make room.
    pub fn append(&mut self, record: Record) {
        self.bytes += record.event.weight();
        self.records.push_back(Arc::new(record));
        while self.records.len() > self.max_events || self.bytes > MAX_BYTES {
            let Some(oldest) = self.records.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(oldest.event.weight());
            self.dropped = oldest.id;
        }
    }

    /// The number of the last event that has made room; 0 for none.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Events with numbers above this one, the oldest first.
    pub fn since(&self, id: u64) -> impl DoubleEndedIterator<Item = &Arc<Record>> {
        let from = self.records.partition_point(|record| record.id <= id);
        self.records.range(from..)
    }
}
