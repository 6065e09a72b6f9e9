//! What an answer says of itself, and in which orders: of JSON, of XML, of what is signed.

use super::fields::RequestField;

/// What an answer says. Rows and their count stand where they stand in XML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResponseField {
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

use ResponseField::{
    AccessCode, Data, DataCount, FromDate, Language, MerchantIdentifier, MerchantReference,
    QueryCommand, ResponseCode, ResponseFormat, ResponseMessage, Signature, Status, ToDate,
};

/// The order of the vendor's JSON sample.
pub(super) const JSON_ORDER: [ResponseField; 14] = [
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
pub(super) const XML_ORDER: [ResponseField; 14] = [
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
pub(super) const SIGNED_BEFORE: [ResponseField; 1] = [AccessCode];
pub(super) const SIGNED_BEHIND: [ResponseField; 11] = [
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
pub(super) const ECHOED: [(RequestField, ResponseField); 8] = [
    (RequestField::QueryCommand, QueryCommand),
    (RequestField::AccessCode, AccessCode),
    (RequestField::MerchantIdentifier, MerchantIdentifier),
    (RequestField::MerchantReference, MerchantReference),
    (RequestField::FromDate, FromDate),
    (RequestField::ToDate, ToDate),
    (RequestField::ResponseFormat, ResponseFormat),
    (RequestField::Language, Language),
];

impl ResponseField {
    /// What it is called: what comes back of a request as it is there.
    pub(super) fn word(self) -> &'static str {
        match self {
            QueryCommand => RequestField::QueryCommand.word(),
            AccessCode => RequestField::AccessCode.word(),
            MerchantIdentifier => RequestField::MerchantIdentifier.word(),
            MerchantReference => RequestField::MerchantReference.word(),
            FromDate => RequestField::FromDate.word(),
            ToDate => RequestField::ToDate.word(),
            ResponseFormat => RequestField::ResponseFormat.word(),
            Data => "data",
            Signature => "signature",
            Language => RequestField::Language.word(),
            ResponseMessage => "response_message",
            ResponseCode => "response_code",
            DataCount => "data_count",
            Status => "status",
        }
    }
}
