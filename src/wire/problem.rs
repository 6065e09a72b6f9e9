//! Errors of the admin API as RFC 9457 problem documents; their detail says how to correct the request.

use std::fmt;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::wire::call::response;
use crate::wire::json::Writer;

/// A problem document with status, title and detail; its type is always `about:blank`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    title: &'static str,
    detail: Option<String>,
    /// Line and column of the body that it is about.
    place: Option<(u64, String)>,
}

impl Problem {
    /// A problem with this status and title, and without detail.
    #[must_use]
    pub fn new(status: StatusCode, title: &'static str) -> Self {
        Self { status, title, detail: None, place: None }
    }

    /// Adds the detail: what is wrong with this request, and how to correct it.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds the place in the body that it is about: a line, 1 for the first, and the name of a column.
    #[must_use]
    pub fn at(mut self, line: u64, column: &str) -> Self {
        self.place = Some((line, column.to_owned()));
        self
    }

    /// The HTTP status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// 400 with a detail that says what is wrong with the request.
    #[must_use]
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Bad request").detail(detail)
    }

    /// 404 with a detail that says what does not exist.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found").detail(detail)
    }

    /// 409 with a detail that says which state of the sandbox prevents the request.
    #[must_use]
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "Not possible").detail(detail)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail.as_deref().unwrap_or(self.title))
    }
}

impl std::error::Error for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut json = Writer::default();
        json.open(b'{');
        json.text_member("type", "about:blank");
        json.text_member("title", self.title);
        json.integer_member("status", i64::from(self.status.as_u16()));
        if let Some(detail) = &self.detail {
            json.text_member("detail", detail);
        }
        if let Some((line, column)) = &self.place {
            json.integer_member("line", i64::try_from(*line).unwrap_or(i64::MAX));
            json.text_member("column", column);
        }
        json.close(b'}');
        response(self.status, "application/problem+json", json.into_bytes())
    }
}
