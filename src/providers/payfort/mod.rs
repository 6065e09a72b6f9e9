#![doc = include_str!("README.md")]

mod auth;
mod cells;
mod codes;
mod columns;
mod download;
mod error;
mod examples;
mod fidelity;
mod filters;
mod job;
mod openapi;
mod quirks;
mod request;
mod response;
mod row_context;
mod schema;
mod sign_again;
mod signing;
mod truth;
mod validate;
mod verify;

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;

use self::codes::Code;
use self::download::{Download, Frame};
use self::error::PayFortError;
use self::quirks::Quirks;
use self::request::Format;
use self::response::Envelope;
use self::schema::Command;
use super::request_scope::RequestScope;
use super::{Example, Handler, InjectedError, Provider, SignOptions, Signed};
use crate::sandbox::journal::Note;
use crate::sandbox::ledger::Axis;
use crate::sandbox::scenario::{Field, SettingSpec};
use crate::sandbox::space::Moment;
use crate::wire::body::TransportError;
use crate::wire::call::{Call, response, with_note};
use crate::wire::raw_json::{self, JsonObject};
use crate::wire::{missing, proof, unreadable};

/// PayFort (Amazon Payment Services): a client requests a report, waits until it is prepared, and
/// downloads it. Requests and answers are signed.
pub const PROVIDER: Provider = Provider {
    name: "PayFort / Amazon Payment Services",
    slug: "payfort",
    docs: "https://paymentservices.amazon.com/docs/api/managing-payments/reporting",
    hosts: &["payfort.com"],
    paths: &[PATH, "/FortAPI/", "/FortAPI/{*rest}"],
    operation,
    narrowed,
    operations: openapi::OPERATIONS,
    request_scope,
    handler,
    row_reports: Vec::new,
    credentials: &[
        Field {
            name: "merchant_identifier",
            required: true,
            secret: false,
            unique: true,
            ..Field::PLAIN
        },
        Field { name: "access_code", required: true, secret: false, unique: true, ..Field::PLAIN },
        Field {
            name: "hash",
            required: false,
            secret: false,
            check: auth::check_hash,
            ..Field::PLAIN
        },
        Field { name: "request_phrase", required: true, secret: true, ..Field::PLAIN },
        Field { name: "response_phrase", required: true, secret: true, ..Field::PLAIN },
    ],
    device_cards: false,
    quirks: quirks::ALL,
    settings: &[
        SettingSpec {
            name: "report_ready",
            default: "2s",
            help: "sandbox time from GENERATE_REPORT until the report can be downloaded",
            ..SettingSpec::PLAIN
        },
        SettingSpec {
            name: "queue_limit",
            default: "0",
            range: (0, 100_000),
            help: "reports of one merchant being prepared at once, one more is 57129; 0 for no limit",
            ..SettingSpec::PLAIN
        },
        SettingSpec {
            name: "row_limit",
            default: "200000",
            range: (0, 200_000),
            help: "rows of a report, one more is 57134",
            ..SettingSpec::PLAIN
        },
    ],
    examples: examples::examples,
    extra_examples: |_| Vec::new(),
    reject_early,
    error_response,
    sign_again: Some(sign_again::sign_again),
    codes: codes::all,
    knows: |_, digits| Code::parse(digits).is_some(),
    lag_counts_from: Axis::Created,
    callbacks: None,
    sign: Some(examples::sign),
    diagnose: verify::explain,
    on_phase_forced: |_, _| Ok(()),
    fetch: examples::fetch,
    row_mapping: Some(&truth::ROW_MAPPING),
    row: truth::row,
};

const PATH: &str = "/FortAPI/reportingApi";

fn operation(path: &str) -> &'static str {
    if path == PATH { "generate" } else { "unknown" }
}

