//! How an outbox is written down, and whether an outbox can be as it is written.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::outbox::{
    Attempt, Callback, Ending, How, MAX_ATTEMPTS, MAX_BYTES, MAX_CALLBACKS, Message, Outbox, Reply,
};
use crate::sandbox::spelling;

/// An outbox.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    count: u64,
    sequences: u64,
    /// In rising ids.
    callbacks: Vec<Callback>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Callback")]
struct WrittenCallback {
    id: u64,
    #[serde(flatten)]
    message: Message,
    due: Timestamp,
    next: Option<Timestamp>,
    attempts: Vec<Attempt>,
    ending: Option<Ending>,
    copy_of: Option<u64>,
    fault: Option<String>,
    failures: usize,
    sequence: u64,
    is: Marks,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marks {
    held: bool,
    altered: bool,
    due_when_planned: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Attempt", deny_unknown_fields)]
struct WrittenAttempt {
    due: Timestamp,
    at: Timestamp,
    real_at: Timestamp,
    how: How,
    /// What the receiver answered, or why it did not.
    status: Option<u16>,
    problem: Option<String>,
    #[serde(with = "spelling::base64")]
    body: Vec<u8>,
    duration_us: u64,
}

impl From<&Callback> for WrittenCallback {
    fn from(callback: &Callback) -> Self {
        let it = callback.clone();
        Self {
            id: it.id,
            message: Message::clone(&it.message),
            due: it.due,
            next: it.next,
            attempts: it.attempts,
            ending: it.ending,
            copy_of: it.copy_of,
            fault: it.fault,
            failures: it.failures,
            sequence: it.sequence,
            is: Marks { held: it.held, altered: it.altered, due_when_planned: it.due_when_planned },
        }
    }
}

impl From<WrittenCallback> for Callback {
    fn from(it: WrittenCallback) -> Self {
        Self {
            id: it.id,
            message: Arc::new(it.message),
            due: it.due,
            next: it.next,
            attempts: it.attempts,
            ending: it.ending,
            copy_of: it.copy_of,
            held: it.is.held,
            fault: it.fault,
            failures: it.failures,
            altered: it.is.altered,
            due_when_planned: it.is.due_when_planned,
            sequence: it.sequence,
        }
    }
}

impl Serialize for Callback {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        WrittenCallback::from(self).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Callback {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        WrittenCallback::deserialize(from).map(Self::from)
    }
}

impl Serialize for Attempt {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let (status, problem) = match &self.reply.status {
            Ok(status) => (Some(*status), None),
            Err(problem) => (None, Some(problem.clone())),
        };
        WrittenAttempt {
            due: self.due,
            at: self.at,
            real_at: self.real_at,
            how: self.how,
            status,
            problem,
            body: self.reply.body.clone(),
            duration_us: u64::try_from(self.duration.as_micros()).unwrap_or(u64::MAX),
        }
        .serialize(to)
    }
}

impl<'de> Deserialize<'de> for Attempt {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let it = WrittenAttempt::deserialize(from)?;
        let status = match (it.status, it.problem) {
            (Some(status), None) => Ok(status),
            (None, Some(problem)) => Err(problem),
            _ => {
                let problem = "an attempt has either a `status` or a `problem`";
                return Err(serde::de::Error::custom(problem));
            }
        };
        Ok(Self {
            due: it.due,
            at: it.at,
            real_at: it.real_at,
            how: it.how,
            reply: Reply { status, body: it.body },
            duration: Duration::from_micros(it.duration_us),
        })
    }
}

impl From<Outbox> for Written {
    fn from(outbox: Outbox) -> Self {
        let callbacks = outbox.all().map(|it| Callback::clone(it)).collect();
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
            outbox.insert(callback);
        }
        (outbox.count, outbox.sequences) = (count, sequences);
        Ok(outbox)
    }
}

fn check(callback: &Callback, sequences: u64) -> Result<(), String> {
    let id = callback.id;
    let wrong = |what: &str| Err(format!("callback {id} {what}"));
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
