//! Errors of WePay: category, code and description, and two more members in newer versions.

use axum::http::StatusCode;
use axum::response::Response;

use super::version::{Version, VersionError};
use crate::sandbox::journal::Note;
use crate::sandbox::state::outbox::PlanError;
use crate::wire::call::{response, with_note};
use crate::wire::json::{Escapes, Writer};

/// Escapes as PHP's `json_encode` does by default.
pub(super) const PHP: Escapes = Escapes { slashes: true, non_ascii: true };

/// An error. Its `Display` text is the reason in the journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WePayError {
    #[error("there is no such call: {0}")]
    UnknownCall(String),
    #[error("{0}")]
    NoAuthorization(&'static str),
    #[error("no account of the scenario has this access token")]
    UnknownToken,
    #[error("the access token is one of production; the sandbox is stage")]
    ProductionToken,
    #[error("the access token was revoked")]
    RevokedToken,
    #[error(transparent)]
    Version(#[from] VersionError),
    #[error("the parameters cannot be read: {0}")]
    Unreadable(String),
    #[error("the parameter `{0}` is missing; {form} is wanted", form = form(.0))]
    Missing(&'static str),
    #[error("the parameter `{name}` is {value}; a whole number of 64 bits is wanted")]
    NotInteger { name: &'static str, value: String },
    #[error("the parameter `{name}` is {value}; {wanted} is wanted")]
    Invalid { name: &'static str, value: String, wanted: String },
    #[error("the parameter `{name}` is {value}; an absolute http or https URI is wanted")]
    NotUri { name: &'static str, value: String },
    #[error("there is no report {0}; reports of an earlier reset are gone")]
    NoReport(i64),
    #[error("report {0} is one of another user")]
    ForeignReport(i64),
    #[error("account {0} does not exist or is one of another user")]
    Account(i64),
    #[error("there is no withdrawal {0}")]
    NoWithdrawal(i64),
    #[error("withdrawal {0} is one of another user's account")]
    ForeignWithdrawal(i64),
    #[error("no application has this client_id and client_secret")]
    Client,
    #[error("the user has no such permission")]
    Permission,
    #[error("more than 30 calls in 10 s of sandbox time (quirk wepay.throttle)")]
    Throttled,
    #[error("the report was not created: {0}")]
    Ipn(#[from] PlanError),
    #[error("the body is larger than the server takes")]
    TooLarge,
    #[error("the body did not arrive in time")]
    TimedOut,
    #[error("the connection broke in the middle of the body")]
    Broken,
    #[error("Sandtill made a mistake")]
    Internal,
}

/// The form of a parameter, for the journal.
fn form(name: &str) -> &'static str {
    match name {
        "type" => "the type of a report, such as `merchant_transactions`,",
        "resource" => "a structure with `object_type` and `object_id`",
        "resource.object_type" => "`account` or `withdrawal`",
        "resource.object_id" => "the id of an account or of a withdrawal, a whole number,",
        "account_id" => "the id of an account, a whole number,",
        "callback_uri" | "redirect_uri" => "an absolute http or https URI",
        "report_id" => "the id that /report/create answered, a whole number,",
        "withdrawal_id" => "the id of a withdrawal, a whole number,",
        "client_id" => "the id of the application, a whole number,",
        "client_secret" => "the secret of the application",
        "code" => "the code of /oauth2/authorize",
        _ => "a value",
    }
}

/// What can be said of a refusal by looking at the body again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    /// Where this parameter is instead.
    Missing(&'static str),
    /// What the body is instead of JSON.
    Unreadable,
    /// Nothing.
    Nothing,
}

impl WePayError {
    /// What can be said of this refusal by looking at the body again.
    pub(super) fn hint(&self) -> Hint {
        match self {
            Self::Missing(name) => Hint::Missing(name),
            Self::Unreadable(_) => Hint::Unreadable,
            _ => Hint::Nothing,
        }
    }

    /// The answer with its note for the journal.
    pub(super) fn respond(self, version: &Version, call: &str, merchant: Option<&str>) -> Response {
        let note = Note::refused(merchant, self.to_string());
        with_note(self.response(version, call), note)
    }

    /// The answer in the shape of a version of the API.
    pub(super) fn response(&self, version: &Version, call: &str) -> Response {
        let ((status, error, code), text) = (self.triple(), self.text());
        let mut json = Writer::default().escaping(PHP);
        json.open(b'{');
        json.text_member("error", error);
        json.text_member("error_description", &text);
        json.integer_member("error_code", code);
        if version.has_details() {
            json.key("details");
            json.open(b'[');
            self.write_detail(&mut json, &text);
            json.close(b']');
            json.text_member("documentation_url", documentation(call));
        }
        json.close(b'}');
        response(status, "application/json", json.into_bytes())
    }

    fn write_detail(&self, json: &mut Writer, text: &str) {
        let (name, reason) = match self {
            Self::Missing(name) => (name, "PARAMETER_MISSING"),
            Self::NotInteger { name, .. }
            | Self::NotUri { name, .. }
            | Self::Invalid { name, .. } => (name, "PARAMETER_INVALID"),
            _ => return,
        };
        json.open(b'{');
        json.key("target");
        json.open(b'[');
        name.split('.').for_each(|part| json.text(part));
        json.close(b']');
        json.text_member("target_type", "HTTP_REQUEST_BODY");
        json.text_member("reason_code", reason);
        json.text_member("message", text);
        json.close(b'}');
    }

    /// HTTP status, category and code.
    fn triple(&self) -> (StatusCode, &'static str, i64) {
        let denied = |code| (StatusCode::UNAUTHORIZED, "access_denied", code);
        let invalid = |code| (StatusCode::BAD_REQUEST, "invalid_request", code);
        match self {
            Self::UnknownCall(_) => (StatusCode::NOT_IMPLEMENTED, "invalid_request", 1001),
            Self::NoAuthorization(_) => denied(1002),
            Self::UnknownToken | Self::ProductionToken => denied(1006),
            Self::RevokedToken => denied(1011),
            Self::Version(VersionError::Unknown(_)) => invalid(1015),
            Self::Version(VersionError::OfOthers(_)) => invalid(1016),
            Self::Unreadable(_) | Self::Broken => invalid(1005),
            Self::Missing(_) => invalid(1004),
            Self::NotInteger { .. }
            | Self::Invalid { .. }
            | Self::NotUri { .. }
            | Self::NoReport(_)
            | Self::Ipn(PlanError::TooLong) => invalid(1003),
            Self::ForeignReport(_) | Self::Permission => denied(1010),
            Self::Account(_) => denied(3002),
            Self::NoWithdrawal(_) => invalid(6001),
            Self::ForeignWithdrawal(_) => denied(6002),
            Self::Client => (StatusCode::UNAUTHORIZED, "invalid_client", 1006),
            Self::Throttled | Self::Ipn(PlanError::Full) => {
                (StatusCode::TOO_MANY_REQUESTS, "throttle_exceeded", 1007)
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", 1005),
            Self::TimedOut => (StatusCode::REQUEST_TIMEOUT, "processing_error", 1008),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "processing_error", 1008),
        }
    }

    /// `error_description`.
    fn text(&self) -> String {
        match self {
            Self::UnknownCall(_) => "that is not a recognized WePay API call",
            Self::NoAuthorization(_) => {
                "could not parse authorization header, a valid access_token is required"
            }
            Self::UnknownToken => "a valid access_token is required",
            Self::ProductionToken => {
                "You are trying to use an access_token from production on stage"
            }
            Self::RevokedToken => "this access_token has been revoked",
            Self::Version(VersionError::Unknown(_)) => "the API version is invalid or has expired",
            Self::Version(VersionError::OfOthers(_)) => {
                "the Api-Version header is not valid for this app"
            }
            Self::Unreadable(_) | Self::Broken | Self::TooLarge => {
                "the parameters could not be parsed"
            }
            Self::Missing(name) => return format!("{name} parameter is required"),
            Self::NotInteger { name, .. } => return format!("Parameter '{name}' expected integer"),
            Self::Invalid { name, .. } => return format!("Invalid parameter {name}"),
            // The blank before the bracket is in the log of an application that used the vendor's API.
            Self::NotUri { name: "redirect_uri", .. } => {
                "redirect_uri must be a full uri (ex https://www.wepay.com )"
            }
            Self::NotUri { name, .. } => {
                return format!("{name} must be a full uri (ex https://www.wepay.com)");
            }
            Self::NoReport(_) => "report_id is invalid",
            Self::ForeignReport(_) => "this report does not belong to the user of the access_token",
            Self::Account(_) => {
                "invalid account_id, account does not exist or does not belong to user"
            }
            Self::NoWithdrawal(_) => "invalid withdrawal_id, withdrawal does not exist",
            Self::ForeignWithdrawal(_) => {
                "invalid withdrawal_id, withdrawal does not belong to user"
            }
            Self::Client => "invalid client_id or client_secret",
            Self::Permission => "the user does not have sufficient permissions",
            Self::Ipn(PlanError::TooLong) => return "Invalid parameter callback_uri".to_owned(),
            Self::Throttled | Self::Ipn(PlanError::Full) => {
                "too many requests, please try again later"
            }
            Self::TimedOut => "the request timed out",
            Self::Internal => "an unexpected error occurred",
        }
        .to_owned()
    }

    /// The error with this code, for fault rules; [`codes`] lists the codes.
    pub(super) fn of_code(code: &str) -> Option<Self> {
        Some(match code {
            "1001" => Self::UnknownCall("a fault asked for it".to_owned()),
            "1002" => Self::NoAuthorization("a fault asked for it"),
            "1003" => {
                let (value, wanted) = ("there".to_owned(), "what a fault asks for".to_owned());
                Self::Invalid { name: "report_id", value, wanted }
            }
            "1004" => Self::Missing("report_id"),
            "1005" => Self::Unreadable("a fault asked for it".to_owned()),
            "1006" => Self::UnknownToken,
            "1007" => Self::Throttled,
            "1008" => Self::Internal,
            "1010" => Self::Permission,
            "1011" => Self::RevokedToken,
            "1015" => Self::Version(VersionError::Unknown(String::new())),
            "1016" => Self::Version(VersionError::OfOthers(String::new())),
            "3002" => Self::Account(0),
            "6001" => Self::NoWithdrawal(0),
            "6002" => Self::ForeignWithdrawal(0),
            _ => return None,
        })
    }
}

/// All codes that a fault rule can have.
pub(super) fn codes() -> Vec<String> {
    [
        "1001", "1002", "1003", "1004", "1005", "1006", "1007", "1008", "1010", "1011", "1015",
        "1016", "3002", "6001", "6002",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The URL of the vendor's documentation of a call.
fn documentation(call: &str) -> &'static str {
    match call {
        "report" => "https://developer.wepay.com/api/api-calls/reports#report",
        "report/create" => "https://developer.wepay.com/api/api-calls/reports#create",
        "user" => "https://developer.wepay.com/api/api-calls/user#lookup",
        "account" => "https://developer.wepay.com/api/api-calls/account#account",
        "account/find" => "https://developer.wepay.com/api/api-calls/account#find",
        "withdrawal" => "https://developer.wepay.com/api/api-calls/withdrawal#lookup",
        "withdrawal/find" => "https://developer.wepay.com/api/api-calls/withdrawal#find",
        "oauth2/token" => "https://developer.wepay.com/api/api-calls/oauth2#token",
        _ => "https://developer.wepay.com/api/general/errors",
    }
}
