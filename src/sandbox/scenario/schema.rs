//! JSON schemas of values that scenario files and the admin API write as text: instants and durations.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

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
