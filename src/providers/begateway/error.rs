//! Error responses. beGateway documents none for this API, so they have the shape of its other APIs
//! (`message`, `errors`). Every body is a JSON object, since a published client parses every body.

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::sandbox::journal::Note;
use crate::wire::call::{response, with_note};

/// Invalid parameters: a tree of parameter names whose leaves are lists of messages.
pub(super) type Errors = Map<String, Value>;

/// What is wrong with the parameters: for the client, and for the journal with what came and what is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Complaints {
    pub(super) errors: Errors,
    pub(super) reasons: Vec<String>,
    /// The path of the first parameter that is missing, with dots.
    pub(super) missing: Option<String>,
}

impl Complaints {
    /// A complaint about one parameter outside of `report_params`.
    pub(super) fn of(name: &str, complaint: &str, reason: String) -> Self {
        let missing = (complaint == super::request::MISSING).then(|| name.to_owned());
        let errors = Map::from_iter([(name.to_owned(), json!([complaint]))]);
        Self { errors, reasons: vec![reason], missing }
    }
}

/// An error; its `Display` text goes to the journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BeGatewayError {
    #[error("{reason}")]
    Unauthorized { reason: String },
    #[error("only {allowed} is allowed here")]
    Method { allowed: Method },
    #[error("`{path}` is nothing here: below /api/reports there is /api/reports/count alone")]
    NotFound { path: String },
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    #[error("{}", .0.reasons.join("; "))]
    Invalid(Complaints),
    #[error(
        "the cursor `{name}` came in {place}; it belongs into `report_params`, elsewhere it would select \
         the first page again and again"
    )]
    CursorOutside { name: &'static str, place: &'static str },
    #[error("too many requests")]
    Throttled,
    #[error("the body is too large")]
    TooLarge,
    #[error("the body did not arrive in time")]
    TimedOut,
    #[error("the body broke off")]
    BodyBroken,
    #[error("Sandtill made a mistake")]
    Internal,
}

/// Every error code that a fault rule can name: an HTTP status.
pub(super) fn codes() -> Vec<String> {
    ["400", "401", "422", "500"].map(str::to_owned).to_vec()
}

impl BeGatewayError {
    /// Whether the body could be read.
    pub(super) fn is_json(&self) -> bool {
        !matches!(self, Self::NotJson(_))
    }

    /// The path of a parameter that the body lacks, with dots.
    pub(super) fn missing(&self) -> Option<String> {
        match self {
            Self::Invalid(complaints) => complaints.missing.clone(),
            _ => None,
        }
    }

    /// The response with its journal note.
    pub(super) fn respond(self, merchant: Option<&str>) -> Response {
        let note = Note::refused(merchant, self.to_string());
        with_note(self.into_response(), note)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized { .. } => StatusCode::UNAUTHORIZED,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::NotJson(_) | Self::BodyBroken => StatusCode::BAD_REQUEST,
            Self::Invalid(_) | Self::CursorOutside { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Throttled => StatusCode::TOO_MANY_REQUESTS,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn body(&self) -> Value {
        match self {
            Self::Unauthorized { .. } => json!({
                "message": "Invalid shop_id/secret_key.",
                "errors": {"system": ["System error."]},
            }),
            Self::Invalid(complaints) => {
                let errors = &complaints.errors;
                json!({"message": "Unprocessable entity", "errors": errors})
            }
            Self::CursorOutside { name, .. } => json!({
                "message": "Unprocessable entity",
                "errors": {*name: ["is invalid"]},
            }),
            Self::Method { allowed } => json!({
                "message": "Method not allowed",
                "errors": {"request": [format!("use {allowed}")]},
            }),
            Self::NotFound { .. } => json!({
                "message": "Not found",
                "errors": {"request": ["has an unknown path"]},
            }),
            Self::NotJson(_) => json!({
                "message": "Bad request",
                "errors": {"request": ["is not valid JSON"]},
            }),
            Self::BodyBroken => json!({
                "message": "Bad request",
                "errors": {"request": ["is incomplete"]},
            }),
            Self::TooLarge => json!({
                "message": "Request entity too large",
                "errors": {"request": ["is too large"]},
            }),
            Self::Throttled => json!({
                "message": "Too many requests",
                "errors": {"request": ["is one too many"]},
            }),
            Self::TimedOut => json!({
                "message": "Request timeout",
                "errors": {"request": ["did not arrive in time"]},
            }),
            Self::Internal => json!({
                "message": "Internal server error",
                "errors": {"system": ["System error."]},
            }),
        }
    }
}

impl IntoResponse for BeGatewayError {
    fn into_response(self) -> Response {
        let mut response = response(self.status(), "application/json", self.body().to_string());
        let headers = response.headers_mut();
        if let Self::Unauthorized { .. } = self {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"beGateway\""),
            );
        }
        if let Self::Method { allowed } = &self
            && let Ok(allowed) = HeaderValue::from_str(allowed.as_str())
        {
            headers.insert(header::ALLOW, allowed);
        }
        response
    }
}
