//! The one table of contents of the HTTP surface: providers, and the admin API beside them.

use axum::Router;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;

use crate::recorder::{Endpoints, Recorder};
use crate::sandbox::spaces::Spaces;
use crate::{admin, providers};

/// Everything the server answers, with the recorder around it.
#[must_use]
pub fn app(spaces: Spaces) -> Recorder {
    let routers = providers::ALL.iter().map(|provider| (provider.router)());
    // One line a request and one an answer at level `debug`; bodies are what the journal is for.
    let traced = |router: Router| router.layer(TraceLayer::new_for_http());
    let plain = routers.fold(Router::new(), Router::merge);
    let providers = Endpoints { traced: traced(plain.clone()), plain };
    // A provider says in its own words that we made a mistake; the admin API needs no more than 500.
    let admin = traced(admin::router()).layer(CatchPanicLayer::new());
    Recorder::new(spaces, providers, admin)
}
