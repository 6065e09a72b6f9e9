//! A callback: what is sent, its attempts, and where it stands.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sandbox::policy::Policy;
use crate::sandbox::spelling;

/// What is sent, and to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Slug of the provider that sends it.
    pub provider: Box<str>,
    /// The merchant it is sent to, by name.
    pub merchant: String,
    /// The report job it is about.
    #[serde(rename = "report")]
    pub job: u64,
    /// What has happened, in a word of the provider's.
    pub event: String,
    /// Where to; its query is kept.
    pub url: String,
    /// The body.
    #[serde(with = "spelling::base64")]
    pub body: Vec<u8>,
}

/// Who made an attempt.
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
    /// The schedule.
    Scheduled,
    /// Somebody asked for one more.
    Redelivered,
    /// Somebody played the receiver and gave its answer.
    Answered,
}

/// One try at delivering a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// The instant it was planned for, sandbox time.
    pub due: Timestamp,
    /// When it was made, sandbox time.
    pub at: Timestamp,
    /// When it was made, real time.
    pub real_at: Timestamp,
    /// Who made it.
    pub how: How,
    /// What came back.
    pub reply: Reply,
    /// Real time it took.
    #[serde(rename = "duration_us", with = "spelling::micros")]
    pub duration: Duration,
}

/// What came back from a receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The HTTP status, or why there is none, in a sentence.
    pub status: Result<u16, String>,
    /// The first bytes of the answer's body.
    #[serde(with = "spelling::base64")]
    pub body: Vec<u8>,
}

/// How a callback ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The receiver said yes.
    Delivered,
    /// The last attempt failed too.
    Failed,
    /// A fault swallowed it.
    Dropped,
    /// It was overtaken before it was sent.
    Cancelled,
}

/// Where a callback stands at a moment.
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
    /// Its next attempt lies ahead.
    Waiting,
    /// Its next attempt should have been made by now.
    Due,
    /// It is under way.
    Sending,
    /// The receiver said yes.
    Delivered,
    /// The last attempt failed too.
    Failed,
    /// A fault swallowed it.
    Dropped,
    /// It was overtaken before it was sent.
    Cancelled,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// Rises by one with every callback of a space, from 1.
    pub id: u64,
    /// What is sent.
    pub message: Arc<Message>,
    /// When its first attempt was planned for.
    pub due: Timestamp,
    /// When the next attempt is planned for; `None` when there is none.
    pub next: Option<Timestamp>,
    /// The attempts so far, the first one first; of very many only the last.
    pub attempts: Vec<Attempt>,
    /// How it ended, if it has.
    pub ending: Option<Ending>,
    /// The callback it is a second copy of.
    pub copy_of: Option<u64>,
    /// Whether it is never sent and waits to be pulled instead.
    pub held: bool,
    /// The fault rule that altered it, by its id.
    pub fault: Option<String>,
    /// Attempts of the schedule that failed so far.
    pub failures: usize,
    /// Whether faults were asked about it.
    pub altered: bool,
    /// Whether it was due when it was planned, so that it leaves under a frozen clock too.
    pub due_when_planned: bool,
    /// Its place among those due at the same instant.
    pub sequence: u64,
}

impl Callback {
    /// Where it stands at `now`, unless it is under way.
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

    /// What becomes of it by an attempt: when it is tried next, and how it has ended.
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

/// What becomes of a callback that has come to its first attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// It is sent.
    Sent,
    /// It is sent, and a copy of it too.
    SentTwice,
    /// It is never sent.
    Dropped,
    /// It is planned for another instant.
    Moved {
        /// When.
        next: Timestamp,
    },
    /// It is planned behind the one that was to come after it.
    Behind {
        /// When.
        next: Timestamp,
    },
}
