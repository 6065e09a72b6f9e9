#![doc = include_str!("README.md")]

mod auth;
mod error;
mod object;
mod openapi;
mod quirks;
mod request;
mod response;
mod words;

use axum::Router;
use axum::extract::State;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use self::auth::Shop;
use self::error::BeGatewayError;
use self::quirks::Quirks;
use self::request::{BalanceRequest, CountRequest, DayRequest, PageRequest, Version};
use super::operation::Step;
use super::{Example, Provider, Refusal, Trouble};
use crate::sandbox::Sandbox;
use crate::sandbox::journal::Note;
use crate::sandbox::scenario::{Field, SettingSpec};
use crate::wire::call::{Call, noted};
use crate::wire::printed::Printed;
use crate::wire::time::date_text;

/// beGateway (eComCharge): transactions by pages or by days, over HTTP Basic.
pub const PROVIDER: Provider = Provider {
    name: "beGateway",
    slug: "begateway",
    docs: "https://doc.begateway.com/en/payment_management/reports/paginated_report/",
    operation,
    operations: openapi::OPERATIONS,
    router,
    credentials: &[
        Field { name: "shop_id", required: true, secret: false },
        Field { name: "secret_key", required: true, secret: true },
    ],
    quirks: quirks::ALL,
    settings: &[SettingSpec {
        name: "page_size",
        default: "1000",
        range: (1, 10_000),
        help: "transactions on a page of X-Api-Version 3",
    }],
    examples,
    further: |_| Vec::new(),
    refuse,
    words,
    codes: error::codes,
    callbacks: None,
    sign: None,
    forced: |_, _| {},
};

fn operation(path: &str) -> Option<&'static str> {
    match path.strip_suffix('/').unwrap_or(path) {
        "/api/reports" => Some("reports"),
        "/api/reports/count" => Some("count"),
        "/shop/channel_balances" => Some("channel_balances"),
        _ => None,
    }
}

fn router() -> Router {
    Router::new()
        .route("/api/reports", any(reports))
        .route("/api/reports/", any(reports))
        .with_state(Printed::default())
        .route("/api/reports/count", any(count))
        .route("/api/reports/count/", any(count))
        .route("/shop/channel_balances", any(balances))
        .route("/shop/channel_balances/", any(balances))
}

async fn reports(State(printed): State<Printed>, call: Call) -> Response {
    answer(&call, Method::POST, |shop, quirks| match Version::parse(&call)? {
        Version::Days => {
            let request = DayRequest::parse(&call.body)?;
            Ok(response::day(&shop.view, &request, (quirks, &printed)))
        }
        Version::Pages => {
            let request = PageRequest::parse(&call.body)?;
            let size = call.sandbox.scenario.number("begateway.page_size");
            Ok(response::page(&shop.view, &request, size, (quirks, &printed)))
        }
    })
}

async fn count(call: Call) -> Response {
    answer(&call, Method::POST, |shop, _| {
        Version::parse_pages(&call)?;
        let request = CountRequest::parse(&call.body)?;
        Ok(response::count(&shop.view, &request))
    })
}

async fn balances(call: Call) -> Response {
    answer(&call, Method::GET, |shop, _| {
        let request = BalanceRequest::parse(call.uri.query().unwrap_or(""))?;
        Ok(response::balances(&shop.view, &request))
    })
}

/// What all operations do alike: the method, who asks, the answer or the refusal, and the note.
fn answer(
    call: &Call,
    method: Method,
    act: impl FnOnce(&Shop, Quirks) -> Result<Response, BeGatewayError>,
) -> Response {
    if call.method != method {
        let refusal = BeGatewayError::Method { allowed: method };
        let note = Note::refused(None, refusal.to_string());
        return noted(refusal.into_response(), note);
    }
    let shop = match auth::shop(call) {
        Ok(shop) => shop,
        Err(refusal) => return refusal.respond(None),
    };
    match act(&shop, Quirks::of(&call.sandbox)) {
        Ok(response) => noted(response, Note::answered(&shop.view.merchant.name)),
        Err(refusal) => refusal.respond(Some(&shop.view.merchant.name)),
    }
}

fn examples(sandbox: &Sandbox, base_url: &str) -> Vec<Example> {
    let now = sandbox.clock.now().as_second();
    let (from, to) = (date_text(now - 86_400), date_text(now));
    let mut examples = Vec::new();
    for merchant in sandbox.scenario.merchants() {
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
        let balances = format!("/shop/channel_balances/?gateway_id={}", object::GATEWAY_ID);
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

/// Error codes are the HTTP statuses of the refusals; there are no tokens.
fn words(_: &Sandbox, _: &str, trouble: Trouble<'_>) -> Option<Response> {
    let refusal = match trouble {
        Trouble::Error("400") => BeGatewayError::NotJson("a fault asked for it".to_owned()),
        Trouble::Error("401") | Trouble::ExpiredToken => {
            BeGatewayError::Unauthorized { reason: "a fault asked for it".to_owned() }
        }
        Trouble::Error("422") => BeGatewayError::Invalid(error::Errors::new()),
        Trouble::Error("500") => BeGatewayError::Internal,
        Trouble::Throttled => BeGatewayError::Throttled,
        Trouble::Error(_) => return None,
    };
    Some(refusal.into_response())
}

fn refuse(_: &Sandbox, _: &str, refusal: Refusal) -> Response {
    let refusal = match refusal {
        Refusal::TooLarge => BeGatewayError::TooLarge,
        Refusal::TimedOut => BeGatewayError::TimedOut,
        Refusal::Broken => BeGatewayError::BodyBroken,
        Refusal::Internal => BeGatewayError::Internal,
    };
    refusal.into_response()
}
