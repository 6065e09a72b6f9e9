#![doc = include_str!("README.md")]

mod auth;
mod error;
mod openapi;
mod quirks;
mod reports;
mod request;
mod response;
mod rows;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use self::error::{Code, EpicPayError};
use self::quirks::Quirks;
use self::reports::Report;
use self::request::{Request, Target};
use self::response::Context;
use super::operation::Step;
use super::{Example, Provider, Refusal, Trouble};
use crate::sandbox::Sandbox;
use crate::sandbox::journal::Note;
use crate::sandbox::scenario::{Field, SettingSpec};
use crate::wire::call::{Call, noted};
use crate::wire::time::date_text;

/// EpicPay: twelve reports over HTTP Basic.
pub const PROVIDER: Provider = Provider {
    name: "EpicPay",
    slug: "epicpay",
    docs: "https://developer.epicpay.com/Docs/ReportingAPI",
    operation,
    operations: openapi::OPERATIONS,
    router,
    credentials: &[
        Field { name: "key_id", required: true, secret: false },
        Field { name: "password", required: true, secret: true },
    ],
    quirks: quirks::ALL,
    settings: &[SettingSpec {
        name: "chargeback_currency",
        default: "number",
        range: (0, 0),
        help: "currencies in the chargebacks report: `number` (1 for USD, as in the vendor's \
               sample) or `letters` (as in its table)",
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
    Target::of(path).map(|target| match target {
        Target::Report(report) => report.name(),
        Target::UnknownReport(_) | Target::Nowhere => "unknown",
    })
}

fn router() -> Router {
    Router::new()
        .route("/reporting/v1", any(report))
        .route("/reporting/v1/", any(report))
        .route("/reporting/v1/{*rest}", any(report))
}

async fn report(call: Call) -> Response {
    let quirks = Quirks::of(&call.sandbox);
    let view = match auth::view(&call) {
        Ok(view) => view,
        Err(refusal) => return refusal.respond(None, quirks),
    };
    let merchant = view.merchant.name.clone();
    match Request::parse(&call) {
        Ok(request) => {
            let setting = call.sandbox.scenario.text("epicpay.chargeback_currency");
            let currency_letters = setting == "letters";
            let report = request.report;
            let context = Context { view, request, quirks, currency_letters };
            noted(report.answer(context), Note::answered(&merchant))
        }
        Err(refusal) => refusal.respond(Some(&merchant), quirks),
    }
}

fn examples(sandbox: &Sandbox, base_url: &str) -> Vec<Example> {
    let now = sandbox.clock.now().as_second();
    let (from, to) = (date_text(now - 7 * 86_400), date_text(now));
    // The three reports about scheduled payments look ahead as well.
    let ahead = date_text(now + 30 * 86_400);
    let mut examples = Vec::new();
    for merchant in sandbox.scenario.merchants() {
        let field = |name| merchant.credential_field("epicpay", name);
        let (Some(key), Some(password)) = (field("key_id"), field("password")) else { continue };
        let authorization = STANDARD.encode(format!("{key}:{password}"));
        examples.extend(Report::ALL.map(|report| {
            let to = if report == Report::NewPayments { &ahead } else { &to };
            let path = format!("/reporting/v1/GetReport/{}", report.name());
            let body = format!("{{\"start_date\":\"{from}\",\"end_date\":\"{to}\"}}");
            let step = Step::post(path, body)
                .with("Authorization", format!("Basic {authorization}"))
                .with("Content-Type", "application/json");
            Example {
                report: report.name().to_owned(),
                merchant: merchant.name.clone(),
                command: step.curl(base_url),
                steps: vec![step],
            }
        }));
    }
    examples
}

fn words(sandbox: &Sandbox, _: &str, trouble: Trouble<'_>) -> Option<Response> {
    let asked = "a fault asked for it";
    let refusal = match trouble {
        Trouble::Error(code) => EpicPayError::new(Code::parse(code)?, asked),
        Trouble::ExpiredToken => EpicPayError::new(Code::Unauthorized, asked),
        // EpicPay documents no limit; the envelope is all that is known.
        Trouble::Throttled => {
            EpicPayError::new(Code::Other, asked).with_status(StatusCode::TOO_MANY_REQUESTS)
        }
    };
    Some(refusal.with_quirks(Quirks::of(sandbox)).into_response())
}

fn refuse(_: &Sandbox, _: &str, refusal: Refusal) -> Response {
    let code = match refusal {
        Refusal::TooLarge | Refusal::TimedOut | Refusal::Broken => Code::Data,
        Refusal::Internal => Code::Other,
    };
    EpicPayError::new(code, refusal.reason()).into_response()
}
