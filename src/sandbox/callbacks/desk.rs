//! What an outbox keeps: its callbacks, who waits in which queue, and what is under way.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Alteration, Callback, Ending, How, Message, Struck};

/// Callbacks kept at most. The oldest finished ones make room; when none is finished, new ones are
/// refused.
pub const MOST: usize = 50_000;

/// Says which fault strikes a callback before its first attempt, if any. It is called while the outbox
/// is locked, so it must not call the outbox back.
pub type Alter = Arc<dyn Fn(&Callback) -> Option<Struck> + Send + Sync>;

/// Place in a queue: the planned instant, then the order of planning.
pub(super) type Place = (Timestamp, u64, u64);

#[derive(Default)]
pub(super) struct Desk {
    pub(super) count: u64,
    pub(super) ranks: u64,
    pub(super) callbacks: BTreeMap<u64, Callback>,
    /// What waits to be sent.
    pub(super) queue: BTreeSet<Place>,
    /// What waits to be pulled.
    pub(super) shelf: BTreeSet<Place>,
    /// What has ended.
    pub(super) finished: BTreeSet<u64>,
    /// How many are under way.
    pub(super) sending: usize,
    /// How many in the queue leave whatever the clock does.
    pub(super) prompt: usize,
    /// Whether somebody drives the clock, so that nothing leaves by itself.
    pub(super) advancing: bool,
    /// Whether the task that sends by itself is there.
    pub(super) driven: bool,
    pub(super) alter: Option<Alter>,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("callbacks", &self.callbacks).finish_non_exhaustive()
    }
}

/// What is taken out of the queue to be sent.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    pub(super) id: u64,
    pub(super) message: Arc<Message>,
    pub(super) due: Timestamp,
    pub(super) how: How,
}

impl Desk {
    pub(super) fn rank(&mut self) -> u64 {
        self.ranks += 1;
        self.ranks
    }

    /// Puts a callback where its next attempt says, or among the finished.
    pub(super) fn queue(&mut self, id: u64) {
        let Some(callback) = self.callbacks.get(&id) else { return };
        match callback.next {
            None => {
                self.finished.insert(id);
            }
            Some(next) if callback.held => {
                self.shelf.insert((next, callback.rank, id));
            }
            Some(next) => {
                self.prompt += usize::from(callback.prompt);
                self.queue.insert((next, callback.rank, id));
            }
        }
    }

    /// Takes a callback out of whatever queue it is in; whether it was in one.
    pub(super) fn unqueue(&mut self, id: u64) -> bool {
        let Some(callback) = self.callbacks.get(&id) else { return false };
        let Some(next) = callback.next else { return false };
        let place = (next, callback.rank, id);
        let queued = self.queue.remove(&place);
        self.prompt -= usize::from(queued && callback.prompt);
        queued || self.shelf.remove(&place)
    }

    pub(super) fn end(&mut self, id: u64, ending: Ending) {
        if let Some(callback) = self.callbacks.get_mut(&id) {
            callback.ending = Some(ending);
            callback.next = None;
        }
        self.queue(id);
    }

    /// Makes room for one more; whether there is room.
    pub(super) fn make_room(&mut self) -> bool {
        while self.callbacks.len() >= MOST {
            // One that was finished can be under way again, for somebody asked for it.
            let idle = |id: &u64| self.callbacks.get(id).is_none_or(|it| !it.sending);
            let Some(oldest) = self.finished.iter().copied().find(idle) else { return false };
            self.finished.remove(&oldest);
            self.callbacks.remove(&oldest);
        }
        true
    }

    pub(super) fn add(&mut self, mut callback: Callback) -> u64 {
        self.count += 1;
        callback.id = self.count;
        callback.rank = self.rank();
        let id = callback.id;
        self.callbacks.insert(id, callback);
        self.queue(id);
        id
    }

    /// Lets faults have their way with a callback that has just left the queue; whether it is to be
    /// sent now.
    pub(super) fn alter(&mut self, id: u64) -> bool {
        let Some(alter) = self.alter.clone() else { return true };
        let Some(callback) = self.callbacks.get_mut(&id).filter(|it| !it.altered) else {
            return true;
        };
        callback.altered = true;
        let Some(struck) = alter(callback) else { return true };
        callback.fault = Some(struck.rule);
        match struck.alteration {
            Alteration::Duplicate => {
                let copy = Callback { copy_of: Some(id), ..callback.clone() };
                if self.make_room() {
                    self.add(copy);
                }
                return true;
            }
            Alteration::Drop => {
                self.end(id, Ending::Dropped);
                return false;
            }
            Alteration::Late(wait) => {
                callback.prompt = false;
                let later = |next: Timestamp| next.saturating_add(wait).unwrap_or(Timestamp::MAX);
                callback.next = callback.next.map(later);
            }
            Alteration::Reorder => {
                let Some((next, _, _)) = self.queue.first().copied() else { return true };
                let rank = self.rank();
                if let Some(callback) = self.callbacks.get_mut(&id) {
                    callback.next = Some(next);
                    callback.rank = rank;
                }
            }
        }
        self.queue(id);
        false
    }

    pub(super) fn parcel(&mut self, id: u64, how: How) -> Option<Parcel> {
        let callback = self.callbacks.get_mut(&id)?;
        let due = callback.next?;
        callback.sending = true;
        self.sending += 1;
        Some(Parcel { id, message: Arc::clone(&callback.message), due, how })
    }
}
