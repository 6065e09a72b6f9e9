//! The journal of a space: requests with their answers and the reasons of refusals, bounded in count and
//! bytes.

mod budget;
mod carried;
mod entry;
mod explanation;
mod line;
mod recorded_head;
mod shared;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

pub use budget::{Budget, MAX_TOTAL_BYTES};
pub use carried::{Carried, Page, PlacedRows, RequestedRows, RowMarks, Run};
pub use entry::{Answer, Body, Entry, MAX_TEXT, Note, Outcome};
pub use explanation::{Difference, Explanation, Hidden};
pub use line::{Line, without_secrets};
pub use recorded_head::{Headers, RecordedHead};

/// The default of the maximum number of entries of a journal.
pub const MAX_ENTRIES: usize = 1000;

/// The maximum memory of a journal in bytes, estimated.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The kept entries, and the ids that were given.
#[derive(Debug, Default)]
struct Ring {
    /// In the order in which their requests began (rising ids).
    entries: VecDeque<Arc<Entry>>,
    /// The id of the next entry.
    next: u64,
    bytes: usize,
    /// The highest id that was dropped to stay within the bounds; cleared entries do not count.
    dropped: u64,
    /// The highest id that was cleared.
    cleared: u64,
    /// Ids that were given and are not written yet, rising: one for each request being answered.
    reserved: Vec<u64>,
    /// Ids that other servers have and have not written yet.
    awaited: shared::Awaited,
}

impl Ring {
    /// Removes the oldest entry and returns it, so that the caller frees it after the lock is released.
    fn drop_oldest(&mut self) -> Option<Arc<Entry>> {
        let oldest = self.entries.pop_front()?;
        self.bytes = self.bytes.saturating_sub(oldest.weight());
        self.dropped = self.dropped.max(oldest.id);
        Some(oldest)
    }
}

/// Locks a ring; nothing that runs under the lock leaves a ring half changed.
fn lock(ring: &Mutex<Ring>) -> MutexGuard<'_, Ring> {
    ring.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why an entry is not in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Its request is still being answered.
    Open,
    /// It was cleared, by a request of the admin API or by a reset.
    Cleared,
    /// It was dropped, because the journal was full.
    Dropped,
    /// The id was never given.
    Never,
}

/// The journal of one space.
#[derive(Debug)]
pub struct Journal {
    // A `std` lock is enough: it is held only to add or copy pointers, never across an `.await`.
    ring: Arc<Mutex<Ring>>,
    /// The budget that it shares with other journals, and its id there.
    budget: (Arc<Budget>, u64),
    max_entries: usize,
    max_bytes: usize,
    written: watch::Sender<u64>,
}

impl Default for Journal {
    fn default() -> Self {
        Self::keeping(MAX_ENTRIES)
    }
}

impl Journal {
    /// A journal of at most `max_entries` entries and the default number of bytes.
    #[must_use]
    pub fn keeping(max_entries: usize) -> Self {
        Self::bounded(max_entries, MAX_BYTES)
    }

    /// A journal of at most `max_entries` entries and the default number of bytes that shares a budget with
    /// others.
    #[must_use]
    pub fn sharing(budget: Arc<Budget>, max_entries: usize) -> Self {
        Self::made(budget, max_entries, MAX_BYTES)
    }

    /// A journal of at most `max_entries` entries and about `max_bytes` bytes of memory.
    #[must_use]
    pub fn bounded(max_entries: usize, max_bytes: usize) -> Self {
        Self::made(Budget::of(usize::MAX), max_entries, max_bytes)
    }

    fn made(budget: Arc<Budget>, max_entries: usize, max_bytes: usize) -> Self {
        let ring = Ring { next: 1, ..Ring::default() };
        let (ring, written) = (Arc::new(Mutex::new(ring)), watch::Sender::new(0));
        let budget = (Arc::clone(&budget), budget.join(&ring));
        Self { ring, budget, max_entries, max_bytes, written }
    }

