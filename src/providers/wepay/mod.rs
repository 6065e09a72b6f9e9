#![doc = include_str!("README.md")]

mod auth;
mod columns;
mod create;
mod error;
mod examples;
mod fidelity;
mod file;
mod ids;
mod ipn;
mod job;
mod openapi;
mod params;
mod quirks;
mod request;
mod response;
mod truth;
mod version;
mod withdrawal;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;

use self::auth::User;
use self::error::{Hint, WePayError};
use self::params::Params;
use self::quirks::Quirks;
use self::request::{AccountFind, Create, Sort, TokenRequest, WithdrawalFind};
use self::version::Version;
use super::request_scope::RequestScope;
use super::{Handler, InjectedError, Provider, at_once};
use crate::sandbox::journal::Note;
use crate::sandbox::ledger::{Axis, PinnedRow};
use crate::sandbox::scenario::{Field, SettingSpec, check_number};
use crate::sandbox::space::Moment;
use crate::sandbox::state::jobs::Phase;
use crate::wire::body::TransportError;
use crate::wire::call::{Call, response, with_note};
use crate::wire::{missing, proof, unreadable};

/// WePay v2: reports that are prepared before they can be fetched, IPNs about them, and the calls that return the
/// ids of accounts and withdrawals.
pub const PROVIDER: Provider = Provider {
    name: "WePay",
    slug: "wepay",
    docs: "https://developer.wepay.com/api/api-calls/reports",
    hosts: &["wepay.com", "wepayapi.com"],
    paths: PATHS,
    operation,
    narrowed: |operation, _, _| operation,
    operations: openapi::OPERATIONS,
    request_scope,
    handler,
    row_reports: || vec!["report"],
    credentials: &[
        Field { name: "access_token", required: true, secret: true, unique: true, ..Field::PLAIN },
        Field {
            name: "user_id",
            required: true,
            secret: false,
            check: check_number,
            ..Field::PLAIN
        },
        Field {
            name: "account_id",
            required: true,
            secret: false,
            unique: true,
            check: check_number,
        },
        Field {
            name: "client_id",
            required: true,
            secret: false,
            check: check_number,
            ..Field::PLAIN
        },
        Field { name: "client_secret", required: true, secret: true, ..Field::PLAIN },
    ],
    device_cards: false,
    quirks: quirks::ALL,
    settings: SETTINGS,
    examples: examples::all,
    extra_examples: examples::extra_examples,
    reject_early,
    error_response,
    sign_again: None,
    codes: error::codes,
    knows: |_, code| WePayError::of_code(code).is_some(),
    lag_counts_from: Axis::Paid,
    callbacks: Some(&ipn::POLICY),
    sign: None,
    diagnose: auth::explain,
    on_phase_forced: ipn::replan,
    fetch: job::fetch,
    row_mapping: Some(&truth::ROW_MAPPING),
    row: truth::row,
};

const fn setting(name: &'static str, default: &'static str, help: &'static str) -> SettingSpec {
    SettingSpec { name, default, help, ..SettingSpec::PLAIN }
}

const SETTINGS: &[SettingSpec] = &[
    setting("report_queued", "1s", "how long a report is new"),
    setting("report_running", "2s", "how long a report is processing after that"),
    setting("report_kept", "4d", "how long a report is complete before it is deleted"),
    setting(
        "latency_transactions",
        "36h",
        "a merchant_transactions report fails when its end is younger",
    ),
    setting(
        "latency_reconciliation",
        "6h",
        "a reconciliation report fails when its withdrawal changed later",
    ),
    SettingSpec {
        check: version::check,
        ..setting(
            "api_version",
            "2017-05-31",
            "the application's version, without Api-Version header",
        )
    },
];

/// The paths of all calls, without `/v2/`.
const CALLS: [&str; 8] = [
    "report",
    "report/create",
    "oauth2/token",
    "user",
    "account",
    "account/find",
    "withdrawal",
    "withdrawal/find",
];

const PATHS: &[&str] = &["/v2", "/v2/", "/v2/{*call}", "/api/report/", "/api/report/{*rest}"];

fn operation(path: &str) -> &'static str {
    if path.starts_with("/api/report/") {
        return "file";
    }
    let call = path.strip_prefix("/v2").unwrap_or("").trim_start_matches('/');
    let call = call.strip_suffix('/').unwrap_or(call);
    CALLS.iter().find(|known| **known == call).map_or("unknown", |known| known)
}

fn handler() -> Handler {
    at_once(|call| if call.operation == "file" { download(call) } else { answer_call(call) })
}

