//! What a snapshot holds of an outbox, and an outbox put together from that.

use super::desk::{Desk, MOST};
use super::outbox::{Callbacks, MOST_ATTEMPTS, MOST_BYTES};
use super::{Callback, Ending};

/// Numbers beyond this are no snapshot's: there is room to count on.
const MOST_COUNT: u64 = 1 << 53;

/// All callbacks of a space, so that another outbox can go on with them.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    /// How many callbacks there ever were.
    pub count: u64,
    /// How many places in the queue were ever given.
    pub ranks: u64,
    /// Those that are kept, in rising ids. What was under way has not been tried yet.
    pub callbacks: Vec<Callback>,
}

impl Saved {
    /// Whether an outbox can be in this state.
    ///
    /// # Errors
    ///
    /// What contradicts itself.
    pub fn check(&self) -> Result<(), String> {
        if self.count > MOST_COUNT || self.ranks > MOST_COUNT {
            return Err(format!("callbacks are counted to {MOST_COUNT} at most"));
        }
        if self.callbacks.len() > MOST {
            return Err(format!("there are more than {MOST} callbacks"));
        }
        let mut last = 0;
        for callback in &self.callbacks {
            let id = callback.id;
            if id <= last || id > self.count {
                return Err(format!(
                    "callback {id} comes behind {last}; ids rise from 1 to the count of {}",
                    self.count
                ));
            }
            last = id;
            check(callback, self.ranks)?;
        }
        Ok(())
    }
}

fn check(callback: &Callback, ranks: u64) -> Result<(), String> {
    let id = callback.id;
    let wrong = |what: &str| Err(format!("callback {id} {what}"));
    if callback.ending.is_some() == callback.next.is_some() {
        return wrong("must have either ended or a next attempt");
    }
    if callback.message.body.len() > MOST_BYTES || callback.message.url.len() > MOST_BYTES {
        return wrong("has a longer body or address than there can be");
    }
    if callback.attempts.len() > MOST_ATTEMPTS || callback.failures > usize::from(u16::MAX) {
        return wrong("was tried more often than there can be");
    }
    if callback.rank > ranks {
        return wrong("has a place in the queue that was never given");
    }
    if callback.copy_of.is_some_and(|original| original >= id || original == 0) {
        return wrong("is a copy of one that comes behind it");
    }
    Ok(())
}

impl Callbacks {
    /// What a snapshot holds.
    #[must_use]
    pub fn save(&self) -> Saved {
        let desk = self.desk();
        let still = |it: &Callback| Callback { sending: false, ..it.clone() };
        Saved {
            count: desk.count,
            ranks: desk.ranks,
            callbacks: desk.callbacks.values().map(still).collect(),
        }
    }

    /// An outbox that goes on where another one was. Nothing leaves before it is set off.
    #[must_use]
    pub fn restored(saved: Saved) -> Self {
        let outbox = Self::default();
        let mut desk = Desk { count: saved.count, ranks: saved.ranks, ..Desk::default() };
        for callback in saved.callbacks {
            let id = callback.id;
            desk.callbacks.insert(id, callback);
            desk.queue(id);
        }
        *outbox.desk() = desk;
        outbox
    }

    /// Whether anything waits to be sent.
    #[must_use]
    pub fn has_open(&self) -> bool {
        !self.desk().queue.is_empty()
    }
}

impl Ending {
    /// Every ending.
    pub const ALL: [Self; 4] = [Self::Delivered, Self::Failed, Self::Dropped, Self::Cancelled];

    /// The word for it in snapshots.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
            Self::Cancelled => "cancelled",
        }
    }
}
