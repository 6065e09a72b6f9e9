//! The outbox of one space: every callback with its attempts, and who is due next; bounded.

use std::ops::Bound::{Excluded, Unbounded};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use super::desk::{Alter, Desk, Parcel, Place};
use super::{Attempt, Callback, Ending, How, Message};

/// Bytes that a body, and an address, may have at most.
pub(super) const MOST_BYTES: usize = 64 * 1024;

/// Attempts of one callback that are kept at most: the schedule's, and what people add.
pub(super) const MOST_ATTEMPTS: usize = 64;

/// The callbacks of one space.
#[derive(Debug)]
pub struct Callbacks {
    // A `std` lock: held for a look-up or a change, never across an `.await`.
    desk: Mutex<Desk>,
    /// Whether the world it belongs to is gone; wakes with every change.
    closed: watch::Sender<bool>,
    /// Held by whoever drives the clock: one at a time.
    pub(super) turn: tokio::sync::Mutex<()>,
}

impl Default for Callbacks {
    fn default() -> Self {
        super::delivery::prepare();
        Self {
            desk: Mutex::default(),
            closed: watch::Sender::new(false),
            turn: tokio::sync::Mutex::default(),
        }
    }
}

impl Callbacks {
    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the desk and wakes whoever waits for a change.
    fn change<T>(&self, change: impl FnOnce(&mut Desk) -> T) -> T {
        let done = change(&mut self.desk());
        self.closed.send_modify(|_| {});
        done
    }

    /// Takes a message in; `None` when the outbox is full or the message too large. `held` ones wait
    /// to be pulled.
    pub(super) fn add(
        &self,
        message: Message,
        due: Timestamp,
        now: Timestamp,
        held: bool,
    ) -> Option<u64> {
        if message.body.len() > MOST_BYTES || message.url.len() > MOST_BYTES {
            return None;
        }
        let callback = Callback {
            id: 0,
            message: Arc::new(message),
            due,
            next: Some(due),
            attempts: Vec::new(),
            ending: None,
            copy_of: None,
            held,
            fault: None,
            failures: 0,
            sending: false,
            altered: false,
            prompt: due <= now,
            rank: 0,
        };
        self.change(|desk| desk.make_room().then(|| desk.add(callback)))
    }

    /// Asks this function what becomes of each callback before its first attempt.
    pub fn alter_with(&self, alter: Alter) {
        self.desk().alter = Some(alter);
    }

