//! A callback as data: its message, its attempts, its standing, and what an attempt changes.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sandbox::policy::Policy;
use crate::sandbox::spelling;

/// The message of a callback: what is sent to which URL. Never changes after planning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Slug of the provider in whose name it is sent.
    pub provider: Box<str>,
    /// The name of the merchant to whom it is sent.
    pub merchant: String,
    /// The id of the report job that it is about.
    #[serde(rename = "report")]
    pub job: u64,
    /// The event that it reports, in the provider's own word.
    pub event: String,
    /// The URL of the receiver, query included.
    pub url: String,
    /// The HTTP body; base64 in snapshots.
    #[serde(with = "spelling::base64")]
    pub body: Vec<u8>,
}

/// What caused an attempt.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum How {
    /// The retry schedule of the provider.
    Scheduled,
    /// A redelivery, requested through the admin API.
    Redelivered,
    /// An answer that was given through the admin API in place of the receiver; nothing was sent.
    Answered,
}

/// One attempt to deliver a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// The instant for which it was planned, sandbox time.
    pub due: Timestamp,
    /// When it was made, sandbox time.
    pub at: Timestamp,
    /// When it was made, real time.
    pub real_at: Timestamp,
    /// What caused it.
    pub how: How,
    /// The answer of the receiver, or why there was none.
    pub reply: Reply,
    /// Real time from the start of the attempt to the end of the answer; microseconds in snapshots.
    #[serde(rename = "duration_us", with = "spelling::micros")]
    pub duration: Duration,
}

/// The answer of a receiver, or why there was none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The HTTP status; or, without an answer, the reason as an English sentence.
    pub status: Result<u16, String>,
    /// The first bytes of the body of the answer; base64 in snapshots.
    #[serde(with = "spelling::base64")]
    pub body: Vec<u8>,
}

/// How a callback ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The receiver accepted it (see [`Policy::accepts`]).
    Delivered,
    /// The last attempt of the retry schedule failed.
    Failed,
    /// A fault rule dropped it; it was never sent.
    Dropped,
    /// It was cancelled before its first attempt, because a later event made it obsolete.
    Cancelled,
}

/// The standing of a callback at one instant.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Standing {
    /// Its next attempt lies in the future.
    Waiting,
    /// The planned instant of its next attempt has been reached, and the attempt has not been made.
    Due,
    /// An attempt is being made at the moment.
    Sending,
    /// The receiver accepted it.
    Delivered,
    /// The last attempt of the retry schedule failed.
    Failed,
    /// A fault rule dropped it; it was never sent.
    Dropped,
    /// It was cancelled before its first attempt.
    Cancelled,
}

/// A callback of the outbox: message, plan and attempts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// Its number in the space: rises by one with each callback, from 1.
    pub id: u64,
    /// The message that is sent.
    pub message: Arc<Message>,
    /// The instant for which its first attempt was planned, sandbox time.
    pub due: Timestamp,
    /// The instant for which its next attempt is planned, sandbox time; `None` when there is none.
    pub next: Option<Timestamp>,
    /// The attempts so far, oldest first. At most `MAX_ATTEMPTS` are kept, the newest ones.
    pub attempts: Vec<Attempt>,
    /// How it ended; `None` while it is open.
    pub ending: Option<Ending>,
    /// The id of the original callback, if this is the second copy made by a `duplicate` fault.
    pub copy_of: Option<u64>,
    /// Whether it is never sent and waits in the pull queue instead (`--hold-callbacks` or an unreachable
    /// receiver).
    pub held: bool,
    /// The id of the fault rule that altered it, such as `late-3`.
    pub fault: Option<String>,
    /// How many attempts have failed so far; redeliveries are not counted.
    pub failures: usize,
    /// Whether fault rules have been evaluated for it; this happens once, before its first attempt.
    pub altered: bool,
    /// Whether it was already due when it was planned. Such a callback is sent under a frozen clock too.
    pub due_when_planned: bool,
    /// Its position among the callbacks that are due at the same instant; lower ones are sent first.
    pub sequence: u64,
}

impl Callback {
    /// The standing at `now`, sandbox time. Never [`Standing::Sending`]: only the space knows which callbacks
    /// are being sent.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        match self.ending {
            Some(Ending::Delivered) => Standing::Delivered,
            Some(Ending::Failed) => Standing::Failed,
            Some(Ending::Dropped) => Standing::Dropped,
            Some(Ending::Cancelled) => Standing::Cancelled,
            None if self.next.is_some_and(|next| next <= now) => Standing::Due,
            None => Standing::Waiting,
        }
    }

    /// The effect of an attempt: the instant of the next attempt, and how the callback has ended.
    pub(super) fn after(
        &self,
        attempt: &Attempt,
        policy: &Policy,
    ) -> (Option<Timestamp>, Option<Ending>) {
        if attempt.reply.status.as_ref().is_ok_and(|status| (policy.accepts)(*status)) {
            return (None, Some(Ending::Delivered));
        }
        if attempt.how == How::Redelivered {
            return (self.next, self.ending);
        }
        let next = policy.schedule.next_due(attempt.due, self.failures + 1);
        let next = next.filter(|_| self.copy_of.is_none());
        (next, next.is_none().then_some(Ending::Failed))
    }
}

/// What happens to a callback when its first attempt is due and fault rules have been evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// It is sent.
    Sent,
    /// It is sent, and a copy of it is sent too (fault `duplicate`).
    SentTwice,
    /// It is sent, and so are copies of it, so many in all (fault `duplicate` with `count`).
    SentTimes {
        /// How often it is sent in all.
        times: u64,
    },
    /// It is never sent (fault `drop`).
    Dropped,
    /// It is planned for a later instant (fault `late`).
    Moved {
        /// The new planned instant, sandbox time.
        next: Timestamp,
    },
    /// It is planned after the callback that was to follow it (fault `reorder`).
    Behind {
        /// The planned instant of that callback, which becomes its own, sandbox time.
        next: Timestamp,
    },
}
