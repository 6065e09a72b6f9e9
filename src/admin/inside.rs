//! The admin API for the pages of the server: the same handlers, called inside the process on one moment.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::response::Parts;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt, Collected};
use jiff::Timestamp;
use serde_json::Value;
use tower::ServiceExt;

use super::request::AdminRequest;
use super::spec::names;
use super::{ROUTES, openapi};
use crate::sandbox::clock;
use crate::sandbox::money::{Currency, Decimal};
use crate::sandbox::state::jobs::Phase;
use crate::sandbox::state::outbox::Standing;
use crate::wire::problem::Problem;
use crate::{providers, sandbox};

/// The handlers of all calls, without the middleware: a page was let in already.
static HANDLERS: LazyLock<Router> = LazyLock::new(|| {
    ROUTES.iter().fold(Router::new(), |router, route| router.route(route.path, (route.handler)()))
});

/// A request for a page, with the admin API of its space. All calls that read show the moment of the request.
#[derive(Clone, Debug)]
pub struct Inside(AdminRequest);

/// The JSON that a call answered, as it was read and as it was written: a number that was read has lost its spelling.
/// It is small to hand on, as a page does with many of them.
#[derive(Clone, Debug)]
pub struct Document(Arc<(Value, Bytes)>);

impl Document {
    /// The answer as it was written.
    #[must_use]
    pub fn written(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0.1)
    }
}

impl Deref for Document {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0.0
    }
}

/// What a call will answer. It is boxed: the code of a call would else be compiled into each page that waits for it.
pub type Called<'a, T> = BoxFuture<'a, Result<T, Problem>>;

/// Takes the request that the middleware `admit` has prepared.
impl<S: Send + Sync> FromRequest<S> for Inside {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        AdminRequest::from_request(request, state).await.map(Self)
    }
}

impl Inside {
    /// The admin API behind a request of its own.
    pub(super) fn of(request: AdminRequest) -> Self {
        Self(request)
    }

    /// The request.
    pub(super) fn request(&self) -> &AdminRequest {
        &self.0
    }

    /// The same at the moment that it is now, after changes that this request has made.
    pub(super) fn refreshed(&self) -> Self {
        let mut request = self.0.clone();
        request.call.moment = request.space.moment();
        Self(request)
    }

    /// Path and query of the request, without the prefix of the space.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.0.call.uri
    }

    /// The body of the request.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.0.call.body
    }

    /// The name of the space; empty for the default space.
    #[must_use]
    pub fn space(&self) -> &str {
        self.0.space.name()
    }

    /// The prefix of all paths of the space: `/@name`, or nothing for the default space.
    #[must_use]
    pub fn prefix(&self) -> String {
        self.0.space.prefix()
    }

    /// The base URL of the space, as the browser reaches it.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.0.call.base_url()
    }

    /// The names of the merchants of the scenario.
    #[must_use]
    pub fn merchants(&self) -> Vec<String> {
        self.0.scenario().merchants().map(|it| it.name.clone()).collect()
    }

    /// The answer of `GET` to a path of the admin API.
    ///
    /// # Errors
    ///
    /// The problem with which the call is refused.
    #[inline(never)]
    pub fn get<'a>(&'a self, target: &'a str) -> Called<'a, Document> {
        self.send(Method::GET, target, ("application/json", Bytes::new()))
    }

    /// The answer of a call of the admin API, with a body of this content type: JSON, or the text of another answer;
    /// `null` without a body.
    ///
    /// # Errors
    ///
    /// The problem with which the call is refused.
    #[inline(never)]
    pub fn send<'a>(
        &'a self,
        method: Method,
        target: &'a str,
        body: (&'static str, Bytes),
    ) -> Called<'a, Document> {
        Box::pin(async move {
            let (is_json, body) = taken(self.answer(method, target, body).await?).await?;
            let value = if is_json {
                serde_json::from_slice(&body).map_err(|err| {
                    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal error")
                        .detail(err.to_string())
                })?
            } else if body.is_empty() {
                Value::Null
            } else {
                Value::String(String::from_utf8_lossy(&body).into_owned())
            };
            Ok(Document(Arc::new((value, body))))
        })
    }

    async fn answer(
        &self,
        method: Method,
        target: &str,
        (content_type, body): (&'static str, Bytes),
    ) -> Result<Response, Problem> {
        let uri: Uri = target
            .parse()
            .map_err(|_| Problem::bad_request(format!("`{target}` is no path of the admin API")))?;
        let mut request = self.0.clone();
        request.call.method = method.clone();
        request.call.uri = uri.clone();
        request.call.body = body;
        let content_type = header::HeaderValue::from_static(content_type);
        request.call.headers.insert(header::CONTENT_TYPE, content_type);
        let mut outer = Request::new(Body::empty());
        *outer.method_mut() = method;
        *outer.uri_mut() = uri;
        outer.extensions_mut().insert(request);
        match HANDLERS.clone().oneshot(outer).await {
            Ok(response) => Ok(response),
            Err(never) => match never {},
        }
    }
}

