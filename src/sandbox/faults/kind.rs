//! What goes wrong: the kinds of faults, with what each of them needs to be carried out.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::delay::Delay;
use super::row_fault::RowFault;

/// What goes wrong. The kinds up to `InsertBetween` concern answers to requests, the others callbacks.
#[derive(Clone, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Fault {
    /// The answer is sent late; what was asked for is done at once.
    Delay(Delay),
    /// The provider answers with its own error that has this code.
    Error(String, Work),
    /// An answer with an HTTP status, as a proxy between client and provider would give it.
    Status(Box<StatusAnswer>),
    /// The provider answers that there were too many requests.
    Throttle(RetryAfter),
    /// Something between client and provider answers.
    Gateway(Page, Work),
    /// The answer is compressed, whatever the client accepts.
    Gzip,
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
    /// The report ends properly and lacks rows.
    Short(RowFault),
    /// Rows are there twice.
    RepeatRows(RowFault),
    /// Rows are left out.
    SkipRows(RowFault),
    /// The rows have another order.
    ShuffleRows(RowFault),
    /// The schema of the rows has changed.
    Drift(RowFault),
    /// So many new payments come in before the answer, inside the range that is asked for.
    InsertBetween(u64),
    /// A callback arrives so often in all.
    Duplicate(u64),
    /// A callback is sent this much later than planned, sandbox time.
    Late(SignedDuration),
    /// A callback is sent after the callback that follows it.
    Reorder,
    /// A callback is never sent.
    Drop,
    /// A callback is sent this much earlier than planned, sandbox time; at once for `None`.
    Early(Option<SignedDuration>),
}

/// Whether the provider does what the request asks for, although the client is told otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Work {
    /// It does not.
    #[default]
    NotDone,
    /// It does.
    Done,
}

/// An answer that a rule spells out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside those that the answer has anyway: name and value.
    pub headers: Vec<(String, String)>,
    /// The body; the words of the status if absent.
    pub body: Option<String>,
    /// The media type of the body; plain text if absent.
    pub content_type: Option<String>,
    /// Whether the provider does the work.
    pub work: Work,
}

/// How the header `Retry-After` of a throttled answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetryAfter {
    /// As a date instead of seconds.
    pub is_date: bool,
    /// So many seconds, whatever is true; `None` for the truth.
    pub seconds: Option<u64>,
}

/// What stands between client and provider and answers.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames,
)]
pub enum Page {
    /// A reverse proxy that cannot reach the provider.
    #[strum(serialize = "nginx-502")]
    Nginx502,
    /// A content delivery network that does not understand the provider.
    #[strum(serialize = "cloudflare-520")]
    Cloudflare520,
    /// A login page with a good status.
    #[strum(serialize = "login-200")]
    Login200,
    /// A redirect to the same address.
    #[strum(serialize = "redirect-308")]
    Redirect308,
}

impl Fault {
    /// Whether the fault concerns callbacks and not answers.
    #[must_use]
    pub fn is_of_callbacks(&self) -> bool {
        matches!(self, Self::Early(_)) || self.alteration().is_some()
    }

    /// Whether the fault needs an answer with rows.
    #[must_use]
    pub fn is_of_rows(&self) -> bool {
        matches!(self, Self::InsertBetween(_)) || self.row_fault().is_some()
    }

    /// The effect on the rows of an answer; `None` for faults that leave them alone.
    #[must_use]
    pub fn row_fault(&self) -> Option<&RowFault> {
        match self {
            Self::Short(fault)
            | Self::RepeatRows(fault)
            | Self::SkipRows(fault)
            | Self::ShuffleRows(fault)
            | Self::Drift(fault) => Some(fault),
            _ => None,
        }
    }

    /// The effect on a callback that is due; `None` for faults of answers and for `early`, which is decided
    /// when the callback is planned.
    #[must_use]
    pub fn alteration(&self) -> Option<Alteration> {
        match self {
            Self::Duplicate(count) => Some(Alteration::Duplicate(*count)),
            Self::Late(wait) => Some(Alteration::Late(*wait)),
            Self::Reorder => Some(Alteration::Reorder),
            Self::Drop => Some(Alteration::Drop),
            _ => None,
        }
    }
}

/// The change that a fault makes to a callback before its first attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alteration {
    /// It is sent so often in all.
    Duplicate(u64),
    /// It is sent this much later, sandbox time.
    Late(SignedDuration),
    /// It is sent after the callback that follows it; without a following one it is sent as planned.
    Reorder,
    /// It is never sent.
    Drop,
}
