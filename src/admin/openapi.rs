//! The OpenAPI 3.1 description of the admin API and of the providers, made from what the code knows.

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::ask::{self, Ask, MOST_LIMIT};
use super::problem::Problem;
use super::{ROUTES, Route, snapshot};
use crate::providers;
use crate::sandbox::callbacks::State;
use crate::sandbox::jobs::Phase;
use crate::sandbox::journal::Outcome;
use crate::sandbox::ledger::Kind;

pub(super) async fn read(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let mut paths = Map::new();
    for route in ROUTES {
        method(&mut paths, route.path, route.method, admin_operation(route));
    }
    for (path, verb, operation) in provider_operations(&ask) {
        method(&mut paths, &path, verb, operation);
    }
    let mut schemas = components();
    if let Some(schemas) = schemas.as_object_mut() {
        schemas.extend(small_schemas().into_iter().map(|(name, it)| (name.to_owned(), it)));
    }
    Ok(ask::json(&json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sandtill",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Five payment providers' reporting APIs as emulated, and the sandbox's \
                own admin API. Every path also exists below /@{space}.",
        },
        "servers": [{"url": ask.call.base_url()}],
        "paths": paths,
        "components": {"schemas": schemas},
    })))
}

fn method(paths: &mut Map<String, Value>, path: &str, verb: &str, operation: Value) {
    let item = paths.entry(path).or_insert_with(|| json!({}));
    if let Some(item) = item.as_object_mut() {
        item.entry(verb.to_lowercase()).or_insert(operation);
    }
}

fn admin_operation(route: &Route) -> Value {
    let problem = json!({
        "description": "what is wrong, and what would be right",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    });
    let mut operation = json!({
        "tags": ["admin"],
        "operationId": operation_id(route),
        "summary": route.does,
        "parameters": parameters(route),
        "responses": {},
    });
    let Some(members) = operation.as_object_mut() else { return operation };
    let content_type = match route.path {
        "/_admin/metrics" => "application/openmetrics-text",
        _ => "application/json",
    };
    let schema = if route.path == "/_admin/metrics" {
        json!({"type": "string"})
    } else if route.path == "/_admin/snapshot" && route.method == "GET" {
        snapshot::schema()
    } else {
        json!({"type": "object"})
    };
    let done = json!({
        "description": "done",
        "content": {content_type: {"schema": schema}},
    });
    members.insert(
        "responses".to_owned(),
        json!({
            "200": done,
            "201": done,
            "204": {"description": "done, and nothing to say"},
            "default": problem,
        }),
    );
    if let Some((is_required, schema)) = body(route) {
        members.insert(
            "requestBody".to_owned(),
            json!({
                "required": is_required,
                "content": {"application/json": {"schema": schema}},
            }),
        );
    }
    operation
}

fn operation_id(route: &Route) -> String {
    let words = route.path.trim_start_matches("/_admin").split(['/', '.', '{', '}']);
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let path = if words.is_empty() { "index".to_owned() } else { words.join("_") };
    format!("{}_{path}", route.method.to_lowercase())
}

fn parameter(name: &str, place: &str, schema: &Value) -> Value {
    json!({"name": name, "in": place, "required": place == "path", "schema": schema})
}

fn parameters(route: &Route) -> Vec<Value> {
    let (text, number) = (json!({"type": "string"}), json!({"type": "integer", "minimum": 0}));
    let limit = json!({"type": "integer", "minimum": 1, "maximum": MOST_LIMIT});
    let instant = json!({"type": "string", "format": "date-time"});
    let words = |words: Vec<&str>| json!({"type": "string", "enum": words});
    let mut all = Vec::new();
    if route.path.contains("{id}") {
        let schema = if route.path.starts_with("/_admin/faults/") { &text } else { &number };
        all.push(parameter("id", "path", schema));
    }
    if route.path.contains("{name}") {
        all.push(parameter("name", "path", &text));
    }
    let mut query = |name: &str, schema: &Value| all.push(parameter(name, "query", schema));
    match (route.method, route.path) {
        ("GET", "/_admin/transactions") => {
            query("merchant", &text);
            query("kind", &words(Kind::ALL.map(Kind::word).to_vec()));
            query("currency", &text);
            query("from", &instant);
            query("to", &instant);
            query("limit", &limit);
            query("after", &number);
        }
        ("GET", "/_admin/journal") => {
            let outcomes = [Outcome::Answered, Outcome::Refused, Outcome::Faulted];
            query("provider", &text);
            query("operation", &text);
            query("outcome", &words(outcomes.map(Outcome::word).to_vec()));
            query("merchant", &text);
            query("since", &number);
            query("before", &number);
            query("limit", &limit);
            query("as", &words(vec!["har"]));
        }
        ("GET", "/_admin/callbacks") => {
            query("provider", &text);
            query("state", &words(State::ALL.map(State::word).to_vec()));
            query("wait", &json!({"type": "string", "examples": ["10s"]}));
            query("limit", &limit);
            query("after", &number);
        }
        ("GET", "/_admin/faults" | "/_admin/reports") => {
            query("limit", &limit);
            query("after", &number);
        }
        ("GET", "/_admin/spaces") => {
            query("limit", &limit);
            query("after", &text);
        }
        ("PUT", "/_admin/scenario") => query("builtin", &text),
        _ => {}
    }
    all
}

/// An object with these members and no others.
#[expect(clippy::needless_pass_by_value, reason = "every caller makes it in place")]
fn closed(required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

fn milliseconds() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": 600_000})
}

