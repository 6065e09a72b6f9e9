#![doc = include_str!("README.md")]

mod auth;
mod columns;
mod error;
mod examples;
mod fidelity;
mod filters;
mod openapi;
mod quirks;
mod reports;
mod request;
mod response;
mod selection;
mod token;
mod truth;
mod value;

use std::sync::Arc;

use axum::http::{HeaderMap, Method};
use axum::response::Response;

use self::auth::Caller;
use self::error::{Broken, ReportError, TokenError};
use self::filters::{Calendar, Filter, Test};
use self::quirks::Quirks;
use self::request::{Request, Window};
use self::selection::{ReportQuery, SelectionCache};
use super::request_scope::RequestScope;
use super::{Handler, InjectedError, Provider};
use crate::sandbox::journal::{Explanation, Note};
use crate::sandbox::ledger::{Axis, View};
use crate::sandbox::scenario::{Field, SettingSpec, check_number};
use crate::sandbox::space::Moment;
use crate::wire::body::TransportError;
use crate::wire::call::{Call, with_note};
use crate::wire::proof::{self, Own};
use crate::wire::{missing, unreadable};

/// The name of the provider in scenarios.
const SLUG: &str = "flitt";

/// Flitt (formerly Fondy): a client exchanges a signature for a token and requests reports by number with
/// the token.
pub const PROVIDER: Provider = Provider {
    name: "Flitt",
    slug: SLUG,
    docs: "https://docs.flitt.com/api/reports/",
    hosts: &["flitt.com", "fondy.eu"],
    paths: PATHS,
    operation,
    narrowed: |operation, _, _| operation,
    operations: openapi::OPERATIONS,
    request_scope,
    handler,
    row_reports: Vec::new,
    credentials: &[
        Field {
            name: "application_id",
            required: true,
            secret: false,
            check: check_number,
            ..Field::PLAIN
        },
        Field { name: "key", required: true, secret: true, ..Field::PLAIN },
        Field {
            name: "merchant_id",
            required: true,
            secret: false,
            unique: true,
            check: check_number,
        },
        Field {
            name: "timezone",
            required: false,
            secret: false,
            check: auth::check_zone,
            ..Field::PLAIN
        },
        Field { name: "token", required: false, secret: true, ..Field::PLAIN },
    ],
    device_cards: false,
    quirks: quirks::ALL,
    settings: &[
        SettingSpec {
            name: "timezone",
            default: "UTC",
            check: auth::check_zone,
            help: "zone of dates in answers and filters, where a credential names no other",
            ..SettingSpec::PLAIN
        },
        SettingSpec {
            name: "token_life",
            default: "3602s",
            help: "how long a token is good; its seconds are `expires_in`",
            ..SettingSpec::PLAIN
        },
    ],
    examples: examples::all,
    extra_examples: |_| Vec::new(),
    reject_early,
    error_response,
    sign_again: None,
    codes: error::codes,
    knows,
    lag_counts_from: Axis::Created,
    callbacks: None,
    sign: Some(token::sign),
    diagnose,
    on_phase_forced: |_, _| Ok(()),
    fetch: |_, _| None,
    row_mapping: Some(&truth::ROW_MAPPING),
    row: truth::row,
};

const TOKEN: &str = "/authorizer/token/application/get";
const REPORT: &str = "/api/extend/company/report";

const PATHS: &[&str] = &[
    TOKEN,
    "/authorizer/token/application/get/",
    REPORT,
    "/api/extend/company/report/",
    "/authorizer/{*rest}",
    "/api/extend/{*rest}",
];

fn operation(path: &str) -> &'static str {
    match path.strip_suffix('/').unwrap_or(path) {
        TOKEN => "token",
        REPORT => "report",
        _ => "unknown",
    }
}

fn handler() -> Handler {
    let selections = Arc::new(SelectionCache::default());
    Arc::new(move |call: Call| {
        let selections = Arc::clone(&selections);
        Box::pin(async move {
            match call.operation {
                "token" => {
                    let response = application_token(&call);
                    proof::explained(response, call, diagnose).await
                }
                "report" => company_report(&call, &selections).await,
                _ => nowhere(&call),
            }
        })
    })
}

fn application_token(call: &Call) -> Response {
    let issued = match call.method == Method::POST {
        true => token::issue(call),
        false => Err(TokenError::Broken(Broken::Method)),
    };
    issued.unwrap_or_else(|refusal| {
        let lacks = refusal.missing();
        let now = call.now.as_nanosecond().to_be_bytes();
        let id = token::request_id(&[&now, &call.body]);
        let response = refusal.respond(&id, Quirks::of(call));
        let response = unreadable::explained(response, &call.body);
        match lacks {
            Some(name) => missing::explained(response, &call.body, name),
            None => response,
        }
    })
}

fn request_scope(call: &Call) -> RequestScope {
    if call.operation == "token" {
        return token::applicant(call).map_or_else(RequestScope::default, RequestScope::by);
    }
    let Ok((request, caller)) = authenticate(call) else { return RequestScope::default() };
    let named = query(call, &caller, &request).ok();
    let within = |filter: &Filter| match &filter.test {
        Test::Within(within) => Some(within.span.clone()),
        _ => None,
    };
    let spans = named.iter().flat_map(|(_, query, _)| query.filters.iter().filter_map(within));
    RequestScope {
        merchant: Some(caller.merchant.name.clone()),
        page: named.as_ref().and_then(|(_, _, window)| u64::try_from(window.page).ok()),
        span: spans.reduce(|left, right| left.start.max(right.start)..left.end.min(right.end)),
    }
}

