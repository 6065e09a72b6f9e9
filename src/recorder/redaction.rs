//! Replaces secrets in texts by placeholders with their names.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::providers;
use crate::sandbox::scenario::Scenario;
use crate::sandbox::space::Space;
use crate::sandbox::state::tokens::Tokens;

/// Shorter secrets (in bytes) can be ordinary words; they are replaced only if they are a whole value.
const DISTINCT: usize = 8;

/// Length of an access token in characters, all of them ASCII letters and digits.
const TOKEN_LENGTH: usize = 32;

/// Placeholder of an access token.
const TOKEN: &str = "‹token›";

/// The secrets of a space: what is replaced in texts of its journal.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    /// The secrets of the scenario with their placeholders, the longest secret first.
    secrets: Vec<(String, String)>,
    /// The access tokens that were issued.
    tokens: Tokens,
}

impl Redaction {
    /// Collects the secrets of all credentials: as text, in HTTP Basic encoding, and percent-encoded; and the
    /// tokens of the space at this moment. Call it after the entries were read, so that it has the tokens of
    /// all of them.
    pub fn of(scenario: &Scenario, space: &Space) -> Self {
        let mut secrets = Vec::new();
        for merchant in scenario.merchants() {
            for provider in providers::ALL {
                let all = merchant.credentials.get(provider.slug).into_iter().flatten();
                for credential in all {
                    for field in provider.credentials.iter().filter(|field| field.secret) {
                        let Some(secret) = credential.get(field.name) else { continue };
                        let shown = format!("‹{}›", field.name);
                        for user in credential.values().filter(|user| *user != secret) {
                            secrets
                                .push((STANDARD.encode(format!("{user}:{secret}")), shown.clone()));
                        }
                        let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
                        secrets.push((encoded, shown.clone()));
                        secrets.push((secret.clone(), shown));
                    }
                }
            }
        }
        secrets.retain(|(secret, _)| !secret.is_empty());
        secrets.sort_by(|left, right| right.0.len().cmp(&left.0.len()).then(left.cmp(right)));
        secrets.dedup();
        Self { secrets, tokens: space.world().state.tokens.clone() }
    }

    /// The text with all secrets replaced.
    pub fn text(&self, text: &str) -> String {
        let mut text = self.without_tokens(text);
        for (secret, shown) in &self.secrets {
            if !text.contains(secret.as_str()) {
                continue;
            }
            text = if secret.len() >= DISTINCT {
                text.replace(secret.as_str(), shown)
            } else {
                whole_values(&text, secret, shown)
            };
        }
        text
    }

    /// The text with all access tokens replaced. A token is found at the beginning and at the end of a run of
    /// letters and digits; in front of it there can be the end of an escape, such as `%20`.
    fn without_tokens(&self, text: &str) -> String {
        if self.tokens.is_empty() {
            return text.to_owned();
        }
        let mut masked = String::with_capacity(text.len());
        for piece in text.split_inclusive(|it: char| !it.is_ascii_alphanumeric()) {
            let run = piece.trim_end_matches(|it: char| !it.is_ascii_alphanumeric());
            let end = piece.get(run.len()..).unwrap_or("");
            let is_token = |it: &str| self.tokens.get(it).is_some();
            let last = run.len().checked_sub(TOKEN_LENGTH).and_then(|at| run.split_at_checked(at));
            let first = run.split_at_checked(TOKEN_LENGTH);
            match (first, last) {
                (_, Some((before, token))) if is_token(token) => {
                    masked.extend([before, TOKEN, end]);
                }
                (Some((token, after)), _) if is_token(token) => {
                    masked.extend([TOKEN, after, end]);
                }
                _ => masked.push_str(piece),
            }
        }
        masked
    }
}

/// Replaces a short secret only where it is a whole value between quotes or separators, and not a key.
fn whole_values(text: &str, secret: &str, shown: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(index) = rest.find(secret) {
        let (before, found) = rest.split_at(index);
        let after = found.get(secret.len()..).unwrap_or("");
        masked.push_str(before);
        let begins = masked.is_empty() || masked.ends_with(['"', '\'', '=', '|', ':', '>', ' ']);
        let ends = after.is_empty() || after.starts_with(['"', '\'', '&', '|', '<', ' ']);
        let is_key = after.trim_start_matches(['"', '\'']).trim_start().starts_with(':');
        masked.push_str(if begins && ends && !is_key { shown } else { secret });
        rest = after;
    }
    masked + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_secret_is_masked_as_a_value_and_stays_as_a_word() {
        let text = r#"{"test":false,"key":"test","a":"tester test"} k=test&x=1 latest"#;
        assert_eq!(
            whole_values(text, "test", "‹key›"),
            r#"{"test":false,"key":"‹key›","a":"tester ‹key›"} k=‹key›&x=1 latest"#
        );
    }

    #[test]
    fn secrets_are_masked_as_they_are_and_in_basic_authentication() {
        let secrets = vec![("MTpzYW5k".into(), "‹a›".into()), ("sandtill-x".into(), "‹b›".into())];
        let redaction = Redaction { secrets, ..Redaction::default() };
        assert_eq!(redaction.text("Basic MTpzYW5k sandtill-xy"), "Basic ‹a› ‹b›y");
    }
}
