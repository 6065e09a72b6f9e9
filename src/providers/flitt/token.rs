//! The token endpoint: it verifies a signature and issues a token.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;

use super::SLUG;
use super::auth::holder;
use super::error::TokenError;
use super::request::{Members, scalar};
use crate::providers::{SignOptions, Signed};
use crate::sandbox::digest::{self, Algorithm};
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::journal::{Explanation, Note};
use crate::sandbox::merchant::{Credential, Merchant};
use crate::sandbox::scenario::{Scenario, suggestion};
use crate::sandbox::state::tokens::letters;
use crate::wire::call::{Call, response, with_note};
use crate::wire::proof::known::{self, Known};
use crate::wire::proof::signed::Signing;
use crate::wire::proof::{Own, Recipe, Secret};
use crate::wire::raw_json::{self, Json, JsonObject};
use crate::wire::unreadable;

/// Length of a token in characters, as in the vendor's samples of the header.
const LENGTH: usize = 32;

/// The key, the application id and the date, separated by vertical bars, in UTF-8.
fn string_to_hash(key: &str, application_id: &str, date: &str) -> String {
    format!("{key}|{application_id}|{date}")
}

/// The SHA-512 of that string, in lower-case hex.
pub(super) fn signature(key: &str, application_id: &str, date: &str) -> String {
    digest::sha512(string_to_hash(key, application_id, date).as_bytes())
}

/// The body of a token request.
#[derive(Debug)]
struct TokenRequest {
    application_id: String,
    /// Any text; it is only a salt of the signature and is not checked.
    date: String,
    signature: String,
}

/// Parses a token request. The result returns a member as text; numbers are accepted as well.
fn text_fields(body: &[u8]) -> Result<impl Fn(&str) -> Option<String>, String> {
    let members: Members<'_> = serde_json::from_slice(body)
        .map_err(|err| format!("the body is not a JSON object: {err}"))?;
    Ok(move |name: &str| members.get(name).and_then(|raw| scalar(raw)).filter(|it| !it.is_empty()))
}

/// The name of the first merchant of the application that a token request names.
pub(super) fn applicant(call: &Call) -> Option<String> {
    let application = text_fields(&call.body).ok()?("application_id")?;
    let mut all = call.scenario().credentials(SLUG);
    let own = all.find(|it| it.1.get("application_id") == Some(&application))?;
    Some(own.0.name.clone())
}

impl TokenRequest {
    fn parse(body: &[u8]) -> Result<Self, TokenError> {
        let word = text_fields(body).map_err(TokenError::because)?;
        let word = |name: &str| {
            let missing = format!("`{name}` is missing, empty, or neither text nor a number");
            word(name).ok_or_else(|| TokenError::because(missing))
        };
        Ok(Self {
            application_id: word("application_id")?,
            date: word("date")?,
            signature: word("signature")?,
        })
    }
}

/// The credentials with this application id. Several merchants can belong to one application.
fn credentials<'a>(
    scenario: &'a Scenario,
    application_id: &'a str,
) -> impl Iterator<Item = (&'a Arc<Merchant>, &'a Credential)> {
    let is_of = move |it: &(_, &Credential)| {
        it.1.get("application_id").is_some_and(|it| it == application_id)
    };
    scenario.credentials(SLUG).filter(is_of)
}

fn key_of(credential: &Credential) -> &str {
    credential.get("key").map_or("", String::as_str)
}

/// Issues a token, or says why the request is refused.
pub(super) fn issue(call: &Call) -> Result<Response, TokenError> {
    let request = TokenRequest::parse(&call.body)?;
    let TokenRequest { application_id, date, signature: received } = &request;
    let mut first = None;
    for (merchant, credential) in credentials(call.scenario(), application_id) {
        let expected = signature(key_of(credential), application_id, date);
        if digest::same(expected.as_bytes(), received.as_bytes()) {
            return hand_out(call, application_id, &merchant.name);
        }
        first.get_or_insert(merchant);
    }
    let Some(merchant) = first else {
        let shown: String = application_id.chars().take(100).collect();
        let note = Note::refused(None, format!("there is no application `{shown}`"));
        return Err(TokenError::Signature { note, is_unproven: true });
    };
    let reason = format!("the signature is not that of application {application_id}");
    let note = Note::refused(Some(&merchant.name), reason);
    Err(TokenError::Signature { note, is_unproven: true })
}

/// Explains the signature of a token request, and the caller's own work on it.
pub(super) fn explain(call: &Call, own: &Own) -> Option<Explanation> {
    let request = match TokenRequest::parse(&call.body) {
        Ok(request) => request,
        Err(refusal) => return refusal.reason().map(Explanation::mistake),
    };
    let sent = raw_json::parse(&call.body, raw_json::DEPTH).unwrap_or_default();
    let is_signed = |name: &str| name == "application_id" || name == "date";
    let mut fields = JsonObject(sent.0.into_iter().filter(|it| is_signed(&it.0)).collect());
    if fields.0.len() != 2 {
        let text = |text: &str| Json::Text(text.to_owned().into());
        fields = JsonObject(vec![
            ("application_id".into(), text(&request.application_id)),
            ("date".into(), text(&request.date)),
        ]);
    }
    let mut keys = credentials(call.scenario(), &request.application_id);
    let Some((_, credential)) = keys.next() else {
        let ids = call.scenario().credentials(SLUG).filter_map(|it| it.1.get("application_id"));
        let near = suggestion(&request.application_id, ids.map(String::as_str));
        let shown: String = request.application_id.chars().take(100).collect();
        return Some(Explanation::mistake(format!("no application is called `{shown}`{near}")));
    };
    Some(
        signing(call.scenario(), credential, &fields, &request.date)
            .explain(&request.signature, own),
    )
}