fn request_scope(call: &Call) -> RequestScope {
    if call.operation == "file" {
        let path = call.uri.path().strip_prefix("/api/report/").unwrap_or("");
        let id = path.split('/').next().and_then(|id| id.parse().ok());
        let report = id.and_then(|id| job::find(call, id));
        let whose = report.and_then(|it| call.scenario().merchants().find(|m| m.id == it.merchant));
        return whose
            .map_or_else(RequestScope::default, |merchant| RequestScope::by(&*merchant.name));
    }
    let Ok(user) = auth::user(call) else { return RequestScope::default() };
    let params = Params::of(call).ok();
    let request = params.and_then(|it| WithdrawalFind::parse(&it).ok());
    let paged = request.filter(|_| call.operation == "withdrawal/find");
    let page = |it: WithdrawalFind| u64::try_from(it.start / it.limit.max(1)).unwrap_or(0) + 1;
    RequestScope { page: paged.map(page), ..RequestScope::by(&*user.view.merchant.name) }
}

/// Answers every call below `/v2`. An unknown call is refused before the token is checked, as the vendor does.
fn answer_call(call: &Call) -> Response {
    let name = call.operation;
    // Also errors that come before the check of the version have the members of the requested version.
    let version = Version::of_answer(call, &call.headers);
    if name == "unknown" || !matches!(call.method, Method::GET | Method::POST) {
        let request_line = format!("{} {}", call.method, call.uri.path());
        return WePayError::UnknownCall(request_line).respond(&version, name, None);
    }
    if name == "oauth2/token" {
        return token(call).unwrap_or_else(|refusal| refusal.respond(&version, name, None));
    }
    let user = match auth::user(call) {
        Ok(user) => user,
        Err(refusal) => {
            let response = refusal.respond(&version, name, None);
            return proof::explained_now(response, call, auth::explain);
        }
    };
    let merchant = user.view.merchant.name.as_str();
    match Version::of(call, &call.headers)
        .map_err(WePayError::from)
        .and_then(|_| act(call, name, &user))
    {
        Ok(response) => with_note(response, Note::answered(merchant)),
        Err(refusal) => {
            let hint = refusal.hint();
            let response = refusal.respond(&version, name, Some(merchant));
            match hint {
                Hint::Missing(name) => missing::explained(response, &call.body, name),
                Hint::Unreadable => unreadable::explained(response, &call.body),
                Hint::Nothing => response,
            }
        }
    }
}

fn act(call: &Call, name: &str, user: &User) -> Result<Response, WePayError> {
    let (call, quirks) = (call, Quirks::of(call));
    throttle(call, &user.client_id, quirks)?;
    let params = Params::of(call)?;
    match name {
        "report" => report(call, user, params.integer("report_id")?, quirks),
        "report/create" => create(call, user, &params, quirks),
        "user" => Ok(response::user(user)),
        "account" => {
            let account = auth::account(call, user.id, params.integer("account_id")?)?;
            Ok(response::account(user, &account))
        }
        "account/find" => {
            let request = AccountFind::parse(&params)?;
            let mut accounts = auth::accounts(call, user.id);
            accounts.retain(|account| {
                let name = &account.view.merchant.display_name;
                request.reference_id.is_none() && request.name.as_ref().is_none_or(|it| it == name)
            });
            if request.sort == Sort::Falling {
                accounts.reverse();
            }
            Ok(response::accounts(user, &accounts))
        }
        "withdrawal" => {
            let withdrawal = withdrawal::find(call, user, params.integer("withdrawal_id")?)?;
            Ok(response::withdrawal(call, user, &withdrawal))
        }
        "withdrawal/find" => {
            let request = WithdrawalFind::parse(&params)?;
            let account = auth::account(call, user.id, request.account_id)?;
            let withdrawals = withdrawal::list(call, &account.view, &request);
            Ok(response::withdrawals(account.id, &withdrawals))
        }
        _ => Err(WePayError::UnknownCall(name.to_owned())),
    }
}

fn throttle(moment: &Moment, client_id: &str, quirks: Quirks) -> Result<(), WePayError> {
    if !quirks.throttle {
        return Ok(());
    }
    let (limit, window) = (quirks::THROTTLE_CALLS, quirks::THROTTLE_WINDOW);
    let caller = format!("wepay {client_id}");
    let admitted = moment.change(|draft| {
        let admitted = draft.state().throttle.admit(&caller, draft.now, limit, window);
        draft.push(admitted.ok_or(WePayError::Throttled)?);
        Ok(())
    });
    admitted.map(|_| ())
}

