//! The calls of the admin API in the OpenAPI description, made from `ROUTES`.

use serde_json::{Map, Value, json};

use super::super::spec::{Answer, Body, Parameter};
use super::super::{ROUTES, Route};
use super::{Generators, set};

const PROBLEM: &str = "application/problem+json";

/// Statuses of problem documents and their descriptions.
const PROBLEMS: [(u16, &str); 11] = [
    (400, "The request makes no sense; what would is said"),
    (401, "The token of --admin-token is missing or wrong"),
    (403, "A foreign page, or a server that is open beyond loopback"),
    (404, "There is no such thing"),
    (408, "The body did not arrive in time"),
    (409, "It cannot be done as things stand; why is said"),
    (413, "The body is too large"),
    (422, "A row of the body cannot be read; its place is said"),
    (429, "There are too many spaces"),
    (500, "Sandtill made a mistake"),
    (503, "Nothing can be written to the log of the server"),
];

/// Statuses that every call can have, and those of calls with a body.
const COMMON: [u16; 6] = [400, 401, 403, 429, 500, 503];
const OF_BODIES: [u16; 2] = [408, 413];

/// The shared responses that calls refer to.
pub(super) fn problems() -> Map<String, Value> {
    let schema = json!({"$ref": "#/components/schemas/Problem"});
    let of = |(status, description): (u16, &str)| {
        let problem = json!({"description": description, "content": {PROBLEM: {"schema": schema}}});
        (format!("Problem{status}"), problem)
    };
    PROBLEMS.into_iter().map(of).collect()
}

/// The schema of a problem document (RFC 9457).
pub(super) fn problem() -> Value {
    let text = json!({"type": "string"});
    json!({
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"const": "about:blank"},
            "title": text,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": text,
            "line": {"type": "integer", "minimum": 1},
            "column": text,
        },
        "additionalProperties": false,
    })
}

pub(super) fn describe(paths: &mut Map<String, Value>, generators: &mut Generators) {
    for route in ROUTES {
        let call = operation(route, generators);
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(route.method.to_lowercase(), call);
        }
    }
}

pub(super) fn is_probe(route: &Route) -> bool {
    !route.path.starts_with("/_admin")
}

fn operation(route: &Route, generators: &mut Generators) -> Value {
    let mut operation = json!({
        "tags": ["admin"],
        "operationId": id(route),
        "summary": route.does,
        "parameters": parameters(route),
    });
    if let Some(body) = &route.spec.body {
        set(&mut operation, &["requestBody"], request_body(body, generators));
    }
    set(&mut operation, &["responses"], responses(route, generators));
    set(&mut operation, &["security"], json!([]));
    operation
}

/// The name of a call: its method and its path in one word.
pub(in crate::admin) fn id(route: &Route) -> String {
    let segments = route.path.trim_start_matches("/_admin").split(['/', '.', '{', '}']);
    let segments: Vec<&str> = segments.filter(|word| !word.is_empty()).collect();
    let path = if segments.is_empty() { "index".to_owned() } else { segments.join("_") };
    format!("{}_{path}", route.method.to_lowercase())
}

fn parameters(route: &Route) -> Vec<Value> {
    let varying = route.path.split('/').filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'));
    let in_path = varying.map(|name| {
        // Faults have words for ids; reports are found by the vendors' references too.
        let has_words = |path: &str| {
            path.starts_with("/_admin/faults/") || path.starts_with("/_admin/reports/")
        };
        let is_number = name == "id" && !has_words(route.path);
        let number = json!({"type": "integer", "minimum": 0, "maximum": i64::MAX});
        let schema = if is_number { number } else { json!({"type": "string", "minLength": 1}) };
        json!({"name": name, "in": "path", "required": true, "schema": schema})
    });
    let in_query = route.spec.query.iter().map(|Parameter { name, values }| {
        let schema = values.schema();
        json!({"name": name, "in": "query", "required": false, "schema": schema})
    });
    in_path.chain(in_query).collect()
}

fn request_body(body: &Body, generators: &mut Generators) -> Value {
    let schema = (body.shape)(&mut generators.sent);
    let content = |media: &&str| {
        // The TOML form has the same keys, but OpenAPI can describe it only as text.
        let schema = match *media {
            "application/json" => schema.clone().to_value(),
            _ => json!({"type": "string"}),
        };
        ((*media).to_owned(), json!({"schema": schema}))
    };
    let content: Map<String, Value> = body.media.iter().map(content).collect();
    json!({"required": body.required, "content": content})
}

fn responses(route: &Route, generators: &mut Generators) -> Value {
    let mut responses = Map::new();
    for answer in route.spec.answers {
        let done = responses
            .entry(answer.status.to_string())
            .or_insert_with(|| json!({"description": description(answer)}));
        if !answer.media.is_empty() {
            let generator =
                if answer.is_sent { &mut generators.sent } else { &mut generators.answered };
            let schema = (answer.shape)(generator).to_value();
            set(done, &["content", answer.media, "schema"], schema);
        }
    }
    let common: &[u16] = if is_probe(route) { &[429, 500] } else { &COMMON };
    let of_body: &[u16] = if route.spec.body.is_some() { &OF_BODIES } else { &[] };
    let mut problems = [common, of_body, route.spec.problems].concat();
    if route.path.contains('{') {
        problems.push(404);
    }
    problems.sort_unstable();
    for status in problems {
        let declared = responses.get_mut(&status.to_string());
        if let Some(declared) = declared {
            // The call has an answer of its own with this status.
            let schema = json!({"$ref": "#/components/schemas/Problem"});
            set(declared, &["content", PROBLEM, "schema"], schema);
            continue;
        }
        let problem = json!({"$ref": format!("#/components/responses/Problem{status}")});
        responses.insert(status.to_string(), problem);
    }
    Value::Object(responses)
}

fn description(answer: &Answer) -> &'static str {
    match answer.status {
        201 => "Made",
        202 => "Taken, and nothing to answer",
        204 => "Done, and nothing to say",
        400.. => "Refused, in the words of the protocol",
        _ => "Done",
    }
}
