//! Errors: one envelope for reports, another for tokens. Texts in the vendor's list are the vendor's; the
//! others are our wording, because the vendor's texts are unknown.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::columns::{ESCAPES, Kind};
use super::filters::OPERANDS;
use super::quirks::Quirks;
use crate::sandbox::journal::Note;
use crate::sandbox::scenario::suggestion;
use crate::wire::body::TransportError;
use crate::wire::call::{response, with_note};
use crate::wire::json::push_text;
use crate::wire::proof;

/// Every error code that a fault rule can name. The codes are the vendor's texts; the first two belong to
/// the token endpoint, the others to the report endpoint.
pub(super) fn codes() -> Vec<String> {
    [
        "403",
        "Incorrect signature",
        "Authorization token required",
        "Invalid auth token",
        "Merchant not found",
        "you have no access to this report",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Errors that are not specific to an endpoint; each endpoint writes them in its own envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    #[error("Method not allowed, use POST")]
    Method,
    #[error("Not found")]
    NotFound,
    #[error("Too many requests")]
    Throttled,
    #[error("Request is too large")]
    TooLarge,
    #[error("Request timeout")]
    TimedOut,
    #[error("Request is incomplete")]
    Incomplete,
    #[error("Internal error")]
    Internal,
}

impl Broken {
    pub(super) fn of(refusal: TransportError) -> Self {
        match refusal {
            TransportError::TooLarge => Self::TooLarge,
            TransportError::TimedOut => Self::TimedOut,
            TransportError::Broken => Self::Incomplete,
            TransportError::Internal => Self::Internal,
            TransportError::Unavailable | TransportError::Unsettled => Self::Throttled,
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Throttled => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::Incomplete => StatusCode::BAD_REQUEST,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// The reason why a report is refused; its text goes to the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReportError {
    #[error("Authorization token required")]
    TokenMissing { reason: &'static str },
    #[error("Invalid auth token")]
    TokenInvalid { reason: String },
    #[error("Merchant not found")]
    MerchantUnknown { reason: String },
    #[error("you have no access to this report")]
    ReportUnknown { requested: String },
    #[error("Request is not valid JSON: {0}")]
    NotJson(String),
    #[error("Parameter {name} must be an integer")]
    NotInteger { name: &'static str, value: String },
    #[error("Parameter filters must be an array of objects")]
    FiltersNotArray { value: String },
    #[error("Filter {number} is not an object")]
    FilterNotObject { number: usize, value: String },
    #[error("Filter {number} lacks {member}")]
    FilterLacks { number: usize, member: &'static str, filter: String },
    #[error("Filter {number}: v must be a string, a number or an array of them")]
    FilterValue { number: usize, value: String },
    #[error("Unknown filter field: {}", short(field))]
    FieldUnknown { field: String, report: i64 },
    #[error("Unknown filter operand: {}", short(.0))]
    OperandUnknown(String),
    #[error("Filter operand {operand} is not for fields of type {}: {field}", kind.word())]
    OperandRefused { field: &'static str, operand: String, kind: Kind },
    #[error("Invalid filter value for {field} {operand}: {}", short(value))]
    ValueInvalid { field: &'static str, operand: String, value: String, kind: Kind },
    #[error("Mandatory filter required: {}", .0.join(" or "))]
    MandatoryMissing(&'static [&'static str]),
    #[error("Unknown time zone in the scenario: {0}")]
    ZoneUnknown(String),
    #[error("{0}")]
    Broken(Broken),
}

/// The first 100 characters of a client's text, so that an error does not repeat megabytes.
fn short(text: &str) -> String {
    text.chars().take(100).collect()
}

impl ReportError {
    /// Whether the token is what is wrong.
    pub(super) fn is_unproven(&self) -> bool {
        matches!(self, Self::TokenMissing { .. } | Self::TokenInvalid { .. })
    }

    /// Whether the quirk `flitt.lenient-filters` ignores this error.
    pub(super) fn is_about_words(&self) -> bool {
        matches!(
            self,
            Self::FieldUnknown { .. } | Self::OperandUnknown(_) | Self::OperandRefused { .. }
        )
    }

    /// The reason, for the journal.
    fn reason(&self) -> String {
        match self {
            Self::TokenMissing { reason } => (*reason).to_owned(),
            Self::TokenInvalid { reason } | Self::MerchantUnknown { reason } => reason.clone(),
            Self::ReportUnknown { requested } => {
                let requested = short(requested);
                format!("there is no report `{requested}`; there are 403, 500, 528, 745 and 969")
            }
            Self::FieldUnknown { report, .. } => {
                format!("{self}; report {report} has no such column")
            }
            Self::ValueInvalid { kind, .. } => format!("{self}; {}", wanted(*kind)),
            Self::NotInteger { value, .. } => {
                format!("{self} and is `{}`; a whole number is wanted", short(value))
            }
            Self::FiltersNotArray { value }
            | Self::FilterNotObject { value, .. }
            | Self::FilterValue { value, .. } => {
                format!("{self} and is `{}`; {FILTERS}", short(value))
            }
            Self::FilterLacks { filter, .. } => format!("{self}: `{}`; {FILTERS}", short(filter)),
            Self::OperandUnknown(operand) => {
                let near = suggestion(operand, OPERANDS.iter().map(|it| it.0));
                format!("{self}{near}")
            }
            Self::OperandRefused { kind, .. } => {
                let fit = OPERANDS.iter().filter(|it| it.1.contains(kind)).map(|it| it.0);
                format!("{self}; there are {}", fit.collect::<Vec<_>>().join(", "))
            }
            Self::MandatoryMissing(_) => format!("{self}; without it no report is made. {FILTERS}"),
            other => other.to_string(),
        }
    }

    /// The answer, without a note for the journal.
    pub(super) fn response(&self, quirks: Quirks) -> Response {
        let text = quoted(&self.to_string());
        let body = format!("{{\"error\": {text}, \"err_code\": {text}}}");
        let status = match self {
            // The status is 200; clients recognize an error by the keys of the body.
            Self::TokenMissing { .. }
            | Self::TokenInvalid { .. }
            | Self::MerchantUnknown { .. }
            | Self::ReportUnknown { .. }
            | Self::NotJson(_)
            | Self::NotInteger { .. }
            | Self::FiltersNotArray { .. }
            | Self::FilterNotObject { .. }
            | Self::FilterLacks { .. }
            | Self::FilterValue { .. }
            | Self::FieldUnknown { .. }
            | Self::OperandUnknown(_)
            | Self::OperandRefused { .. }
            | Self::ValueInvalid { .. }
            | Self::MandatoryMissing(_) => StatusCode::OK,
            Self::ZoneUnknown(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Broken(broken) => broken.status(),
        };
        let response = response(status, content_type(quirks), body);
        if matches!(self, Self::Broken(Broken::Method)) { only_post(response) } else { response }
    }

    /// The answer with its note for the journal.
    pub(super) fn respond(&self, merchant: Option<&str>, quirks: Quirks) -> Response {
        with_note(self.response(quirks), Note::refused(merchant, self.reason()))
    }
}

/// The form of the filters, for the journal.
const FILTERS: &str =
    "filters are wanted as [{\"s\": column, \"m\": operand, \"v\": value or list of values}]";

/// The accepted form of a filter value for a type of column, for error texts.
fn wanted(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer => "a whole number is wanted, or several with commas for `=` and `any`",
        Kind::Decimal => "a decimal with a point is wanted, such as 630.00",
        Kind::Text => "one text is wanted, or several with commas for `any`",
        Kind::Time => {
            "a day (2020-01-10), an instant (2020-01-10 13:30:00) or days from now (-2) is wanted; \
             two of them with a comma for `daterange`"
        }
    }
}

/// The content type of all answers of the report endpoint.
pub(super) fn content_type(quirks: Quirks) -> &'static str {
    if quirks.html_content_type { "text/html; charset=UTF-8" } else { "application/json" }
}

/// Text as a JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = Vec::with_capacity(text.len() + 2);
    push_text(&mut quoted, text, ESCAPES);
    String::from_utf8(quoted).unwrap_or_default()
}

fn only_post(mut response: Response) -> Response {
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

/// The reason why a token is refused; its text goes to the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenError {
    #[error("Incorrect signature")]
    Signature { note: Note, is_unproven: bool },
    #[error("{0}")]
    Broken(Broken),
}

impl TokenError {
    /// A signature error with this reason in the journal.
    pub(super) fn because(reason: impl Into<String>) -> Self {
        Self::Signature { note: Note::refused(None, reason), is_unproven: false }
    }

    /// The member that the request lacks, if that is why it is refused.
    pub(super) fn missing(&self) -> Option<&'static str> {
        let Self::Signature { note, .. } = self else { return None };
        let reason = note.reason.as_deref().unwrap_or("");
        let lacks = |name: &&str| reason.starts_with(&format!("`{name}` is missing"));
        ["application_id", "date", "signature"].into_iter().find(lacks)
    }

    /// The reason, for the journal.
    pub(super) fn reason(self) -> Option<String> {
        match self {
            Self::Signature { note, .. } => note.reason,
            Self::Broken(broken) => Some(broken.to_string()),
        }
    }

    /// The answer with its note for the journal.
    pub(super) fn respond(self, request_id: &str, quirks: Quirks) -> Response {
        let text = self.to_string();
        let (status, note, is_unproven) = match self {
            Self::Signature { note, is_unproven } => (StatusCode::FORBIDDEN, note, is_unproven),
            Self::Broken(broken) => (broken.status(), Note::refused(None, text.clone()), false),
        };
        let body = format!(
            "{{\"error_code\": {}, \"error_message\": {}, \"request_id\": \"{request_id}\"}}",
            status.as_u16(),
            quoted(&text)
        );
        let refused = status == StatusCode::FORBIDDEN && quirks.token_errors_200;
        let sent = if refused { StatusCode::OK } else { status };
        let response = with_note(response(sent, "application/json", body), note);
        match status {
            StatusCode::METHOD_NOT_ALLOWED => only_post(response),
            _ if is_unproven => proof::unproven(response),
            _ => response,
        }
    }
}