fn report(call: &Call, user: &User, id: i64, quirks: Quirks) -> Result<Response, WePayError> {
    if let Some(pinned) = pinned(user, |it| it.get("report_id").is_some_and(|it| *it == id)) {
        return Ok(response::value(&pinned));
    }
    let report = job::find(call, id).ok_or(WePayError::NoReport(id))?;
    if report.requested.user_id != user.id {
        return Err(WePayError::ForeignReport(id));
    }
    Ok(response::report(call, &report, &call.base_url(), quirks))
}

fn create(
    call: &Call,
    user: &User,
    params: &Params,
    quirks: Quirks,
) -> Result<Response, WePayError> {
    let request = Create::parse(params, call.now)?;
    // The scenario pins the vendor's sample answer to this request.
    let shown = pinned(user, |it| {
        let (resource, options) = (&it["resource"], &it["advanced_options"]);
        it["type"] == request.kind.word()
            && resource["object_id"] == request.object_id
            && options["start_time"] == request.start
            && options["end_time"] == request.end
    });
    if let Some(shown) = shown {
        return Ok(response::value(&shown));
    }
    let report = create::create(call, user, &request)?;
    Ok(response::report(call, &report, &call.base_url(), quirks))
}

/// A report that the scenario pins word for word.
fn pinned(user: &User, wanted: impl Fn(&serde_json::Value) -> bool) -> Option<serde_json::Value> {
    let rows = user.view.pinned_rows("wepay", "report");
    let read = |row: &PinnedRow| serde_json::from_str(&row.wire).ok();
    rows.filter(|row| row.at <= user.view.now).filter_map(read).find(wanted)
}

/// `/oauth2/token`, which authenticates by the application's id and secret.
fn token(call: &Call) -> Result<Response, WePayError> {
    Version::of(call, &call.headers)?;
    let request = TokenRequest::parse(&Params::of(call)?)?;
    let TokenRequest { client_id, client_secret } = request;
    let (merchant, credential) =
        auth::application(call, &client_id, &client_secret).ok_or(WePayError::Client)?;
    throttle(call, &client_id, Quirks::of(call))?;
    Ok(with_note(response::token(credential), Note::answered(&merchant.name)))
}

/// The file of a report. It needs no token: the path contains a secret.
fn download(call: &Call) -> Response {
    let gone = |reason: &str| {
        let response = response(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "Not Found\n");
        with_note(response, Note::refused(None, reason))
    };
    if !matches!(call.method, Method::GET | Method::HEAD) {
        let mut response =
            response(StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", "Not Allowed\n");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return with_note(response, Note::refused(None, "a file is only read"));
    }
    let path = call.uri.path().strip_prefix("/api/report/").unwrap_or("");
    let (id, secret) = path.split_once('/').unwrap_or((path, ""));
    let Some(report) = id.parse().ok().and_then(|id| job::find(call, id)) else {
        return gone("there is no such report");
    };
    let known = report.secret(call);
    if !crate::sandbox::digest::same(known.as_bytes(), secret.as_bytes()) {
        return gone("the address ends with another secret");
    }
    if report.phase != Phase::Ready {
        return gone(&format!("the report is {}", report.state()));
    }
    let merchant = call.scenario().merchants().find(|it| it.id == report.merchant);
    let merchant = merchant.map_or("", |merchant| merchant.name.as_str());
    match file::download(call, &report) {
        Some(response) => with_note(response, Note::answered(merchant)),
        None => gone("what the report is about is no longer there"),
    }
}

fn error_response(
    moment: &Moment,
    operation: &str,
    headers: &HeaderMap,
    error: InjectedError<'_>,
) -> Option<Response> {
    let refusal = match error {
        InjectedError::Error(code) => WePayError::of_code(code)?,
        InjectedError::Throttled => WePayError::Throttled,
        InjectedError::ExpiredToken => WePayError::RevokedToken,
    };
    Some(refusal.response(&Version::of_answer(moment, headers), operation))
}

fn reject_early(
    moment: &Moment,
    operation: &str,
    headers: &HeaderMap,
    refusal: TransportError,
) -> Response {
    let refusal = match refusal {
        TransportError::TooLarge => WePayError::TooLarge,
        TransportError::TimedOut => WePayError::TimedOut,
        TransportError::Broken => WePayError::Broken,
        TransportError::Internal | TransportError::Unavailable | TransportError::Unsettled => {
            WePayError::Internal
        }
    };
    refusal.response(&Version::of_answer(moment, headers), operation)
}