/// Both commands have one path. A body that names neither counts as a request for a report.
fn narrowed(operation: &'static str, _: &HeaderMap, body: &[u8]) -> &'static str {
    let command = || Command::parse(&raw_json::parse(body, raw_json::DEPTH).ok()?).ok();
    match operation {
        "generate" if command() == Some(Command::Download) => "download",
        other => other,
    }
}

fn handler() -> Handler {
    Arc::new(|call| {
        Box::pin(async move {
            if call.operation == "unknown" {
                return nowhere(&call);
            }
            let response = reporting(&call);
            proof::explained(response, call, verify::explain).await
        })
    })
}

fn request_scope(call: &Call) -> RequestScope {
    let request = request::read(call).ok();
    let sender = request.as_ref().and_then(|it| auth::sender(call.scenario(), it).ok());
    sender.map_or_else(RequestScope::default, |it| RequestScope::by(&*it.merchant.name))
}

fn nowhere(call: &Call) -> Response {
    let reason = format!("`{}` is not emulated; reports are at `{PATH}`", call.uri.path());
    with_note(response(StatusCode::NOT_FOUND, "text/plain", ""), Note::refused(None, reason))
}

fn reporting(call: &Call) -> Response {
    if call.method != Method::POST {
        let mut response = response(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return with_note(response, Note::refused(None, "only POST is allowed here"));
    }
    let request = match request::read(call) {
        Ok(request) => request,
        Err(refusal) => {
            let response = Envelope::bare(refusal.code()).respond(StatusCode::OK);
            let response = with_note(response, Note::refused(None, refusal.to_string()));
            return unreadable::explained(response, &call.body);
        }
    };
    match act(call, &request) {
        Ok(response) => response,
        Err(refusal) => refused(call, &request, refusal),
    }
}

/// Checks a request and executes its command. The order of the checks is documented in the README;
/// the first failed check determines the error code.
fn act(call: &Call, request: &JsonObject<'_>) -> Result<Response, PayFortError> {
    let scenario = call.scenario();
    let command = Command::parse(request)?;
    validate::check_mandatory(request, command)?;
    let caller = auth::sender(scenario, request)?;
    let report = request::check(request, command)?;
    verify::verify(&caller, request)?;
    let envelope = |format| Envelope::of(request, Some(caller.keys), format, PayFortError::SUCCESS);
    let response = match report {
        Some(report) => {
            job::create(call, &caller, request, &report)?;
            envelope(report.format).respond(StatusCode::OK)
        }
        None => {
            let (view, report, rows) = job::fetch(call, &caller, request)?;
            let requested = request.text("response_format").filter(|text| !text.is_empty());
            let format = requested.map_or(report.format, |_| Format::of(request));
            let frame = match Quirks::of(call).download_envelope {
                true => Frame::Envelope,
                false => Frame::Array,
            };
            Download::new(view, report, envelope(format), frame, rows).respond()
        }
    };
    Ok(with_note(response, Note::answered(&caller.merchant.name)))
}

/// The answer to a refused request. It is signed if merchant identifier and access code are known.
fn refused(call: &Call, request: &JsonObject<'_>, refusal: PayFortError) -> Response {
    let caller = auth::sender(call.scenario(), request).ok();
    let keys = caller.map(|caller| caller.keys);
    let merchant = caller.as_ref().map(|caller| caller.merchant.name.as_str());
    let envelope = Envelope::of(request, keys, Format::of(request), refusal.code());
    let note = Note::refused(merchant, refusal.to_string());
    let response = with_note(envelope.respond(StatusCode::OK), note);
    match refusal {
        refusal if refusal.is_unproven() => proof::unproven(response),
        PayFortError::Missing(name) => missing::explained(response, &call.body, &name),
        _ => response,
    }
}

/// The answer to an injected fault: any code of the vendor's tables. The vendor documents no throttling,
/// so throttling is `57123`. There are no tokens, so an expired token is an invalid access code (`00010`).
fn error_response(
    _: &Moment,
    _: &str,
    _: &HeaderMap,
    error: InjectedError<'_>,
) -> Option<Response> {
    let code = match error {
        InjectedError::Error(digits) => Code::parse(digits)?,
        InjectedError::Throttled => Code::new("57", "123"),
        InjectedError::ExpiredToken => Code::new("00", "010"),
    };
    Some(Envelope::bare(code).respond(StatusCode::OK))
}

fn reject_early(_: &Moment, _: &str, _: &HeaderMap, refusal: TransportError) -> Response {
    let (status, code) = match refusal {
        TransportError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, Code::new("00", "073")),
        TransportError::TimedOut => (StatusCode::REQUEST_TIMEOUT, Code::new("00", "073")),
        TransportError::Broken => (StatusCode::BAD_REQUEST, Code::new("00", "073")),
        TransportError::Internal => (StatusCode::INTERNAL_SERVER_ERROR, Code::new("00", "006")),
        TransportError::Unavailable | TransportError::Unsettled => {
            (StatusCode::SERVICE_UNAVAILABLE, Code::new("57", "123"))
        }
    };
    Envelope::bare(code).respond(status)
}
