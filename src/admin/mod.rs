//! The sandbox's own API under `/_admin`, one file per resource. Never faulted, never journaled.

pub mod problem;

use axum::Router;

/// The admin API.
pub fn router() -> Router {
    Router::new()
}
