//! The form of an outbox in a snapshot, and the checks of an outbox that is read from one.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::outbox::{Callback, MAX_ATTEMPTS, MAX_BYTES, MAX_CALLBACKS, Outbox};

/// An outbox as it is written; the queues are rebuilt from the callbacks.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    count: u64,
    sequences: u64,
    /// In rising order of ids.
    callbacks: Vec<Arc<Callback>>,
}

impl From<Outbox> for Written {
    fn from(outbox: Outbox) -> Self {
        let callbacks = outbox.all().cloned().collect();
        Self { count: outbox.count, sequences: outbox.sequences, callbacks }
    }
}

impl TryFrom<Written> for Outbox {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { count, sequences, callbacks } = written;
        if callbacks.len() > MAX_CALLBACKS {
            return Err(format!("there are more than {MAX_CALLBACKS} callbacks"));
        }
        let (mut outbox, mut last) = (Self::default(), 0);
        for callback in callbacks {
            let id = callback.id;
            if id <= last || id > count {
                return Err(format!(
                    "callback {id} comes behind {last}; ids rise from 1 to the count of {count}"
                ));
            }
            last = id;
            check(&callback, sequences)?;
            outbox.insert(Arc::unwrap_or_clone(callback));
        }
        (outbox.count, outbox.sequences) = (count, sequences);
        Ok(outbox)
    }
}

fn check(callback: &Callback, sequences: u64) -> Result<(), String> {
    let id = callback.id;
    let wrong = |problem: &str| Err(format!("callback {id} {problem}"));
    if callback.ending.is_some() == callback.next.is_some() {
        return wrong("must have either ended or a next attempt");
    }
    if callback.message.body.len() > MAX_BYTES || callback.message.url.len() > MAX_BYTES {
        return wrong("has a longer body or address than there can be");
    }
    if callback.attempts.len() > MAX_ATTEMPTS || callback.failures > usize::from(u16::MAX) {
        return wrong("was tried more often than there can be");
    }
    if callback.sequence > sequences {
        return wrong("has a place in the queue that was never given");
    }
    if callback.copy_of.is_some_and(|original| original >= id || original == 0) {
        return wrong("is a copy of one that comes behind it");
    }
    Ok(())
}
