//! What was asked and answered, and why; bounded in count and bytes.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::watch;

use super::heads::Heads;

/// How a request ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// The provider's answer to a good question.
    #[default]
    Answered,
    /// The provider's error.
    Refused,
    /// A fault struck.
    Faulted,
}

impl Outcome {
    /// The word for it in the admin API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Faulted => "faulted",
        }
    }
}

/// What a provider tells the journal about an answer, as an extension of the response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Who asked, by the merchant's name in the scenario, when that is known.
    pub merchant: Option<String>,
    /// Why it was refused, in a sentence for a person; `None` when it was answered.
    pub reason: Option<String>,
    /// What helps to mend it: names and values (the string that was to be signed, the signature that
    /// was expected, …). Secrets are replaced by their names before they come here.
    pub explanation: Vec<(String, String)>,
}

impl Note {
    /// An answer to this merchant.
    #[must_use]
    pub fn answered(merchant: &str) -> Self {
        Self { merchant: Some(merchant.to_owned()), ..Self::default() }
    }

    /// A refusal with its reason.
    #[must_use]
    pub fn refused(merchant: Option<&str>, reason: impl Into<String>) -> Self {
        Self {
            merchant: merchant.map(str::to_owned),
            reason: Some(reason.into()),
            explanation: Vec::new(),
        }
    }

    /// With one more thing that helps.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.explanation.push((name.to_owned(), value.into()));
        self
    }
}

/// The part of a body that is kept, and how long the whole was.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// The first bytes.
    pub kept: Bytes,
    /// Length of the whole in bytes.
    pub length: u64,
    /// Bytes of memory it holds on to.
    held: usize,
}

impl Body {
    /// Bytes of a body that are kept at most.
    pub const MOST: usize = 16 * 1024;

    /// A whole body. One that is not much longer than what is kept is held as it is, not copied.
    #[must_use]
    pub fn whole(body: &Bytes) -> Self {
        let mut kept = Self::default();
        if body.len() > 2 * Self::MOST {
            kept.push(body);
        } else {
            kept.kept = body.slice(..body.len().min(Self::MOST));
            (kept.length, kept.held) = (length_of(body), body.len());
        }
        kept
    }

    /// Appends a copy of a piece as it passes.
    pub fn push(&mut self, piece: &[u8]) {
        let room = Self::MOST.saturating_sub(self.kept.len()).min(piece.len());
        let more = piece.get(..room).unwrap_or_default();
        if !more.is_empty() {
            self.kept = [&self.kept, more].concat().into();
            self.held = self.kept.len();
        }
        self.length += length_of(piece);
    }

    /// Whether something was left out.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        length_of(&self.kept) < self.length
    }
}

fn length_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(0)
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It was there when the entry was written.
    Whole(Body),
    /// It was still to come; it grows while it passes.
    Passing(Arc<Mutex<Body>>),
}

impl Answer {
    /// What there is of it by now.
    #[must_use]
    pub fn body(&self) -> Body {
        match self {
            Self::Whole(body) => body.clone(),
            Self::Passing(body) => body.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Bytes of memory it takes, or may take in the end.
    fn weight(&self) -> usize {
        match self {
            Self::Whole(body) => body.held,
            Self::Passing(_) => Body::MOST,
        }
    }
}

impl Default for Answer {
    fn default() -> Self {
        Self::Whole(Body::default())
    }
}

/// One request with its answer.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Rises by one with every request of a space and never repeats, also after clearing.
    pub id: u64,
    /// Sandbox time of the request.
    pub at: Timestamp,
    /// Real time of the request.
    pub real_at: Timestamp,
    /// Slug of the provider; empty when the path belongs to none.
    pub provider: &'static str,
    /// The provider's operation.
    pub operation: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// HTTP status of the answer; 0 when the connection was cut instead.
    pub status: u16,
    /// Real time from the last byte of the request to the first of the answer, in microseconds.
    pub duration_us: u64,
    /// What the provider said about it.
    pub note: Note,
    /// The fault that struck, by its id.
    pub fault: Option<String>,
    /// HTTP method.
    pub method: Cow<'static, str>,
    /// Target and headers of the request, headers of the answer.
    pub heads: Heads,
    /// Body of the request.
    pub request_body: Body,
    /// Body of the answer.
    pub answer_body: Answer,
}

impl Entry {
    /// Bytes it takes, about; the same whenever it is asked.
    fn weight(&self) -> usize {
        768 + self.heads.weight() + self.request_body.kept.len() + self.answer_body.weight()
    }
}

#[derive(Debug)]
struct Pages {
    entries: VecDeque<Arc<Entry>>,
    next: u64,
    bytes: usize,
    /// The highest id that was dropped to keep within bounds (not by clearing).
    dropped: u64,
    /// The highest id that was cleared.
    cleared: u64,
    /// Ids that were taken and not written yet, rising: as many as there are requests under way.
    open: Vec<u64>,
    /// The last entry that has made room, if nobody else looks at it: the next one takes its memory.
    spare: Option<Arc<Entry>>,
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

/// The journal of one space; clones are the same journal.
#[derive(Clone, Debug)]
pub struct Journal {
    // A `std` lock: it is held to push or copy pointers, never across an `.await`.
    pages: Arc<Mutex<Pages>>,
    most_entries: usize,
    most_bytes: usize,
    written: watch::Sender<u64>,
}

impl Default for Journal {
    fn default() -> Self {
        Self::keeping(1000)
    }
}

/// Bytes that a journal keeps, about.
const MOST_BYTES: usize = 8 * 1024 * 1024;

impl Journal {
    /// A journal that keeps at most so many entries, and its share of memory.
    #[must_use]
    pub fn keeping(most_entries: usize) -> Self {
        Self::bounded(most_entries, MOST_BYTES)
    }

