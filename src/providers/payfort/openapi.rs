//! The OpenAPI description of PayFort's two operations, which share a path.

use serde_json::{Map, Value, json};

use super::fidelity;
use super::schema::{Command, Content, FIELDS, Field, JSON_ORDER, Need};
use super::{PATH, columns};
use crate::providers::operation::{
    Listing, Operation, Proof, Shape, closed, integer, list, same, text, with_optional,
};
use crate::wire::rows::Layout;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "generate",
        method: "POST",
        path: PATH,
        does: "requests a report (GENERATE_REPORT), or downloads one (DOWNLOAD_REPORT)",
        proof: Proof::Request,
        shape,
        fidelity: fidelity::GENERATE,
        listing: None,
    },
    Operation {
        name: "download",
        method: "POST",
        path: PATH,
        does: "downloads a report (DOWNLOAD_REPORT)",
        proof: Proof::Request,
        shape,
        fidelity: fidelity::DOWNLOAD,
        listing: Some(&REPORT),
    },
];

/// A downloaded report: bare in JSON, or in the signed envelope.
pub(super) const REPORT: Listing = Listing {
    layouts: &[
        Layout::Json { rows: "1", counts: &["0.data_count"], names: None },
        Layout::Json { rows: "data", counts: &["data_count"], names: None },
        Layout::Xml { list: "data_list", row: "data", counts: &["data_count"] },
    ],
    has_pages: false,
    has_range: false,
    is_prepared: true,
};

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
        request(Command::Generate), request(Command::Download),
    ]});
    Shape { body: Some(body), answers, ..Shape::default() }
}

/// The schema of a request with this command.
fn request(command: Command) -> Value {
    let known = || FIELDS.iter().filter(|field| field.need(command) != Need::Unknown);
    let property = |field: &Field| Some((field.name.to_owned(), property(field, command)?));
    let mandatory = known().filter(|field| field.need(command) == Need::Mandatory);
    json!({
        "type": "object",
        "title": command.as_str(),
        "required": mandatory.map(|field| field.name).collect::<Vec<_>>(),
        "properties": known().filter_map(property).collect::<Map<_, _>>(),
        "additionalProperties": false,
    })
}

/// The schema of a request field; `None` for a field that occurs only in answers.
fn property(field: &Field, command: Command) -> Option<Value> {
    let rules = field.rules?;
    let columns = || columns::ALL.iter().map(|column| column.name).collect::<Vec<_>>();
    let max = rules.max_length;
    Some(match rules.content {
        Content::Text(more) => {
            let pattern = format!("^[A-Za-z0-9{}]+$", more.replace('-', "\\-"));
            json!({"type": "string", "maxLength": max, "pattern": pattern})
        }
        Content::Command => json!({"const": command.as_str()}),
        Content::Date => json!({"type": "string", "format": "date-time", "maxLength": max}),
        Content::OneOf(words) => json!({"enum": words}),
        Content::Columns => json!({
            "type": "array", "minItems": 1, "maxItems": max, "items": {"enum": columns()},
        }),
        Content::Filters => json!({"type": "array", "maxItems": max, "items": {
            "type": "object",
            "required": ["key", "value"],
            "properties": {
                "key": {"enum": columns()},
                "value": {"type": "string", "minLength": 1},
            },
            "additionalProperties": false,
        }}),
    })
}

/// The schema of the envelope: the code, the echoed fields, and a signature if the merchant is known.
fn envelope() -> Value {
    let code = |digits: usize| json!({"type": "string", "pattern": format!("^[0-9]{{{digits}}}$")});
    let required = [("response_message", text()), ("response_code", code(5)), ("status", code(2))];
    let echoed = JSON_ORDER.iter().filter(|(_, field)| field.echoed);
    let mut optional: Vec<(&str, Value)> = echoed.map(|(_, field)| (field.name, text())).collect();
    optional.push((
        "signature",
        json!({"type": "string", "pattern": "^([0-9a-f]{64}|[0-9a-f]{128})$"}),
    ));
    // In JSON, only with the quirk `payfort.download-envelope`.
    optional.push(("data", list(&row())));
    optional.push(("data_count", json!({"type": ["integer", "string"]})));
    closed(with_optional(&required, &optional))
}

/// The schema of a downloaded report in JSON, `[{"data_count":n},[rows]]`.
fn download() -> Value {
    let count = closed(with_optional(&[("data_count", integer())], &[]));
    // The count comes first. `prefixItems` would express that, but few tools support it.
    json!({
        "type": "array", "minItems": 2, "maxItems": 2, "items": {"anyOf": [count, list(&row())]},
    })
}

/// The schema of a row; it has only the requested columns.
fn row() -> Value {
    let properties: Map<String, Value> =
        columns::ALL.iter().map(|column| (column.name.to_owned(), text())).collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}
