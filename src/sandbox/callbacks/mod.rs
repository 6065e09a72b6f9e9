//! Callbacks: what a provider sends by itself.
//!
//! A provider plans a [`Message`] for an instant; `outbox` keeps it with every attempt (on its `desk`),
//! `drive` sends what is due (by itself under a running clock, or for [`advance`]), `reach` says where it may go,
//! `delivery` is the only outgoing HTTP there is, `saved` is what a snapshot holds of all that. Due
//! instants are pure arithmetic over the planned instants before them, so a clock that a test moves
//! cannot disturb them.

mod delivery;
mod desk;
mod drive;
mod outbox;
mod reach;
mod saved;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub use desk::{Alter, MOST};
pub use drive::{Event, advance, drain, redeliver, set_off, wait_due};
pub use outbox::Callbacks;
pub use reach::OwnAddresses;
pub use saved::Saved;

/// How long to wait after each failed attempt; one attempt more than there are waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetrySchedule(pub &'static [SignedDuration]);

impl RetrySchedule {
    /// When to try again after the attempt planned for `due` was the `failures`-th to fail; `None`
    /// when it was the last.
    #[must_use]
    pub fn next_due(self, due: Timestamp, failures: usize) -> Option<Timestamp> {
        let wait = self.0.get(failures.checked_sub(1)?)?;
        due.checked_add(*wait).ok()
    }
}

/// What all messages of a provider have in common: its policy, and none of the mechanics.
#[derive(Debug)]
pub struct Policy {
    /// Slug of the provider.
    pub provider: &'static str,
    /// Content-Type of the bodies.
    pub content_type: &'static str,
    /// Further headers.
    pub headers: &'static [(&'static str, &'static str)],
    /// Whether an answer with this status is a yes.
    pub accepts: fn(u16) -> bool,
    /// When to try again after a no.
    pub schedule: RetrySchedule,
    /// Hosts that must never be called, with everything below them.
    pub forbidden_hosts: &'static [&'static str],
}

/// What is sent, and to whom.
#[derive(Clone, Debug)]
pub struct Message {
    /// How its provider sends.
    pub policy: &'static Policy,
    /// The merchant it is sent to, by name.
    pub merchant: String,
    /// The report job it is about.
    pub job: u64,
    /// What has happened, in a word of the provider's.
    pub event: String,
    /// Where to; its query is kept.
    pub url: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Who made an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The schedule.
    Scheduled,
    /// Somebody asked for one more.
    Redelivered,
    /// Somebody played the receiver and gave its answer.
    Answered,
}

impl How {
    /// Everybody who can.
    pub const ALL: [Self; 3] = [Self::Scheduled, Self::Redelivered, Self::Answered];

    /// The word for it in the admin API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Redelivered => "redelivered",
            Self::Answered => "answered",
        }
    }
}

/// One try at delivering a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub duration: Duration,
}

/// What came back from a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status, or why there is none, in a sentence.
    pub status: Result<u16, String>,
    /// The first bytes of the answer's body.
    pub body: Vec<u8>,
}

/// How a callback ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
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

impl State {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Due,
        Self::Sending,
        Self::Delivered,
        Self::Failed,
        Self::Dropped,
        Self::Cancelled,
    ];

    /// The word for it in the admin API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Due => "due",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A message on its way.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
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
    /// Whether it is under way.
    pub sending: bool,
    /// Whether faults were asked about it.
    pub altered: bool,
    /// Whether it was due when it was planned, so that it leaves under a frozen clock too.
    pub prompt: bool,
    /// Its place among those due at the same instant.
    pub rank: u64,
}

impl Callback {
    /// Where it stands at `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        match self.ending {
            Some(Ending::Delivered) => State::Delivered,
            Some(Ending::Failed) => State::Failed,
            Some(Ending::Dropped) => State::Dropped,
            Some(Ending::Cancelled) => State::Cancelled,
            None if self.sending => State::Sending,
            None if self.next.is_some_and(|next| next <= now) => State::Due,
            None => State::Waiting,
        }
    }
}

/// A fault that strikes a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Struck {
    /// The rule, by its id.
    pub rule: String,
    /// What it does.
    pub alteration: Alteration,
}

/// What a fault does to a callback before its first attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alteration {
    /// It is sent twice.
    Duplicate,
    /// It is sent so much later.
    Late(SignedDuration),
    /// It is sent behind the callback that comes after it, where there is one.
    Reorder,
    /// It is never sent, and never again.
    Drop,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_planned_from_the_planned_instant() {
        const WAITS: &[SignedDuration] =
            &[SignedDuration::from_mins(15), SignedDuration::from_hours(1)];
        let schedule = RetrySchedule(WAITS);
        let due: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        assert_eq!(schedule.next_due(due, 0), None);
        assert_eq!(schedule.next_due(due, 1), Some("2026-01-31T12:15:00Z".parse().unwrap()));
        assert_eq!(schedule.next_due(due, 2), Some("2026-01-31T13:00:00Z".parse().unwrap()));
        assert_eq!(schedule.next_due(due, 3), None);
        assert_eq!(schedule.next_due(Timestamp::MAX, 1), None);
    }
}
