//! Who is asking, and whether the signature is theirs.

use std::sync::Arc;

use super::body::Members;
use super::error::PayFortError;
use super::signing::{self, Lists, REQUEST_PHRASE, Style};
use super::slips;
use crate::sandbox::digest::{self, Algorithm};
use crate::sandbox::merchant::{Credential, Merchant};
use crate::sandbox::scenario::Scenario;

/// What a merchant signs with, and what the answers to it are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) algorithm: Algorithm,
    pub(super) request_phrase: String,
    pub(super) response_phrase: String,
}

impl Keys {
    /// SHA-256 is the vendor's default.
    pub(super) fn of(credential: &Credential) -> Self {
        let field = |name: &str| credential.get(name).cloned().unwrap_or_default();
        let hash = credential.get("hash").and_then(|word| Algorithm::parse(word));
        Self {
            algorithm: hash.unwrap_or(Algorithm::Sha256),
            request_phrase: field("request_phrase"),
            response_phrase: field("response_phrase"),
        }
    }
}

/// Somebody who has named themselves; the signature has still to prove it.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) merchant: Arc<Merchant>,
    pub(super) keys: Keys,
}

/// The merchant whose identifier and access code the request carries.
pub(super) fn caller(scenario: &Scenario, request: &Members<'_>) -> Result<Caller, PayFortError> {
    let identifier = request.text("merchant_identifier").unwrap_or("");
    let access_code = request.text("access_code").unwrap_or("");
    let is = |credential: &Credential, name: &str, value: &str| {
        credential.get(name).is_some_and(|it| digest::same(it.as_bytes(), value.as_bytes()))
    };
    let merchant = scenario
        .merchant_with("payfort", |it| is(it, "merchant_identifier", identifier))
        .ok_or_else(|| PayFortError::Merchant(identifier.to_owned()))?;
    let credentials = merchant.credentials.get("payfort");
    let credential = credentials
        .into_iter()
        .flatten()
        .find(|it| is(it, "merchant_identifier", identifier) && is(it, "access_code", access_code));
    let credential = credential.ok_or_else(|| PayFortError::AccessCode(identifier.to_owned()))?;
    Ok(Caller { merchant: Arc::clone(merchant), keys: Keys::of(credential) })
}

/// Whether the request is signed by the caller: in any case of hex, with `key` and `value` of a
/// filter in either order, and with empty fields in the string or left out, as clients differ there.
pub(super) fn verify(
    scenario: &Scenario,
    caller: &Caller,
    request: &Members<'_>,
) -> Result<(), PayFortError> {
    let keys = &caller.keys;
    let received = request.text("signature").unwrap_or("").to_ascii_lowercase();
    let documented = Style::documented(&keys.request_phrase);
    for lists in [Lists::Java, Lists::JavaAsSent] {
        for skips_empty in [false, true] {
            let style = Style { lists, skips_empty, ..documented };
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
    let slip = slips::likely(scenario, caller, request, &received);
    Err(PayFortError::Signature(vec![
        ("hash".to_owned(), keys.algorithm.word().to_owned()),
        ("string to sign".to_owned(), shown),
        ("expected signature".to_owned(), expected),
        ("received signature".to_owned(), received),
        ("likely slip".to_owned(), slip),
    ]))
}
