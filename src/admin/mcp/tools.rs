//! The tools: the calls of the admin API, with their parameters and bodies as arguments.

use std::sync::LazyLock;

use axum::http::{Method, StatusCode};
use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::super::inside::Inside;
use super::super::openapi::id;
use super::super::route::Route;
use super::super::routes::ROUTES;
use super::super::spec::Body;
use super::message::{INVALID_PARAMS, RpcError};
use crate::sandbox::scenario::suggestion;
use crate::wire::problem::Problem;

/// Calls that are no tools: this one, and the description, which `tools/list` replaces.
const LEFT_OUT: [&str; 2] = ["/_admin/mcp", "/_admin/openapi.json"];
/// The argument for the body of a call.
const BODY: &str = "body";

/// A tool, and the call behind it.
struct Tool {
    name: String,
    route: &'static Route,
    schema: Value,
}

static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    let mut settings = SchemaSettings::draft2020_12();
    settings.meta_schema = None;
    // Each schema stands alone, without references into a document that a client does not have.
    settings.inline_subschemas = true;
    let mut generator = settings.into_generator();
    let is_tool = |it: &&Route| it.path.starts_with("/_admin/") && !LEFT_OUT.contains(&it.path);
    let tool = |route| Tool { name: id(route), route, schema: arguments(route, &mut generator) };
    ROUTES.iter().filter(is_tool).map(tool).collect()
});

/// The names in braces of a path.
fn in_path(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'))
}

/// The schema of the arguments of a call.
fn arguments(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut properties = Map::new();
    let mut required: Vec<&str> = in_path(route.path).collect();
    for name in in_path(route.path) {
        properties.insert(name.to_owned(), json!({"type": ["string", "integer"]}));
    }
    for parameter in route.spec.query {
        properties.insert(parameter.name.to_owned(), parameter.values.schema());
    }
    if let Some(body) = &route.spec.body {
        let shape = (body.shape)(generator).to_value();
        let text = body.media.iter().find(|it| **it != "application/json");
        let shape = match text {
            Some(media) => json!({"anyOf": [shape, {"type": "string", "description": media}]}),
            None => shape,
        };
        properties.insert(BODY.to_owned(), shape);
        if body.required {
            required.push(BODY);
        }
    }
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    inline(&mut schema);
    schema
}

/// Replaces the reference to the names of merchants, which depend on the scenario in force.
fn inline(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.remove("$ref").is_some() {
                members.insert("type".to_owned(), json!("string"));
                members.insert("description".to_owned(), json!("a merchant of the scenario"));
            }
            members.values_mut().for_each(inline);
        }
        Value::Array(items) => items.iter_mut().for_each(inline),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The tools as `tools/list` shows them.
pub(super) fn list() -> Vec<Value> {
    let shown = |tool: &Tool| {
        let Route { method, path, does, .. } = tool.route;
        json!({
            "name": tool.name,
            "description": format!("{does} ({method} {path})"),
            "inputSchema": tool.schema,
            "annotations": {
                "readOnlyHint": *method == "GET",
                "destructiveHint": *method == "DELETE",
                "openWorldHint": false,
            },
        })
    };
    TOOLS.iter().map(shown).collect()
}

