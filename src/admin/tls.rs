//! Serves the root certificate that clients of the TLS port have to trust.

use axum::http::StatusCode;
use axum::response::Response;

use super::request::AdminRequest;
use super::spec::{Answer, Spec};
use crate::wire::call;
use crate::wire::problem::Problem;

pub(super) const CA: Spec =
    Spec { answers: &[Answer::text("application/x-pem-file")], problems: &[409], ..Spec::PLAIN };

/// `GET /_admin/tls/ca.pem`: the certificate of the local authority, PEM.
pub(super) async fn ca(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    match &request.space.options.tls_ca {
        Some(pem) => Ok(call::response(StatusCode::OK, "application/x-pem-file", pem.clone())),
        None => Err(Problem::conflict(
            "there is no certificate authority of our own: start the server with --tls-listen and \
             without --tls-cert",
        )),
    }
}