    /// All callbacks, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Callback> {
        self.desk().callbacks.values().cloned().collect()
    }

    /// The callback with this id.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<Callback> {
        self.desk().callbacks.get(&id).cloned()
    }

    /// Those that are due at `now` and not under way, in the order of their instants.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Vec<Callback> {
        let desk = self.desk();
        let due = ..=(now, u64::MAX, u64::MAX);
        let mut places: Vec<Place> =
            desk.queue.range(due).chain(desk.shelf.range(due)).copied().collect();
        places.sort_unstable();
        places.iter().filter_map(|place| desk.callbacks.get(&place.2).cloned()).collect()
    }

    /// The planned instant of the next attempt after `now`, also of those to be pulled.
    pub(super) fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        let desk = self.desk();
        let ahead = (Excluded((now, u64::MAX, u64::MAX)), Unbounded);
        let (sent, pulled) = (desk.queue.range(ahead).next(), desk.shelf.range(ahead).next());
        sent.into_iter().chain(pulled).map(|place| place.0).min()
    }

    /// The planned instant of the next attempt that will be sent.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.desk().queue.first().map(|place| place.0)
    }

    /// The same, or `None` while somebody drives the clock and nothing leaves by itself.
    pub(super) fn next_to_leave(&self) -> Option<Timestamp> {
        let desk = self.desk();
        let next = desk.queue.first().map(|place| place.0);
        next.filter(|_| !desk.advancing)
    }

    /// Cancels what was planned about a job and has not been tried yet; how many that were.
    pub fn cancel(&self, provider: &str, job: u64) -> usize {
        self.change(|desk| {
            let all = desk.callbacks.values();
            let about =
                |it: &&Callback| it.message.policy.provider == provider && it.message.job == job;
            let fresh =
                |it: &&Callback| it.attempts.is_empty() && it.ending.is_none() && !it.sending;
            let ids: Vec<u64> = all.filter(about).filter(fresh).map(|it| it.id).collect();
            for id in &ids {
                desk.unqueue(*id);
                desk.end(*id, Ending::Cancelled);
            }
            ids.len()
        })
    }

    /// Takes the next one planned for an instant up to `limit`. Unless the clock `runs`, only what
    /// leaves whatever the clock does.
    pub(super) fn take(&self, limit: Timestamp, runs: bool) -> Option<Parcel> {
        let mut desk = self.desk();
        if desk.advancing {
            return None;
        }
        loop {
            if !runs && desk.prompt == 0 {
                return None;
            }
            let prompt = |desk: &Desk, id| desk.callbacks.get(&id).is_some_and(|it| it.prompt);
            let due = desk.queue.range(..=(limit, u64::MAX, u64::MAX));
            let id = due.map(|place| place.2).find(|id| runs || prompt(&desk, *id))?;
            desk.unqueue(id);
            if desk.alter(id) {
                return desk.parcel(id, How::Scheduled);
            }
        }
    }

    /// Takes everything planned for the earliest instant up to `limit`, with that instant.
    pub(super) fn take_together(&self, limit: Timestamp) -> Option<(Timestamp, Vec<Parcel>)> {
        let mut desk = self.desk();
        let due = desk.queue.first().map(|place| place.0).filter(|due| *due <= limit)?;
        let together = desk.queue.range(..=(due, u64::MAX, u64::MAX));
        let ids: Vec<u64> = together.map(|place| place.2).collect();
        let mut parcels = Vec::with_capacity(ids.len());
        for id in ids {
            desk.unqueue(id);
            if desk.alter(id) {
                parcels.extend(desk.parcel(id, How::Scheduled));
            }
        }
        Some((due, parcels))
    }

    /// Takes one out of turn; `None` when there is none or it is under way already.
    pub(super) fn take_one(&self, id: u64, how: How, now: Timestamp) -> Option<Parcel> {
        self.change(|desk| {
            if desk.callbacks.get(&id)?.sending {
                return None;
            }
            desk.unqueue(id);
            let callback = desk.callbacks.get_mut(&id)?;
            callback.sending = true;
            let due = match how {
                How::Redelivered => now,
                How::Scheduled | How::Answered => callback.next.unwrap_or(now),
            };
            let message = Arc::clone(&callback.message);
            desk.sending += 1;
            Some(Parcel { id, message, due, how })
        })
    }

    /// Writes down what became of an attempt, and plans the next where one is due.
    pub(super) fn finish(&self, id: u64, attempt: Attempt) {
        self.change(|desk| {
            desk.sending = desk.sending.saturating_sub(1);
            let Some(callback) = desk.callbacks.get_mut(&id) else { return };
            let message = Arc::clone(&callback.message);
            let accepted =
                attempt.reply.status.as_ref().is_ok_and(|it| (message.policy.accepts)(*it));
            let was_finished = callback.ending.is_some();
            callback.sending = false;
            callback.prompt = false;
            if accepted {
                callback.next = None;
                callback.ending = Some(Ending::Delivered);
            } else if attempt.how != How::Redelivered {
                callback.failures += 1;
                let copy = callback.copy_of.is_some();
                let next = message.policy.schedule.next_due(attempt.due, callback.failures);
                callback.next = next.filter(|_| !copy);
                callback.ending = callback.next.is_none().then_some(Ending::Failed);
            }
            if callback.attempts.len() >= MOST_ATTEMPTS {
                callback.attempts.remove(0);
            }
            callback.attempts.push(attempt);
            if !was_finished {
                desk.queue(id);
            }
        });
    }

    /// How many are under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.desk().sending
    }

    pub(super) fn set_advancing(&self, advancing: bool) {
        self.change(|desk| desk.advancing = advancing);
    }

    /// Says that a task is about to send by itself; false when there is one already.
    pub(super) fn claim_driver(&self) -> bool {
        !std::mem::replace(&mut self.desk().driven, true)
    }

    /// Wakes with every change of the outbox.
    pub(super) fn changes(&self) -> watch::Receiver<bool> {
        self.closed.subscribe()
    }

    /// Ends it: what is under way is dropped, nothing leaves any more.
    pub fn close(&self) {
        self.closed.send_replace(true);
    }

    pub(super) fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }
}