/// Calls a tool. What the call refuses is a result with `isError`, so that a model can read it and try again.
pub(super) async fn call(
    inside: &Inside,
    params: &Map<String, Value>,
) -> Result<Map<String, Value>, RpcError> {
    let Some(name) = params.get("name").and_then(Value::as_str) else {
        return Err(RpcError::new(INVALID_PARAMS, "`name` must be the name of a tool"));
    };
    let Some(tool) = TOOLS.iter().find(|it| it.name == name) else {
        let near = suggestion(name, TOOLS.iter().map(|it| it.name.as_str()));
        let text = format!("there is no tool `{name}`{near}; tools/list has them all");
        return Err(RpcError::new(INVALID_PARAMS, text));
    };
    let none = Map::new();
    let arguments = match params.get("arguments") {
        None | Some(Value::Null) => &none,
        Some(Value::Object(arguments)) => arguments,
        Some(_) => return Err(RpcError::new(INVALID_PARAMS, "`arguments` must be an object")),
    };
    let answer = match prepared(tool.route, arguments) {
        Ok((target, sent)) => {
            // Methods of the table are methods of HTTP.
            let method = Method::from_bytes(tool.route.method.as_bytes()).unwrap_or(Method::GET);
            inside.refreshed().send(method, &target, sent).await
        }
        Err(problem) => Err(problem),
    };
    let (text, is_error) = match answer.as_deref() {
        Ok(Value::Null) => ("done".to_owned(), false),
        Ok(Value::String(text)) => (text.clone(), false),
        Ok(value) => (value.to_string(), false),
        Err(problem) => (problem.to_string(), true),
    };
    let content = json!([{"type": "text", "text": text}]);
    Ok(Map::from_iter([
        ("content".to_owned(), content),
        ("isError".to_owned(), Value::Bool(is_error)),
    ]))
}

/// The target of a call with these arguments, and its body with its media type.
fn prepared(
    route: &Route,
    arguments: &Map<String, Value>,
) -> Result<(String, (&'static str, Bytes)), Problem> {
    let queries = route.spec.query.iter().map(|it| it.name);
    let body = route.spec.body.as_ref().map(|_| BODY);
    let known: Vec<&str> = in_path(route.path).chain(queries).chain(body).collect();
    if let Some(name) = arguments.keys().find(|name| !known.contains(&name.as_str())) {
        let near = suggestion(name, known.iter().copied());
        return Err(Problem::bad_request(format!("unknown argument `{name}`{near}")));
    }
    let mut target = route.path.to_owned();
    for name in in_path(route.path) {
        let value = scalar(name, arguments.get(name).unwrap_or(&Value::Null))?;
        let value = value.filter(|it| !it.is_empty()).ok_or_else(|| missing(name))?;
        let value = utf8_percent_encode(&value, NON_ALPHANUMERIC).to_string();
        target = target.replace(&format!("{{{name}}}"), &value);
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    for parameter in route.spec.query {
        let value = arguments.get(parameter.name).unwrap_or(&Value::Null);
        if let Some(value) = scalar(parameter.name, value)? {
            query.append_pair(parameter.name, &value);
        }
    }
    let query = query.finish();
    if !query.is_empty() {
        target = format!("{target}?{query}");
    }
    let body = match (&route.spec.body, arguments.get(BODY).unwrap_or(&Value::Null)) {
        (Some(body), Value::Null) if body.required => return Err(missing(BODY)),
        (None, _) | (Some(_), Value::Null) => (JSON, Bytes::new()),
        (Some(body), value) => written(body, value),
    };
    Ok((target, body))
}

const JSON: &str = "application/json";

/// A body as the call takes it. Text is of the other media type that the call takes; where it takes JSON alone,
/// the text is the JSON.
fn written(body: &Body, value: &Value) -> (&'static str, Bytes) {
    let Value::String(text) = value else { return (JSON, value.to_string().into()) };
    let is_json = text.trim_start().starts_with(['{', '[']);
    let other = body.media.iter().copied().find(|it| *it != JSON && !is_json);
    (other.unwrap_or(JSON), text.clone().into())
}

fn missing(name: &str) -> Problem {
    Problem::bad_request(format!("the argument `{name}` is missing"))
}

/// The text of an argument for a path or a query; `None` for `null`.
fn scalar(name: &str, value: &Value) -> Result<Option<String>, Problem> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Number(_) | Value::Bool(_) => Ok(Some(value.to_string())),
        Value::Array(_) | Value::Object(_) => {
            let problem = Problem::new(StatusCode::BAD_REQUEST, "Bad request");
            Err(problem.detail(format!("the argument `{name}` must be text or a number")))
        }
    }
}
