//! The fields of the two commands with their lengths and characters, and the checks in the order in
//! which the first complaint wins.

use serde_json::{Map, Value, json};

use super::body::{Json, Members};
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
    pub(super) fn parse(request: &Members<'_>) -> Result<Self, PayFortError> {
        match request.get("query_command") {
            None => Err(PayFortError::Missing("query_command".to_owned())),
            Some(Json::Text(text)) => match &**text {
                "" => Err(PayFortError::Missing("query_command".to_owned())),
                "GENERATE_REPORT" => Ok(Self::Generate),
                "DOWNLOAD_REPORT" => Ok(Self::Download),
                other => Err(PayFortError::Command(other.to_owned())),
            },
            Some(other) => Err(PayFortError::Command(other.what().to_owned())),
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
enum Need {
    Mandatory,
    Optional,
    Unknown,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
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
struct Field(&'static str, usize, Shape, Need, Need);

use Need::{Mandatory, Optional, Unknown};
use Shape::{Columns, Filters, Letters, Text};

const FIELDS: [Field; 11] = [
    Field("query_command", 50, Letters("_"), Mandatory, Mandatory),
    Field("access_code", 20, Text(""), Mandatory, Mandatory),
    Field("merchant_identifier", 20, Text(""), Mandatory, Mandatory),
    Field("merchant_reference", 40, Text("_-."), Mandatory, Mandatory),
    Field("from_date", 30, Text("+-:"), Mandatory, Unknown),
    Field("to_date", 30, Text("+-:"), Mandatory, Unknown),
    Field("columns", 110, Columns, Mandatory, Unknown),
    Field("signature", 200, Text(""), Mandatory, Mandatory),
    Field("language", 2, Letters(""), Optional, Optional),
    Field("response_format", 4, Letters(""), Optional, Optional),
    Field("filters", 10, Filters, Optional, Unknown),
];

/// The longest name of a column or key of a filter.
const NAME_LENGTH: usize = 110;
const KEY_CHARACTERS: &str = "#'\\/._-@: ";

impl Field {
    fn need(&self, command: Command) -> Need {
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
        known().map(|field| (field.0.to_owned(), of(field))).collect();
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
        "required": mandatory.map(|field| field.0).collect::<Vec<_>>(),
        "properties": properties,
        "additionalProperties": false,
    })
}

/// At least one of these characters and of those.
fn pattern(class: &str, more: &str) -> String {
    format!("^[{class}{}]+$", more.replace('-', "\\-"))
}

/// The first mandatory field that is missing or empty.
pub(super) fn check_mandatory(request: &Members<'_>, command: Command) -> Result<(), PayFortError> {
    let missing = |name: &str| Err(PayFortError::Missing(name.to_owned()));
    for field in FIELDS.iter().filter(|field| field.need(command) == Mandatory) {
        match request.get(field.0) {
            None => return missing(field.0),
            Some(Json::Text(text)) if text.is_empty() => return missing(field.0),
            Some(Json::List(items)) if items.is_empty() => return missing(field.0),
            Some(_) => {}
        }
    }
    let Some(Json::List(filters)) = request.get("filters") else { return Ok(()) };
    if command == Command::Download {
        return Ok(());
    }
    for filter in filters {
        let Json::Object(filter) = filter else { continue };
        for name in ["key", "value"] {
            match filter.get(name) {
                None => return missing(&format!("filters.{name}")),
                Some(Json::Text(text)) if text.is_empty() => {
                    return missing(&format!("filters.{name}"));
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// The first complaint about unknown fields, then about lengths, then about characters and types.
pub(super) fn check(request: &Members<'_>, command: Command) -> Result<(), PayFortError> {
    check_names(request, command)?;
    let present = |field: &&Field| request.get(field.0).is_some();
    for field in FIELDS.iter().filter(present) {
        request.get(field.0).map_or(Ok(()), |value| check_length(field, value))?;
    }
    for field in FIELDS.iter().filter(present) {
        request.get(field.0).map_or(Ok(()), |value| check_format(field, value))?;
    }
    Ok(())
}

fn check_names(request: &Members<'_>, command: Command) -> Result<(), PayFortError> {
    let extra = |name: &str| PayFortError::Extra { name: name.to_owned(), command: command.word() };
    for (name, _) in &request.0 {
        let field = FIELDS.iter().find(|field| field.0 == name);
        if field.is_none_or(|field| field.need(command) == Unknown) {
            return Err(extra(name));
        }
    }
    let Some(Json::List(filters)) = request.get("filters") else { return Ok(()) };
    for filter in filters {
        let Json::Object(filter) = filter else { continue };
        if let Some((name, _)) = filter.0.iter().find(|it| it.0 != "key" && it.0 != "value") {
            return Err(extra(&format!("filters.{name}")));
        }
    }
    Ok(())
}

fn at_most(field: &str, found: usize, most: usize) -> Result<(), PayFortError> {
    if found <= most {
        return Ok(());
    }
    Err(PayFortError::Length { field: field.to_owned(), found, most })
}

fn check_length(field: &Field, value: &Json<'_>) -> Result<(), PayFortError> {
    let length = |value: &Json<'_>| value.as_text().map_or(0, |text| text.chars().count());
    match (field.2, value) {
        (Columns, Json::List(names)) => {
            at_most(field.0, names.len(), field.1)?;
            names.iter().try_for_each(|name| at_most(field.0, length(name), NAME_LENGTH))
        }
        (Filters, Json::List(filters)) => {
            at_most(field.0, filters.len(), field.1)?;
            filters.iter().try_for_each(|filter| match filter {
                Json::Object(filter) => {
                    let key = filter.get("key").map_or(0, length);
                    at_most("filters.key", key, NAME_LENGTH)
                }
                _ => Ok(()),
            })
        }
        (Columns | Filters, _) => Ok(()),
        (Letters(_) | Text(_), _) => at_most(field.0, length(value), field.1),
    }
}

fn check_format(field: &Field, value: &Json<'_>) -> Result<(), PayFortError> {
    match (field.2, value) {
        (Letters(more), _) => characters(field.0, value, |c| c.is_ascii_alphabetic(), more),
        (Text(more), _) => characters(field.0, value, |c| c.is_ascii_alphanumeric(), more),
        (Columns, Json::List(names)) => names.iter().try_for_each(|name| match name {
            Json::Text(_) => characters(field.0, name, |c| c.is_ascii_alphanumeric(), "_"),
            other => Err(PayFortError::format(field.0, format!("it holds {}", other.what()))),
        }),
        (Filters, Json::List(filters)) => filters.iter().try_for_each(check_filter),
        (Columns | Filters, other) => {
            Err(PayFortError::format(field.0, format!("it is {} and not a list", other.what())))
        }
    }
}

fn check_filter(filter: &Json<'_>) -> Result<(), PayFortError> {
    let Json::Object(filter) = filter else {
        let problem = format!("it holds {} and not objects", filter.what());
        return Err(PayFortError::format("filters", problem));
    };
    let (key, value) = (filter.get("key"), filter.get("value"));
    let key = key.unwrap_or(&Json::Null);
    if !matches!(key, Json::Text(_)) {
        return Err(PayFortError::format("filters.key", format!("it is {}", key.what())));
    }
    characters("filters.key", key, |c| c.is_ascii_alphanumeric(), KEY_CHARACTERS)?;
    match value.and_then(Json::as_text) {
        Some(_) => Ok(()),
        None => {
            let what = value.map_or("null", Json::what);
            Err(PayFortError::format("filters.value", format!("it is {what}")))
        }
    }
}

fn characters(
    field: &str,
    value: &Json<'_>,
    allowed: impl Fn(char) -> bool,
    more: &str,
) -> Result<(), PayFortError> {
    let Some(text) = value.as_text() else {
        return Err(PayFortError::format(field, format!("it is {} and not text", value.what())));
    };
    match text.chars().find(|c| !allowed(*c) && !more.contains(*c)) {
        None => Ok(()),
        Some(c) => Err(PayFortError::format(field, format!("the character {c:?} is not allowed"))),
    }
}
