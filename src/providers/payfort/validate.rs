//! Checks of the fields of a request. The first failed check determines the error code, so the order of
//! the checks matters.

use super::error::PayFortError;
use super::schema::{self, Command, Content, FIELDS, Need, Rules};
use crate::sandbox::scenario::suggestion;
use crate::wire::raw_json::{Json, JsonObject};
use crate::wire::text::cut;

/// Maximum length of a column name or a filter key, in characters.
const MAX_NAME_LENGTH: usize = 110;
const KEY_CHARACTERS: &str = "#'\\/._-@: ";

/// Refuses a request in which a mandatory field is missing or empty.
pub(super) fn check_mandatory(
    request: &JsonObject<'_>,
    command: Command,
) -> Result<(), PayFortError> {
    let missing = |name: &str| Err(PayFortError::Missing(name.to_owned()));
    for field in FIELDS.iter().filter(|field| field.need(command) == Need::Mandatory) {
        match request.get(field.name) {
            None => return missing(field.name),
            Some(Json::Text(text)) if text.is_empty() => return missing(field.name),
            Some(Json::List(items)) if items.is_empty() => return missing(field.name),
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

/// Checks for unknown fields, then for lengths, then for characters and types.
pub(super) fn check(request: &JsonObject<'_>, command: Command) -> Result<(), PayFortError> {
    check_names(request, command)?;
    present(request).try_for_each(|(name, rules, value)| check_length(name, rules, value))?;
    present(request).try_for_each(|(name, rules, value)| check_format(name, rules, value))
}

/// Checks the fields that have a fixed list of values; an empty value counts as absent.
pub(super) fn check_values(request: &JsonObject<'_>) -> Result<(), PayFortError> {
    for (name, rules, value) in present(request) {
        let (Content::OneOf(allowed), Some(text)) = (rules.content, value.as_text()) else {
            continue;
        };
        if !text.is_empty() && !allowed.contains(&text) {
            let problem = format!("`{text}` is none of {}", allowed.join(", "));
            return Err(PayFortError::value(name, problem));
        }
    }
    Ok(())
}

/// The fields that a request has, with their rules and values, in the order of the table.
fn present<'a>(
    request: &'a JsonObject<'a>,
) -> impl Iterator<Item = (&'static str, Rules, &'a Json<'a>)> {
    FIELDS.iter().filter_map(|field| Some((field.name, field.rules?, request.get(field.name)?)))
}

fn check_names(request: &JsonObject<'_>, command: Command) -> Result<(), PayFortError> {
    let extra = |name: &str, near: String| PayFortError::Extra {
        name: cut(name),
        command: command.as_str(),
        near,
    };
    for (name, _) in &request.0 {
        if schema::find(name).is_none_or(|field| field.need(command) == Need::Unknown) {
            let fields = FIELDS.iter().filter(|field| field.need(command) != Need::Unknown);
            return Err(extra(name, suggestion(name, fields.map(|field| field.name))));
        }
    }
    let Some(Json::List(filters)) = request.get("filters") else { return Ok(()) };
    for filter in filters {
        let Json::Object(filter) = filter else { continue };
        if let Some((name, _)) = filter.0.iter().find(|it| it.0 != "key" && it.0 != "value") {
            return Err(extra(
                &format!("filters.{name}"),
                suggestion(name, ["key", "value"].into_iter()),
            ));
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

/// Checks that a value has at most `most` characters. A list, an object or `null` counts as empty here;
/// its type is checked later.
fn short(field: &str, value: &Json<'_>, most: usize) -> Result<(), PayFortError> {
    let text = value.as_text().unwrap_or("");
    // A text never has more characters than bytes, so counting characters is rarely necessary.
    if text.len() <= most { Ok(()) } else { at_most(field, text.chars().count(), most) }
}

fn check_length(name: &str, rules: Rules, value: &Json<'_>) -> Result<(), PayFortError> {
    match (rules.content, value) {
        (Content::Columns, Json::List(columns)) => {
            at_most(name, columns.len(), rules.max_length)?;
            columns.iter().try_for_each(|column| short(name, column, MAX_NAME_LENGTH))
        }
        (Content::Filters, Json::List(filters)) => {
            at_most(name, filters.len(), rules.max_length)?;
            let keys = filters.iter().filter_map(|filter| match filter {
                Json::Object(filter) => filter.get("key"),
                _ => None,
            });
            keys.into_iter().try_for_each(|key| short("filters.key", key, MAX_NAME_LENGTH))
        }
        (Content::Columns | Content::Filters, _) => Ok(()),
        (Content::Text(_) | Content::Command | Content::Date | Content::OneOf(_), _) => {
            short(name, value, rules.max_length)
        }
    }
}

fn check_format(name: &str, rules: Rules, value: &Json<'_>) -> Result<(), PayFortError> {
    match (rules.content, value) {
        (Content::Text(more), _) => characters(name, value, u8::is_ascii_alphanumeric, more),
        (Content::Command, _) => characters(name, value, u8::is_ascii_alphabetic, "_"),
        (Content::Date, _) => characters(name, value, u8::is_ascii_alphanumeric, "+-:"),
        (Content::OneOf(_), _) => characters(name, value, u8::is_ascii_alphabetic, ""),
        (Content::Columns, Json::List(columns)) => columns.iter().try_for_each(|column| {
            if let Json::Text(_) = column {
                return characters(name, column, u8::is_ascii_alphanumeric, "_");
            }
            Err(PayFortError::format(name, format!("it holds {}", column.type_name())))
        }),
        (Content::Filters, Json::List(filters)) => filters.iter().try_for_each(check_filter),
        (Content::Columns | Content::Filters, other) => {
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

/// Checks that a value is text and contains only ASCII characters of `class` and the characters in `more`.
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
    let shown = cut(text);
    let problem = format!("the character {stranger:?} of `{shown}` is not allowed");
    Err(PayFortError::format(field, problem))
}
