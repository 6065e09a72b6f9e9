//! What all answers to browsers have in common: headers for safety, and problems as pages.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use futures_util::future::BoxFuture;
use maud::html;

use super::{layout, login, page};
use crate::admin::{Door, refusal};

/// Nothing but our own files and calls, no forms to other servers, no frames around the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// Headers of every answer. A referrer policy stricter than `same-origin` would take the origin from forms.
const HEADERS: [(header::HeaderName, &str); 3] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
];

/// What the answer to a request for a page is made of.
#[derive(Debug)]
pub struct PageRequest {
    prefix: String,
    /// Path and query.
    target: String,
    method: Method,
}

impl PageRequest {
    /// Reads a request; `None` if it is for no page.
    #[must_use]
    pub fn of(request: &Request) -> Option<Self> {
        let below = request.uri().path().strip_prefix("/_admin/ui")?;
        if !below.is_empty() && !below.starts_with('/') {
            return None;
        }
        let prefix = Door::prefix(request);
        let target = request.uri().path_and_query().map_or("", |it| it.as_str());
        let target = format!("{prefix}{target}");
        Some(Self { prefix, target, method: request.method().clone() })
    }

    /// Shows a problem document as a page, and adds the headers. `has_token` is whether browsers have to sign in.
    pub fn dress(self, response: Response, has_token: bool) -> BoxFuture<'static, Response> {
        Box::pin(async move {
            let kind = response.headers().get(header::CONTENT_TYPE);
            let is_problem = kind.is_some_and(|it| it == "application/problem+json");
            let mut response =
                if is_problem { self.explain(response, has_token).await } else { response };
            let headers = response.headers_mut();
            for (name, value) in HEADERS {
                headers.insert(name, HeaderValue::from_static(value));
            }
            let store = HeaderValue::from_static("no-store");
            headers.entry(header::CACHE_CONTROL).or_insert(store);
            response
        })
    }

    /// The page of a problem; for a browser without a session, the login form.
    async fn explain(&self, response: Response, has_token: bool) -> Response {
        let (mut parts, problem) = refusal(response).await;
        let made = if parts.status == StatusCode::UNAUTHORIZED && has_token {
            let ended = problem.to_string();
            let why = ended.contains("ended").then_some(ended.as_str());
            let next = if self.method.is_safe() { self.target.as_str() } else { "" };
            login::form(&self.prefix, next, why)
        } else {
            let title = parts.status.canonical_reason().unwrap_or("Not possible");
            let content = html! {
                p.lead role="alert" { (problem) }
                p {
                    a href={ (self.prefix) "/_admin/ui/" } { "Go to the start page" }
                    " or go back and change what was sent."
                }
            };
            layout::bare(&self.prefix, title, &content)
        };
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(page::HTML));
        // The problem came without its text then, so that the page has not the length of that for `GET`.
        let body =
            if self.method == Method::HEAD { Body::empty() } else { made.into_string().into() };
        Response::from_parts(parts, body)
    }
}
