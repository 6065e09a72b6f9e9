//! Reads a credential in all the ways in which clients spoil it: quoted, encoded once too often or not at
//! all, with white space; and finds credentials outside of the Authorization header.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use crate::wire::call::Call;

/// Texts that one credential is read as, at most.
const MAX_READINGS: usize = 60;

/// Credentials longer than this (in bytes) are not diagnosed.
pub(super) const MAX_CREDENTIAL: usize = 4096;

/// A text, and what had to be undone to read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) text: String,
    pub(super) says: Vec<&'static str>,
}

/// Something that a client did, and its reverse; `None` if the text does not look like it.
type Step = (&'static str, fn(&str) -> Option<String>);

const STEPS: &[Step] = &[
    ("there is white space or a line break around it", |text| other(text, text.trim())),
    ("there are quotes or brackets around it", |text| {
        let pairs = ["\"\"", "''", "<>", "{}", "[]", "()", "``"];
        let mut ends = pairs.iter().filter_map(|pair| pair.split_at_checked(1));
        let inner = ends.find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close));
        inner.map(str::to_owned)
    }),
    ("it is percent-encoded", |text| {
        other(text, &percent_encoding::percent_decode_str(text).decode_utf8().ok()?)
    }),
    ("it is encoded in base64 once too often", |text| base64_text(text)),
    ("it is encoded in hex", |text| {
        String::from_utf8(hex::decode(text).ok()?).ok().filter(|it| !it.is_empty())
    }),
    ("the name of the scheme stands there twice", |text| {
        let (scheme, rest) = text.split_once([' ', ':'])?;
        let schemes = ["basic", "bearer", "token", "authorization"];
        schemes.contains(&scheme.to_ascii_lowercase().as_str()).then(|| rest.trim().to_owned())
    }),
    ("there is punctuation behind it", |text| other(text, text.trim_end_matches([';', ',', '.']))),
    ("there is a line break, written as `\\n`, behind it", |text| {
        let text = text.strip_suffix("\\n")?;
        Some(text.strip_suffix("\\r").unwrap_or(text).to_owned())
    }),
    ("there are invisible characters in it", |text| {
        let seen = |c: &char| !matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{a0}' | '\0');
        other(text, &text.chars().filter(seen).collect::<String>())
    }),
    ("it is in UTF-8 that was read as Latin-1 and encoded again", |text| {
        let bytes: Option<Vec<u8>> =
            text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        other(text, &String::from_utf8(bytes?).ok()?)
    }),
    ("it is escaped as in HTML", |text| {
        let plain = text.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<");
        other(text, &plain.replace("&gt;", ">").replace("&amp;", "&"))
    }),
];

fn other(text: &str, changed: &str) -> Option<String> {
    (text != changed && !changed.is_empty()).then(|| changed.to_owned())
}

/// The bytes of base64 in any of its forms.
pub(super) fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    let engines = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD];
    engines.iter().find_map(|engine| engine.decode(text).ok()).filter(|it| !it.is_empty())
}

fn base64_text(text: &str) -> Option<String> {
    String::from_utf8(base64_bytes(text)?).ok().filter(|it| !it.chars().any(char::is_control))
}

/// The text as it is, then with one and with two steps undone; at most [`MAX_READINGS`].
pub(super) fn of(text: &str) -> Vec<Reading> {
    let mut seen = BTreeSet::from([text.to_owned()]);
    let mut all = vec![Reading { text: text.to_owned(), says: Vec::new() }];
    let mut next = 0;
    while let Some(reading) = all.get(next).cloned() {
        next += 1;
        if reading.says.len() >= 2 || text.len() > MAX_CREDENTIAL {
            continue;
        }
        for (says, undo) in STEPS {
            if let Some(text) = undo(&reading.text)
                && all.len() < MAX_READINGS
                && seen.insert(text.clone())
            {
                let says = reading.says.iter().chain([says]).copied().collect();
                all.push(Reading { text, says });
            }
        }
    }
    all
}

/// The place outside of the Authorization header where a text is that `is_it` recognizes.
pub(super) fn elsewhere(call: &Call, is_it: &dyn Fn(&str) -> bool) -> Option<String> {
    let last_word = |text: &str| text.rsplit(' ').next().unwrap_or("").to_owned();
    for (name, value) in &call.headers {
        let Ok(value) = value.to_str() else { continue };
        let is_other = name != "authorization" && value.len() <= MAX_CREDENTIAL;
        if is_other && (is_it(value) || is_it(&last_word(value))) {
            return Some(format!("the header `{name}`"));
        }
    }
    let form = |text: &[u8]| {
        let mut pairs = url::form_urlencoded::parse(text).take(100);
        pairs.find(|(_, value)| is_it(value)).map(|(name, _)| name.into_owned())
    };
    if let Some(name) = form(call.uri.query().unwrap_or("").as_bytes()) {
        return Some(format!("the query, as `{name}`"));
    }
    let body: &[u8] = call.body.get(..call.body.len().min(64 * 1024)).unwrap_or(&[]);
    if let Ok(serde_json::Value::Object(members)) = serde_json::from_slice(body) {
        let mut members = members.iter().take(100);
        let found = members.find(|(_, value)| value.as_str().is_some_and(is_it));
        return found.map(|(name, _)| format!("the body, as `{name}`"));
    }
    form(body).map(|name| format!("the body, as `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, steps: usize) {
        let reading = of(text).into_iter().find(|it| it.text == "a:bé");
        assert_eq!(reading.map(|it| it.says.len()), Some(steps), "{text}");
    }

    #[test]
    fn what_a_client_did_is_undone_alone_and_in_pairs() {
        check("a:bé", 0);
        check("a:bé\n", 1);
        check("\"a:bé\"", 1);
        check("a%3Ab%C3%A9", 1);
        // printf 'a:bé' | base64, | xxd -p, and base64 in quotes.
        check("YTpiw6k=", 1);
        check("613a62c3a9", 1);
        check("<YTpiw6k=>", 2);
        assert!(of(&"x".repeat(MAX_CREDENTIAL + 1)).len() == 1);
    }
}
