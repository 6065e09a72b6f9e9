//! Access tokens handed out, and until when they are good.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::generate::stream::Draw;

/// Tokens kept at most; the one that dies first makes room.
const MOST: usize = 100_000;

/// A token that was handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Whom it stands for, in the provider's own terms.
    pub holder: String,
    /// The first instant at which it is no longer good.
    pub expires_at: Timestamp,
}

#[derive(Debug, Default)]
struct Issued {
    count: u64,
    tokens: BTreeMap<String, Token>,
}

/// The tokens of one space.
#[derive(Debug)]
pub struct Tokens {
    key: u64,
    // A `std` lock: held for a look-up, never across an `.await`.
    issued: Mutex<Issued>,
}

impl Tokens {
    /// No tokens yet; those to come are drawn from `key`.
    #[must_use]
    pub fn new(key: u64) -> Self {
        Self { key, issued: Mutex::default() }
    }

    /// What tokens are drawn from: for snapshots.
    #[must_use]
    pub fn key(&self) -> u64 {
        self.key
    }

    /// Hands out a token of `length` letters and digits, good for `life` from `now`.
    pub fn issue(
        &self,
        holder: &str,
        length: usize,
        now: Timestamp,
        life: SignedDuration,
    ) -> String {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.count += 1;
        let text = letters(&mut Draw::new(self.key, issued.count), length);
        let expires_at = now.saturating_add(life).unwrap_or(Timestamp::MAX);
        if issued.tokens.len() >= MOST {
            let first = issued.tokens.iter().min_by_key(|(_, token)| token.expires_at);
            if let Some(oldest) = first.map(|(text, _)| text.clone()) {
                issued.tokens.remove(&oldest);
            }
        }
        issued.tokens.insert(text.clone(), Token { holder: holder.to_owned(), expires_at });
        text
    }

    /// Whom a token stands for at `now`; `None` when it is unknown or dead.
    #[must_use]
    pub fn holder(&self, token: &str, now: Timestamp) -> Option<String> {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.tokens.get(token).filter(|token| now < token.expires_at).map(|it| it.holder.clone())
    }

    /// The token whether it is still good or not.
    #[must_use]
    pub fn get(&self, token: &str) -> Option<Token> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner).tokens.get(token).cloned()
    }

    /// All of them and how many were ever handed out: for snapshots.
    #[must_use]
    pub fn all(&self) -> (u64, BTreeMap<String, Token>) {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        (issued.count, issued.tokens.clone())
    }

    /// What [`Tokens::key`] and [`Tokens::all`] gave, as tokens again.
    #[must_use]
    pub fn restored(key: u64, count: u64, tokens: BTreeMap<String, Token>) -> Self {
        Self { key, issued: Mutex::new(Issued { count, tokens }) }
    }
}

/// So many letters and digits.
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

    #[test]
    fn a_token_dies_by_the_clock() {
        let tokens = Tokens::new(1);
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let first = tokens.issue("a", 32, now, SignedDuration::from_secs(3602));
        let second = tokens.issue("b", 32, now, SignedDuration::from_secs(3602));
        assert_ne!(first, second);
        assert_eq!(first.len(), 32);
        let after = |seconds| now + SignedDuration::from_secs(seconds);
        assert_eq!(tokens.holder(&first, after(3601)), Some("a".to_owned()));
        assert_eq!(tokens.holder(&first, after(3602)), None);
        assert_eq!(tokens.holder("x", now), None);
    }
}
