//! Finds the probable mistake of a client whose signature does not match: it computes the signature with
//! each common mistake and compares the results with the received one.
use strum::VariantArray;

use super::auth::{Caller, Keys};
use super::body::{Json, JsonObject};
use super::signing::{self, ListSyntax, Order, Style, ValueEncoding};
use crate::sandbox::digest::Algorithm;
use crate::sandbox::facts::Named;
use crate::sandbox::scenario::Scenario;

/// The most likely mistake, as a phrase for the journal. `received` is in lower case.
pub(super) fn likely(
    scenario: &Scenario,
    caller: &Caller<'_>,
    request: &JsonObject<'_>,
    received: &str,
) -> String {
    let keys = &caller.keys;
    let phrase = keys.request_phrase;
    let documented = Style::documented(phrase);
    let matches = |algorithm: Algorithm, key: &str, style: &Style<'_>| {
        algorithm.hash(key.as_bytes(), signing::string(request, style).as_bytes()) == received
    };
    if let Some(mistake) =
        of_string(request, documented, |style| matches(keys.algorithm, phrase, style))
    {
        return mistake;
    }
    for other in Algorithm::VARIANTS.iter().copied() {
        if matches(other, phrase, &documented) {
            return format!(
                "the signature is {}, and this merchant signs with {}",
                other.name(),
                keys.algorithm.name()
            );
        }
    }
    if let Some(mistake) =
        of_phrase(scenario, caller, |key, style| matches(keys.algorithm, key, style))
    {
        return mistake;
    }
    of_shape(keys, received)
}

/// Searches for a mistake in the string to sign.
fn of_string(
    request: &JsonObject<'_>,
    documented: Style<'_>,
    matches: impl Fn(&Style<'_>) -> bool,
) -> Option<String> {
    let phrase = documented.wrap.0;
    let json = "lists are spelled as in JSON, not as `[a, b]` and `{key=k, value=v}`";
    let syntax = |list_syntax| Style { list_syntax, ..documented };
    let separator = |separator| Style { separator, ..documented };
    let wrap = |wrap| Style { wrap, ..documented };
    let encoding = |encoding| Style { encoding, ..documented };
    let newline = format!("{phrase}\n");
    let tries = [
        ("the fields are not sorted by name", Style { order: Order::AsSent, ..documented }),
        (json, syntax(ListSyntax::Json)),
        (json, syntax(ListSyntax::JsonSpaced)),
        ("there is no blank behind the commas of lists", syntax(ListSyntax::Tight)),
        ("lists have no brackets", syntax(ListSyntax::Bare)),
        ("names of fields are in upper case", encoding(ValueEncoding::UpperNames)),
        ("white space around values was dropped", encoding(ValueEncoding::Trimmed)),
        ("`+` in values has become a blank", encoding(ValueEncoding::PlusAsBlank)),
        ("values are percent-encoded", encoding(ValueEncoding::Encoded)),
        ("there is `&` between the fields", separator("&")),
        ("there is a blank between the fields", separator(" ")),
        ("there is a comma between the fields", separator(",")),
        ("there is a line break between the fields", separator("\n")),
        ("there is a line break at the end of the string", wrap((phrase, &newline))),
        ("the phrase is missing at the end of the string", wrap((phrase, ""))),
        ("the phrase is missing at the beginning of the string", wrap(("", phrase))),
        ("the phrase is missing", wrap(("", ""))),
    ];
    if let Some((mistake, _)) = tries.iter().find(|(_, style)| matches(style)) {
        return Some((*mistake).to_owned());
    }
    let names =
        request.0.iter().filter(|(name, value)| name != "signature" && *value != Json::Null);
    let left_out = names.map(|(name, _)| &**name).find(|name| {
        [ListSyntax::Java, ListSyntax::JavaAsSent]
            .iter()
            .any(|syntax| matches(&Style { omit: Some(name), list_syntax: *syntax, ..documented }))
    });
    left_out.map(|name| format!("the field `{name}` is missing from the string"))
}

/// Searches for a wrong phrase.
fn of_phrase(
    scenario: &Scenario,
    caller: &Caller<'_>,
    matches: impl Fn(&str, &Style<'_>) -> bool,
) -> Option<String> {
    let signed_by = |phrase: &str| matches(phrase, &Style::documented(phrase));
    let trimmed = caller.keys.request_phrase.trim();
    if trimmed != caller.keys.request_phrase && signed_by(trimmed) {
        return Some("white space around the request phrase was dropped".to_owned());
    }
    for (space, name) in [(" ", "a blank"), ("\n", "a line break")] {
        if signed_by(&format!("{}{space}", caller.keys.request_phrase)) {
            return Some(format!("there is {name} behind the request phrase"));
        }
    }
    if signed_by(caller.keys.response_phrase) {
        return Some(
            "it is signed with the response phrase; requests take the request phrase".into(),
        );
    }
    for merchant in scenario.merchants() {
        for credential in merchant.credentials.get("payfort").into_iter().flatten() {
            let keys = Keys::of(credential);
            let style = Style::documented(keys.request_phrase);
            let other = keys.request_phrase != caller.keys.request_phrase;
            if other && matches(keys.request_phrase, &style) {
                return Some(format!(
                    "it is signed with the request phrase of merchant `{}`",
                    merchant.name
                ));
            }
        }
    }
    None
}

/// Describes the signature by its characters and its length, if no mistake was found.
fn of_shape(keys: &Keys<'_>, received: &str) -> String {
    let wanted = match keys.algorithm {
        Algorithm::Sha256 | Algorithm::HmacSha256 => 64,
        Algorithm::Sha512 | Algorithm::HmacSha512 => 128,
    };
    let word = keys.algorithm.name();
    if !received.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return "the signature is not hex".to_owned();
    }
    if received.len() != wanted {
        return format!("the signature has {} hex digits; {word} makes {wanted}", received.len());
    }
    "none of the usual ones; compare the string to sign with yours byte by byte, and the phrase"
        .to_owned()
}
