#![doc = include_str!("README.md")]

mod additional_data;
mod auth;
mod balance_request;
mod column;
mod columns;
mod error;
mod fidelity;
mod openapi;
mod pieces;
mod quirks;
mod request;
mod response;
mod row_context;
mod template;
mod truth;
mod values;

use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use self::auth::Caller;
use self::balance_request::BalanceRequest;
use self::error::BeGatewayError;
use self::quirks::Quirks;
use self::request::{CountRequest, DayRequest, PageRequest, Version};
use super::operation::Step;
use super::request_scope::RequestScope;
use super::{Example, Handler, InjectedError, Provider, in_background};
use crate::sandbox::journal::Note;
use crate::sandbox::ledger::Axis;
use crate::sandbox::scenario::{Field, SettingSpec, check_number};
use crate::sandbox::space::Moment;
use crate::wire::body::TransportError;
use crate::wire::call::{Call, with_note};
use crate::wire::time::date_text;
use crate::wire::{missing, proof, unreadable};

/// beGateway (eComCharge): transactions by pages or by days, over HTTP Basic.
pub const PROVIDER: Provider = Provider {
    name: "beGateway",
    slug: "begateway",
    docs: "https://doc.begateway.com/en/payment_management/reports/paginated_report/",
    hosts: &["begateway.com"],
    paths: PATHS,
    operation,
    narrowed,
    operations: openapi::OPERATIONS,
    request_scope,
    handler,
    row_reports: Vec::new,
    credentials: &[
        Field { name: "shop_id", required: true, secret: false, unique: true, check: check_number },
        Field { name: "secret_key", required: true, secret: true, ..Field::PLAIN },
    ],
    device_cards: false,
    quirks: quirks::ALL,
    settings: &[SettingSpec {
        name: "page_size",
        default: "1000",
        range: (1, 10_000),
        help: "transactions on a page of X-Api-Version 3",
        ..SettingSpec::PLAIN
    }],
    examples,
    extra_examples: |_| Vec::new(),
    reject_early,
    error_response,
    sign_again: None,
    codes: error::codes,
    knows: |_, code| error::codes().iter().any(|known| known == code),
    lag_counts_from: Axis::Created,
    callbacks: None,
    sign: None,
    diagnose: auth::explain,
    on_phase_forced: |_, _| Ok(()),
    fetch: |_, _| None,
    row_mapping: Some(&truth::ROW_MAPPING),
    row: truth::row,
};

fn operation(path: &str) -> &'static str {
    match path.strip_suffix('/').unwrap_or(path) {
        "/api/reports" => "reports",
        "/api/reports/count" => "count",
        "/shop/channel_balances" => "channel_balances",
        _ => "unknown",
    }
}

