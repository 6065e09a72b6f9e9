//! The one table of contents of the HTTP surface: providers, and the admin API beside them.

use axum::Router;

use crate::recorder::Recorder;
use crate::sandbox::spaces::Spaces;
use crate::{admin, providers};

/// Everything the server answers, with the recorder around it.
#[must_use]
pub fn app(spaces: Spaces) -> Recorder {
    let routers = providers::ALL.iter().map(|provider| (provider.router)());
    let providers = routers.fold(Router::new(), Router::merge);
    Recorder::new(spaces, providers, admin::router())
}
