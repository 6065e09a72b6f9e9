//! The search for the merchant that a request names; its signature is checked elsewhere.

use super::error::PayFortError;
use crate::sandbox::digest::{self, Algorithm};
use crate::sandbox::merchant::{Credential, Merchant};
use crate::sandbox::scenario::Scenario;
use crate::wire::raw_json::JsonObject;

/// The hash and the phrases that requests and answers of a merchant are signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keys<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) request_phrase: &'a str,
    pub(super) response_phrase: &'a str,
}

impl<'a> Keys<'a> {
    /// Reads the keys of a credential. The hash is SHA-256 by default, as at the vendor.
    pub(super) fn of(credential: &'a Credential) -> Self {
        let field = |name: &str| credential.get(name).map_or("", String::as_str);
        let hash = credential.get("hash").and_then(|word| Algorithm::parse(word));
        Self {
            algorithm: hash.unwrap_or(Algorithm::Sha256),
            request_phrase: field("request_phrase"),
            response_phrase: field("response_phrase"),
        }
    }
}

/// A merchant named by a request; only the signature proves that it sent the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller<'a> {
    pub(super) merchant: &'a Merchant,
    pub(super) keys: Keys<'a>,
}

/// Finds the merchant with this identifier and access code. Only the access code is secret, so it is
/// compared in constant time.
pub(super) fn caller<'a>(
    scenario: &'a Scenario,
    identifier: &str,
    access_code: &str,
) -> Result<Caller<'a>, PayFortError> {
    let mut is_known = false;
    for merchant in scenario.merchants() {
        for credential in merchant.credentials.get("payfort").into_iter().flatten() {
            let field = |name: &str| credential.get(name).map_or("", String::as_str);
            if field("merchant_identifier") != identifier {
                continue;
            }
            is_known = true;
            if digest::same(field("access_code").as_bytes(), access_code.as_bytes()) {
                return Ok(Caller { merchant, keys: Keys::of(credential) });
            }
        }
    }
    let identifier = identifier.to_owned();
    Err(match is_known {
        true => PayFortError::AccessCode(identifier),
        false => PayFortError::Merchant(identifier),
    })
}

/// Checks that a word names a hash.
pub(super) fn check_hash(word: &str) -> Result<(), String> {
    match Algorithm::parse(word) {
        Some(_) => Ok(()),
        None => Err("must be `sha256`, `sha512`, `hmac-sha256` or `hmac-sha512`".to_owned()),
    }
}

/// Finds the merchant that a request names.
pub(super) fn sender<'a>(
    scenario: &'a Scenario,
    request: &JsonObject<'_>,
) -> Result<Caller<'a>, PayFortError> {
    let text = |name| request.text(name).unwrap_or("");
    caller(scenario, text("merchant_identifier"), text("access_code"))
}
