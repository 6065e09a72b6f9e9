//! An entry of the journal: one request with its answer, bodies shortened to a fixed size.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;

use super::carried::RowMarks;
use super::explanation::Explanation;
use super::recorded_head::RecordedHead;

/// The maximum number of bytes kept of the method and of each text of a note; they can quote the request.
pub const MAX_TEXT: usize = 2 * 1024;

/// How a request ended.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Deserialize,
    serde::Serialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// The provider answered the request.
    #[default]
    Answered,
    /// The provider answered with an error.
    Refused,
    /// A fault rule was applied.
    Faulted,
}

/// What a provider adds to the journal entry of an answer. It is passed as an extension of the HTTP response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// The name in the scenario of the merchant that sent the request, when it is known.
    pub merchant: Option<String>,
    /// Why the request was refused, as a sentence for the user; `None` when it was answered.
    pub reason: Option<String>,
    /// Why the answer is empty or not the provider's own, as a sentence for the user.
    pub remark: Option<String>,
    /// What helps to correct the request (the string to sign, the expected signature, …).
    pub explanation: Option<Box<Explanation>>,
}

impl Note {
    /// A note for an answer to this merchant.
    #[must_use]
    pub fn answered(merchant: &str) -> Self {
        Self { merchant: Some(merchant.to_owned()), ..Self::default() }
    }

    /// A note for a refusal, with the reason as a sentence for the user.
    #[must_use]
    pub fn refused(merchant: Option<&str>, reason: impl Into<String>) -> Self {
        let (merchant, reason) = (merchant.map(str::to_owned), Some(reason.into()));
        Self { merchant, reason, ..Self::default() }
    }

    /// Adds what helps to correct the request.
    #[must_use]
    pub fn explained(mut self, explanation: impl Into<Option<Explanation>>) -> Self {
        self.explanation = explanation.into().map(Box::new);
        self
    }

    /// The most likely mistake behind a refusal, if one is known.
    #[must_use]
    pub fn likely_mistake(&self) -> Option<&str> {
        self.explanation.as_ref()?.likely_mistake.as_deref()
    }
}

/// The kept part of a body, and the length of the whole.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// The first bytes, at most [`Body::MAX`].
    pub bytes: Bytes,
    /// The length of the whole body in bytes.
    pub length: u64,
    /// Bytes of memory that `bytes` keeps in use; more than its length when it is a slice of a longer body.
    held: usize,
}

impl Body {
    /// The maximum number of bytes kept of one body.
    pub const MAX: usize = 16 * 1024;

    /// A body of `length` bytes of which only these are kept.
    #[must_use]
    pub fn kept(bytes: Bytes, length: u64) -> Self {
        let held = bytes.len();
        Self { bytes, length, held }
    }

    /// Keeps the beginning of a whole body. A body of up to twice `MAX` is shared instead of copied: a copy
    /// would cost more than the unused bytes.
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

    /// Appends a copy of the next piece of a body that is being sent.
    pub fn push(&mut self, piece: &[u8]) {
        let room = Self::MAX.saturating_sub(self.bytes.len()).min(piece.len());
        let more = piece.get(..room).unwrap_or_default();
        if !more.is_empty() {
            self.bytes = [&self.bytes, more].concat().into();
            self.held = self.bytes.len();
        }
        self.length += length_of(piece);
    }

    /// The kept part, if it is UTF-8. A character that the cut has divided is left out.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => Some(text),
            Err(err) if self.is_truncated() && err.error_len().is_none() => {
                std::str::from_utf8(self.bytes.get(..err.valid_up_to())?).ok()
            }
            Err(_) => None,
        }
    }

    /// Whether the body is longer than the part that is kept.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        length_of(&self.bytes) < self.length
    }
}

fn length_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(0)
}

/// The body of an answer in a journal entry.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The body was complete when the entry was written.
    Whole(Body),
    /// The body was not complete when the entry was written; it grows while it is sent.
    Passing(Arc<Mutex<Body>>),
}

