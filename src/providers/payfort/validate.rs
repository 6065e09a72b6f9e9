//! What can be wrong with the fields of a request, in the order in which the first complaint wins.

use super::body::Json;
use super::error::PayFortError;
use super::fields::{Command, FIELDS, Field, Need, Request, RequestField, Shape};

/// The longest name of a column or key of a filter.
const NAME_LENGTH: usize = 110;
const KEY_CHARACTERS: &str = "#'\\/._-@: ";

/// The first mandatory field that is missing or empty.
pub(super) fn check_mandatory(request: &Request<'_>, command: Command) -> Result<(), PayFortError> {
    let missing = |name: &str| Err(PayFortError::Missing(name.to_owned()));
    for field in FIELDS.iter().filter(|field| field.need(command) == Need::Mandatory) {
        match request.get(field.0) {
            None => return missing(field.0.word()),
            Some(Json::Text(text)) if text.is_empty() => return missing(field.0.word()),
            Some(Json::List(items)) if items.is_empty() => return missing(field.0.word()),
            Some(_) => {}
        }
    }
    let Some(Json::List(filters)) = request.get(RequestField::Filters) else { return Ok(()) };
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
pub(super) fn check(request: &Request<'_>, command: Command) -> Result<(), PayFortError> {
    check_names(request, command)?;
    let present = || FIELDS.iter().filter_map(|field| Some((field, request.get(field.0)?)));
    present().try_for_each(|(field, value)| check_length(field, value))?;
    present().try_for_each(|(field, value)| check_format(field, value))
}

fn check_names(request: &Request<'_>, command: Command) -> Result<(), PayFortError> {
    let extra = |name: &str| PayFortError::Extra { name: name.to_owned(), command: command.word() };
    for (name, _) in &request.members.0 {
        if Field::of(name).is_none_or(|field| field.need(command) == Need::Unknown) {
            return Err(extra(name));
        }
    }
    let Some(Json::List(filters)) = request.get(RequestField::Filters) else { return Ok(()) };
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

/// A text of so many characters at most; what is neither text nor a number or flag has none.
fn short(field: &str, value: &Json<'_>, most: usize) -> Result<(), PayFortError> {
    let text = value.as_text().unwrap_or("");
    // It never has more characters than bytes.
    if text.len() <= most { Ok(()) } else { at_most(field, text.chars().count(), most) }
}

fn check_length(field: &Field, value: &Json<'_>) -> Result<(), PayFortError> {
    let name = field.0.word();
    match (field.2, value) {
        (Shape::Columns, Json::List(names)) => {
            at_most(name, names.len(), field.1)?;
            names.iter().try_for_each(|column| short(name, column, NAME_LENGTH))
        }
        (Shape::Filters, Json::List(filters)) => {
            at_most(name, filters.len(), field.1)?;
            let keys = filters.iter().filter_map(|filter| match filter {
                Json::Object(filter) => filter.get("key"),
                _ => None,
            });
            keys.into_iter().try_for_each(|key| short("filters.key", key, NAME_LENGTH))
        }
        (Shape::Columns | Shape::Filters, _) => Ok(()),
        (Shape::Letters(_) | Shape::Text(_), _) => short(name, value, field.1),
    }
}

fn check_format(field: &Field, value: &Json<'_>) -> Result<(), PayFortError> {
    let name = field.0.word();
    match (field.2, value) {
        (Shape::Letters(more), _) => characters(name, value, u8::is_ascii_alphabetic, more),
        (Shape::Text(more), _) => characters(name, value, u8::is_ascii_alphanumeric, more),
        (Shape::Columns, Json::List(columns)) => columns.iter().try_for_each(|column| {
            if let Json::Text(_) = column {
                return characters(name, column, u8::is_ascii_alphanumeric, "_");
            }
            Err(PayFortError::format(name, format!("it holds {}", column.type_name())))
        }),
        (Shape::Filters, Json::List(filters)) => filters.iter().try_for_each(check_filter),
        (Shape::Columns | Shape::Filters, other) => {
            Err(PayFortError::format(name, format!("it is {} and not a list", other.type_name())))
        }
    }
}

fn check_filter(filter: &Json<'_>) -> Result<(), PayFortError> {
    let Json::Object(filter) = filter else {
        let problem = format!("it holds {} and not objects", filter.type_name());
        return Err(PayFortError::format("filters", problem));
    };
    let (key, value) = (filter.get("key"), filter.get("value"));
    let key = key.unwrap_or(&Json::Null);
    if !matches!(key, Json::Text(_)) {
        return Err(PayFortError::format("filters.key", format!("it is {}", key.type_name())));
    }
    characters("filters.key", key, u8::is_ascii_alphanumeric, KEY_CHARACTERS)?;
    match value.and_then(Json::as_text) {
        Some(_) => Ok(()),
        None => {
            let found = value.map_or("null", Json::type_name);
            Err(PayFortError::format("filters.value", format!("it is {found}")))
        }
    }
}

/// Only characters of a class of ASCII and these.
fn characters(
    field: &str,
    value: &Json<'_>,
    class: impl Fn(&u8) -> bool,
    more: &str,
) -> Result<(), PayFortError> {
    let Some(text) = value.as_text() else {
        return Err(PayFortError::format(
            field,
            format!("it is {} and not text", value.type_name()),
        ));
    };
    let is_allowed = |byte: u8| class(&byte) || more.as_bytes().contains(&byte);
    if text.bytes().all(is_allowed) {
        return Ok(());
    }
    let stranger = text.chars().find(|c| !u8::try_from(*c).is_ok_and(is_allowed));
    let stranger = stranger.unwrap_or(char::REPLACEMENT_CHARACTER);
    Err(PayFortError::format(field, format!("the character {stranger:?} is not allowed")))
}
