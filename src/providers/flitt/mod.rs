#![doc = include_str!("README.md")]

mod auth;
mod column;
mod error;
mod examples;
mod filters;
mod openapi;
mod quirks;
mod reports;
mod request;
mod response;
mod selection;
mod token;
mod value;

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::any;

use self::auth::Asker;
use self::error::{Broken, ReportError, TokenError};
use self::filters::Calendar;
use self::quirks::Quirks;
use self::request::Request;
use self::selection::{Memo, Question};
use super::{Provider, Refusal, Trouble};
use crate::sandbox::Sandbox;
use crate::sandbox::journal::Note;
use crate::sandbox::scenario::{Field, SettingSpec};
use crate::wire::call::{Call, noted};
use crate::wire::printed::Printed;

/// The name of the provider in scenarios.
const SLUG: &str = "flitt";

/// Flitt (formerly Fondy): reports by number, with a token for a signature.
pub const PROVIDER: Provider = Provider {
    name: "Flitt",
    slug: SLUG,
    docs: "https://docs.flitt.com/api/reports/",
    operation,
    operations: openapi::OPERATIONS,
    router,
    credentials: &[
        Field { name: "application_id", required: true, secret: false },
        Field { name: "key", required: true, secret: true },
        Field { name: "merchant_id", required: true, secret: false },
        Field { name: "timezone", required: false, secret: false },
    ],
    quirks: quirks::ALL,
    settings: &[
        SettingSpec {
            name: "timezone",
            default: "UTC",
            range: (0, 0),
            help: "zone of dates in answers and filters, where a credential names no other",
        },
        SettingSpec {
            name: "token_life",
            default: "3602s",
            range: (0, 0),
            help: "how long a token is good; its seconds are `expires_in`",
        },
    ],
    examples: examples::all,
    further: |_| Vec::new(),
    refuse,
    words,
    codes: error::codes,
    callbacks: None,
    sign: Some(token::sign),
    forced: |_, _| {},
};

const TOKEN: &str = "/authorizer/token/application/get";
const REPORT: &str = "/api/extend/company/report";

fn operation(path: &str) -> Option<&'static str> {
    let inside = |prefix| path.strip_prefix(prefix).is_some_and(|rest: &str| !rest.is_empty());
    match path.strip_suffix('/').unwrap_or(path) {
        TOKEN => Some("token"),
        REPORT => Some("report"),
        _ => (inside("/authorizer/") || inside("/api/extend/")).then_some("unknown"),
    }
}

/// What need not be looked for or printed again.
#[derive(Debug, Default)]
struct Remembered {
    selections: Memo,
    rows: Printed,
}

fn router() -> Router {
    let remembered = Arc::new(Remembered::default());
    let report = any(move |call: Call| std::future::ready(company_report(&call, &remembered)));
    Router::new()
        .route(TOKEN, any(application_token))
        .route(&format!("{TOKEN}/"), any(application_token))
        .route(REPORT, report.clone())
        .route(&format!("{REPORT}/"), report)
        .route("/authorizer/{*rest}", any(nowhere))
        .route("/api/extend/{*rest}", any(nowhere))
}

async fn application_token(call: Call) -> Response {
    let issued = match call.method == Method::POST {
        true => token::issue(&call),
        false => Err(TokenError::Broken(Broken::Method)),
    };
    issued.unwrap_or_else(|refusal| {
        let now = call.sandbox.clock.now().as_nanosecond().to_be_bytes();
        let id = token::request_id(&[&now, &call.body]);
        refusal.respond(&id, Quirks::of(&call.sandbox))
    })
}

fn company_report(call: &Call, remembered: &Remembered) -> Response {
    let quirks = Quirks::of(&call.sandbox);
    let (request, asker) = match asked(call) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.respond(None, quirks),
    };
    let merchant = asker.merchant.name.as_str();
    match report(call, &asker, &request, remembered) {
        Ok(response) => noted(response, Note::answered(merchant)),
        Err(refusal) => refusal.respond(Some(merchant), quirks),
    }
}

/// What is asked and who asks it, checked in the order of the vendor's list.
fn asked(call: &Call) -> Result<(Request<'_>, Asker), ReportError> {
    if call.method != Method::POST {
        return Err(ReportError::Broken(Broken::Method));
    }
    let application = auth::application(call)?;
    let request = Request::parse(&call.body)?;
    let asker = auth::merchant(call, &application, &request)?;
    Ok((request, asker))
}

fn report(
    call: &Call,
    asker: &Asker,
    request: &Request<'_>,
    remembered: &Remembered,
) -> Result<Response, ReportError> {
    let quirks = Quirks::of(&call.sandbox);
    let asked = request.word("report_id");
    let report = reports::find(&asked).ok_or(ReportError::ReportUnknown { asked })?;
    let window = request.window()?;
    let view = call.sandbox.view(asker.merchant.id).ok_or(ReportError::Broken(Broken::Internal))?;
    let zone = asker.zone(call)?;
    let calendar = Calendar { zone: &zone, now: view.now };
    let filters = filters::parse(report, &request.filters()?, calendar, quirks)?;
    let question = Question { report, filters, zone };
    Ok(response::page(view, question, window, quirks, remembered))
}

async fn nowhere(call: Call) -> Response {
    let quirks = Quirks::of(&call.sandbox);
    ReportError::Broken(Broken::NotFound).respond(None, quirks)
}

fn refuse(sandbox: &Sandbox, operation: &str, refusal: Refusal) -> Response {
    broken(sandbox, operation, Broken::of(refusal))
}

fn broken(sandbox: &Sandbox, operation: &str, broken: Broken) -> Response {
    let quirks = Quirks::of(sandbox);
    match operation {
        "token" => TokenError::Broken(broken).respond(&token::request_id(&[]), quirks),
        _ => ReportError::Broken(broken).answer(quirks),
    }
}

/// The code of an error is its text, or `403` at the token endpoint.
fn words(sandbox: &Sandbox, operation: &str, trouble: Trouble<'_>) -> Option<Response> {
    let quirks = Quirks::of(sandbox);
    const WHY: &str = "a fault asked for it";
    if trouble == Trouble::Throttled {
        return Some(broken(sandbox, operation, Broken::Throttled));
    }
    if operation == "token" {
        // There is no token here that could expire; what no longer holds is the key.
        let known = matches!(
            trouble,
            Trouble::Error("403" | "Incorrect signature") | Trouble::ExpiredToken
        );
        let refused = TokenError::because(WHY);
        return known.then(|| refused.respond(&token::request_id(&[]), quirks));
    }
    let reason = WHY.to_owned();
    let refusal = match trouble {
        Trouble::Error("Authorization token required") => ReportError::TokenMissing { reason: WHY },
        Trouble::Error("Invalid auth token") | Trouble::ExpiredToken => {
            ReportError::TokenInvalid { reason }
        }
        Trouble::Error("Merchant not found") => ReportError::MerchantUnknown { reason },
        Trouble::Error("you have no access to this report") => {
            ReportError::ReportUnknown { asked: reason }
        }
        Trouble::Error(_) | Trouble::Throttled => return None,
    };
    Some(refusal.answer(quirks))
}
