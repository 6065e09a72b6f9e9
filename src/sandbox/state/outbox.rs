//! The outbox of one space: every callback with its attempts, and which callback is due next; bounded.
//!
//! A provider plans a [`Message`] for an instant. Later due instants are computed from the planned instants
//! before them, so moving the clock cannot disturb them. Deliveries under way are not part of the outbox: a
//! callback that was being sent when a server ended counts as not tried.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use super::callback::{Attempt, Callback, Ending, How, Message, Release, Reply, Standing};
use super::event::Event;
use super::faults::FaultHit;
use crate::sandbox::faults::Alteration;
use crate::sandbox::policy::Policy;

/// The maximum number of callbacks kept. The oldest finished one is removed for a new one; when none is
/// finished, new ones are refused.
pub const MAX_CALLBACKS: usize = 50_000;

/// The maximum length of a body, and of a URL, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// The maximum number of attempts kept for one callback, redeliveries included; the oldest is removed first.
pub const MAX_ATTEMPTS: usize = 64;

/// Why a callback cannot be planned. The texts end a sentence for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The outbox is full of callbacks that have not ended.
    #[error(
        "the outbox is full: {MAX_CALLBACKS} callbacks of this space have not ended, and no more are \
         allowed. Start their receiver, move the clock to their next attempts, answer them with POST \
         /_admin/callbacks/ID/answer, or reset the space"
    )]
    Full,
    /// The body or the URL is longer than [`MAX_BYTES`].
    #[error("its callback has a URL or a body of more than {MAX_BYTES} bytes; use a shorter URL")]
    TooLong,
}

/// Position in a queue: the planned instant, then `sequence`, then the id.
type QueueKey = (Timestamp, u64, u64);

/// The callbacks of one space, with one queue to send and one to pull.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "super::outbox_serde::Written", try_from = "super::outbox_serde::Written")]
pub struct Outbox {
    /// How many callbacks were ever planned, copies included.
    pub(super) count: u64,
    /// The highest `sequence` that was ever given to a callback.
    pub(super) sequences: u64,
    pub(super) callbacks: OrdMap<u64, Arc<Callback>>,
    /// Open callbacks that the dispatcher sends.
    push_queue: OrdSet<QueueKey>,
    /// Open callbacks that are held: the client pulls them.
    pull_queue: OrdSet<QueueKey>,
    /// Ids of callbacks that have ended.
    finished: OrdSet<u64>,
    /// How many callbacks of the push queue were due when they were planned, and so leave under a frozen
    /// clock too.
    due_when_planned: usize,
}

impl Outbox {
    /// How many callbacks were ever planned, copies included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Goes on counting where another outbox has stopped.
    pub(super) fn count_on(&mut self, earlier: &Self) {
        self.count = self.count.max(earlier.count);
        self.sequences = self.sequences.max(earlier.sequences);
    }

