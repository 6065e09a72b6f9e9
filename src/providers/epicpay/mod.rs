//! EpicPay: not built yet.

use axum::Router;
use axum::http::StatusCode;

use super::Provider;
use crate::sandbox::scenario::Field;
use crate::wire::call::answer;

/// EpicPay.
pub const PROVIDER: Provider = Provider {
    name: "EpicPay",
    slug: "epicpay",
    docs: "https://developer.epicpay.com/Docs/ReportingAPI",
    operation: |path| (path.starts_with("/reporting/v1/")).then_some("unknown"),
    router: Router::new,
    credentials: &[
        Field { name: "key_id", required: true, secret: false },
        Field { name: "password", required: true, secret: true },
    ],
    quirks: &[],
    settings: &[],
    examples: |_, _| Vec::new(),
    refuse: |_, _, _| answer(StatusCode::NOT_IMPLEMENTED, "text/plain", ""),
    words: |_, _, _| None,
    sign: None,
    forced: |_, _| {},
};
