//! The one table of contents of the HTTP surface: the vendors' paths, each behind the recorder, and the
//! admin API beside them.

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
use crate::sandbox::spaces::Spaces;
use crate::sandbox::{Options, callbacks};
use crate::{admin, providers};

/// Everything the server answers.
#[derive(Clone, Debug)]
pub struct App {
    spaces: Spaces,
    /// All routes as they are.
    plain: Router,
    /// The same with a line in the log for each request and answer. Being ready to log wraps every call and
    /// every body once more, and whoever does not want to see it need not pay for it.
    traced: Router,
}

/// Everything the server answers for these spaces.
#[must_use]
pub fn app(spaces: Spaces) -> App {
    app_of(spaces, providers::ALL)
}

/// The same with the paths of these providers instead of all.
#[must_use]
pub fn app_of(spaces: Spaces, providers: &'static [Provider]) -> App {
    let metrics = Metrics::default();
    let recorder = Recorder::new(spaces.clone(), metrics.clone());
    // A provider says in its own words that we made a mistake; the admin API needs no more than 500.
    let admin = admin::router(spaces.clone(), metrics).layer(CatchPanicLayer::new());
    let plain = vendors(recorder, providers).merge(admin);
    App { spaces, traced: plain.clone().layer(TraceLayer::new_for_http()), plain }
}

/// The vendors' real paths, and what is said to paths that are nobody's.
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
    router.fallback(move |request: Request| async move { recorder.nowhere(request).await })
}

impl App {
    /// What the server was started with.
    pub(crate) fn options(&self) -> &Options {
        self.spaces.options()
    }

    /// Answers a request.
    pub async fn answer(&self, mut request: Request) -> Response {
        let options = self.spaces.options();
        let found = Target::of(options, request.uri(), request.headers());
        let (target, uri) = match found {
            Ok(found) => found,
            Err(problem) => return problem.into_response(),
        };
        let name = if target.space.is_empty() { DEFAULT_NAME } else { &target.space };
        let name = HeaderValue::from_str(name);
        *request.uri_mut() = uri;
        request.extensions_mut().insert(target);
        let is_seen = LevelFilter::current() >= LevelFilter::DEBUG;
        let router = if is_seen { self.traced.clone() } else { self.plain.clone() };
        let mut response = match router.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if let Ok(name) = name {
            response.headers_mut().insert(SPACE, name);
        }
        response
    }

    /// Lets the callbacks under way in all spaces finish.
    pub(crate) async fn drain_callbacks(&self) {
        for space in self.spaces.all() {
            callbacks::drain(&space).await;
        }
    }

    /// Says that requests come in here, so that nothing is ever sent there.
    pub fn listens_at(&self, address: SocketAddr) {
        self.spaces.options().own_addresses.add(address);
    }
}
