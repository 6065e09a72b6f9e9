//! Who is asking, and whether the signature is theirs.

use super::error::PayFortError;
use super::fields::{Request, RequestField};
use super::signature_diagnosis;
use super::signing::{self, ListSyntax, REQUEST_PHRASE, Style};
use crate::sandbox::digest::{self, Algorithm};
use crate::sandbox::facts::Named;
use crate::sandbox::merchant::{Credential, Merchant};
use crate::sandbox::scenario::Scenario;

/// What a merchant signs with, and what the answers to it are signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keys<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) request_phrase: &'a str,
    pub(super) response_phrase: &'a str,
}

impl<'a> Keys<'a> {
    /// SHA-256 is the vendor's default.
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

/// Somebody who has named themselves; the signature has still to prove it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller<'a> {
    pub(super) merchant: &'a Merchant,
    pub(super) keys: Keys<'a>,
}

/// The merchant with this identifier and access code; only the latter is a secret.
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

/// Who has sent a request.
pub(super) fn sender<'a>(
    scenario: &'a Scenario,
    request: &Request<'_>,
) -> Result<Caller<'a>, PayFortError> {
    let text = |name| request.text(name).unwrap_or("");
    caller(scenario, text(RequestField::MerchantIdentifier), text(RequestField::AccessCode))
}

/// Whether the request is signed by the caller: in any case of hex, with `key` and `value` of a
/// filter in either order, and with empty fields in the string or left out, as clients differ there.
pub(super) fn verify(
    scenario: &Scenario,
    caller: &Caller<'_>,
    request: &Request<'_>,
) -> Result<(), PayFortError> {
    let (keys, members) = (&caller.keys, &request.members);
    let received = request.text(RequestField::Signature).unwrap_or("").to_ascii_lowercase();
    let documented = Style::documented(keys.request_phrase);
    for lists in [ListSyntax::Java, ListSyntax::JavaAsSent] {
        for skips_empty in [false, true] {
            let style = Style { lists, skips_empty, ..documented };
            let string = signing::string(members, &style);
            let expected = keys.algorithm.hash(keys.request_phrase.as_bytes(), string.as_bytes());
            if digest::same(expected.as_bytes(), received.as_bytes()) {
                return Ok(());
            }
        }
    }
    let string = signing::string(members, &documented);
    let expected = keys.algorithm.hash(keys.request_phrase.as_bytes(), string.as_bytes());
    let shown = signing::string(members, &Style::documented(REQUEST_PHRASE));
    let mistake = signature_diagnosis::likely(scenario, caller, members, &received);
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