async fn company_report(call: &Call, selections: &SelectionCache) -> Response {
    let quirks = Quirks::of(call);
    let (request, caller) = match authenticate(call) {
        Ok(requested) => requested,
        Err(refusal) => {
            let is_unproven = refusal.is_unproven();
            let response = refusal.respond(None, quirks);
            return match is_unproven {
                true => proof::explained_now(response, call, diagnose),
                false => unreadable::explained(response, &call.body),
            };
        }
    };
    let merchant = caller.merchant.name.as_str();
    match query(call, &caller, &request) {
        Ok((view, query, window)) => {
            let rows = selections.rows(&view, &query).await;
            with_note(response::page(view, query, window, quirks, rows), Note::answered(merchant))
        }
        Err(refusal) => refusal.respond(Some(merchant), quirks),
    }
}

/// Explains the signature of a token request, or the token of a report request.
fn diagnose(call: &Call, own: &Own) -> Option<Explanation> {
    match call.operation {
        "token" => token::explain(call, own),
        "report" => Some(auth::explain(call)),
        _ => None,
    }
}

/// Parses the request and finds its merchant. The order of the checks is that of the vendor's list of
/// errors.
fn authenticate(call: &Call) -> Result<(Request<'_>, Caller), ReportError> {
    if call.method != Method::POST {
        return Err(ReportError::Broken(Broken::Method));
    }
    let application = auth::application(call)?;
    let request = Request::parse(&call.body)?;
    let caller = auth::merchant(call, &application, &request)?;
    Ok((request, caller))
}

/// The merchant's view of the ledger, the report with its filters, and the requested page.
fn query(
    call: &Call,
    caller: &Caller,
    request: &Request<'_>,
) -> Result<(View, ReportQuery, Window), ReportError> {
    let requested = request.text_of("report_id");
    let report = reports::find(&requested).ok_or(ReportError::ReportUnknown { requested })?;
    let window = request.window()?;
    let view = call.view(caller.merchant.id).ok_or(ReportError::Broken(Broken::Internal))?;
    let zone = auth::zone(call.scenario(), &caller.credential)?;
    let calendar = Calendar { zone: &zone, now: view.requested_at() };
    let filters = filters::parse(report, &request.filters()?, calendar, Quirks::of(call))?;
    Ok((view, ReportQuery { report, filters, zone }, window))
}

fn nowhere(call: &Call) -> Response {
    ReportError::Broken(Broken::NotFound).respond(None, Quirks::of(call))
}

fn reject_early(
    moment: &Moment,
    operation: &str,
    _: &HeaderMap,
    refusal: TransportError,
) -> Response {
    broken(moment, operation, Broken::of(refusal))
}

fn broken(moment: &Moment, operation: &str, broken: Broken) -> Response {
    let quirks = Quirks::of(moment);
    match operation {
        "token" => TokenError::Broken(broken).respond(&token::request_id(&[]), quirks),
        _ => ReportError::Broken(broken).response(quirks),
    }
}

/// The answer to an injected fault. The code of an error is its text, or `403` at the token endpoint.
fn error_response(
    moment: &Moment,
    operation: &str,
    _: &HeaderMap,
    error: InjectedError<'_>,
) -> Option<Response> {
    let quirks = Quirks::of(moment);
    match error {
        InjectedError::Throttled => Some(broken(moment, operation, Broken::Throttled)),
        // A token request carries no token that could expire, so its key counts as expired.
        InjectedError::ExpiredToken if operation == "token" => Some(wrong_signature(quirks)),
        InjectedError::ExpiredToken => {
            Some(ReportError::TokenInvalid { reason: WHY.to_owned() }.response(quirks))
        }
        InjectedError::Error(code) if !knows(operation, code) => None,
        InjectedError::Error(_) if operation == "token" => Some(wrong_signature(quirks)),
        InjectedError::Error(code) => known_error(code).map(|refusal| refusal.response(quirks)),
    }
}

const WHY: &str = "a fault asked for it";

fn wrong_signature(quirks: Quirks) -> Response {
    TokenError::because(WHY).respond(&token::request_id(&[]), quirks)
}

/// Whether an operation can answer with this error code.
fn knows(operation: &str, code: &str) -> bool {
    match operation {
        "token" => matches!(code, "403" | "Incorrect signature"),
        _ => known_error(code).is_some(),
    }
}

/// The error of the report endpoint with this text.
fn known_error(code: &str) -> Option<ReportError> {
    let reason = WHY.to_owned();
    Some(match code {
        "Authorization token required" => ReportError::TokenMissing { reason: WHY },
        "Invalid auth token" => ReportError::TokenInvalid { reason },
        "Merchant not found" => ReportError::MerchantUnknown { reason },
        "you have no access to this report" => ReportError::ReportUnknown { requested: reason },
        _ => return None,
    })
}
