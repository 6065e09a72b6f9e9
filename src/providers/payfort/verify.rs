//! The check of a request's signature, apart from the search for the merchant who sent it.

use super::auth::Caller;
use super::body::JsonObject;
use super::error::PayFortError;
use super::signature_diagnosis;
use super::signing::{self, ListSyntax, REQUEST_PHRASE, Style};
use crate::sandbox::digest;
use crate::sandbox::facts::Named;
use crate::sandbox::scenario::Scenario;

/// Checks that the caller signed the request.
///
/// Clients differ, so hex digits match in any case, `key` and `value` of a filter match in either
/// order, and empty fields may be in the string or left out.
pub(super) fn verify(
    scenario: &Scenario,
    caller: &Caller<'_>,
    request: &JsonObject<'_>,
) -> Result<(), PayFortError> {
    let keys = &caller.keys;
    let received = request.text("signature").unwrap_or("").to_ascii_lowercase();
    let documented = Style::documented(keys.request_phrase);
    for list_syntax in [ListSyntax::Java, ListSyntax::JavaAsSent] {
        for skips_empty in [false, true] {
            let style = Style { list_syntax, skips_empty, ..documented };
            let string = signing::string(request, &style);
            let expected = keys.algorithm.hash(keys.request_phrase.as_bytes(), string.as_bytes());
            if digest::same(expected.as_bytes(), received.as_bytes()) {
                return Ok(());
            }
        }
    }
    let string = signing::string(request, &documented);
    let expected = keys.algorithm.hash(keys.request_phrase.as_bytes(), string.as_bytes());
    let shown = signing::string(request, &Style::documented(REQUEST_PHRASE));
    let mistake = signature_diagnosis::likely(scenario, caller, request, &received);
    Err(PayFortError::Signature(vec![
        ("hash".to_owned(), keys.algorithm.name().to_owned()),
        ("string to sign".to_owned(), shown),
        ("expected signature".to_owned(), expected),
        ("received signature".to_owned(), received),
        ("likely mistake".to_owned(), mistake.clone()),
        // The name of this key in version 0.1; it goes with the version after this one.
        ("likely slip".to_owned(), mistake),
    ]))
}
