//! Answers a request whose path nobody has, and says which path was probably meant.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::providers;
use crate::providers::nearest_path::nearest_path;
use crate::sandbox::journal::{Entry, Note};
use crate::wire::problem::Problem;

/// The 404 for a path that belongs to no provider.
pub(super) fn nowhere(path: &str) -> Response {
    let known = match nearest_path(providers::ALL, path) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "see GET /_admin/providers for the paths there are".to_owned(),
    };
    let mut response = Problem::new(StatusCode::NOT_FOUND, "No provider has this path")
        .detail(format!("`{path}` is not a path of any provider; {known}"))
        .into_response();
    let reason = format!("`{path}` is not a path of any provider");
    response.extensions_mut().insert(Note::refused(None, reason));
    response
}

/// Adds the path that was probably meant to the reason of a refusal, if the path has no operation. It stands
/// in the reason alone, because the answer of a provider is the provider's own.
pub(super) fn name_nearest_path(entry: &mut Entry) {
    if !matches!(entry.operation, "" | "unknown") {
        return;
    }
    let nearest = nearest_path(providers::ALL, entry.path());
    let Some(reason) = entry.note.reason.as_mut() else { return };
    if let Some(nearest) = nearest {
        reason.push_str(&format!("; did you mean `{nearest}`?"));
    }
}
