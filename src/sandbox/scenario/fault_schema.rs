//! The kinds of faults with the parameters of each, and their JSON schema.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use strum::VariantNames;

use super::fault_kind::FaultKindFile;
use super::fault_status::UNWANTED_PATTERN;
use crate::sandbox::clock::MAX_WAIT_MS;
use crate::sandbox::faults::{Change, Page, Place, Work};

/// All kinds of faults with the parameters that they take.
pub(super) const KINDS: [(&str, &[&str]); 23] = [
    ("delay", &["ms", "min_ms", "max_ms", "median_ms", "sigma"]),
    ("error", &["error", "work"]),
    ("status", &["status", "headers", "body", "content_type", "work"]),
    ("throttle", &["retry_after"]),
    ("gateway", &["page", "work"]),
    ("gzip", &[]),
    ("empty", &[]),
    ("reset", &[]),
    ("truncate", &["after"]),
    ("drip", &["ms"]),
    ("broken_json", &[]),
    ("expired_token", &[]),
    ("short", &["rows", "share", "counts"]),
    ("repeat_rows", &["rows", "at"]),
    ("skip_rows", &["rows", "at"]),
    ("shuffle_rows", &[]),
    ("insert_between", &["rows"]),
    ("drift", &["change", "name", "to"]),
    ("duplicate", &["count"]),
    ("late", &["by"]),
    ("reorder", &[]),
    ("drop", &[]),
    ("early", &["by"]),
];

/// The most rows that a rule inserts before one answer.
pub(super) const MAX_INSERTED: u64 = 1000;

/// How often a callback arrives at most.
pub(super) const MAX_COPIES: u64 = 100;

/// The longest text of a rule, in characters.
pub(super) const MAX_TEXT: usize = 16 * 1024;

/// The longest name of a field, in characters.
pub(super) const MAX_NAME: usize = 100;

/// The names of fields that a drift makes: valid in JSON, XML and CSV.
const NAME: &str = "^[A-Za-z_][A-Za-z0-9_.-]{0,99}$";

/// The JSON schema of a parameter of a kind, and whether the kind requires it.
fn detail(kind: &str, name: &str) -> (Value, bool) {
    let whole = |most: u64| json!({"type": ["integer", "null"], "minimum": 0, "maximum": most});
    let words = |words: &[&str]| -> Vec<Value> {
        words.iter().map(|it| json!(it)).chain([Value::Null]).collect()
    };
    let text = || json!({"type": ["string", "null"], "maxLength": MAX_TEXT});
    match (kind, name) {
        (_, "error") => (json!({"type": "string"}), true),
        (_, "status") => {
            let known =
                json!({"type": "integer", "minimum": 200, "maximum": 599, "not": {"const": 426}});
            (known, true)
        }
        (_, "work") => (json!({"enum": words(Work::VARIANTS)}), false),
        (_, "headers") => {
            let values = json!({"type": "string", "pattern": "^[!-~]([ -~]*[!-~])?$"});
            let names =
                json!({"pattern": "^[A-Za-z][A-Za-z0-9-]*$", "not": {"pattern": UNWANTED_PATTERN}});
            let shape = json!({
                "type": ["object", "null"], "additionalProperties": values, "propertyNames": names,
            });
            (shape, false)
        }
        (_, "content_type") => {
            (json!({"type": ["string", "null"], "pattern": "^[a-z]+/[a-z0-9.+-]+$"}), false)
        }
        (_, "body") => (text(), false),
        (_, "retry_after") => {
            let seconds = json!({"type": "integer", "minimum": 0, "maximum": u32::MAX});
            (json!({"anyOf": [seconds, {"enum": ["date", null]}]}), false)
        }
        (_, "page") => (json!({"enum": Page::VARIANTS}), true),
        ("short", "rows") => (whole(u64::from(u32::MAX)), false),
        (_, "rows") => {
            let rows = json!({"type": ["integer", "null"], "minimum": 1, "maximum": MAX_INSERTED});
            (rows, false)
        }
        (_, "share") => (json!({"type": ["number", "null"], "minimum": 0, "maximum": 1}), false),
        (_, "counts") => (json!({"enum": ["honest", "full", null]}), false),
        (_, "at") => (json!({"enum": words(Place::VARIANTS)}), false),
        (_, "change") => (json!({"enum": Change::VARIANTS}), true),
        (_, "name" | "to") => (json!({"type": ["string", "null"], "pattern": NAME}), false),
        (_, "count") => {
            let copies = json!({"type": ["integer", "null"], "minimum": 2, "maximum": MAX_COPIES});
            (copies, false)
        }
        ("drip", _) => (json!({"type": "integer", "minimum": 0, "maximum": MAX_WAIT_MS}), true),
        (_, "sigma") => (json!({"type": ["number", "null"], "minimum": 0, "maximum": 3}), false),
        (_, "by") => (json!({"type": ["string", "null"], "pattern": super::schema::LENGTH}), false),
        (_, "after") => (whole(u64::MAX), false),
        _ => (whole(MAX_WAIT_MS), false),
    }
}

/// A `oneOf` with one closed object for each kind. Relations between the numbers of a delay (`min_ms` not
/// above `max_ms`) are not part of the schema.
impl JsonSchema for FaultKindFile {
    fn schema_name() -> Cow<'static, str> {
        "FaultKind".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let kinds = KINDS.iter().map(|(kind, takes)| {
            let mut properties = Map::from_iter([("kind".to_owned(), json!({"const": kind}))]);
            let mut required = vec!["kind"];
            for name in *takes {
                let (schema, is_needed) = detail(kind, name);
                properties.insert((*name).to_owned(), schema);
                required.extend(is_needed.then_some(*name));
            }
            // A delay can be given in three ways, and one of them has to be present; other kinds have only
            // `kind`.
            let ways: &[&str] = match *kind {
                "delay" => &["ms", "min_ms", "median_ms"],
                _ => &["kind"],
            };
            let ways: Vec<Value> = ways.iter().map(|name| json!({"required": [name]})).collect();
            json!({
                "type": "object", "required": required, "properties": properties,
                "additionalProperties": false, "anyOf": ways,
            })
        });
        json_schema!({"oneOf": kinds.collect::<Vec<_>>()})
    }
}
