//! A call of the admin API as a value.

use axum::routing::MethodRouter;

use super::spec::Spec;

/// One call of the admin API.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, with `{…}` for each parameter.
    pub path: &'static str,
    /// Its purpose in a few words, as `GET /_admin` lists it.
    pub does: &'static str,
    pub(super) handler: fn() -> MethodRouter,
    pub(super) spec: Spec,
}

pub(super) const fn route(
    method: &'static str,
    path: &'static str,
    does: &'static str,
    (handler, spec): (fn() -> MethodRouter, Spec),
) -> Route {
    Route { method, path, does, handler, spec }
}