    /// Whether nothing that is written stays.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.most_entries == 0
    }

    /// A journal that keeps at most so many entries and about so many bytes.
    #[must_use]
    pub fn bounded(most_entries: usize, most_bytes: usize) -> Self {
        let pages = Pages {
            entries: VecDeque::new(),
            next: 1,
            bytes: 0,
            dropped: 0,
            cleared: 0,
            open: Vec::new(),
            spare: None,
        };
        Self {
            pages: Arc::new(Mutex::new(pages)),
            most_entries,
            most_bytes,
            written: watch::Sender::new(0),
        }
    }

    fn pages(&self) -> std::sync::MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A blank entry under the next id, which can be put into an answer before the entry is written.
    /// Unless the journal is off, it has to be written in the end.
    #[must_use]
    pub fn open(&self) -> Arc<Entry> {
        let mut pages = self.pages();
        let id = pages.next;
        pages.next += 1;
        if !self.is_off() {
            pages.open.push(id);
        }
        let mut entry = pages.spare.take().unwrap_or_default();
        drop(pages);
        let blank = Arc::make_mut(&mut entry);
        let heads = std::mem::take(&mut blank.heads);
        *blank = Entry { id, heads: heads.cleared(), ..Entry::default() };
        entry
    }

    /// Writes an entry under the id it was opened with. The oldest make room.
    pub fn write(&self, entry: impl Into<Arc<Entry>>) {
        let entry = entry.into();
        let mut pages = self.pages();
        let id = entry.id;
        if let Some(place) = pages.open.iter().position(|open| *open == id) {
            pages.open.remove(place);
        }
        pages.bytes += entry.weight();
        // Requests end in another order than they begin; the journal is in the order they began.
        let is_next = pages.entries.back().is_none_or(|last| last.id < id);
        let place = match is_next {
            true => pages.entries.len(),
            false => pages.entries.partition_point(|other| other.id < id),
        };
        pages.entries.insert(place, entry);
        while pages.entries.len() > self.most_entries || pages.bytes > self.most_bytes {
            let Some(mut oldest) = pages.entries.pop_front() else { break };
            pages.bytes = pages.bytes.saturating_sub(oldest.weight());
            pages.dropped = pages.dropped.max(oldest.id);
            pages.spare = Arc::get_mut(&mut oldest).is_some().then_some(oldest);
        }
        drop(pages);
        // Whoever waits has subscribed before looking through the entries, so nobody misses this one.
        if self.written.receiver_count() > 0 {
            self.written.send_modify(|last| *last = (*last).max(id));
        }
    }

    /// All entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.pages().entries.iter().cloned().collect()
    }

    /// One entry.
    #[must_use]
    pub fn entry(&self, id: u64) -> Option<Arc<Entry>> {
        let pages = self.pages();
        let place = pages.entries.binary_search_by_key(&id, |entry| entry.id).ok()?;
        pages.entries.get(place).cloned()
    }

