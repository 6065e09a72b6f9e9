//! The errors of the reporting API: each has the vendor's code and a sentence for the journal.

use super::codes::Code;
use super::schema;

/// The reason why a request is refused. Its text goes to the journal, its code to the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PayFortError {
    #[error("the body is not a request: {0}")]
    NotJson(String),
    #[error("`{0}` is missing or empty; {form} is wanted", form = schema::form(.0))]
    Missing(String),
    #[error("`query_command` is `{0}`; it must be GENERATE_REPORT or DOWNLOAD_REPORT")]
    Command(String),
    #[error("no merchant has the merchant_identifier `{0}`")]
    Merchant(String),
    #[error("the access_code is not one of merchant_identifier `{0}`")]
    AccessCode(String),
    #[error("`{name}` is not a field of {command}{near}")]
    Extra { name: String, command: &'static str, near: String },
    #[error("`{field}` is too long: {found}, and the most is {most}")]
    Length { field: String, found: usize, most: usize },
    #[error("`{field}` is malformed: {problem}; {form} is wanted", form = schema::form(field))]
    Format { field: String, problem: String },
    #[error("`{field}` has a value that is not allowed: {problem}")]
    Value { field: String, problem: String },
    #[error("the signature is not the one of this request")]
    Signature,
    #[error("`from_date` {from} is not before `to_date` {to}")]
    Interval { from: String, to: String },
    #[error("the merchant_reference `{0}` was used by an earlier GENERATE_REPORT")]
    Taken(String),
    #[error("no GENERATE_REPORT of this merchant had the merchant_reference `{0}`")]
    NotGenerated(String),
    #[error("the report is being prepared until {0}; advance the clock or wait")]
    Pending(String),
    #[error(
        "{0} reports of this merchant are being prepared; the setting queue_limit allows no more"
    )]
    QueueFull(i64),
    #[error("the report has more rows than the setting row_limit allows, {0}")]
    TooManyRows(i64),
    #[error(
        "the report's preparation went wrong, as was asked for; its merchant_reference may be used again"
    )]
    Failed,
    #[error("Sandtill made a mistake")]
    Internal,
}

impl PayFortError {
    /// The vendor's code. General errors have the status 00, errors of reporting have 57.
    pub(super) fn code(&self) -> Code {
        match self {
            Self::NotJson(_) => Code::new("00", "073"),
            Self::Missing(_) => Code::new("00", "001"),
            Self::Command(_) => Code::new("00", "004"),
            Self::Merchant(_) => Code::new("00", "009"),
            Self::AccessCode(_) => Code::new("00", "010"),
            Self::Extra { .. } => Code::new("00", "027"),
            Self::Length { .. } => Code::new("00", "032"),
            Self::Format { .. } => Code::new("00", "002"),
            Self::Value { .. } => Code::new("00", "033"),
            Self::Signature => Code::new("00", "008"),
            Self::Interval { .. } => Code::new("57", "122"),
            Self::Taken(_) => Code::new("57", "066"),
            // The vendor documents no code for a report whose preparation failed.
            Self::NotGenerated(_) | Self::Failed => Code::new("57", "127"),
            Self::Pending(_) => Code::new("57", "128"),
            Self::QueueFull(_) => Code::new("57", "129"),
            Self::TooManyRows(_) => Code::new("57", "134"),
            Self::Internal => Code::new("57", "006"),
        }
    }

    /// Whether the signature is what is wrong, in its value or in its form.
    pub(super) fn is_unproven(&self) -> bool {
        match self {
            Self::Signature => true,
            Self::Missing(field) | Self::Format { field, .. } | Self::Length { field, .. } => {
                field == "signature"
            }
            _ => false,
        }
    }

    /// The code of a request that succeeded.
    pub(super) const SUCCESS: Code = Code::new("56", "000");

    pub(super) fn format(field: &str, problem: impl Into<String>) -> Self {
        Self::Format { field: field.to_owned(), problem: problem.into() }
    }

    pub(super) fn value(field: &str, problem: impl Into<String>) -> Self {
        Self::Value { field: field.to_owned(), problem: problem.into() }
    }
}
