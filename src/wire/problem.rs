//! Errors of the admin API: RFC 9457 problem documents that say what to do instead.

use std::fmt;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::wire::call::response;
use crate::wire::json::Writer;

/// A problem document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    title: &'static str,
    detail: Option<String>,
}

impl Problem {
    /// A problem of this kind.
    #[must_use]
    pub fn new(status: StatusCode, title: &'static str) -> Self {
        Self { status, title, detail: None }
    }

    /// What is wrong here and what would be right.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Its HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// 400 with what is wrong with the request.
    #[must_use]
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Bad request").detail(detail)
    }

    /// 404 with what was looked for.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found").detail(detail)
    }

    /// 409 with what stands in the way.
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
        json.close(b'}');
        response(self.status, "application/problem+json", json.into_bytes())
    }
}