    /// The highest id that was dropped because the journal was full; 0 for none.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.pages().dropped
    }

    /// Whether entries are gone that a reader asks for who has seen everything up to `since`; without
    /// one, whether some of those that came after the last clearing are.
    #[must_use]
    pub fn is_cut(&self, since: Option<u64>) -> bool {
        let pages = self.pages();
        match since {
            Some(since) => pages.dropped.max(pages.cleared) > since,
            None => pages.dropped > pages.cleared,
        }
    }

    /// Everything up to this id has been written: whoever has read that goes on behind it.
    #[must_use]
    pub fn last(&self) -> u64 {
        let pages = self.pages();
        pages.open.first().copied().unwrap_or(pages.next).saturating_sub(1)
    }

    /// Where an entry is that is not there.
    #[must_use]
    pub fn missing(&self, id: u64) -> Missing {
        let pages = self.pages();
        match id {
            id if pages.open.contains(&id) => Missing::Open,
            0 => Missing::Never,
            id if id <= pages.cleared => Missing::Cleared,
            id if id <= pages.dropped => Missing::Dropped,
            _ => Missing::Never,
        }
    }

    /// Forgets all entries. Numbering goes on.
    pub fn clear(&self) {
        let mut pages = self.pages();
        let last = pages.entries.back().map_or(0, |entry| entry.id);
        pages.cleared = pages.cleared.max(pages.dropped).max(last);
        pages.entries.clear();
        pages.spare = None;
        pages.bytes = 0;
    }

    /// The id that the next entry is going to have, without taking it.
    #[must_use]
    pub fn next_id(&self) -> u64 {
        self.pages().next
    }

    /// Goes on numbering from `id`, unless it is beyond that already: for snapshots.
    pub fn skip_to(&self, id: u64) {
        let mut pages = self.pages();
        pages.next = pages.next.max(id);
    }

    /// Entries and bytes kept.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let pages = self.pages();
        (pages.entries.len(), pages.bytes)
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
    fn nothing_of_an_entry_that_has_made_room_is_in_the_one_that_takes_its_memory() {
        let journal = Journal::keeping(1);
        let write = |target| {
            let mut kept = journal.open();
            let entry = Arc::make_mut(&mut kept);
            entry.heads.begin(target, Some("Bearer s3cret"), 0);
            entry.fault = Some("delay-1".to_owned());
            journal.write(kept);
        };
        write("/first");
        let reader = journal.entry(1).unwrap();
        write("/second");
        write("/third");
        let next = journal.open();
        assert_eq!(
            (next.heads.target(), next.heads.authorization(), &next.fault),
            ("", None, &None)
        );
        // Whoever looks at an entry keeps it.
        assert_eq!((reader.heads.target(), next.id), ("/first", 4));
    }

    #[test]
    fn the_beginning_of_a_body_is_kept_however_it_comes() {
        let body: Bytes = (0..60_000_u32).map(|it| it.to_be_bytes()[3]).collect::<Vec<_>>().into();
        for length in [0, 1, Body::MOST, Body::MOST + 1, 2 * Body::MOST, 2 * Body::MOST + 1] {
            let body = body.slice(..length);
            let mut pieces = Body::default();
            body.chunks(1000).for_each(|piece| pieces.push(piece));
            for kept in [Body::whole(&body), pieces] {
                assert_eq!(kept.kept, body.slice(..length.min(Body::MOST)));
                assert_eq!(kept.length, u64::try_from(length).unwrap());
                assert_eq!(kept.is_cut(), length > Body::MOST);
            }
        }
    }

    #[test]
    fn bytes_are_bounded_with_the_bodies_of_answers_counted() {
        let journal = Journal::bounded(1000, 10 * Body::MOST);
        for id in 1..=40 {
            let body = Body::whole(&vec![b'x'; Body::MOST].into());
            let answer_body = match id % 2 {
                0 => Answer::Passing(Arc::new(Mutex::new(body))),
                _ => Answer::Whole(body),
            };
            journal.write(Entry { answer_body, ..entry(id) });
        }
        let (entries, bytes) = journal.size();
        assert!((5..=10).contains(&entries) && bytes <= 10 * Body::MOST, "{entries} {bytes}");
        let kept = |it: &Arc<Entry>| it.answer_body.body().kept.len();
        assert_eq!(journal.entries().iter().map(kept).sum::<usize>(), entries * Body::MOST);
    }

    #[test]
    fn entries_stand_in_the_order_their_requests_began() {
        let journal = Journal::keeping(3);
        for id in [1, 4, 2, 5, 3] {
            journal.write(entry(id));
        }
        let ids: Vec<u64> = journal.entries().iter().map(|entry| entry.id).collect();
        assert_eq!(ids, [3, 4, 5]);
    }

    #[test]
    fn a_reader_who_missed_something_is_told() {
        let journal = Journal::keeping(2);
        for _ in 0..4 {
            journal.write(journal.open());
        }
        assert_eq!((journal.last(), journal.dropped()), (4, 2));
        assert!(journal.is_cut(None) && journal.is_cut(Some(1)) && !journal.is_cut(Some(2)));
        journal.clear();
        assert_eq!(journal.last(), 4);
        assert!(!journal.is_cut(None) && journal.is_cut(Some(3)) && !journal.is_cut(Some(4)));
        let (fifth, sixth) = (journal.open(), journal.open());
        journal.write(sixth);
        assert_eq!((fifth.id, journal.last()), (5, 4), "the fifth is still to come");
        let missing = [2, 5, 7].map(|id| journal.missing(id));
        assert_eq!(missing, [Missing::Cleared, Missing::Open, Missing::Never]);
        journal.write(fifth);
        assert_eq!(journal.last(), 6);
        journal.write(journal.open());
        assert_eq!(journal.missing(5), Missing::Dropped);
    }

    #[test]
    fn a_journal_of_no_entries_keeps_none() {
        let journal = Journal::keeping(0);
        assert!(journal.is_off() && !Journal::default().is_off());
        journal.write(entry(1));
        assert_eq!(journal.size(), (0, 0));
    }
}