    /// Whether the journal keeps no entries.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.max_entries == 0
    }

    /// The most entries that it keeps.
    #[must_use]
    pub fn most(&self) -> usize {
        self.max_entries
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        lock(&self.ring)
    }

    /// Tells the budget the size of the ring.
    fn report(&self, ring: &Ring) {
        self.budget.0.report(self.budget.1, ring.bytes);
    }

    /// Drops the oldest entries of the largest journals until the budget is kept.
    fn keep_budget(&self) {
        let budget = &self.budget.0;
        while let Some((id, ring)) = budget.largest_of_too_many() {
            let mut ring = lock(&ring);
            let oldest = ring.drop_oldest();
            budget.report(id, ring.bytes);
            drop(ring);
            drop(oldest);
        }
    }

    /// The id of a new entry. An answer can contain it before the entry is written. Unless the journal is
    /// off, the entry has to be committed in the end.
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

    /// Writes an entry under its reserved id, with its long texts shortened. When the journal is full, the
    /// oldest entries are dropped.
    pub fn commit(&self, mut entry: Entry) {
        entry.shorten();
        let (entry, mut dropped) = (Arc::new(entry), Vec::new());
        let mut ring = self.ring();
        let id = entry.id;
        if let Some(index) = ring.reserved.iter().position(|reserved| *reserved == id) {
            ring.reserved.remove(index);
        }
        ring.bytes += entry.weight();
        // Requests do not end in the order in which they began; entries are kept in the order of the
        // beginning.
        let is_last = ring.entries.back().is_none_or(|last| last.id < id);
        let index = match is_last {
            true => ring.entries.len(),
            false => ring.entries.partition_point(|other| other.id < id),
        };
        ring.entries.insert(index, entry);
        while ring.entries.len() > self.max_entries || ring.bytes > self.max_bytes {
            let Some(oldest) = ring.drop_oldest() else { break };
            dropped.push(oldest);
        }
        self.report(&ring);
        drop(ring);
        // Memory is freed after the lock is released, so that no other thread waits for it.
        drop(dropped);
        self.keep_budget();
        // A waiting reader subscribes before it reads the entries, so no entry is missed when there is no
        // receiver.
        if self.written.receiver_count() > 0 {
            self.written.send_modify(|last| *last = (*last).max(id));
        }
    }

    /// All kept entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.ring().entries.iter().cloned().collect()
    }

    /// The entries with an id above this one, oldest first.
    #[must_use]
    pub fn entries_above(&self, id: u64) -> Vec<Arc<Entry>> {
        let ring = self.ring();
        let from = ring.entries.partition_point(|entry| entry.id <= id);
        ring.entries.range(from..).cloned().collect()
    }

    /// The id of the oldest entry; the id of the next entry if there is none.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        let ring = self.ring();
        ring.entries.front().map_or(ring.next, |entry| entry.id)
    }

    /// The entry with this id, if it is kept.
    #[must_use]
    pub fn entry(&self, id: u64) -> Option<Arc<Entry>> {
        let ring = self.ring();
        let index = ring.entries.binary_search_by_key(&id, |entry| entry.id).ok()?;
        ring.entries.get(index).cloned()
    }

    /// The highest id that was dropped because the journal was full; 0 if none was.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.ring().dropped
    }

    /// Whether entries are missing for a reader that has read everything up to `since`. Without `since`:
    /// whether entries written after the last clearing are missing.
    #[must_use]
    pub fn has_gap(&self, since: Option<u64>) -> bool {
        let ring = self.ring();
        match since {
            Some(since) => ring.dropped.max(ring.cleared) > since,
            None => ring.dropped > ring.cleared,
        }
    }

    /// The highest id up to which every entry has been written. A reader that has read up to it continues
    /// with the next id.
    #[must_use]
    pub fn last(&self) -> u64 {
        let ring = self.ring();
        let open = ring.reserved.first().copied().into_iter().chain(ring.awaited.first()).min();
        open.unwrap_or(ring.next).saturating_sub(1)
    }

    /// Why there is no entry with this id.
    #[must_use]
    pub fn missing(&self, id: u64) -> Missing {
        let ring = self.ring();
        match id {
            id if ring.reserved.contains(&id) || ring.awaited.has(id) => Missing::Open,
            0 => Missing::Never,
            id if id <= ring.cleared => Missing::Cleared,
            id if id <= ring.dropped => Missing::Dropped,
            _ => Missing::Never,
        }
    }

    /// Removes all entries. Numbering continues.
    pub fn clear(&self) {
        let mut ring = self.ring();
        let last = ring.entries.back().map_or(0, |entry| entry.id);
        ring.cleared = ring.cleared.max(ring.dropped).max(last);
        let cleared = std::mem::take(&mut ring.entries);
        ring.bytes = 0;
        self.report(&ring);
        drop(ring);
        drop(cleared);
    }

    /// The id that the next entry will get; it is not reserved.
    #[must_use]
    pub fn next_id(&self) -> u64 {
        self.ring().next
    }

    /// Continues numbering from `id`, unless it is already higher. Used for restored snapshots.
    pub fn skip_to(&self, id: u64) {
        let mut ring = self.ring();
        ring.next = ring.next.max(id);
    }

    /// The number of entries and the estimated bytes that are kept.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let ring = self.ring();
        (ring.entries.len(), ring.bytes)
    }

    /// A receiver that is notified when an entry is written; the value is the highest id written.
    #[must_use]
    pub fn writes(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.budget.0.leave(self.budget.1);
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
        assert!(journal.entries().iter().map(|entry| entry.id).eq([3, 4, 5]));
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

    #[test]
    fn the_largest_journal_makes_room_for_all() {
        let budget = Budget::of(20 * 1024);
        let journals: Vec<Journal> =
            (0..3).map(|_| Journal::sharing(Arc::clone(&budget), MAX_ENTRIES)).collect();
        let write = |journal: &Journal| journal.commit(entry(journal.reserve()));
        (0..1000).for_each(|_| write(&journals[0]));
        let all = journals[0].size();
        assert_eq!(all, (budget.used() / 768, budget.used()));
        assert!(budget.used() <= 20 * 1024);
        // A small journal keeps its entries; the large one gives way.
        (0..3).for_each(|_| write(&journals[1]));
        assert_eq!((journals[1].size().0, journals[0].size().0), (3, all.0 - 3));
        assert!(journals[0].has_gap(None) && !journals[1].has_gap(None));
        (0..1000).for_each(|_| write(&journals[2]));
        let counts: Vec<usize> = journals.iter().map(|it| it.size().0).collect();
        assert_eq!(counts.iter().sum::<usize>(), all.0);
        assert!(counts[1] == 3 && counts[0].abs_diff(counts[2]) <= 1, "{counts:?}");
        journals[2].clear();
        drop(journals);
        assert_eq!(budget.used(), 0);
    }
}
