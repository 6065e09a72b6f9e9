//! Flitt: not built yet.

use axum::Router;
use axum::http::StatusCode;

use super::Provider;
use crate::sandbox::scenario::Field;
use crate::wire::call::answer;

/// Flitt.
pub const PROVIDER: Provider = Provider {
    name: "Flitt",
    slug: "flitt",
    docs: "https://docs.flitt.com/api/reports/",
    operation: |path| {
        (path.starts_with("/authorizer/") || path.starts_with("/api/extend/")).then_some("unknown")
    },
    router: Router::new,
    credentials: &[
        Field { name: "application_id", required: true, secret: false },
        Field { name: "key", required: true, secret: true },
        Field { name: "merchant_id", required: true, secret: false },
    ],
    quirks: &[],
    settings: &[],
    examples: |_, _| Vec::new(),
    refuse: |_, _, _| answer(StatusCode::NOT_IMPLEMENTED, "text/plain", ""),
    words: |_, _, _| None,
    sign: None,
    forced: |_, _| {},
};
