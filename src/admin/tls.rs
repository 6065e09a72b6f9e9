//! The root certificate that clients of the TLS port have to trust.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::ask::Ask;
use super::problem::Problem;
use crate::wire::call::answer;

/// `GET /_admin/tls/ca.pem`.
pub(super) async fn ca(ask: Ask) -> Response {
    match &ask.call.sandbox.options.tls_ca {
        Some(pem) => answer(StatusCode::OK, "application/x-pem-file", pem.clone()),
        None => Problem::conflict(
            "there is no certificate authority of our own: start the server with --tls-listen and \
             without --tls-cert",
        )
        .into_response(),
    }
}
