//! The check of a request's signature, apart from the search for the merchant who sent it.

use super::auth::{self, Caller};
use super::error::PayFortError;
use super::request;
use super::signing::{self, signed_fields};
use crate::sandbox::digest;
use crate::sandbox::journal::Explanation;
use crate::wire::call::Call;
use crate::wire::proof::{Lists, Own, Recipe};
use crate::wire::raw_json::JsonObject;

/// Checks that the caller signed the request.
///
/// Clients differ, so hex digits match in any case, `key` and `value` of a filter match in either
/// order, and empty fields may be in the string or left out.
pub(super) fn verify(caller: &Caller<'_>, request: &JsonObject<'_>) -> Result<(), PayFortError> {
    let keys = &caller.keys;
    let received = request.text("signature").unwrap_or("").to_ascii_lowercase();
    let fields = signed_fields(request.clone());
    for lists in [Lists::Java, Lists::JavaAsSent] {
        for skips_empty in [false, true] {
            let documented = Recipe::sorted_between(keys.request_phrase);
            let string = Recipe { lists, skips_empty, ..documented }.string(&fields);
            let expected = keys.algorithm.hash(keys.request_phrase.as_bytes(), string.as_bytes());
            if digest::same(expected.as_bytes(), received.as_bytes()) {
                return Ok(());
            }
        }
    }
    Err(PayFortError::Signature)
}

/// Explains the signature of a request, and the caller's own work on it; `None` without a merchant whose
/// phrase could be used.
pub(super) fn explain(call: &Call, own: &Own) -> Option<Explanation> {
    let request = match request::read(call) {
        Ok(request) => request,
        Err(refusal) => return Some(Explanation::mistake(refusal.to_string())),
    };
    let scenario = call.scenario();
    let caller = match auth::sender(scenario, &request) {
        Ok(caller) => caller,
        Err(refusal) => return Some(Explanation::mistake(refusal.to_string())),
    };
    let received = request.text("signature").unwrap_or("").to_owned();
    let fields = signed_fields(request);
    Some(signing::signing(scenario, &caller, &fields).explain(&received, own))
}
