//! JSON schemas: of instants and durations, which are written as text, and of a whole file for editors.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use strum::VariantNames;

use super::format::ScenarioFile;
use super::vocabulary::{Dialect, Vocabulary};
use crate::sandbox::merchant::Brand;
use crate::sandbox::money::Currency;

/// The pattern of an instant: the years 2010 to 2099, UTC, whole seconds. The server writes instants in this
/// form and reads other RFC 3339 forms too.
pub const INSTANT: &str = concat!(
    "^20[1-9][0-9]-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)",
    "|02-(0[1-9]|1[0-9]|2[0-8]))T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$"
);

/// The pattern of a duration in one unit. The forms `1h 30m` and `PT36H` are read too.
pub(super) const LENGTH: &str = "^[0-9]{1,3}(ms|s|m|h|d)$";

/// The schema of an instant in a request.
#[derive(Debug)]
pub struct Instant;

impl JsonSchema for Instant {
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "pattern": INSTANT, "examples": ["2026-01-31T12:00:00Z"],
        })
    }
}

/// The schema of a duration in a request.
#[derive(Debug)]
pub struct Length;

impl JsonSchema for Length {
    fn schema_name() -> Cow<'static, str> {
        "Length".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": LENGTH, "examples": ["36h"]})
    }
}

/// The JSON Schema of a scenario file for editors: the format with the words of all providers. What depends
/// on another part of the file (a label, a sum of shares) is left to `sandtill check`.
#[must_use]
pub fn for_editors(vocabulary: &Vocabulary) -> Value {
    let mut schema = schemars::schema_for!(ScenarioFile).to_value();
    let set = |schema: &mut Value, path: &str, value: Value| {
        if let Some(place) = schema.pointer_mut(path) {
            *place = value;
        }
    };
    set(&mut schema, "/title", json!("Scenario of Sandtill"));
    let dialects = || vocabulary.0.iter();
    let slugs: Vec<&str> = dialects().map(|it| it.slug).collect();
    let words: Vec<String> =
        vocabulary.all_quirks().chain(["documented".to_owned(), "observed".to_owned()]).collect();
    let words = json!({"enum": words});
    set(
        &mut schema,
        "/properties/quirks",
        json!({"anyOf": [words, {"type": "array", "items": words}],
               "description": "Quirks that are on: `documented` (none), `observed` (all), or a list."}),
    );
    set(&mut schema, "/properties/settings", closed(dialects().map(|it| (it.slug, settings(it)))));
    set(
        &mut schema,
        "/$defs/MerchantFile/properties/credentials",
        closed(dialects().map(|it| (it.slug, json!({"type": "array", "items": credential(it)})))),
    );
    let codes: Vec<&str> = Currency::codes().collect();
    let weight = json!({"type": "integer", "minimum": 0, "maximum": 1_000_000});
    for (table, names) in [("currencies", codes), ("brands", Brand::VARIANTS.to_vec())] {
        set(
            &mut schema,
            &format!("/$defs/TradeFile/properties/{table}"),
            json!({"type": ["object", "null"], "additionalProperties": weight,
                   "propertyNames": {"enum": names}}),
        );
    }
    let lag = json!({"$ref": "#/$defs/ReportingFile"});
    set(&mut schema, "/properties/reporting", closed(slugs.iter().map(|it| (*it, lag.clone()))));
    for field in ["daily", "missing"] {
        // The schema of the API has simpler values than files may have, because examples are made from it.
        let kind = if field == "daily" { "string" } else { "array" };
        set(
            &mut schema,
            &format!("/$defs/ReportingFile/properties/{field}"),
            json!({"type": [kind, "null"]}),
        );
    }
    without_examples_forms(&mut schema);
    let optional =
        json!({"enum": slugs.iter().map(|it| json!(it)).chain([Value::Null]).collect::<Vec<_>>()});
    set(&mut schema, "/$defs/FaultFile/properties/provider", optional);
    set(&mut schema, "/$defs/RowFile/properties/provider", json!({"enum": slugs}));
    if let Some(wire) = schema.pointer_mut("/$defs/TransactionFile/properties/wire")
        && let Some(wire) = wire.as_object_mut()
    {
        wire.insert("propertyNames".to_owned(), json!({"enum": slugs}));
    }
    schema
}

/// Replaces the patterns of instants and lengths of time, which the API has for its examples: a file can
/// write them in more forms.
fn without_examples_forms(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let pattern = members.get("pattern").and_then(Value::as_str);
            if pattern == Some(INSTANT) {
                members.insert("format".to_owned(), json!("date-time"));
                members.remove("pattern");
            } else if pattern == Some(LENGTH) {
                members.remove("pattern");
            }
            members.values_mut().for_each(without_examples_forms);
        }
        Value::Array(items) => items.iter_mut().for_each(without_examples_forms),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// An object with these members at most.
fn closed<'k>(members: impl Iterator<Item = (&'k str, Value)>) -> Value {
    let members: serde_json::Map<String, Value> =
        members.map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({"type": "object", "properties": members, "additionalProperties": false})
}

fn credential(dialect: &Dialect) -> Value {
    let fields = dialect.credentials.iter();
    let mut schema =
        closed(fields.clone().map(|it| (it.name, json!({"type": "string", "minLength": 1}))));
    let required: Vec<&str> = fields.filter(|it| it.required).map(|it| it.name).collect();
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

fn settings(dialect: &Dialect) -> Value {
    closed(dialect.settings.iter().map(|spec| {
        let mut schema = match spec.default.parse::<i64>() {
            Ok(_) => json!({"type": "integer", "minimum": spec.range.0, "maximum": spec.range.1}),
            Err(_) => json!({"type": "string"}),
        };
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), json!(spec.help));
            schema.insert("default".to_owned(), json!(spec.default));
        }
        (spec.name, schema)
    }))
}
