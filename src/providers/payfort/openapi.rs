//! Its one operation as the OpenAPI description has it.

use serde_json::{Map, Value, json};

use super::members::ECHOED;
use super::{PATH, columns, fields};
use crate::providers::operation::{
    Operation, Proof, Shape, closed, integer, list, same, text, with_optional,
};

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    name: "report",
    method: "POST",
    path: PATH,
    does: "asks for a report (GENERATE_REPORT) or downloads it (DOWNLOAD_REPORT)",
    proof: Proof::Request,
    shape,
}];

fn shape() -> Shape {
    const JSON: &str = "application/json";
    let envelope = envelope();
    let mut answers = vec![
        (200, JSON, json!({"anyOf": [envelope, download()]})),
        (200, "application/xml", text()),
        (405, "text/plain", json!({"const": ""})),
    ];
    answers.extend(same(&[400, 408, 413, 500], JSON, &envelope));
    let body = json!({"oneOf": [
        fields::schema(fields::Command::Generate), fields::schema(fields::Command::Download),
    ]});
    Shape { body: Some(body), answers, ..Shape::default() }
}

/// What a request said of itself, a code, and a signature where it is known for whom.
fn envelope() -> Value {
    let code = |digits: usize| json!({"type": "string", "pattern": format!("^[0-9]{{{digits}}}$")});
    let required = [("response_message", text()), ("response_code", code(5)), ("status", code(2))];
    let mut optional: Vec<(&str, Value)> = ECHOED.iter().map(|it| (it.1.word(), text())).collect();
    optional.push((
        "signature",
        json!({"type": "string", "pattern": "^([0-9a-f]{64}|[0-9a-f]{128})$"}),
    ));
    // Only with the quirk `payfort.download-envelope`.
    optional.push(("data", list(&row())));
    optional.push(("data_count", json!({"type": ["integer", "string"]})));
    closed(with_optional(&required, &optional))
}

/// `[{"data_count":n},[rows]]`.
fn download() -> Value {
    let count = closed(with_optional(&[("data_count", integer())], &[]));
    // The count comes first. `prefixItems` would say so, but few tools know it yet.
    json!({
        "type": "array", "minItems": 2, "maxItems": 2, "items": {"anyOf": [count, list(&row())]},
    })
}

/// The columns that were asked for.
fn row() -> Value {
    let properties: Map<String, Value> =
        columns::ALL.iter().map(|column| (column.name.to_owned(), text())).collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}
