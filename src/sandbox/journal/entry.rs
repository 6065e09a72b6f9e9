//! One request with its answer, as the journal keeps it.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;

use super::recorded_head::RecordedHead;

/// How a request ended.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// The provider's answer to a good question.
    #[default]
    Answered,
    /// The provider's error.
    Refused,
    /// A fault struck.
    Faulted,
}

/// What a provider tells the journal about an answer, as an extension of the response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Who asked, by the merchant's name in the scenario, when that is known.
    pub merchant: Option<String>,
    /// Why it was refused, in a sentence for a person; `None` when it was answered.
    pub reason: Option<String>,
    /// What helps to mend it: names and values (the string that was to be signed, the signature that
    /// was expected, …). Secrets are replaced by their names before they come here.
    pub explanation: Vec<(String, String)>,
}

impl Note {
    /// An answer to this merchant.
    #[must_use]
    pub fn answered(merchant: &str) -> Self {
        Self { merchant: Some(merchant.to_owned()), ..Self::default() }
    }

    /// A refusal with its reason.
    #[must_use]
    pub fn refused(merchant: Option<&str>, reason: impl Into<String>) -> Self {
        Self {
            merchant: merchant.map(str::to_owned),
            reason: Some(reason.into()),
            explanation: Vec::new(),
        }
    }

    /// With one more thing that helps.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.explanation.push((name.to_owned(), value.into()));
        self
    }
}

/// The part of a body that is kept, and how long the whole was.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// The first bytes.
    pub bytes: Bytes,
    /// Length of the whole in bytes.
    pub length: u64,
    /// Bytes of memory it holds on to.
    held: usize,
}

impl Body {
    /// Bytes of a body that are kept at most.
    pub const MAX: usize = 16 * 1024;

    /// A whole body. One that is not much longer than what is kept is held as it is, not copied.
    #[must_use]
    pub fn whole(body: &Bytes) -> Self {
        let mut kept = Self::default();
        if body.len() > 2 * Self::MAX {
            kept.push(body);
        } else {
            kept.bytes = body.slice(..body.len().min(Self::MAX));
            (kept.length, kept.held) = (length_of(body), body.len());
        }
        kept
    }

    /// Appends a copy of a piece as it passes.
    pub fn push(&mut self, piece: &[u8]) {
        let room = Self::MAX.saturating_sub(self.bytes.len()).min(piece.len());
        let more = piece.get(..room).unwrap_or_default();
        if !more.is_empty() {
            self.bytes = [&self.bytes, more].concat().into();
            self.held = self.bytes.len();
        }
        self.length += length_of(piece);
    }

    /// Whether something was left out.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        length_of(&self.bytes) < self.length
    }
}

fn length_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(0)
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It was there when the entry was written.
    Whole(Body),
    /// It was still to come; it grows while it passes.
    Passing(Arc<Mutex<Body>>),
}

impl Answer {
    /// What there is of it by now.
    #[must_use]
    pub fn body(&self) -> Body {
        match self {
            Self::Whole(body) => body.clone(),
            Self::Passing(body) => body.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Bytes of memory it takes, or may take in the end.
    fn weight(&self) -> usize {
        match self {
            Self::Whole(body) => body.held,
            Self::Passing(_) => Body::MAX,
        }
    }
}

impl Default for Answer {
    fn default() -> Self {
        Self::Whole(Body::default())
    }
}

/// One request with its answer.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Rises by one with every request of a space and never repeats, also after clearing.
    pub id: u64,
    /// Sandbox time of the request.
    pub at: Timestamp,
    /// Real time of the request.
    pub real_at: Timestamp,
    /// Slug of the provider; empty when the path belongs to none.
    pub provider: &'static str,
    /// The provider's operation.
    pub operation: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// HTTP status of the answer; 0 when the connection was cut instead.
    pub status: u16,
    /// Real time from the last byte of the request to the first of the answer, in microseconds.
    pub duration_us: u64,
    /// What the provider said about it.
    pub note: Note,
    /// The fault that struck, by its id.
    pub fault: Option<String>,
    /// HTTP method.
    pub method: Cow<'static, str>,
    /// Target and headers of the request, headers of the answer.
    pub head: RecordedHead,
    /// Body of the request.
    pub request_body: Body,
    /// Body of the answer.
    pub answer_body: Answer,
}

impl Entry {
    /// Bytes it takes, about; the same whenever it is asked.
    pub(super) fn weight(&self) -> usize {
        768 + self.head.weight() + self.request_body.bytes.len() + self.answer_body.weight()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_body_is_kept_however_it_comes() {
        let body: Bytes = (0..60_000_u32).map(|it| it.to_be_bytes()[3]).collect::<Vec<_>>().into();
        for length in [0, 1, Body::MAX, Body::MAX + 1, 2 * Body::MAX, 2 * Body::MAX + 1] {
            let body = body.slice(..length);
            let mut pieces = Body::default();
            body.chunks(1000).for_each(|piece| pieces.push(piece));
            for kept in [Body::whole(&body), pieces] {
                assert_eq!(kept.bytes, body.slice(..length.min(Body::MAX)));
                assert_eq!(kept.length, u64::try_from(length).unwrap());
                assert_eq!(kept.is_truncated(), length > Body::MAX);
            }
        }
    }
}