/// The schema of a call's body and whether it has to be there.
fn body(route: &Route) -> Option<(bool, Value)> {
    let named = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    Some(match (route.method, route.path) {
        ("PUT", "/_admin/clock") => (true, named("Clock")),
        ("POST", "/_admin/clock/advance") => (true, named("Advance")),
        ("PUT", "/_admin/scenario") => (false, json!({"type": "object"})),
        ("PUT", "/_admin/snapshot") => (true, snapshot::schema()),
        ("POST", "/_admin/transactions") => (true, named("NewTransaction")),
        ("POST", "/_admin/transactions/{id}/capture" | "/_admin/transactions/{id}/refund") => {
            (false, closed(&[], json!({"amount": {"type": "integer", "minimum": 1}})))
        }
        ("POST", "/_admin/reports/{id}") => {
            (true, closed(&["phase"], json!({"phase": {"enum": Phase::ALL.map(Phase::word)}})))
        }
        ("POST", "/_admin/callbacks/wait") => {
            (false, closed(&[], json!({"timeout_ms": milliseconds()})))
        }
        ("POST", "/_admin/callbacks/{id}/answer") => {
            let status = json!({"type": "integer", "minimum": 100, "maximum": 599});
            (true, closed(&["status"], json!({"status": status})))
        }
        ("POST", "/_admin/faults") => (true, named("NewFault")),
        ("POST", "/_admin/journal/wait") => (false, named("Expected")),
        ("POST", "/_admin/spaces") => (true, named("NewSpace")),
        _ => return None,
    })
}

/// The bodies of the smaller calls.
fn small_schemas() -> Vec<(&'static str, Value)> {
    let (text, number) = (json!({"type": "string"}), json!({"type": "integer", "minimum": 0}));
    let instant = json!({
        "type": "string", "format": "date-time", "examples": ["2026-01-31T12:00:00Z"],
    });
    let clock = json!({"mode": {"enum": ["frozen", "running"]}, "now": instant});
    let advance = json!({"by": {"type": "string", "examples": ["36h"]}, "to": instant});
    let expected = json!({
        "provider": text, "operation": text, "merchant": text,
        "outcome": {"enum": ["answered", "refused", "faulted"]},
        "status": {"type": "integer", "minimum": 0, "maximum": 599},
        "contains": text, "since": number, "at_least": number, "exactly": number,
        "timeout_ms": milliseconds(), "quiet_ms": milliseconds(),
    });
    let space = json!({
        "name": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
        "scenario": {"type": ["string", "object"]},
    });
    vec![
        ("Clock", closed(&[], clock)),
        ("Advance", closed(&[], advance)),
        ("Expected", closed(&[], expected)),
        ("NewSpace", closed(&["name"], space)),
    ]
}

fn components() -> Value {
    let (text, number) = (json!({"type": "string"}), json!({"type": "integer", "minimum": 0}));
    let instant = json!({"type": "string", "format": "date-time"});
    json!({
            "Problem": {
                "type": "object",
                "required": ["type", "title", "status"],
                "properties": {
                    "type": text, "title": text, "detail": text,
                    "status": {"type": "integer", "minimum": 400, "maximum": 599},
                },
            },
            "NewTransaction": {
                "type": "object",
                "additionalProperties": false,
                "required": ["merchant", "amount"],
                "properties": {
                    "merchant": text,
                    "amount": {"type": "integer", "minimum": 0, "maximum": 9_999_999_999_i64},
                    "currency": text,
                    "kind": {"enum": ["payment", "authorization"]},
                    "status": {"enum": [
                        "captured", "settled", "authorized", "declined", "incomplete", "pending",
                        "expired",
                    ]},
                    "at": instant, "paid_at": instant, "settled_at": instant,
                    "corrected_at": instant, "fee": number,
                    "method": {"enum": ["card", "bank", "alternative"]},
                    "decline": text, "card": {"type": "object"}, "customer": {"type": "object"},
                    "order": text, "description": text, "test": {"type": "boolean"},
                    "wire": {"type": "object", "additionalProperties": text},
                },
                "examples": [
                    {"merchant": "everywhere", "amount": 12345, "currency": "USD", "status": "captured"},
                ],
            },
            "NewFault": {
                "type": "object",
                "additionalProperties": false,
                "required": ["fault"],
                "properties": {
                    "provider": {"enum": providers::ALL.iter().map(|it| it.slug).collect::<Vec<_>>()},
                    "operation": text,
                    "times": {"type": "integer", "minimum": 1},
                    "every": {"type": "integer", "minimum": 1},
                    "probability": {"type": "number", "minimum": 0, "maximum": 1},
                    "fault": {"type": "object", "required": ["kind"], "properties": {"kind": text}},
                },
                "examples": [
                    {"provider": "flitt", "times": 2, "fault": {"kind": "delay", "ms": 500}},
                ],
            },
    })
}

/// What the examples of the providers ask for: path, method, description.
fn provider_operations(ask: &Ask) -> Vec<(String, &'static str, Value)> {
    let base_url = ask.call.base_url();
    let mut all = Vec::new();
    for provider in providers::ALL {
        let examples = (provider.examples)(ask.sandbox(), &base_url);
        let commands = examples.iter().map(|it| it.command.as_str());
        for (name, path) in super::status::operations(provider, &base_url, commands) {
            let whole = format!("{base_url}{path}");
            let command = examples.iter().find(|it| it.command.contains(&whole));
            let posts = command.is_some_and(|it| it.command.contains(" -d "));
            let verb = if posts { "POST" } else { "GET" };
            let operation = json!({
                "tags": [provider.slug],
                "operationId": format!("{}_{name}", provider.slug),
                "summary": format!("{}: {name}", provider.name),
                "description": command.map(|it| format!("`{}`", it.command)),
                "externalDocs": {"url": provider.docs},
                "responses": {
                    "default": {"description": "as the provider answers", "content": {"*/*": {}}},
                },
            });
            all.push((path, verb, operation));
        }
    }
    all
}