/// The version of the API decides between pages and days.
fn narrowed(operation: &'static str, headers: &HeaderMap, _: &[u8]) -> &'static str {
    match operation {
        "reports" if Version::of(headers) == Ok(Version::Days) => "day",
        other => other,
    }
}

const PATHS: &[&str] = &[
    "/api/reports",
    "/api/reports/",
    "/api/reports/count",
    "/api/reports/count/",
    "/api/reports/{*rest}",
    "/shop/channel_balances",
    "/shop/channel_balances/",
];

fn handler() -> Handler {
    // Pages are made on another thread too: the CPU time of a page is the same either way.
    in_background(|_| true, answer)
}

fn answer(call: &Call) -> Response {
    match call.operation {
        "reports" | "day" => reports(call),
        "count" => count(call),
        "channel_balances" => balances(call),
        _ => BeGatewayError::NotFound { path: call.uri.path().to_owned() }.respond(None),
    }
}

fn request_scope(call: &Call) -> RequestScope {
    let Ok(caller) = auth::caller(call) else { return RequestScope::default() };
    let by = RequestScope::by(&*caller.view.merchant.name);
    match Version::parse(call) {
        Ok(Version::Pages) => match PageRequest::parse(call) {
            Ok(request) => {
                let size = call.scenario().number("begateway.page_size");
                let page = response::page_number(&caller.view, &request, size);
                RequestScope { page: Some(page), span: Some(request.selection.span.span), ..by }
            }
            Err(_) => by,
        },
        Ok(Version::Days) => match DayRequest::parse(call) {
            Ok(request) => {
                RequestScope { page: Some(1), span: Some(request.selection.span.span), ..by }
            }
            Err(_) => by,
        },
        Err(_) => by,
    }
}

fn reports(call: &Call) -> Response {
    respond(call, Method::POST, |caller, quirks| match Version::parse(call)? {
        Version::Days => {
            let request = DayRequest::parse(call)?;
            Ok(response::day(caller, request, quirks))
        }
        Version::Pages => {
            let request = PageRequest::parse(call)?;
            let size = call.scenario().number("begateway.page_size");
            Ok(response::page(caller, &request, size, quirks))
        }
    })
}

fn count(call: &Call) -> Response {
    respond(call, Method::POST, |caller, _| {
        Version::parse_pages(call)?;
        let request = CountRequest::parse(call)?;
        Ok(response::count(&caller.view, &request))
    })
}

fn balances(call: &Call) -> Response {
    respond(call, Method::GET, |caller, _| {
        let request = BalanceRequest::parse(call.uri.query().unwrap_or(""))?;
        // Balances do not lag, only reports do.
        Ok(response::balances(&caller.view.clone().truth(), &request))
    })
}

/// What all operations share: checks the method, authenticates, runs `act` and notes the outcome
/// in the journal.
fn respond(
    call: &Call,
    method: Method,
    act: impl FnOnce(&Caller, Quirks) -> Result<Response, BeGatewayError>,
) -> Response {
    if call.method != method {
        let refusal = BeGatewayError::Method { allowed: method };
        let note = Note::refused(None, refusal.to_string());
        return with_note(refusal.into_response(), note);
    }
    let caller = match auth::caller(call) {
        Ok(caller) => caller,
        Err(refusal) => {
            return proof::explained_now(refusal.respond(None), call, auth::explain);
        }
    };
    match act(&caller, Quirks::of(call)) {
        Ok(response) => with_note(response, Note::answered(&caller.view.merchant.name)),
        Err(refusal) => {
            let (is_json, lacks) = (refusal.is_json(), refusal.missing());
            let response = refusal.respond(Some(&caller.view.merchant.name));
            match lacks {
                Some(name) => missing::explained(response, &call.body, &name),
                None if is_json => response,
                None => unreadable::explained(response, &call.body),
            }
        }
    }
}

fn examples(moment: &Moment, base_url: &str) -> Vec<Example> {
    let now = moment.now.as_second();
    let (from, to) = (date_text(now - 86_400), date_text(now));
    let mut examples = Vec::new();
    for merchant in moment.scenario().merchants() {
        let field = |name| merchant.credential_field("begateway", name);
        let (Some(shop), Some(key)) = (field("shop_id"), field("secret_key")) else { continue };
        let authorization = STANDARD.encode(format!("{shop}:{key}"));
        let params = r#""date_type":"created_at","status":"all","payment_method_type":"credit_card","time_zone":"UTC""#;
        let span = format!(r#""from":"{from} 00:00:00","to":"{to} 23:59:59""#);
        let authorized = |step: Step| step.with("Authorization", format!("Basic {authorization}"));
        let ask = |path: &str, version: &str, span: &str| {
            let body = format!("{{\"report_params\":{{{params},{span}}}}}");
            authorized(Step::post(path, body))
                .with("X-Api-Version", version)
                .with("Content-Type", "application/json")
        };
        let day = format!(r#""date":"{from}""#);
        let balances = format!("/shop/channel_balances/?gateway_id={}", values::GATEWAY_ID);
        for (report, step) in [
            ("reports", ask("/api/reports", "3", &span)),
            ("day", ask("/api/reports", "2", &day)),
            ("count", ask("/api/reports/count", "3", &span)),
            ("balances", authorized(Step::get(balances))),
        ] {
            examples.push(Example {
                report: report.to_owned(),
                merchant: merchant.name.clone(),
                command: step.curl(base_url),
                steps: vec![step],
            });
        }
    }
    examples
}

/// The codes are HTTP statuses. beGateway has no tokens, so an expired token is a 401.
fn error_response(
    _: &Moment,
    _: &str,
    _: &HeaderMap,
    error: InjectedError<'_>,
) -> Option<Response> {
    let refusal = match error {
        InjectedError::Error("400") => BeGatewayError::NotJson("a fault asked for it".to_owned()),
        InjectedError::Error("401") | InjectedError::ExpiredToken => {
            BeGatewayError::Unauthorized { reason: "a fault asked for it".to_owned() }
        }
        InjectedError::Error("422") => BeGatewayError::Invalid(error::Complaints::default()),
        InjectedError::Error("500") => BeGatewayError::Internal,
        InjectedError::Throttled => BeGatewayError::Throttled,
        InjectedError::Error(_) => return None,
    };
    Some(refusal.into_response())
}

fn reject_early(_: &Moment, _: &str, _: &HeaderMap, refusal: TransportError) -> Response {
    let refusal = match refusal {
        TransportError::TooLarge => BeGatewayError::TooLarge,
        TransportError::TimedOut => BeGatewayError::TimedOut,
        TransportError::Broken => BeGatewayError::BodyBroken,
        TransportError::Internal | TransportError::Unavailable | TransportError::Unsettled => {
            BeGatewayError::Internal
        }
    };
    refusal.into_response()
}