    /// The number of callbacks that are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.callbacks.len()
    }

    /// Whether no callback is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.callbacks.is_empty()
    }

    /// All kept callbacks, oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Callback>> {
        self.callbacks.values()
    }

    /// The callback with this id.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<&Arc<Callback>> {
        self.callbacks.get(&id)
    }

    /// Whether any callback waits to be sent.
    #[must_use]
    pub fn has_open(&self) -> bool {
        !self.push_queue.is_empty()
    }

    /// Whether any callback that waits to be sent was due when it was planned (it leaves under a frozen clock
    /// too).
    #[must_use]
    pub fn has_due_when_planned(&self) -> bool {
        self.due_when_planned > 0
    }

    /// The callbacks to be sent that are planned for an instant up to `limit`, in the order of their
    /// instants.
    pub fn to_send(&self, limit: Timestamp) -> impl Iterator<Item = &Arc<Callback>> {
        self.at_keys(self.push_queue.range(..=(limit, u64::MAX, u64::MAX)))
    }

    /// All callbacks to be sent, in the order of their instants.
    pub fn open(&self) -> impl Iterator<Item = &Arc<Callback>> {
        self.at_keys(self.push_queue.iter())
    }

    fn at_keys<'a>(
        &'a self,
        keys: impl Iterator<Item = &'a QueueKey>,
    ) -> impl Iterator<Item = &'a Arc<Callback>> {
        keys.filter_map(|key| self.get(key.2))
    }

    /// The callbacks that are due at `now`, to be sent or to be pulled, in the order of their instants.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Vec<Arc<Callback>> {
        let due = ..=(now, u64::MAX, u64::MAX);
        let keys = self.push_queue.range(due).chain(self.pull_queue.range(due));
        let mut keys: Vec<QueueKey> = keys.copied().collect();
        keys.sort_unstable();
        keys.iter().filter_map(|key| self.get(key.2).cloned()).collect()
    }

    /// The earliest planned instant after `now`, in both queues.
    #[must_use]
    pub fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        let behind = (now, u64::MAX, u64::MAX);
        let next =
            |queue: &OrdSet<QueueKey>| queue.range(behind..).find(|it| it.0 > now).map(|it| it.0);
        next(&self.push_queue).into_iter().chain(next(&self.pull_queue)).min()
    }

    /// The event that plans a message for the instant `due`. A callback that is due already is sent at once,
    /// under a frozen clock too. `held` callbacks are never sent and wait to be pulled.
    ///
    /// # Errors
    ///
    /// The outbox is full of open callbacks, or the message is too long.
    pub fn plan(
        &self,
        message: Message,
        (due, now): (Timestamp, Timestamp),
        held: bool,
    ) -> Result<Event, PlanError> {
        if message.body.len() > MAX_BYTES || message.url.len() > MAX_BYTES {
            return Err(PlanError::TooLong);
        }
        if !self.has_room() {
            return Err(PlanError::Full);
        }
        let callback = Callback {
            id: self.count + 1,
            message: Arc::new(message),
            due,
            next: Some(due),
            attempts: Vec::new(),
            ending: None,
            copy_of: None,
            held,
            fault: None,
            failures: 0,
            altered: false,
            due_when_planned: due <= now,
            sequence: self.sequences + 1,
        };
        Ok(Event::CallbackPlanned { callback: Box::new(callback) })
    }

    /// The event for a callback that has reached its first attempt; `hit` is the fault that alters it, if
    /// any.
    #[must_use]
    pub fn apply_fault(
        &self,
        callback: &Callback,
        hit: Option<FaultHit>,
        is_sending: impl Fn(u64) -> bool,
    ) -> Event {
        let id = callback.id;
        let Some(FaultHit { rule, alteration }) = hit else {
            return Event::CallbackReleased { id, fault: None, becomes: Release::Sent };
        };
        let becomes = match alteration {
            Alteration::Duplicate(count) => self.copies(count),
            Alteration::Drop => Release::Dropped,
            Alteration::Late(wait) => {
                let later = |next: Timestamp| next.saturating_add(wait).unwrap_or(Timestamp::MAX);
                Release::Moved { next: callback.next.map_or(Timestamp::MAX, later) }
            }
            Alteration::Reorder => {
                let mut others = self.open().filter(|it| it.id != id && !is_sending(it.id));
                match others.next().and_then(|it| it.next) {
                    Some(next) => Release::Behind { next },
                    None => Release::Sent,
                }
            }
        };
        Event::CallbackReleased { id, fault: Some(rule), becomes }
    }

    /// How often a callback is sent that is to arrive `count` times: as often as there is room for copies.
    fn copies(&self, count: u64) -> Release {
        let room = MAX_CALLBACKS.saturating_sub(self.callbacks.len()) + self.finished.len();
        let room = u64::try_from(room).unwrap_or(u64::MAX);
        match count.min(room.saturating_add(1)) {
            0 | 1 => Release::Sent,
            2 => Release::SentTwice,
            times => Release::SentTimes { times },
        }
    }

    /// The event that records an attempt, with the next planned instant and the ending that follow from it.
    #[must_use]
    pub fn attempted(callback: &Callback, attempt: Attempt, policy: &Policy) -> Event {
        let (next, ending) = callback.after(&attempt, policy);
        Event::CallbackAttempted { id: callback.id, attempt: Box::new(attempt), next, ending }
    }

    /// The event that cancels the callbacks of a report job that have no attempt yet and are not being sent;
    /// `None` when there are none.
    #[must_use]
    pub fn cancel(
        &self,
        provider: &str,
        job: u64,
        is_sending: impl Fn(u64) -> bool,
    ) -> Option<Event> {
        let is_about = |it: &&Arc<Callback>| {
            *it.message.provider == *provider && it.message.job == job && it.ending.is_none()
        };
        let fresh = self.all().filter(is_about).filter(|it| it.attempts.is_empty());
        let ids: Vec<u64> = fresh.map(|it| it.id).filter(|id| !is_sending(*id)).collect();
        (!ids.is_empty()).then_some(Event::CallbacksCancelled { ids })
    }

    fn has_room(&self) -> bool {
        self.callbacks.len() < MAX_CALLBACKS || !self.finished.is_empty()
    }
}

