//! The head of a request and of its answer as the journal keeps it: one text instead of a map, because
//! thousands are kept and few are ever read.

use std::fmt;
use std::ops::Range;

/// Path, query and headers of a request, and headers of its answer. The Authorization header is kept twice:
/// masked among the headers, and as it was sent, which is never printed.
#[derive(Clone, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct RecordedHead {
    /// The target, the Authorization header as it was sent, then the headers of the request and of the
    /// answer: one line each with name, colon, value. Names and values cannot contain line breaks.
    text: String,
    /// The length of the target in bytes.
    target: usize,
    authorization: Option<Range<usize>>,
    /// Where the headers of the request begin in `text`. They end where those of the answer begin (`answer`),
    /// or at the end of `text` while there is no answer.
    request: usize,
    answer: Option<usize>,
}

impl RecordedHead {
    /// The head of a request to this target, with capacity for `room` bytes of headers. `authorization` is
    /// kept as it was sent, so that the request can be repeated.
    #[must_use]
    pub fn new(target: &str, authorization: Option<&str>, room: usize) -> Self {
        let secret = authorization.unwrap_or("");
        let mut text = String::with_capacity(target.len() + secret.len() + room);
        text.push_str(target);
        text.push_str(secret);
        Self {
            target: target.len(),
            authorization: authorization.map(|_| target.len()..text.len()),
            request: text.len(),
            answer: None,
            text,
        }
    }

    /// Marks the end of the headers of the request: the next pushed header belongs to the answer.
    pub fn answered(&mut self) {
        self.answer = Some(self.text.len());
    }

    /// Adds a header whose value is the concatenation of `value`.
    pub fn push(&mut self, name: &str, value: &[&str]) {
        self.text.push_str(name);
        self.text.push(':');
        value.iter().for_each(|piece| self.text.push_str(piece));
        self.text.push('\n');
    }

    /// Path and query as they were sent, prefix of the space included.
    #[must_use]
    pub fn target(&self) -> &str {
        self.text.get(..self.target).unwrap_or("")
    }

    /// The Authorization header as it was sent; a secret.
    #[must_use]
    pub fn authorization(&self) -> Option<&str> {
        self.text.get(self.authorization.clone()?)
    }

    /// Headers of the request, credentials masked.
    #[must_use]
    pub fn request(&self) -> Headers<'_> {
        let end = self.answer.unwrap_or(self.text.len());
        Headers(self.text.get(self.request..end).unwrap_or(""))
    }

    /// Headers of the answer.
    #[must_use]
    pub fn answer(&self) -> Headers<'_> {
        let start = self.answer.unwrap_or(self.text.len());
        Headers(self.text.get(start..).unwrap_or(""))
    }

    /// Bytes of memory used.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.text.capacity()
    }
}

impl fmt::Debug for RecordedHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedHead")
            .field("target", &self.target())
            .field("authorization", &self.authorization().map(|_| "‹hidden›"))
            .field("request", &self.request())
            .field("answer", &self.answer())
            .finish()
    }
}

/// Header names and values in the order in which they were sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Headers<'a>(&'a str);

impl<'a> Headers<'a> {
    /// All pairs of name and value.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.split_terminator('\n').filter_map(|line| line.split_once(':'))
    }

    /// The first value of a header; `name` is in lower case.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'a str> {
        self.iter().find(|header| header.0 == name).map(|header| header.1)
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_come_back_as_they_were() {
        let request = [("host", "localhost:8080"), ("empty", ""), ("cookie", "a=b: c")];
        let answer = [("host", "x")];
        for authorization in [None, Some(""), Some("Bearer s3cret")] {
            let mut head = RecordedHead::new("/@a/b?c=d:e", authorization, 8);
            request.iter().for_each(|(name, value)| head.push(name, &[value]));
            assert!(head.request().iter().eq(request) && head.answer().iter().eq([]));
            head.answered();
            answer.iter().for_each(|(name, value)| head.push(name, &[value]));
            assert_eq!((head.target(), head.authorization()), ("/@a/b?c=d:e", authorization));
            assert!(head.request().iter().eq(request) && head.answer().iter().eq(answer));
            assert_eq!(head.request().get("host"), Some("localhost:8080"));
            assert_eq!((head.answer().get("host"), head.answer().get("none")), (Some("x"), None));
            assert!(!format!("{head:?}").contains("s3cret"));
        }
        let nothing = RecordedHead::default();
        assert_eq!((nothing.target(), nothing.authorization()), ("", None));
        assert!(nothing.request().iter().eq([]) && nothing.answer().iter().eq([]));
    }
}
