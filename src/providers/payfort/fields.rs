//! The fields of the two commands with their lengths and characters, and a request as those fields.

use serde_json::{Map, Value, json};

use super::body::{Json, JsonObject};
use super::columns;
use super::error::PayFortError;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// `GENERATE_REPORT`.
    Generate,
    /// `DOWNLOAD_REPORT`.
    Download,
}

impl Command {
    pub(super) fn parse(request: &Request<'_>) -> Result<Self, PayFortError> {
        match request.get(RequestField::QueryCommand) {
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

    pub(super) fn word(self) -> &'static str {
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
    Unknown,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Letters and these.
    Letters(&'static str),
    /// Letters, digits and these.
    Text(&'static str),
    /// Names of columns.
    Columns,
    /// Objects with `key` and `value`.
    Filters,
}

/// A field: its name, how long it may be, what it holds, and whether the commands have it.
#[derive(Debug)]
pub(super) struct Field(
    pub(super) RequestField,
    pub(super) usize,
    pub(super) Shape,
    pub(super) Need,
    pub(super) Need,
);

use Need::{Mandatory, Optional, Unknown};
use Shape::{Columns, Filters, Letters, Text};

/// Every field, in the order in which complaints about them win.
pub(super) static FIELDS: [Field; 11] = [
    Field(RequestField::QueryCommand, 50, Letters("_"), Mandatory, Mandatory),
    Field(RequestField::AccessCode, 20, Text(""), Mandatory, Mandatory),
    Field(RequestField::MerchantIdentifier, 20, Text(""), Mandatory, Mandatory),
    Field(RequestField::MerchantReference, 40, Text("_-."), Mandatory, Mandatory),
    Field(RequestField::FromDate, 30, Text("+-:"), Mandatory, Unknown),
    Field(RequestField::ToDate, 30, Text("+-:"), Mandatory, Unknown),
    Field(RequestField::Columns, 110, Columns, Mandatory, Unknown),
    Field(RequestField::Signature, 200, Text(""), Mandatory, Mandatory),
    Field(RequestField::Language, 2, Letters(""), Optional, Optional),
    Field(RequestField::ResponseFormat, 4, Letters(""), Optional, Optional),
    Field(RequestField::Filters, 10, Filters, Optional, Unknown),
];

/// Which field it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestField {
    QueryCommand,
    AccessCode,
    MerchantIdentifier,
    MerchantReference,
    FromDate,
    ToDate,
    Columns,
    Signature,
    Language,
    ResponseFormat,
    Filters,
}

impl RequestField {
    /// What it is called.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::QueryCommand => "query_command",
            Self::AccessCode => "access_code",
            Self::MerchantIdentifier => "merchant_identifier",
            Self::MerchantReference => "merchant_reference",
            Self::FromDate => "from_date",
            Self::ToDate => "to_date",
            Self::Columns => "columns",
            Self::Signature => "signature",
            Self::Language => "language",
            Self::ResponseFormat => "response_format",
            Self::Filters => "filters",
        }
    }
}

/// A request: its members as they came, and which of them are fields.
#[derive(Clone, Debug)]
pub(super) struct Request<'a> {
    pub(super) members: JsonObject<'a>,
    indices: [Option<usize>; FIELDS.len()],
}

impl<'a> Request<'a> {
    /// The request that has these members.
    pub(super) fn of(members: JsonObject<'a>) -> Self {
        let mut indices = [None; FIELDS.len()];
        for (index, (word, _)) in members.0.iter().enumerate() {
            let known = Field::of(word).and_then(|field| indices.get_mut(field.0 as usize));
            known.into_iter().for_each(|known| *known = Some(index));
        }
        Self { members, indices }
    }

    /// A field; `null` is as good as none.
    pub(super) fn get(&self, name: RequestField) -> Option<&Json<'a>> {
        let index = (*self.indices.get(name as usize)?)?;
        let member = self.members.0.get(index)?;
        (member.1 != Json::Null).then_some(&member.1)
    }

    /// The text of a field that is a string, a number or a flag.
    pub(super) fn text(&self, name: RequestField) -> Option<&str> {
        self.get(name)?.as_text()
    }
}

impl Field {
    /// The field that is called so.
    pub(super) fn of(word: &str) -> Option<&'static Self> {
        FIELDS.iter().find(|field| field.0.word() == word)
    }

    pub(super) fn need(&self, command: Command) -> Need {
        match command {
            Command::Generate => self.3,
            Command::Download => self.4,
        }
    }
}

/// The schema of a command with its documented fields.
pub(super) fn schema(command: Command) -> Value {
    let of = |field: &Field| match field.2 {
        Letters(more) => json!({
            "type": "string", "maxLength": field.1, "pattern": pattern("A-Za-z", more),
        }),
        Text(more) => json!({
            "type": "string", "maxLength": field.1, "pattern": pattern("A-Za-z0-9", more),
        }),
        Columns => {
            let names = columns::ALL.iter().map(|it| it.name);
            json!({
                "type": "array", "minItems": 1, "maxItems": field.1,
                "items": {"enum": names.collect::<Vec<_>>()},
            })
        }
        Filters => {
            let keys = columns::ALL.iter().map(|it| it.name);
            json!({"type": "array", "maxItems": field.1, "items": {
                "type": "object",
                "required": ["key", "value"],
                "properties": {
                    "key": {"enum": keys.collect::<Vec<_>>()},
                    "value": {"type": "string", "minLength": 1},
                },
                "additionalProperties": false,
            }})
        }
    };
    let known = || FIELDS.iter().filter(|field| field.need(command) != Unknown);
    let mut properties: Map<String, Value> =
        known().map(|field| (field.0.word().to_owned(), of(field))).collect();
    properties.insert("query_command".to_owned(), json!({"const": command.word()}));
    properties.extend([("language".to_owned(), json!({"enum": ["en", "ar"]}))]);
    properties.extend([("response_format".to_owned(), json!({"enum": ["JSON", "XML"]}))]);
    for name in ["from_date", "to_date"] {
        if let Some(date) = properties.get_mut(name) {
            *date = json!({"type": "string", "format": "date-time", "maxLength": 30});
        }
    }
    let mandatory = known().filter(|field| field.need(command) == Mandatory);
    json!({
        "type": "object",
        "title": command.word(),
        "required": mandatory.map(|field| field.0.word()).collect::<Vec<_>>(),
        "properties": properties,
        "additionalProperties": false,
    })
}

/// At least one of these characters and of those.
fn pattern(class: &str, more: &str) -> String {
    format!("^[{class}{}]+$", more.replace('-', "\\-"))
}
