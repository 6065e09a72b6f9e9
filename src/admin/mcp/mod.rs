//! `POST /_admin/mcp`: the calls of the admin API as tools of the Model Context Protocol, for agents. Each
//! request stands alone; the server keeps no session.

mod message;
mod tools;
mod version;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use self::message::{
    INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, Message, Request, RpcError,
};
use super::inside::Inside;
use super::request::{self, AdminRequest};
use super::spec::{Answer, Body, Spec};
use crate::sandbox::scenario::suggestion;
use crate::wire::problem::Problem;

/// Messages in one body, which clients of 2025-03-26 may send.
const MAX_BATCH: usize = 100;

const METHODS: [&str; 5] = ["initialize", "server/discover", "ping", "tools/list", "tools/call"];

/// What a model is told about the server.
const INSTRUCTIONS: &str = "Sandtill stands in for the reporting APIs of five payment providers. \
    The tools are its admin API for the space of this URL. When a client under test is refused, read \
    get_journal and get_journal_id: `reason`, `likely_mistake` and the strings to sign say why. \
    Amounts are integers in minor units, instants RFC 3339. post_clock_advance moves time and does \
    what falls due; get_truth and post_reconcile say what a right import must hold.";

pub(super) const CALL: Spec = Spec {
    body: Some(Body::shaped(message)),
    answers: &[
        Answer::of_shape(200, answer),
        Answer { status: 202, ..Answer::NOTHING },
        Answer::of_shape(400, answer),
        Answer::of_shape(404, answer),
    ],
    ..Spec::PLAIN
};

/// Schema: a message of JSON-RPC.
fn message(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "required": ["jsonrpc", "method"],
        "properties": {
            "jsonrpc": {"const": "2.0"},
            "id": {"type": ["string", "integer"]},
            "method": {"type": "string"},
            "params": {"type": "object"},
        },
    })
}

/// Schema: an answer of JSON-RPC.
fn answer(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "required": ["jsonrpc", "id"],
        "properties": {
            "jsonrpc": {"const": "2.0"},
            "id": {"type": ["string", "integer", "null"]},
            "result": {"type": "object"},
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
            },
        },
    })
}

pub(super) async fn call(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let inside = Inside::of(request);
    let value = match message::parse(inside.body()) {
        Ok(value) => value,
        Err(error) => return Ok(refused(error, &Value::Null, false)),
    };
    let Value::Array(messages) = value else {
        return Ok(match answered(&inside, value).await {
            Some((status, answer)) => request::json_with(status, &answer),
            None => accepted(),
        });
    };
    if messages.is_empty()
        || messages.len() > MAX_BATCH
        || !version::takes_batches(inside.request())
    {
        return Ok(refused(version::no_batch(), &Value::Null, false));
    }
    let mut answers = Vec::new();
    for message in messages {
        answers.extend(answered(&inside, message).await.map(|it| it.1));
    }
    Ok(if answers.is_empty() { accepted() } else { request::json(&answers) })
}

/// The answer to a message and its HTTP status; `None` for a notification.
async fn answered(inside: &Inside, value: Value) -> Option<(StatusCode, Value)> {
    let request = match message::read(value) {
        Ok(Message::Request(request)) => request,
        Ok(Message::NoAnswer) => return None,
        Err(refused) => {
            let (error, id) = *refused;
            return Some((error.status(false), error.answer(&id)));
        }
    };
    let is_stateless = match version::is_stateless(inside.request(), &request) {
        Ok(is_stateless) => is_stateless,
        Err(error) => return Some((error.status(true), error.answer(&request.id))),
    };
    Some(match result(inside, &request, is_stateless).await {
        Ok(mut result) => {
            if is_stateless {
                result.insert("resultType".to_owned(), json!("complete"));
            }
            (StatusCode::OK, json!({"jsonrpc": "2.0", "id": request.id, "result": result}))
        }
        Err(error) => (error.status(is_stateless), error.answer(&request.id)),
    })
}

async fn result(
    inside: &Inside,
    request: &Request,
    is_stateless: bool,
) -> Result<Map<String, Value>, RpcError> {
    let result = match request.method.as_str() {
        "initialize" if !is_stateless => initialized(&request.params)?,
        "server/discover" => discovered(),
        "ping" => json!({}),
        "tools/list" => listed(&request.params, is_stateless)?,
        "tools/call" => return tools::call(inside, &request.params).await,
        other => {
            let near = suggestion(other, METHODS.into_iter());
            let text = format!("there is no method `{other}`{near}; there are tools alone");
            return Err(RpcError::new(METHOD_NOT_FOUND, text));
        }
    };
    match result {
        Value::Object(result) => Ok(result),
        _ => Err(RpcError::new(INVALID_REQUEST, "no object")),
    }
}

fn server_info() -> Value {
    json!({"name": "sandtill", "title": "Sandtill", "version": env!("CARGO_PKG_VERSION")})
}

fn initialized(params: &Map<String, Value>) -> Result<Value, RpcError> {
    let Some(wanted) = params.get("protocolVersion").and_then(Value::as_str) else {
        let text = "`protocolVersion` must be a version such as 2025-11-25";
        return Err(RpcError::new(INVALID_PARAMS, text));
    };
    Ok(json!({
        "protocolVersion": version::negotiated(wanted),
        "capabilities": {"tools": {}},
        "serverInfo": server_info(),
        "instructions": INSTRUCTIONS,
    }))
}

fn discovered() -> Value {
    json!({
        "supportedVersions": version::supported(),
        "capabilities": {"tools": {}},
        "instructions": INSTRUCTIONS,
        "ttlMs": 0,
        "cacheScope": "private",
        "_meta": {version::SERVER_KEY: server_info()},
    })
}

/// All tools on one page.
fn listed(params: &Map<String, Value>, is_stateless: bool) -> Result<Value, RpcError> {
    if params.get("cursor").is_some_and(|it| !it.is_null()) {
        let text = "there is one page; no answer had a cursor";
        return Err(RpcError::new(INVALID_PARAMS, text));
    }
    let tools = tools::list();
    Ok(match is_stateless {
        true => json!({"tools": tools, "ttlMs": 0, "cacheScope": "private"}),
        false => json!({"tools": tools}),
    })
}

fn refused(error: RpcError, id: &Value, is_stateless: bool) -> Response {
    request::json_with(error.status(is_stateless), &error.answer(id))
}

/// 202 without a body: there is nothing to answer.
fn accepted() -> Response {
    StatusCode::ACCEPTED.into_response()
}
