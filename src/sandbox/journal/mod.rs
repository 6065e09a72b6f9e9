//! What was asked and answered, and why; bounded in count and bytes.

mod entry;
mod recorded_head;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

pub use entry::{Answer, Body, Entry, Note, Outcome};
pub use recorded_head::{Headers, RecordedHead};

/// Bytes that a journal keeps, about.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The entries there are, and which numbers were given.
#[derive(Debug)]
struct Ring {
    /// In the order their requests began.
    entries: VecDeque<Arc<Entry>>,
    /// The number of the next entry.
    next: u64,
    bytes: usize,
    /// The highest id that was dropped to keep within bounds (not by clearing).
    dropped: u64,
    /// The highest id that was cleared.
    cleared: u64,
    /// Ids that were given and not written yet, rising: as many as there are requests under way.
    reserved: Vec<u64>,
}

/// Where an entry is that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Its request is being answered.
    Open,
    /// It was cleared, by hand or by a reset.
    Cleared,
    /// It has made room for newer ones.
    Dropped,
    /// There is none of this id.
    Never,
}

/// The journal of one space.
#[derive(Debug)]
pub struct Journal {
    // A `std` lock: it is held to push or copy pointers, never across an `.await`.
    ring: Mutex<Ring>,
    max_entries: usize,
    max_bytes: usize,
    written: watch::Sender<u64>,
}

impl Default for Journal {
    fn default() -> Self {
        Self::keeping(1000)
    }
}

impl Journal {
    /// A journal that keeps at most so many entries, and its share of memory.
    #[must_use]
    pub fn keeping(max_entries: usize) -> Self {
        Self::bounded(max_entries, MAX_BYTES)
    }

    /// A journal that keeps at most so many entries and about so many bytes.
    #[must_use]
    pub fn bounded(max_entries: usize, max_bytes: usize) -> Self {
        let ring = Ring {
            entries: VecDeque::new(),
            next: 1,
            bytes: 0,
            dropped: 0,
            cleared: 0,
            reserved: Vec::new(),
        };
        let (ring, written) = (Mutex::new(ring), watch::Sender::new(0));
        Self { ring, max_entries, max_bytes, written }
    }

    /// Whether nothing that is written stays.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.max_entries == 0
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id of a new entry, which can be put into an answer before the entry is written. Unless the
    /// journal is off, the entry has to be committed in the end.
    #[must_use]
    pub fn reserve(&self) -> u64 {
        let mut ring = self.ring();
        let id = ring.next;
        ring.next += 1;
        if !self.is_off() {
            ring.reserved.push(id);
        }
        id
    }

    /// Writes an entry under the id that was reserved for it. The oldest make room.
    pub fn commit(&self, entry: Entry) {
        let (entry, mut dropped) = (Arc::new(entry), Vec::new());
        let mut ring = self.ring();
        let id = entry.id;
        if let Some(index) = ring.reserved.iter().position(|reserved| *reserved == id) {
            ring.reserved.remove(index);
        }
        ring.bytes += entry.weight();
        // Requests end in another order than they begin; the journal is in the order they began.
        let is_last = ring.entries.back().is_none_or(|last| last.id < id);
        let index = match is_last {
            true => ring.entries.len(),
            false => ring.entries.partition_point(|other| other.id < id),
        };
        ring.entries.insert(index, entry);
        while ring.entries.len() > self.max_entries || ring.bytes > self.max_bytes {
            let Some(oldest) = ring.entries.pop_front() else { break };
            ring.bytes = ring.bytes.saturating_sub(oldest.weight());
            ring.dropped = ring.dropped.max(oldest.id);
            dropped.push(oldest);
        }
        drop(ring);
        // Memory is given back while nobody waits for the lock.
        drop(dropped);
        // Whoever waits has subscribed before looking through the entries, so nobody misses this one.
        if self.written.receiver_count() > 0 {
            self.written.send_modify(|last| *last = (*last).max(id));
        }
    }

