//! The fields of requests and answers as one table, so that a new field is one new line.

use std::sync::LazyLock;

use super::error::PayFortError;
use crate::wire::raw_json::{Json, JsonObject};

/// The commands of the reporting endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// `GENERATE_REPORT`.
    Generate,
    /// `DOWNLOAD_REPORT`.
    Download,
}

impl Command {
    /// Reads `query_command`.
    pub(super) fn parse(request: &JsonObject<'_>) -> Result<Self, PayFortError> {
        match request.get("query_command") {
            None => Err(PayFortError::Missing("query_command".to_owned())),
            Some(Json::Text(text)) => match &**text {
                "" => Err(PayFortError::Missing("query_command".to_owned())),
                "GENERATE_REPORT" => Ok(Self::Generate),
                "DOWNLOAD_REPORT" => Ok(Self::Download),
                other => Err(PayFortError::Command(other.to_owned())),
            },
            Some(other) => Err(PayFortError::Command(other.type_name().to_owned())),
        }
    }

    /// The value of `query_command`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Generate => "GENERATE_REPORT",
            Self::Download => "DOWNLOAD_REPORT",
        }
    }
}

/// Whether a command has a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Mandatory,
    Optional,
    /// The field is refused as an extra parameter.
    Unknown,
}

/// The content of a request field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// ASCII letters, digits and the given characters.
    Text(&'static str),
    /// The name of the command: ASCII letters and `_`.
    Command,
    /// A date with time and offset, such as `2017-08-03T00:00:01+03:00`.
    Date,
    /// One of the given words, which consist of ASCII letters.
    OneOf(&'static [&'static str]),
    /// A list of column names.
    Columns,
    /// A list of objects with `key` and `value`.
    Filters,
}

/// The checks of a request field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Characters of a text, items of a list.
    pub(super) max_length: usize,
    pub(super) content: Content,
    generate: Need,
    download: Need,
}

/// The position of a field among the fields of an answer. Only the order of the numbers counts; fields
/// with equal numbers keep the order of the table.
#[derive(Clone, Copy, Debug)]
struct Positions {
    json: u8,
    xml: u8,
}

/// A field of a request, of an answer, or of both.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    /// `None`: requests do not have the field.
    pub(super) rules: Option<Rules>,
    /// Whether answers repeat the value of the request, errors included.
    pub(super) echoed: bool,
    /// `None`: answers do not have the field.
    positions: Option<Positions>,
}

impl Field {
    /// Whether a command has this field.
    pub(super) fn need(&self, command: Command) -> Need {
        match (self.rules, command) {
            (None, _) => Unknown,
            (Some(rules), Command::Generate) => rules.generate,
            (Some(rules), Command::Download) => rules.download,
        }
    }

    /// The request field whose value answers repeat, at these positions of JSON and XML.
    const fn echoed(self, json: u8, xml: u8) -> Self {
        Self { echoed: true, ..self.answered(json, xml) }
    }

    /// The request field that answers have too, with their own value.
    const fn answered(self, json: u8, xml: u8) -> Self {
        Self { positions: Some(Positions { json, xml }), ..self }
    }
}

const fn request(
    name: &'static str,
    max_length: usize,
    content: Content,
    generate: Need,
    download: Need,
) -> Field {
    let rules = Rules { max_length, content, generate, download };
    Field { name, rules: Some(rules), echoed: false, positions: None }
}

const fn response(name: &'static str, json: u8, xml: u8) -> Field {
    Field { name, rules: None, echoed: false, positions: None }.answered(json, xml)
}

use Content::{Columns, Date, Filters, OneOf, Text};
use Need::{Mandatory, Optional, Unknown};

/// Every field. Requests are checked in this order, and the first error is reported.
///
/// Positions: the JSON
/// and XML samples of "What is Data Mine", sections 'Generate Report "JSON" Response Example' and
/// 'Generate Report "XML" Response Example'. `data` and `data_count` are not in the samples.
pub(super) static FIELDS: [Field; 16] = [
    request("query_command", 50, Content::Command, Mandatory, Mandatory).echoed(0, 11),
    request("access_code", 20, Text(""), Mandatory, Mandatory).echoed(1, 5),
    request("merchant_identifier", 20, Text(""), Mandatory, Mandatory).echoed(2, 4),
    request("merchant_reference", 40, Text("_-."), Mandatory, Mandatory).echoed(3, 10),
    request("from_date", 30, Date, Mandatory, Unknown).echoed(4, 1),
    request("to_date", 30, Date, Mandatory, Unknown).echoed(5, 9),
    request("columns", 110, Columns, Mandatory, Unknown),
    request("signature", 200, Text(""), Mandatory, Mandatory).answered(8, 3),
    request("language", 2, OneOf(&["en", "ar"]), Optional, Optional).echoed(9, 6),
    request("response_format", 4, OneOf(&["JSON", "XML"]), Optional, Optional).echoed(6, 7),
    request("filters", 10, Filters, Optional, Unknown),
    response("data", 7, 2),
    response("response_message", 10, 8),
    response("response_code", 11, 0),
    response("data_count", 12, 12),
    response("status", 13, 13),
];

/// The field with this name.
pub(super) fn find(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// The form of a request field or of a member of a filter, for the journal.
pub(super) fn form(name: &str) -> String {
    match (name, find(name).and_then(|field| field.rules).map(|rules| rules.content)) {
        ("signature", _) => "the hex digest of the request's string to sign".to_owned(),
        ("filters.key", _) => "the name of a column".to_owned(),
        (_, Some(Text(_)) | None) => "a text".to_owned(),
        (_, Some(Content::Command)) => "GENERATE_REPORT or DOWNLOAD_REPORT".to_owned(),
        (_, Some(Date)) => {
            "a date with time and offset such as 2017-08-03T00:00:01+03:00".to_owned()
        }
        (_, Some(OneOf(words))) => words.join(" or "),
        (_, Some(Columns)) => "a list of column names".to_owned(),
        (_, Some(Filters)) => "a list of objects with `key` and `value`".to_owned(),
    }
}

/// The position of a field in [`FIELDS`].
pub(super) fn index_of(name: &str) -> Option<usize> {
    FIELDS.iter().position(|field| field.name == name)
}

/// Fields of an answer in some order, each with its position in [`FIELDS`].
pub(super) type Order = Vec<(usize, &'static Field)>;

/// The order of fields in JSON answers.
pub(super) static JSON_ORDER: LazyLock<Order> = LazyLock::new(|| order(|positions| positions.json));

/// The order of fields in XML answers.
pub(super) static XML_ORDER: LazyLock<Order> = LazyLock::new(|| order(|positions| positions.xml));

/// The order of fields in the string to sign: by name, without the signature.
pub(super) static SIGNING_ORDER: LazyLock<Order> = LazyLock::new(|| {
    let mut order = order(|_| 0);
    order.retain(|(_, field)| field.name != "signature");
    order.sort_by_key(|(_, field)| field.name);
    order
});

fn order(position: impl Fn(Positions) -> u8) -> Order {
    let fields = FIELDS.iter().enumerate();
    let mut order: Order = fields.filter(|(_, field)| field.positions.is_some()).collect();
    order.sort_by_key(|(_, field)| field.positions.map(&position));
    order
}