/// Whether an answer is JSON, and its body, or the problem that it is.
async fn taken(response: Response) -> Result<(bool, Bytes), Problem> {
    let (parts, body) = collected(response).await;
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let is_json = content_type.is_some_and(|it| it.as_bytes().starts_with(b"application/json"));
    if parts.status.is_client_error() || parts.status.is_server_error() {
        return Err(problem_of(parts.status, &body));
    }
    Ok((is_json, body))
}

/// The head of an answer and its whole body.
fn collected(response: Response) -> BoxFuture<'static, (Parts, Bytes)> {
    Box::pin(async move {
        let (parts, body) = response.into_parts();
        (parts, body.collect().await.map_or_else(|_| Bytes::new(), Collected::to_bytes))
    })
}

/// The head of a refusal, and the problem that its document tells.
pub async fn refusal(response: Response) -> (Parts, Problem) {
    let (parts, body) = collected(response).await;
    let problem = problem_of(parts.status, &body);
    (parts, problem)
}

/// The problem of a refusal, read from its document.
fn problem_of(status: StatusCode, body: &[u8]) -> Problem {
    let problem = Problem::new(status, status.canonical_reason().unwrap_or("Not possible"));
    let document: Option<Value> = serde_json::from_slice(body).ok();
    match document.as_ref().and_then(|it| it.get("detail")).and_then(Value::as_str) {
        Some(detail) => problem.detail(detail),
        None => problem,
    }
}

/// The description of all calls with their examples, as OpenAPI. `GET /_admin/openapi.json` adds to it what depends
/// on the server and the scenario, and nothing about a single call.
#[must_use]
pub fn description() -> &'static Value {
    openapi::committed()
}

/// The phases of a prepared report.
#[must_use]
pub fn report_phases() -> Vec<&'static str> {
    names::<Phase>()
}

/// The states of a callback.
#[must_use]
pub fn callback_states() -> Vec<&'static str> {
    names::<Standing>()
}

/// The real time, for the age of requests.
#[must_use]
pub fn real_now() -> Timestamp {
    clock::real_now()
}

/// The SHA-256 of a file, in hex.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    sandbox::digest::sha256(bytes)
}

/// The names of the fields of a provider's credentials that are secrets.
#[must_use]
pub fn secret_fields(slug: &str) -> Vec<&'static str> {
    let fields = providers::find(slug).map_or(&[][..], |provider| provider.credentials);
    fields.iter().filter(|it| it.secret).map(|it| it.name).collect()
}

/// Minor units as a decimal of their currency; without a decimal point for an unknown currency.
#[must_use]
pub fn decimal(minor: i64, currency: &str) -> String {
    let exponent = Currency::parse(currency).map_or(0, Currency::exponent);
    Decimal { minor, exponent }.to_string()
}

/// The codes of all currencies.
pub fn currencies() -> impl Iterator<Item = &'static str> {
    Currency::codes()
}

/// Reads a decimal of a currency as minor units.
///
/// # Errors
///
/// 400 when the currency is unknown, or the text is no decimal with at most its digits.
pub fn minor(text: &str, currency: &str) -> Result<i64, Problem> {
    let Some(known) = Currency::parse(currency) else {
        return Err(Problem::bad_request(format!("`{currency}` is no currency; USD is one")));
    };
    let digits = usize::from(known.exponent());
    let wrong = || {
        let example = Decimal { minor: 12_345, exponent: known.exponent() };
        Problem::bad_request(format!(
            "the amount is `{text}`; {currency} has {digits} decimal digits: write it like {example}"
        ))
    };
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let is_digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    let is_bare_point = text.contains('.') && part.is_empty();
    if whole.is_empty() || !is_digits(whole) || !is_digits(part) || part.len() > digits {
        return Err(wrong());
    }
    if is_bare_point {
        return Err(wrong());
    }
    format!("{whole}{part:0<digits$}").parse().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_decimals_of_their_currency() {
        for (text, currency, expected) in [
            ("12.34", "USD", Some(1234)),
            ("12", "USD", Some(1200)),
            ("12.3", "USD", Some(1230)),
            (" 0.005 ", "KWD", Some(5)),
            ("700", "JPY", Some(700)),
            ("7.5", "JPY", None),
            ("1.234", "USD", None),
            ("1,5", "USD", None),
            ("-1", "USD", None),
            ("", "USD", None),
            (".", "USD", None),
            ("1.", "USD", None),
            ("1e3", "USD", None),
            ("99999999999999999999", "USD", None),
            ("1", "XXX", None),
        ] {
            assert_eq!(minor(text, currency).ok(), expected, "{text} {currency}");
        }
        assert_eq!(decimal(1234, "USD"), "12.34");
        assert_eq!(decimal(-5, "KWD"), "-0.005");
        assert_eq!(decimal(700, "JPY"), "700");
    }
}