/// Functions that apply events.
impl Outbox {
    /// Puts a callback into the queue of its next attempt, or among the finished ones.
    fn enqueue(&mut self, callback: &Callback) {
        let key = |next| (next, callback.sequence, callback.id);
        match callback.next {
            None => {
                self.finished.insert(callback.id);
            }
            Some(next) if callback.held => {
                self.pull_queue.insert(key(next));
            }
            Some(next) => {
                self.due_when_planned += usize::from(callback.due_when_planned);
                self.push_queue.insert(key(next));
            }
        }
    }

    /// Removes a callback from its queue, or from the finished ones.
    fn dequeue(&mut self, callback: &Callback) {
        let Some(next) = callback.next else {
            self.finished.remove(&callback.id);
            return;
        };
        let key = (next, callback.sequence, callback.id);
        let was_queued = self.push_queue.remove(&key).is_some();
        self.due_when_planned -= usize::from(was_queued && callback.due_when_planned);
        self.pull_queue.remove(&key);
    }

    fn change(&mut self, id: u64, change: impl FnOnce(&mut Callback)) {
        let Some(callback) = self.callbacks.get(&id) else { return };
        let mut callback = Arc::clone(callback);
        self.dequeue(&callback);
        change(Arc::make_mut(&mut callback));
        self.enqueue(&callback);
        self.callbacks.insert(id, callback);
    }

    /// Inserts a callback that has its id and its `sequence` already.
    pub(in crate::sandbox) fn insert(&mut self, callback: Callback) {
        if self.callbacks.len() >= MAX_CALLBACKS
            && let Some(oldest) = self.finished.remove_min()
        {
            self.callbacks.remove(&oldest);
        }
        self.count = self.count.max(callback.id);
        self.sequences = self.sequences.max(callback.sequence);
        self.enqueue(&callback);
        self.callbacks.insert(callback.id, Arc::new(callback));
    }

    pub(in crate::sandbox) fn release(&mut self, id: u64, fault: Option<&str>, becomes: Release) {
        let sequence = self.sequences + 1;
        self.change(id, |callback| {
            callback.altered = true;
            // A callback that was sent early keeps that rule, if no other one strikes.
            callback.fault = fault.map(str::to_owned).or_else(|| callback.fault.take());
            match becomes {
                Release::Sent | Release::SentTwice | Release::SentTimes { .. } => {}
                Release::Dropped => end(callback, Ending::Dropped),
                Release::Moved { next } => {
                    callback.due_when_planned = false;
                    callback.next = Some(next);
                }
                Release::Behind { next } => {
                    callback.next = Some(next);
                    callback.sequence = sequence;
                }
            }
        });
        match becomes {
            Release::Behind { .. } => self.sequences = sequence,
            Release::SentTwice => self.copy(id, 1),
            Release::SentTimes { times } => self.copy(id, times.saturating_sub(1)),
            Release::Sent | Release::Dropped | Release::Moved { .. } => {}
        }
    }

    /// Inserts so many copies of a callback.
    fn copy(&mut self, id: u64, copies: u64) {
        for _ in 0..copies {
            let Some(callback) = self.get(id) else { return };
            let copy = Callback {
                id: self.count + 1,
                copy_of: Some(id),
                sequence: self.sequences + 1,
                ..Callback::clone(callback)
            };
            self.insert(copy);
        }
    }

    pub(in crate::sandbox) fn attempt(
        &mut self,
        id: u64,
        attempt: &Attempt,
        (next, ending): (Option<Timestamp>, Option<Ending>),
    ) {
        self.change(id, |callback| {
            let is_accepted = ending == Some(Ending::Delivered);
            callback.due_when_planned = false;
            callback.failures += usize::from(!is_accepted && attempt.how != How::Redelivered);
            (callback.next, callback.ending) = (next, ending);
            if callback.attempts.len() >= MAX_ATTEMPTS {
                callback.attempts.remove(0);
            }
            callback.attempts.push(attempt.clone());
        });
    }

    pub(in crate::sandbox) fn cancel_all(&mut self, ids: &[u64]) {
        ids.iter().for_each(|id| self.change(*id, |callback| end(callback, Ending::Cancelled)));
    }
}

fn end(callback: &mut Callback, ending: Ending) {
    callback.ending = Some(ending);
    callback.next = None;
}
