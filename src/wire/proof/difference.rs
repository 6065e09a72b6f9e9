//! Finds where two strings to sign first differ, and shows both from there without their secrets.

use super::Secret;
use crate::sandbox::journal::Difference;

/// Characters of each string that are shown at most.
const SHOWN: usize = 60;

/// The first difference of two strings; `None` if they are the same.
pub(super) fn first(ours: &str, yours: &str, secrets: &[&Secret<'_>]) -> Option<Difference> {
    if ours == yours {
        return None;
    }
    let same = ours.chars().zip(yours.chars()).take_while(|(left, right)| left == right);
    let (at, bytes) = same.fold((0, 0), |(at, bytes), (c, _)| (at + 1, bytes + c.len_utf8()));
    let rest = |text: &str| cut(&masked_from(text, bytes, secrets));
    Some(Difference { at, ours: rest(ours), yours: rest(yours) })
}

/// The first [`SHOWN`] characters of a text.
pub(super) fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    shown.push_str(if text.chars().nth(SHOWN).is_some() { "…" } else { "" });
    shown
}

/// The text from this byte on, secrets replaced; from the beginning of a secret that the byte is in.
fn masked_from(text: &str, at: usize, secrets: &[&Secret<'_>]) -> String {
    let over = secrets.iter().filter(|secret| !secret.value.is_empty()).find_map(|secret| {
        let mut found = text.match_indices(secret.value);
        found.find(|(start, _)| *start < at && at < start + secret.value.len()).map(|it| it.0)
    });
    let rest = text.get(over.unwrap_or(at)..).unwrap_or("");
    mask(rest, secrets)
}

/// The text with the secrets replaced by their placeholders.
pub(super) fn mask(text: &str, secrets: &[&Secret<'_>]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        if !secret.value.is_empty() && text.contains(secret.value) {
            text = text.replace(secret.value, &secret.placeholder);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_shown_from_the_first_difference_without_secrets() {
        let secret = Secret::new("key", "the key", "s3cret");
        let first = |ours: &str, yours: &str| first(ours, yours, &[&secret]);
        assert_eq!(first("a", "a"), None);
        let found = |at, ours: &str, yours: &str| {
            Some(Difference { at, ours: ours.to_owned(), yours: yours.to_owned() })
        };
        assert_eq!(first("s3cret|é1|2", "s3cret|é2|2"), found(8, "1|2", "2|2"));
        assert_eq!(first("s3cret|1", "s3cre|1"), found(5, "‹key›|1", "|1"));
        assert_eq!(first("s3cret|1s3cret", "s3cret|1"), found(8, "‹key›", ""));
        let long = "x".repeat(100);
        assert_eq!(first("", &long), found(0, "", &format!("{}…", "x".repeat(60))));
    }
}
