//! Access tokens that were issued, and when they expire.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::event::Event;
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::spelling;

/// The maximum number of tokens kept; the token that expires first is removed for a new one.
pub const MAX_TOKENS: usize = 100_000;

/// Tokens that are compared without case at most.
const LOOKED_AT: usize = 1000;

/// An access token that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The identity that the token stands for, in a form that only the provider's code reads.
    pub holder: Arc<str>,
    /// The first instant at which it is no longer valid, sandbox time.
    pub expires_at: Timestamp,
}

/// The access tokens of one space.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Written", from = "Written")]
pub struct Tokens {
    /// The key of the random draws for the text of tokens.
    key: u64,
    /// How many tokens were ever issued.
    count: u64,
    tokens: OrdMap<Arc<str>, Token>,
    by_end: OrdSet<(Timestamp, Arc<str>)>,
}

/// The form of [`Tokens`] in a snapshot: holder and expiry by token.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(with = "spelling::key")]
    key: u64,
    count: u64,
    tokens: BTreeMap<String, (String, Timestamp)>,
}

impl From<Tokens> for Written {
    fn from(tokens: Tokens) -> Self {
        let written = |(text, token): (&Arc<str>, &Token)| {
            (text.to_string(), (token.holder.to_string(), token.expires_at))
        };
        let Tokens { key, count, tokens, .. } = tokens;
        Self { key, count, tokens: tokens.iter().map(written).collect() }
    }
}

impl From<Written> for Tokens {
    fn from(written: Written) -> Self {
        let mut tokens = Self { key: written.key, ..Self::default() };
        for (text, (holder, expires_at)) in written.tokens {
            tokens.insert(&text, &holder, expires_at);
        }
        tokens.count = written.count;
        tokens
    }
}

impl Tokens {
    /// A table without tokens; the text of new tokens is drawn from `key`.
    #[must_use]
    pub fn new(key: u64) -> Self {
        Self { key, ..Self::default() }
    }

    /// How many tokens were ever issued.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The number of tokens that are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Goes on counting where another table has stopped.
    pub(super) fn count_on(&mut self, earlier: &Self) {
        self.count = self.count.max(earlier.count);
    }

    /// Whether there is no token.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The text of a new token of `length` letters and digits, and the event that issues it. It is valid for
    /// `life` from `now` on.
    #[must_use]
    pub fn issue(
        &self,
        holder: &str,
        length: usize,
        now: Timestamp,
        life: SignedDuration,
    ) -> (String, Event) {
        let token = letters(&mut Draw::new(self.key, self.count + 1), length);
        let expires_at = now.saturating_add(life).unwrap_or(Timestamp::MAX);
        let event =
            Event::TokenIssued { token: token.clone(), holder: holder.to_owned(), expires_at };
        (token, event)
    }

    pub(in crate::sandbox) fn insert(&mut self, text: &str, holder: &str, expires_at: Timestamp) {
        self.count += 1;
        if self.tokens.len() >= MAX_TOKENS
            && let Some((_, first)) = self.by_end.remove_min()
        {
            self.tokens.remove(&first);
        }
        let text: Arc<str> = text.into();
        self.by_end.insert((expires_at, Arc::clone(&text)));
        self.tokens.insert(text, Token { holder: holder.into(), expires_at });
    }

    /// The holder of a token at `now`; `None` when the token is unknown or has expired.
    #[must_use]
    pub fn holder(&self, token: &str, now: Timestamp) -> Option<&str> {
        self.get(token).filter(|token| now < token.expires_at).map(|it| &*it.holder)
    }

    /// Whether one of the last [`LOOKED_AT`] tokens to expire is this text but for its case.
    #[must_use]
    pub fn has_in_any_case(&self, text: &str) -> bool {
        let last = self.by_end.iter().rev().take(LOOKED_AT);
        last.map(|it| &it.1).any(|token| token.eq_ignore_ascii_case(text))
    }

    /// The token, whether it is still valid or not.
    #[must_use]
    pub fn get(&self, token: &str) -> Option<&Token> {
        self.tokens.get(token)
    }
}

/// A random text of `length` letters and digits.
#[must_use]
pub fn letters(draw: &mut Draw, length: usize) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    (0..length)
        .filter_map(|_| LETTERS.get(draw.below(62) as usize).copied().map(char::from))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(tokens: &mut Tokens, holder: &str, now: Timestamp, life: i64) -> String {
        let (text, event) = tokens.issue(holder, 32, now, SignedDuration::from_secs(life));
        match event {
            Event::TokenIssued { token, holder, expires_at } => {
                tokens.insert(&token, &holder, expires_at);
            }
            other => panic!("{other:?}"),
        }
        text
    }

    #[test]
    fn a_token_dies_by_the_clock() {
        let mut tokens = Tokens::new(1);
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let first = issue(&mut tokens, "a", now, 3602);
        let second = issue(&mut tokens, "b", now, 3602);
        assert_ne!(first, second);
        assert_eq!(first.len(), 32);
        let after = |seconds| now + SignedDuration::from_secs(seconds);
        assert_eq!(tokens.holder(&first, after(3601)), Some("a"));
        assert_eq!(tokens.holder(&first, after(3602)), None);
        assert_eq!(tokens.holder("x", now), None);
    }

    #[test]
    fn the_one_that_dies_first_makes_room() {
        let mut tokens = Tokens::new(1);
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let short = issue(&mut tokens, "a", now, 1);
        for life in 0..MAX_TOKENS {
            issue(&mut tokens, "b", now, 2 + i64::try_from(life).unwrap());
        }
        assert_eq!((tokens.tokens.len(), tokens.get(&short)), (MAX_TOKENS, None));
    }
}
