//! The layer around all pages: headers for safety, and problems as pages.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::{BodyExt, Collected};
use maud::html;

use super::{layout, login, page};
use crate::admin::{Door, problem_of};

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

/// Shows a problem document as a page, and adds the headers.
pub(super) async fn dress(State(door): State<Door>, request: Request, next: Next) -> Response {
    let prefix = Door::prefix(&request);
    let target = request.uri().path_and_query().map_or("", |it| it.as_str());
    let target = format!("{prefix}{target}");
    let is_read = request.method().is_safe();
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_problem = kind.is_some_and(|it| it == "application/problem+json");
    let mut response = if is_problem {
        let next = is_read.then_some(target.as_str());
        explain(response, &prefix, next, door.has_token()).await
    } else {
        response
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let store = HeaderValue::from_static("no-store");
    headers.entry(header::CACHE_CONTROL).or_insert(store);
    response
}

/// The page of a problem; for a browser without a session, the login form.
async fn explain(
    response: Response,
    prefix: &str,
    next: Option<&str>,
    has_token: bool,
) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = body.collect().await.map_or_else(|_| bytes::Bytes::new(), Collected::to_bytes);
    let problem = problem_of(parts.status, &body);
    let made = if parts.status == StatusCode::UNAUTHORIZED && has_token {
        let ended = problem.to_string();
        let refusal = ended.contains("ended").then_some(ended.as_str());
        page::html(parts.status, login::form(prefix, next.unwrap_or(""), refusal))
    } else {
        let title = parts.status.canonical_reason().unwrap_or("Not possible");
        let start = format!("{prefix}/_admin/ui/");
        let content = html! {
            p.lead role="alert" { (problem.to_string()) }
            p { a href=(start) { "Go to the start page" } " or go back and change what was sent." }
        };
        page::html(parts.status, layout::bare(prefix, title, &content))
    };
    let (fresh, body) = made.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(fresh.headers);
    Response::from_parts(parts, body)
}
