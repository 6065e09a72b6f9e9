//! The journal as several servers share it: entries of others, and ids that are still to come from them.

use std::sync::Arc;
use std::time::Duration;

use super::{Entry, Journal};
use crate::sandbox::clock::Stopwatch;

/// For how long an id that another server has is waited for: 15 seconds. After that its server is taken to
/// have ended before the entry was written.
const AWAITED: Duration = Duration::from_secs(15);

/// Ids of other servers that are remembered at most.
const MAX_AWAITED: usize = 10_000;

/// Ids that other servers have and have not written yet, rising, with the time of which each is known.
#[derive(Debug, Default)]
pub(super) struct Awaited(Vec<(u64, Stopwatch)>);

impl Awaited {
    /// Waits for all ids from `from` up to `to`, without it.
    pub(super) fn expect(&mut self, from: u64, to: u64) {
        let most = u64::try_from(MAX_AWAITED).unwrap_or(u64::MAX);
        let since = Stopwatch::start();
        self.0.extend((from.max(to.saturating_sub(most))..to).map(|id| (id, since)));
        let surplus = self.0.len().saturating_sub(MAX_AWAITED);
        self.0.drain(..surplus);
    }

    /// An id that is not waited for any longer.
    pub(super) fn came(&mut self, id: u64) {
        if let Ok(index) = self.0.binary_search_by_key(&id, |it| it.0) {
            self.0.remove(index);
        }
    }

    /// The lowest id that is still waited for.
    pub(super) fn first(&self) -> Option<u64> {
        self.0.iter().find(|it| it.1.elapsed() < AWAITED).map(|it| it.0)
    }

    /// Whether an id is still waited for.
    pub(super) fn has(&self, id: u64) -> bool {
        let found = self.0.binary_search_by_key(&id, |it| it.0).ok();
        let found = found.and_then(|index| self.0.get(index));
        found.is_some_and(|it| it.1.elapsed() < AWAITED)
    }
}

impl Journal {
    /// Reserves an id that was given by a store. Ids need not come in their order.
    #[must_use]
    pub fn reserve_as(&self, id: u64) -> u64 {
        let mut ring = self.ring();
        let next = ring.next;
        ring.awaited.expect(next, id);
        ring.awaited.came(id);
        ring.next = next.max(id + 1);
        if !self.is_off() {
            let index = ring.reserved.partition_point(|other| *other < id);
            ring.reserved.insert(index, id);
        }
        id
    }

    /// Takes an entry that another server has written, in the place of what is known of it.
    pub fn adopt(&self, entry: Entry) {
        let mut ring = self.ring();
        let id = entry.id;
        if id <= ring.cleared.max(ring.dropped) {
            return;
        }
        let is_first = ring.entries.is_empty() && ring.reserved.is_empty() && ring.next == 1;
        if is_first {
            // What came before it was dropped before this server knew of the space.
            ring.dropped = ring.dropped.max(id - 1);
        } else {
            let next = ring.next;
            ring.awaited.expect(next, id);
        }
        ring.awaited.came(id);
        ring.next = ring.next.max(id + 1);
        if let Ok(index) = ring.entries.binary_search_by_key(&id, |known| known.id)
            && let Some(known) = ring.entries.remove(index)
        {
            ring.bytes = ring.bytes.saturating_sub(known.weight());
        }
        drop(ring);
        self.commit(entry);
    }

    /// Whether this journal has the entry with this id.
    #[must_use]
    pub fn has(&self, id: u64) -> bool {
        self.ring().entries.binary_search_by_key(&id, |entry| entry.id).is_ok()
    }

    /// Removes all entries up to this id, as another server has done.
    pub fn clear_to(&self, id: u64) {
        let mut ring = self.ring();
        let kept = ring.entries.partition_point(|entry| entry.id <= id);
        let cleared: Vec<Arc<Entry>> = ring.entries.drain(..kept).collect();
        let bytes: usize = cleared.iter().map(|entry| entry.weight()).sum();
        ring.bytes = ring.bytes.saturating_sub(bytes);
        ring.cleared = ring.cleared.max(id);
        ring.next = ring.next.max(id + 1);
        self.report(&ring);
        drop(ring);
        drop(cleared);
    }

    /// Continues the ids of an earlier process: they were below `next`, and the entries are gone.
    pub fn resume(&self, next: u64) {
        self.skip_to(next);
        self.ring().cleared = next.saturating_sub(1);
    }

    /// The highest id that was cleared.
    #[must_use]
    pub fn cleared(&self) -> u64 {
        self.ring().cleared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: u64) -> Entry {
        Entry { id, ..Entry::default() }
    }

    #[test]
    fn an_id_of_another_server_is_waited_for() {
        let journal = Journal::keeping(10);
        journal.commit(entry(journal.reserve_as(1)));
        assert_eq!(journal.reserve_as(4), 4);
        journal.commit(entry(4));
        assert_eq!(journal.last(), 1, "2 and 3 are still to come");
        journal.adopt(entry(3));
        journal.adopt(entry(2));
        assert_eq!(journal.last(), 4);
        journal.adopt(entry(2));
        assert!(journal.entries().iter().map(|it| it.id).eq([1, 2, 3, 4]));
        journal.clear_to(3);
        assert!(journal.has_gap(Some(2)) && !journal.has_gap(Some(3)));
        journal.adopt(entry(2));
        assert!(journal.entries().iter().map(|it| it.id).eq([4]));
    }

    #[test]
    fn what_was_dropped_before_this_server_came_is_a_gap() {
        let journal = Journal::keeping(10);
        journal.adopt(entry(7));
        assert_eq!((journal.last(), journal.dropped()), (7, 6));
        assert!(journal.has_gap(Some(5)) && !journal.has_gap(Some(6)));
    }
}
