//! WePay: not built yet.

use axum::Router;
use axum::http::StatusCode;

use super::Provider;
use crate::sandbox::scenario::Field;
use crate::wire::call::answer;

/// WePay.
pub const PROVIDER: Provider = Provider {
    name: "WePay",
    slug: "wepay",
    docs: "https://developer.wepay.com/api/api-calls/reports",
    operation: |path| (path.starts_with("/v2/")).then_some("unknown"),
    router: Router::new,
    credentials: &[
        Field { name: "access_token", required: true, secret: true },
        Field { name: "user_id", required: true, secret: false },
        Field { name: "account_id", required: true, secret: false },
        Field { name: "client_id", required: true, secret: false },
        Field { name: "client_secret", required: true, secret: true },
    ],
    quirks: &[],
    settings: &[],
    examples: |_, _| Vec::new(),
    refuse: |_, _, _| answer(StatusCode::NOT_IMPLEMENTED, "text/plain", ""),
    words: |_, _, _| None,
    sign: None,
    forced: |_, _| {},
};