    /// All entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.ring().entries.iter().cloned().collect()
    }

    /// One entry.
    #[must_use]
    pub fn entry(&self, id: u64) -> Option<Arc<Entry>> {
        let ring = self.ring();
        let index = ring.entries.binary_search_by_key(&id, |entry| entry.id).ok()?;
        ring.entries.get(index).cloned()
    }

    /// The highest id that was dropped because the journal was full; 0 for none.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.ring().dropped
    }

    /// Whether entries are gone that a reader asks for who has seen everything up to `since`; without
    /// one, whether some of those that came after the last clearing are.
    #[must_use]
    pub fn has_gap(&self, since: Option<u64>) -> bool {
        let ring = self.ring();
        match since {
            Some(since) => ring.dropped.max(ring.cleared) > since,
            None => ring.dropped > ring.cleared,
        }
    }

    /// Everything up to this id has been written: whoever has read that goes on behind it.
    #[must_use]
    pub fn last(&self) -> u64 {
        let ring = self.ring();
        ring.reserved.first().copied().unwrap_or(ring.next).saturating_sub(1)
    }

    /// Where an entry is that is not there.
    #[must_use]
    pub fn missing(&self, id: u64) -> Missing {
        let ring = self.ring();
        match id {
            id if ring.reserved.contains(&id) => Missing::Open,
            0 => Missing::Never,
            id if id <= ring.cleared => Missing::Cleared,
            id if id <= ring.dropped => Missing::Dropped,
            _ => Missing::Never,
        }
    }

    /// Forgets all entries. Numbering goes on.
    pub fn clear(&self) {
        let mut ring = self.ring();
        let last = ring.entries.back().map_or(0, |entry| entry.id);
        ring.cleared = ring.cleared.max(ring.dropped).max(last);
        let cleared = std::mem::take(&mut ring.entries);
        ring.bytes = 0;
        drop(ring);
        drop(cleared);
    }

    /// The id that the next entry is going to have, without taking it.
    #[must_use]
    pub fn next_id(&self) -> u64 {
        self.ring().next
    }

    /// Goes on numbering from `id`, unless it is beyond that already: for snapshots.
    pub fn skip_to(&self, id: u64) {
        let mut ring = self.ring();
        ring.next = ring.next.max(id);
    }

    /// Entries and bytes kept.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let ring = self.ring();
        (ring.entries.len(), ring.bytes)
    }

    /// Wakes whenever an entry is written.
    #[must_use]
    pub fn writes(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: u64) -> Entry {
        Entry { id, ..Entry::default() }
    }

    #[test]
    fn bytes_are_bounded_with_the_bodies_of_answers_counted() {
        let journal = Journal::bounded(1000, 10 * Body::MAX);
        for id in 1..=40 {
            let body = Body::whole(&vec![b'x'; Body::MAX].into());
            let answer_body = match id % 2 {
                0 => Answer::Passing(Arc::new(Mutex::new(body))),
                _ => Answer::Whole(body),
            };
            journal.commit(Entry { answer_body, ..entry(id) });
        }
        let (entries, bytes) = journal.size();
        assert!((5..=10).contains(&entries) && bytes <= 10 * Body::MAX, "{entries} {bytes}");
        let kept = |it: &Arc<Entry>| it.answer_body.body().bytes.len();
        assert_eq!(journal.entries().iter().map(kept).sum::<usize>(), entries * Body::MAX);
    }

    #[test]
    fn entries_stand_in_the_order_their_requests_began() {
        let journal = Journal::keeping(3);
        for id in [1, 4, 2, 5, 3] {
            journal.commit(entry(id));
        }
        let ids: Vec<u64> = journal.entries().iter().map(|entry| entry.id).collect();
        assert_eq!(ids, [3, 4, 5]);
    }

    #[test]
    fn a_reader_who_missed_something_is_told() {
        let journal = Journal::keeping(2);
        let write = || journal.commit(entry(journal.reserve()));
        (0..4).for_each(|_| write());
        assert_eq!((journal.last(), journal.dropped()), (4, 2));
        assert!(journal.has_gap(None) && journal.has_gap(Some(1)) && !journal.has_gap(Some(2)));
        journal.clear();
        assert_eq!(journal.last(), 4);
        assert!(!journal.has_gap(None) && journal.has_gap(Some(3)) && !journal.has_gap(Some(4)));
        let (fifth, sixth) = (journal.reserve(), journal.reserve());
        journal.commit(entry(sixth));
        assert_eq!((fifth, journal.last()), (5, 4), "the fifth is still to come");
        let missing = [2, 5, 7].map(|id| journal.missing(id));
        assert_eq!(missing, [Missing::Cleared, Missing::Open, Missing::Never]);
        journal.commit(entry(fifth));
        assert_eq!(journal.last(), 6);
        write();
        assert_eq!(journal.missing(5), Missing::Dropped);
    }

    #[test]
    fn a_journal_of_no_entries_keeps_none() {
        let journal = Journal::keeping(0);
        assert!(journal.is_off() && !Journal::default().is_off());
        journal.commit(entry(1));
        assert_eq!(journal.size(), (0, 0));
    }
}