impl Answer {
    /// The body as far as it is known now.
    #[must_use]
    pub fn body(&self) -> Body {
        match self {
            Self::Whole(body) => body.clone(),
            Self::Passing(body) => body.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Bytes of memory used, or the maximum that may be used when the body is complete.
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
    /// The number of the request in the space: rises by one with each request and is never used again, not
    /// even after clearing.
    pub id: u64,
    /// The instant of the request, sandbox time.
    pub at: Timestamp,
    /// The instant of the request, real time.
    pub real_at: Timestamp,
    /// Slug of the provider; empty when the path belongs to no provider.
    pub provider: &'static str,
    /// The provider's operation, as in its list of operations.
    pub operation: &'static str,
    /// How the request ended.
    pub outcome: Outcome,
    /// HTTP status of the answer; 0 when the connection was closed without an answer.
    pub status: u16,
    /// Real time from the last byte of the request to the first byte of the answer, in microseconds.
    pub duration_us: u64,
    /// The merchant, and the reason of a refusal.
    pub note: Note,
    /// The id of the fault rule that was applied.
    pub fault: Option<String>,
    /// HTTP version of the request and its answer, such as `HTTP/1.1`.
    pub http_version: &'static str,
    /// Whether the request was sent to an `https` URL.
    pub is_secure: bool,
    /// HTTP method of the request.
    pub method: Cow<'static, str>,
    /// Path, query and headers of the request, headers of the answer.
    pub head: RecordedHead,
    /// Body of the request.
    pub request_body: Body,
    /// Body of the answer.
    pub answer_body: Answer,
    /// The rows that the answer carried; `None` if it lists no rows.
    pub rows: Option<RowMarks>,
    /// Bytes of memory that `rows` uses; counted when the entry is written to the journal.
    pub rows_weight: usize,
}

impl Entry {
    /// The path of the request, without the prefix of the space and without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        let target = self.head.target();
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        match path.strip_prefix("/@").and_then(|named| named.find('/').map(|at| (named, at))) {
            Some((named, at)) => named.get(at..).unwrap_or(path),
            None => path,
        }
    }

    /// Shortens the method and the texts of the note to [`MAX_TEXT`] bytes each, because they can quote a
    /// request of any length, and weighs the rows, whose number can still grow.
    pub(super) fn shorten(&mut self) {
        if self.method.len() > MAX_TEXT {
            shorten(self.method.to_mut());
        }
        let Note { merchant, reason, remark, explanation } = &mut self.note;
        let explanation = explanation.iter_mut().flat_map(|it| it.texts_mut());
        merchant.iter_mut().chain(reason).chain(remark).chain(explanation).for_each(shorten);
        if let Some(rows) = &self.rows {
            rows.shrink();
            self.rows_weight = rows.weight();
        }
    }

    /// An estimate of the memory used, in bytes: everything that is kept counts. The result never changes for
    /// one entry, because the journal subtracts it when the entry is dropped.
    pub(super) fn weight(&self) -> usize {
        let method = match &self.method {
            Cow::Borrowed(_) => 0,
            Cow::Owned(text) => text.capacity(),
        };
        768 + method
            + self.note.weight()
            + self.fault.as_ref().map_or(0, String::capacity)
            + self.head.weight()
            + self.request_body.bytes.len()
            + self.answer_body.weight()
            + self.rows_weight
    }
}

impl Note {
    /// Bytes of memory used by the texts.
    fn weight(&self) -> usize {
        let texts = self.merchant.iter().chain(&self.reason).chain(&self.remark);
        let explanation = self.explanation.as_ref().map_or(0, |it| it.weight());
        texts.map(String::capacity).sum::<usize>() + explanation
    }
}

/// Replaces everything after the first [`MAX_TEXT`] bytes by the length of the whole.
fn shorten(text: &mut String) {
    if text.len() > MAX_TEXT {
        let whole = text.len();
        let end = (0..=MAX_TEXT).rfind(|end| text.is_char_boundary(*end)).unwrap_or(0);
        // A new string, because a truncated one keeps its memory.
        *text = format!("{}… (cut; {whole} bytes in all)", text.get(..end).unwrap_or(""));
        text.shrink_to_fit();
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

    #[test]
    fn long_texts_say_how_long_they_were() {
        let long = "é".repeat(MAX_TEXT);
        let mut entry = Entry {
            method: "M".repeat(MAX_TEXT + 1).into(),
            note: Note::refused(Some("shop"), long.clone()).explained(Explanation::mistake(long)),
            ..Entry::default()
        };
        entry.shorten();
        let cut = format!("{}… (cut; 4096 bytes in all)", "é".repeat(MAX_TEXT / 2));
        let note = &entry.note;
        assert_eq!((note.merchant.as_deref(), note.reason.as_deref()), (Some("shop"), Some(&*cut)));
        assert_eq!(note.likely_mistake(), Some(&*cut));
        assert!(entry.method.ends_with("M… (cut; 2049 bytes in all)"));
    }
}
