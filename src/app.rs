//! Builds all routes of the server: the paths of the providers, each behind the recorder, and the admin API.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;
use tracing::level_filters::LevelFilter;

use crate::providers::Provider;
use crate::recorder::Recorder;
use crate::recorder::metrics::Metrics;
use crate::recorder::target::{DEFAULT_NAME, SPACE, Target};
use crate::sandbox::journal::without_secrets;
use crate::sandbox::spaces::Spaces;
use crate::sandbox::{Options, callbacks};
use crate::wire::body::discard;
use crate::{admin, providers, ui};

/// All routes of the server and the spaces behind them.
#[derive(Clone, Debug)]
pub struct App {
    spaces: Spaces,
    /// The routes without request logging.
    plain: Router,
    /// The same routes with a log line for each request and each answer. It is a second router because the
    /// trace layer wraps each call and each body, also when the log level hides its lines.
    traced: Router,
}

/// The routes of all providers and of the admin API, for these spaces.
#[must_use]
pub fn app(spaces: Spaces) -> App {
    app_of(spaces, providers::ALL)
}

/// Like [`app`], but with the routes of the given providers only.
#[must_use]
pub fn app_of(spaces: Spaces, providers: &'static [Provider]) -> App {
    let metrics = Metrics::default();
    let recorder = Recorder::new(spaces.clone(), metrics.clone());
    // After a panic a provider answers in its own format; for the admin API a plain 500 is enough.
    let door = admin::Door::new(spaces.clone(), metrics);
    let admin = ui::open(admin::router(&door, ui::pages()), &door);
    let plain = vendors(recorder, providers).merge(admin.layer(CatchPanicLayer::new()));
    let trace = TraceLayer::new_for_http().make_span_with(span);
    App { spaces, traced: plain.clone().layer(trace), plain }
}

/// The span of a request in the log: without its query and without secrets in its path.
fn span(request: &Request) -> tracing::Span {
    let path = without_secrets(request.uri().path());
    let query = request.uri().query().map_or("", |_| "?‹masked›");
    tracing::debug_span!(
        "request",
        method = %request.method(),
        path = format!("{path}{query}"),
        version = ?request.version(),
    )
}

/// The real paths of the providers; a path without a provider gets a 404 from the recorder. A browser at the
/// root is led to the pages.
fn vendors(recorder: Recorder, providers: &'static [Provider]) -> Router {
    let mut router = Router::new();
    for provider in providers {
        let handler = (provider.handler)();
        for path in provider.paths {
            let (recorder, handler) = (recorder.clone(), handler.clone());
            let answer = move |request: Request| async move {
                recorder.answer(provider, &handler, request).await
            };
            router = router.route(path, any(answer));
        }
    }
    let at_root = recorder.clone();
    let root = move |request: Request| async move {
        if request.method().is_safe() && ui::is_browser(&request) {
            return ui::home(&request);
        }
        at_root.nowhere(request).await
    };
    let nowhere = move |request: Request| async move { recorder.nowhere(request).await };
    router.route("/", any(root)).fallback(nowhere)
}

impl App {
    /// The options of the server's start.
    pub(crate) fn options(&self) -> &Options {
        self.spaces.options()
    }

    /// Answers one request: finds its space, routes it, and names the space in a header of the answer.
    pub async fn answer(&self, mut request: Request) -> Response {
        let options = self.spaces.options();
        let found = Target::of(options, request.uri(), request.headers());
        let (target, uri) = match found {
            Ok(found) => found,
            Err(problem) => {
                let (parts, body) = request.into_parts();
                discard(&parts.headers, body).await;
                return problem.into_response();
            }
        };
        let name = if target.space.is_empty() { DEFAULT_NAME } else { &target.space };
        let name = HeaderValue::from_str(name);
        *request.uri_mut() = uri;
        request.extensions_mut().insert(target);
        let page = ui::PageRequest::of(&request);
        let is_seen = LevelFilter::current() >= LevelFilter::DEBUG;
        let router = if is_seen { self.traced.clone() } else { self.plain.clone() };
        let mut response = match router.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if let Some(page) = page {
            response = page.dress(response, options.admin_token.is_some()).await;
        }
        if let Ok(name) = name {
            response.headers_mut().insert(SPACE, name);
        }
        response
    }

    /// Ends the waits of the admin API with what there is, because the server ends.
    pub(crate) fn end_waits(&self) {
        self.spaces.end_waits();
    }

    /// Waits until the callbacks that are being sent in all spaces are finished.
    pub(crate) async fn drain_callbacks(&self) {
        for space in self.spaces.all() {
            callbacks::drain(&space).await;
        }
    }

    /// Registers an address of this server, so that callbacks are never sent to it.
    pub fn listens_at(&self, address: SocketAddr) {
        self.spaces.options().own_addresses.add(address);
    }
}
