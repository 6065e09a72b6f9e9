//! What goes wrong: the kinds of faults, with what each of them needs to be carried out.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::delay::Delay;

/// What goes wrong. The first ten kinds concern answers to requests, the last four concern callbacks.
#[derive(Clone, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Fault {
    /// The answer is delayed.
    Delay(Delay),
    /// The provider answers with its own error that has this code.
    Error(String),
    /// An answer with this HTTP status, as a proxy between client and provider would give it.
    Status(u16),
    /// The provider answers that there were too many requests.
    Throttle,
    /// The connection is closed without an answer.
    Empty,
    /// The connection is reset (TCP RST) without an answer.
    Reset,
    /// The connection is closed after this number of bytes of the body; after half of it for `None`.
    Truncate(Option<u64>),
    /// The body is sent in small pieces and takes this long in all, real time.
    Drip(Duration),
    /// The body is damaged, so that a JSON parser refuses it.
    BrokenJson,
    /// The provider answers that the token or the credentials have expired.
    ExpiredToken,
    /// A callback is sent twice.
    Duplicate,
    /// A callback is sent this much later than planned, sandbox time.
    Late(SignedDuration),
    /// A callback is sent after the callback that follows it.
    Reorder,
    /// A callback is never sent.
    Drop,
}

impl Fault {
    /// Whether the fault concerns callbacks and not answers.
    #[must_use]
    pub fn is_of_callbacks(&self) -> bool {
        self.alteration().is_some()
    }

    /// The effect on a callback; `None` for faults of answers.
    #[must_use]
    pub fn alteration(&self) -> Option<Alteration> {
        match self {
            Self::Duplicate => Some(Alteration::Duplicate),
            Self::Late(wait) => Some(Alteration::Late(*wait)),
            Self::Reorder => Some(Alteration::Reorder),
            Self::Drop => Some(Alteration::Drop),
            Self::Delay(_)
            | Self::Error(_)
            | Self::Status(_)
            | Self::Throttle
            | Self::Empty
            | Self::Reset
            | Self::Truncate(_)
            | Self::Drip(_)
            | Self::BrokenJson
            | Self::ExpiredToken => None,
        }
    }
}

/// The change that a fault makes to a callback before its first attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alteration {
    /// It is sent twice.
    Duplicate,
    /// It is sent this much later, sandbox time.
    Late(SignedDuration),
    /// It is sent after the callback that follows it; without a following one it is sent as planned.
    Reorder,
    /// It is never sent.
    Drop,
}
