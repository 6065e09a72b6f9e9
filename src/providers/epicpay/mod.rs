#![doc = include_str!("README.md")]

mod auth;
mod cells;
mod columns;
mod error;
mod fidelity;
mod openapi;
mod quirks;
mod report_type;
mod reports;
mod request;
mod response;
mod truth;

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use self::error::{Code, EpicPayError};
use self::quirks::Quirks;
use self::report_type::Report;
use self::request::{Request, Target};
use self::response::Context;
use super::operation::Step;
use super::request_scope::RequestScope;
use super::{Example, InjectedError, Provider, in_background};
use crate::sandbox::generate::original::LIFECYCLE_DAYS;
use crate::sandbox::journal::Note;
use crate::sandbox::ledger::Axis;
use crate::sandbox::scenario::{Field, SettingSpec};
use crate::sandbox::space::Moment;
use crate::wire::body::TransportError;
use crate::wire::call::{Call, with_note};
use crate::wire::time::date_text;
use crate::wire::{missing, proof, unreadable};

/// EpicPay: twelve reports over HTTP Basic.
pub const PROVIDER: Provider = Provider {
    name: "EpicPay",
    slug: "epicpay",
    docs: "https://developer.epicpay.com/Docs/ReportingAPI",
    hosts: &["epicpay.com"],
    paths: &["/reporting/v1", "/reporting/v1/", "/reporting/v1/{*rest}"],
    operation,
    narrowed: |operation, _, _| operation,
    operations: openapi::OPERATIONS,
    request_scope,
    handler: || in_background(is_long, report),
    row_reports: || Report::ALL.map(Report::name).to_vec(),
    credentials: &[
        Field { name: "key_id", required: true, secret: false, unique: true, ..Field::PLAIN },
        Field { name: "password", required: true, secret: true, ..Field::PLAIN },
    ],
    device_cards: true,
    quirks: quirks::ALL,
    settings: &[SettingSpec {
        name: "chargeback_currency",
        default: "number",
        check: |text| match text {
            "number" | "letters" => Ok(()),
            _ => Err("must be \"number\" or \"letters\"".to_owned()),
        },
        help: "currencies in the chargebacks report: `number` (1 for USD, as in the vendor's \
               sample) or `letters` (as in its table)",
        ..SettingSpec::PLAIN
    }],
    examples,
    extra_examples: |_| Vec::new(),
    reject_early,
    error_response,
    sign_again: None,
    codes: error::codes,
    knows: |_, code| Code::parse(code).is_some(),
    lag_counts_from: Axis::Paid,
    callbacks: None,
    sign: None,
    diagnose: auth::explain,
    on_phase_forced: |_, _| Ok(()),
    fetch: |_, _| None,
    row_mapping: Some(&truth::ROW_MAPPING),
    row: truth::row,
};

fn operation(path: &str) -> &'static str {
    match Target::of(path) {
        Some(Target::Report(report)) => report.name(),
        Some(Target::UnknownReport(_) | Target::Nowhere) | None => "unknown",
    }
}

fn request_scope(call: &Call) -> RequestScope {
    let Ok(caller) = auth::caller(call) else { return RequestScope::default() };
    let by = RequestScope::by(&*caller.view.merchant.name);
    RequestScope { span: Request::parse(call).ok().map(|request| request.span()), ..by }
}

/// Whether a report may walk through many rows: those of its days and the life of the payments that reach into them.
/// Reports about subscriptions look at all of them.
fn is_long(call: &Call) -> bool {
    let about_days = |request: &Request| request.report.is_about_days();
    Request::parse(call).ok().filter(about_days).is_none_or(|request| {
        let days = i64::from(request.days.end - request.days.start);
        call.has_many_rows_in(days + i64::from(LIFECYCLE_DAYS))
    })
}

fn report(call: &Call) -> Response {
    let quirks = Quirks::of(call);
    let view = match auth::caller(call) {
        Ok(caller) => caller.view,
        Err(refusal) => {
            return proof::explained_now(refusal.respond(None, quirks), call, auth::explain);
        }
    };
    let merchant = view.merchant.name.clone();
    match Request::parse(call) {
        Ok(request) => {
            let setting = call.scenario().text("epicpay.chargeback_currency");
            let currency_letters = setting == "letters";
            let context = Context { view, request, quirks, currency_letters };
            with_note(reports::answer(context), Note::answered(&merchant))
        }
        Err(refusal) => {
            let (code, lacks) = (refusal.code, refusal.missing());
            let response = refusal.respond(Some(&merchant), quirks);
            match lacks {
                Some(name) => missing::explained(response, &call.body, name),
                None if code == Code::Data => unreadable::explained(response, &call.body),
                None => response,
            }
        }
    }
}

fn examples(moment: &Moment, base_url: &str) -> Vec<Example> {
    let now = moment.now.as_second();
    let (from, to) = (date_text(now - 7 * 86_400), date_text(now));
    // Scheduled payments of newpayments are in the future.
    let ahead = date_text(now + 30 * 86_400);
    let mut examples = Vec::new();
    for merchant in moment.scenario().merchants() {
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

fn error_response(
    moment: &Moment,
    _: &str,
    _: &HeaderMap,
    error: InjectedError<'_>,
) -> Option<Response> {
    let reason = "a fault asked for it";
    let refusal = match error {
        InjectedError::Error(code) => EpicPayError::new(Code::parse(code)?, reason),
        InjectedError::ExpiredToken => EpicPayError::new(Code::Unauthorized, reason),
        // EpicPay documents no rate limit; only the envelope is known.
        InjectedError::Throttled => {
            EpicPayError::new(Code::Other, reason).with_status(StatusCode::TOO_MANY_REQUESTS)
        }
    };
    Some(refusal.with_quirks(Quirks::of(moment)).into_response())
}

fn reject_early(_: &Moment, _: &str, _: &HeaderMap, refusal: TransportError) -> Response {
    let code = match refusal {
        TransportError::TooLarge | TransportError::TimedOut | TransportError::Broken => Code::Data,
        TransportError::Internal | TransportError::Unavailable | TransportError::Unsettled => {
            Code::Other
        }
    };
    EpicPayError::new(code, refusal.reason()).into_response()
}
