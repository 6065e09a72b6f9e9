//! The heads of a request and of its answer as the journal keeps them: one piece of text, since
//! thousands of them are kept and hardly any is ever looked at.

use std::fmt;
use std::ops::Range;

/// Target and headers of a request, and headers of its answer. The Authorization header is among them
/// twice: masked as a header, and as it was sent where nothing prints it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RecordedHead {
    /// The target, the Authorization header as it was sent, the headers of the request, and those of
    /// the answer: a line each with name, colon, value. None of it can have a line break in it.
    text: String,
    /// Where the target ends.
    target: usize,
    authorization: Option<Range<usize>>,
    /// Where the headers of the request begin, and where they end once those of the answer have begun.
    request: usize,
    answer: Option<usize>,
}

impl RecordedHead {
    /// The head of a request to this target, with room for so many bytes of names and values.
    /// `authorization` is kept as it is, for repeating the request on demand.
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

    /// What is pushed from now on is a header of the answer.
    pub fn answered(&mut self) {
        self.answer = Some(self.text.len());
    }

    /// Adds a header whose value is these pieces, one behind the other.
    pub fn push(&mut self, name: &str, value: &[&str]) {
        self.text.push_str(name);
        self.text.push(':');
        value.iter().for_each(|piece| self.text.push_str(piece));
        self.text.push('\n');
    }

    /// Path and query as sent, with the space.
    #[must_use]
    pub fn target(&self) -> &str {
        self.text.get(..self.target).unwrap_or("")
    }

    /// The Authorization header as it was sent.
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

    /// Bytes kept.
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

/// Names and values in the order they were sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Headers<'a>(&'a str);

impl<'a> Headers<'a> {
    /// Every name with its value.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.split_terminator('\n').filter_map(|line| line.split_once(':'))
    }

    /// The first value of a header, named in lower case.
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
