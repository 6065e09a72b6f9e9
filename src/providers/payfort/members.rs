//! What an answer says of itself, and in which orders: of JSON, of XML, of what is signed.

use super::fields::Name;

/// What an answer says. Rows and their count stand where they stand in XML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    QueryCommand,
    AccessCode,
    MerchantIdentifier,
    MerchantReference,
    FromDate,
    ToDate,
    ResponseFormat,
    Data,
    Signature,
    Language,
    ResponseMessage,
    ResponseCode,
    DataCount,
    Status,
}

use Member::{
    AccessCode, Data, DataCount, FromDate, Language, MerchantIdentifier, MerchantReference,
    QueryCommand, ResponseCode, ResponseFormat, ResponseMessage, Signature, Status, ToDate,
};

/// The order of the vendor's JSON sample.
pub(super) const JSON_ORDER: [Member; 14] = [
    QueryCommand,
    AccessCode,
    MerchantIdentifier,
    MerchantReference,
    FromDate,
    ToDate,
    ResponseFormat,
    Data,
    Signature,
    Language,
    ResponseMessage,
    ResponseCode,
    DataCount,
    Status,
];

/// The order of the vendor's XML sample, which is that of a Java hash map; it says where `data` and
/// `data_count` would be.
pub(super) const XML_ORDER: [Member; 14] = [
    ResponseCode,
    FromDate,
    Data,
    Signature,
    MerchantIdentifier,
    AccessCode,
    Language,
    ResponseFormat,
    ResponseMessage,
    ToDate,
    MerchantReference,
    QueryCommand,
    DataCount,
    Status,
];

/// What is signed before the rows and behind them: in the order of names.
pub(super) const SIGNED_BEFORE: [Member; 1] = [AccessCode];
pub(super) const SIGNED_BEHIND: [Member; 11] = [
    DataCount,
    FromDate,
    Language,
    MerchantIdentifier,
    MerchantReference,
    QueryCommand,
    ResponseCode,
    ResponseFormat,
    ResponseMessage,
    Status,
    ToDate,
];

/// Fields of a request that come back; `columns` and `filters` never do.
pub(super) const ECHOED: [(Name, Member); 8] = [
    (Name::QueryCommand, QueryCommand),
    (Name::AccessCode, AccessCode),
    (Name::MerchantIdentifier, MerchantIdentifier),
    (Name::MerchantReference, MerchantReference),
    (Name::FromDate, FromDate),
    (Name::ToDate, ToDate),
    (Name::ResponseFormat, ResponseFormat),
    (Name::Language, Language),
];

impl Member {
    /// What it is called: what comes back of a request as it is there.
    pub(super) fn word(self) -> &'static str {
        match self {
            QueryCommand => Name::QueryCommand.word(),
            AccessCode => Name::AccessCode.word(),
            MerchantIdentifier => Name::MerchantIdentifier.word(),
            MerchantReference => Name::MerchantReference.word(),
            FromDate => Name::FromDate.word(),
            ToDate => Name::ToDate.word(),
            ResponseFormat => Name::ResponseFormat.word(),
            Data => "data",
            Signature => "signature",
            Language => Name::Language.word(),
            ResponseMessage => "response_message",
            ResponseCode => "response_code",
            DataCount => "data_count",
            Status => "status",
        }
    }
}
