//! The admin API under `/_admin`, one file per resource. Faults do not apply to it, and the journal does not
//! record it.
//!
//! [`ROUTES`] is the table of all calls: the router, `GET /_admin`, the answers 404 and the OpenAPI
//! description are made from it.

mod actions;
mod admit;
mod callbacks;
mod changes;
mod clock;
mod coverage;
mod curl;
mod deposits;
mod diagnose;
mod door;
mod due;
mod entry;
mod explained;
pub(crate) mod faults;
mod guard;
mod har;
mod history;
mod inside;
mod items;
mod journal;
mod mcp;
#[cfg(feature = "metrics")]
mod metrics;
mod openapi;
mod printed_row;
mod reconcile;
mod reporting;
mod reports;
mod request;
mod route;
mod routes;
mod scenario;
mod session;
mod snapshot;
mod spaces;
mod spec;
mod status;
mod strict;
mod tls;
mod transaction;
mod transactions;
mod truth;
mod wait;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use schemars::JsonSchema;
use serde::Serialize;

pub use self::door::Door;
pub use self::inside::{
    Called, Document, Inside, callback_states, currencies, decimal, description, digest, minor,
    real_now, refusal, report_phases, secret_fields,
};
pub use self::openapi::described;
pub use self::route::Route;
pub use self::routes::ROUTES;

use self::request::AdminRequest;
use self::spec::{Answer, Spec};
use crate::sandbox::scenario::suggestion;
use crate::wire::problem::Problem;

/// The router of the admin API behind its guard, and of pages behind the same one. The handlers of pages take an
/// [`Inside`].
pub fn router(door: &Door, pages: Router) -> Router {
    let calls = ROUTES
        .iter()
        .fold(Router::new(), |router, route| router.route(route.path, (route.handler)()))
        .route("/_admin/", any(unknown))
        .route("/_admin/{*rest}", any(unknown))
        .method_not_allowed_fallback(wrong_method);
    door.guard(calls.merge(pages))
}

/// All calls of the admin API.
#[derive(Debug, JsonSchema, Serialize)]
struct Calls {
    calls: Vec<Listed>,
}

/// A call of the admin API and its purpose.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Call")]
struct Listed {
    method: &'static str,
    path: &'static str,
    does: &'static str,
}

const INDEX: Spec = Spec { answers: &[Answer::json::<Calls>(200)], ..Spec::PLAIN };

async fn index(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    Ok(calls())
}

fn calls() -> Response {
    let calls = ROUTES.iter().map(|it| Listed { method: it.method, path: it.path, does: it.does });
    request::json(&Calls { calls: calls.collect() })
}

/// Answers a path that is no path of the admin API: 404 with the most similar path.
async fn unknown(request: AdminRequest) -> Problem {
    let path = request.call.uri.path();
    let mut known: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
    known.dedup();
    let near = suggestion(path, known.into_iter());
    Problem::not_found(format!("there is no `{path}`{near}; GET /_admin lists all calls"))
}

/// Answers a path of the admin API with a method that it does not have: 405.
async fn wrong_method(request: AdminRequest) -> Response {
    let path = request.call.uri.path();
    // A path without parameters has priority over a pattern that matches it as well.
    let is_exact = ROUTES.iter().any(|it| it.path == path);
    let fits = |it: &&Route| if is_exact { it.path == path } else { matches(it.path, path) };
    let methods: Vec<&str> = ROUTES.iter().filter(fits).map(|it| it.method).collect();
    let methods = methods.join(", ");
    let mut response = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
        .detail(format!("`{path}` does not take {}; it takes {methods}", request.call.method))
        .into_response();
    if let Ok(methods) = HeaderValue::from_str(&methods) {
        response.headers_mut().insert(header::ALLOW, methods);
    }
    response
}

/// Whether a path matches the pattern of a route; a segment `{…}` matches any segment.
fn matches(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(wanted), Some(got)) if wanted == got || wanted.starts_with('{') => {}
            _ => return false,
        }
    }
}