/// How an application signs.
fn signing<'a>(
    scenario: &'a Scenario,
    credential: &'a Credential,
    fields: &'a JsonObject<'a>,
    date: &str,
) -> Signing<'a> {
    let key = key_of(credential);
    let near = |known: Known<'a>| Secret {
        is_near: known.provider == SLUG && known.field == "key",
        ..known.secret(SLUG)
    };
    let mut others: Vec<Secret<'a>> = known::all(scenario).map(near).collect();
    let sample = "%your_company_private_key%";
    others.push(Secret::near("sample key", "the placeholder of the vendor's example", sample));
    others.retain(|other| other.value != key);
    let merchant_id = credential.get("merchant_id").cloned().unwrap_or_default();
    let day: String = date.chars().take(10).collect();
    Signing {
        fields,
        documented: Recipe::values_behind(key, "|"),
        algorithm: Algorithm::Sha512,
        hash_name: "sha512",
        who_signs: "Flitt",
        word: "key",
        secret: Secret::new("key", "the key", key),
        others,
        unsent: &[],
        replaced: vec![
            (
                "application_id",
                merchant_id,
                "the merchant_id stands in place of the application_id",
            ),
            ("date", day, "the date is signed without its time"),
            (
                "date",
                date.replace(' ', "T"),
                "the date is signed with a `T` in the middle, and sent without",
            ),
            (
                "date",
                date.replace('T', " "),
                "the date is signed with a blank in the middle, and sent without",
            ),
        ],
        takes_upper_case: false,
    }
}

fn hand_out(call: &Call, application_id: &str, merchant: &str) -> Result<Response, TokenError> {
    let life = call.scenario().duration("flitt.token_life");
    let issued = call.change(|draft| {
        let holder = holder(application_id);
        let (token, issued) = draft.state().tokens.issue(&holder, LENGTH, draft.now, life);
        draft.push(issued);
        Ok::<_, TokenError>(token)
    });
    let (token, _) = issued?;
    let body = format!(
        "{{\"request_id\": \"{}\", \"token\": \"{token}\", \"expires_in\": {}}}",
        request_id(&[token.as_bytes()]),
        life.as_secs()
    );
    Ok(with_note(response(StatusCode::OK, "application/json", body), Note::answered(merchant)))
}

/// A request id of sixteen letters and digits, derived from `parts`, so that answers are reproducible.
pub(super) fn request_id(parts: &[&[u8]]) -> String {
    letters(&mut Draw::new(digest::key(parts), 0), 16)
}

/// The string to hash and the signature that `sandtill sign flitt` prints.
pub(super) fn sign(
    scenario: &Scenario,
    request: &[u8],
    options: &SignOptions,
) -> Result<Signed, String> {
    if let Some(hash) = options.hash.as_deref().filter(|hash| *hash != "sha512") {
        return Err(format!("Flitt signs with sha512, not with `{hash}`"));
    }
    let word = text_fields(request).map_err(|err| unreadable::problem(request, &err))?;
    let word =
        |name: &str| word(name).ok_or_else(|| format!("the request has no `{name}` to be signed"));
    let (application_id, date) = (word("application_id")?, word("date")?);
    let known = credentials(scenario, &application_id).next().map(|it| key_of(it.1).to_owned());
    let key = options.secret.clone().or(known).ok_or_else(|| {
        format!("the scenario has no application `{application_id}`; say its key with --key")
    })?;
    let string = string_to_hash(&key, &application_id, &date);
    Ok(Signed { signature: digest::sha512(string.as_bytes()), string })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_is_the_documented_one() {
        // The sample of docs.flitt.com/api/reports; its key is the literal placeholder.
        assert_eq!(
            signature("%your_company_private_key%", "2", "1586171872"),
            "7eec02ed1088b47da639549a109c0e98a75e2d8c76dfa33db4ee18359b2ea677\
             dda37516abc0e439b286261a48d49d3e2fd885d9f09c8ff5c7308afe4180688a"
        );
    }

    #[test]
    fn signature_is_made_over_utf_8() {
        // printf 'test|1019|тест' | sha512sum
        assert_eq!(
            signature("test", "1019", "тест"),
            "a8995bd7f305de8de7f0f21d5839aa83f23bb2fbacc2be90cce3d10f16b913a2\
             69ef6b88211a123c037aca038bd9fe10bcfdeb6ab8322362d016d4f833634937"
        );
    }
}
