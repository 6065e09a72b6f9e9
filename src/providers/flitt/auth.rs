//! Authentication of report requests: the token identifies an application, the request names one of the
//! application's merchants.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::SLUG;
use super::error::ReportError;
use super::request::Request;
use crate::sandbox::digest;
use crate::sandbox::journal::Explanation;
use crate::sandbox::merchant::{Credential, Merchant};
use crate::sandbox::scenario::Scenario;
use crate::wire::call::Call;
use crate::wire::proof::bearer::Bearer;
use crate::wire::proof::known;

/// Prefix of the token holder, because all providers of a space share one table of tokens.
const HOLDER: &str = "flitt application ";

/// The holder of the tokens of an application.
pub(super) fn holder(application_id: &str) -> String {
    format!("{HOLDER}{application_id}")
}

/// The application whose token the request carries.
pub(super) fn application(call: &Call) -> Result<String, ReportError> {
    let missing = |reason| ReportError::TokenMissing { reason };
    let Some(header) = call.headers.get("authorization") else {
        return Err(missing("there is no Authorization header"));
    };
    let token = header.to_str().ok().and_then(|header| {
        let (scheme, token) = header.trim().split_once(' ')?;
        (scheme == "Token").then_some(token.trim())
    });
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Err(missing("the Authorization header is not the word `Token` and a token"));
    };
    let (tokens, now) = (&call.state().tokens, call.now);
    let holder = tokens.holder(token, now);
    let application = holder.and_then(|holder| holder.strip_prefix(HOLDER));
    let given = || given_token(call, token);
    application.map(str::to_owned).or_else(given).ok_or_else(|| {
        let reason = match tokens.get(token).filter(|token| token.expires_at <= now) {
            Some(dead) => format!("the token expired at {}, and it is {now}", dead.expires_at),
            None => "no such token was handed out here (since the last reset)".to_owned(),
        };
        ReportError::TokenInvalid { reason }
    })
}

/// Explains the token of a report request.
pub(super) fn explain(call: &Call) -> Explanation {
    let (tokens, now) = (&call.state().tokens, call.now);
    let is_ours = |token: &str| tokens.get(token).filter(|it| it.holder.starts_with(HOLDER));
    let is_given = |token: &str| given_token(call, token).is_some();
    let bearer = Bearer {
        provider: SLUG,
        scheme: "Token",
        token_word: "token",
        expected: None,
        is_valid: &|token| is_given(token) || is_ours(token).is_some_and(|it| now < it.expires_at),
        what_is: &|token| {
            let ended = is_ours(token)?.expires_at;
            Some(format!("the token expired at {ended}, and it is {now}"))
        },
        in_any_case: &|token| tokens.has_in_any_case(token),
        known: known::all(call.scenario()).collect(),
    };
    bearer.explain(call)
}

/// The application for which the scenario gives this token.
fn given_token(call: &Call, token: &str) -> Option<String> {
    let same = |given: &String| digest::same(given.as_bytes(), token.as_bytes());
    let mut all = call.scenario().credentials(SLUG);
    let (_, credential) = all.find(|(_, credential)| credential.get("token").is_some_and(same))?;
    credential.get("application_id").cloned()
}

/// The merchant of a request, with its credential in the scenario.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) merchant: Arc<Merchant>,
    pub(super) credential: Credential,
}

/// Finds the merchant that a request names among the merchants of the application.
pub(super) fn merchant(
    call: &Call,
    application: &str,
    request: &Request<'_>,
) -> Result<Caller, ReportError> {
    let requested = request.text_of("merchant_id");
    let has = |credential: &Credential, field: &str, value: &str| {
        credential.get(field).is_some_and(|it| it == value)
    };
    let mut others = Vec::new();
    let all = call.scenario().credentials(SLUG);
    for (merchant, credential) in all.filter(|it| has(it.1, "application_id", application)) {
        if has(credential, "merchant_id", &requested) {
            let (merchant, credential) = (Arc::clone(merchant), credential.clone());
            return Ok(Caller { merchant, credential });
        }
        others.extend(credential.get("merchant_id").cloned());
    }
    let requested: String = requested.chars().take(100).collect();
    let others = others.join(", ");
    let reason = match requested.is_empty() {
        true => format!("there is no merchant_id; application {application} has {others}"),
        false => {
            format!("`{requested}` is no merchant of application {application}: it has {others}")
        }
    };
    Err(ReportError::MerchantUnknown { reason })
}

/// The time zone of dates in requests and answers: `timezone` of the credential, else the setting
/// `flitt.timezone`.
pub(super) fn zone(scenario: &Scenario, credential: &Credential) -> Result<TimeZone, ReportError> {
    let own = credential.get("timezone").map(String::as_str);
    let name = own.unwrap_or_else(|| scenario.text("flitt.timezone"));
    if name == "UTC" {
        return Ok(TimeZone::UTC);
    }
    TimeZone::get(name).map_err(|_| ReportError::ZoneUnknown(name.to_owned()))
}

/// Checks that a name is in the IANA time zone database.
pub(super) fn check_zone(name: &str) -> Result<(), String> {
    let wanted =
        "must be a zone of the IANA time zone database such as \"Europe/London\" or \"UTC\"";
    TimeZone::get(name).map(|_| ()).map_err(|_| wanted.to_owned())
}
