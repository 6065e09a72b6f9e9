//! PayFort: not built yet.

use axum::Router;
use axum::http::StatusCode;

use super::Provider;
use crate::sandbox::scenario::Field;
use crate::wire::call::answer;

/// PayFort.
pub const PROVIDER: Provider = Provider {
    name: "PayFort",
    slug: "payfort",
    docs: "https://paymentservices.amazon.com/docs/api/managing-payments/reporting",
    operation: |path| (path == "/FortAPI/reportingApi").then_some("unknown"),
    router: Router::new,
    credentials: &[
        Field { name: "merchant_identifier", required: true, secret: false },
        Field { name: "access_code", required: true, secret: false },
        Field { name: "hash", required: false, secret: false },
        Field { name: "request_phrase", required: true, secret: true },
        Field { name: "response_phrase", required: true, secret: true },
    ],
    quirks: &[],
    settings: &[],
    examples: |_, _| Vec::new(),
    refuse: |_, _, _| answer(StatusCode::NOT_IMPLEMENTED, "text/plain", ""),
    words: |_, _, _| None,
    sign: None,
    forced: |_, _| {},
};
