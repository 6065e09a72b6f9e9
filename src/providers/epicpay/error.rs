//! Errors: the five codes of the vendor's appendix 1, in the envelope of its answers.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::quirks::Quirks;
use crate::sandbox::journal::Note;
use crate::wire::call::{response, with_note};
use crate::wire::json::Writer;

/// A code of appendix 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    Unauthorized,
    Request,
    Header,
    Data,
    Other,
}

impl Code {
    const ALL: [Self; 5] =
        [Self::Unauthorized, Self::Request, Self::Header, Self::Data, Self::Other];

    /// The code with this name on the wire.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.texts().0 == name)
    }

    /// Code and text of appendix 1.
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Unauthorized => ("E01", "Unauthorized."),
            Self::Request => ("E02", "Invalid Request."),
            Self::Header => ("E03", "Invalid Request Header."),
            Self::Data => ("E04", "Invalid Request Data."),
            Self::Other => ("E99", "Error."),
        }
    }
}

/// Every code of appendix 1.
pub(super) fn codes() -> Vec<String> {
    Code::ALL.map(|code| code.texts().0.to_owned()).to_vec()
}

/// An error response; the reason appears in the journal only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(super) struct EpicPayError {
    pub(super) code: Code,
    pub(super) reason: String,
    status: Option<StatusCode>,
}

impl EpicPayError {
    pub(super) fn new(code: Code, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), status: None }
    }

    /// The date that the request lacks, if that is why it is refused.
    pub(super) fn missing(&self) -> Option<&'static str> {
        let lacks = |name: &&str| {
            self.reason.strip_prefix(name).is_some_and(|rest| rest.starts_with(" is missing"))
        };
        ["start_date", "end_date"].into_iter().find(lacks)
    }

    /// Sets an HTTP status other than 200.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status: Some(status), ..self }
    }

    /// The response, with a note for the journal.
    pub(super) fn respond(self, merchant: Option<&str>, quirks: Quirks) -> Response {
        let note = Note::refused(merchant, self.reason.clone());
        with_note(self.with_quirks(quirks).into_response(), note)
    }

    /// Sets the HTTP status that the code has under these quirks.
    pub(super) fn with_quirks(mut self, quirks: Quirks) -> Self {
        if self.code == Code::Unauthorized && !quirks.unauthorized_200 {
            self.status = Some(StatusCode::UNAUTHORIZED);
        }
        self
    }

    fn body(&self) -> Vec<u8> {
        let (code, text) = self.code.texts();
        let mut json = Writer::default();
        json.open(b'{');
        json.key("status");
        json.open(b'{');
        json.text_member("response_code", "Error");
        json.text_member("reason_code", code);
        json.text_member("reason_text", text);
        json.close(b'}');
        json.close(b'}');
        json.into_bytes()
    }
}

impl IntoResponse for EpicPayError {
    fn into_response(self) -> Response {
        // EpicPay: the vendor's SDKs read errors from bodies of 200 only.
        let status = self.status.unwrap_or(StatusCode::OK);
        let mut response = response(status, "application/json", self.body());
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"EpicPay\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
