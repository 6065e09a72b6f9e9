//! JSON-RPC 2.0 as the Model Context Protocol uses it: reading messages, and the answers and errors to them.

use axum::http::StatusCode;
use serde_json::error::Category;
use serde_json::{Map, Value, json};

use super::super::strict::{self, ListRule};

/// Codes of JSON-RPC, and behind them two of the protocol.
pub(super) const PARSE_ERROR: i64 = -32700;
pub(super) const INVALID_REQUEST: i64 = -32600;
pub(super) const METHOD_NOT_FOUND: i64 = -32601;
pub(super) const INVALID_PARAMS: i64 = -32602;
pub(super) const HEADER_MISMATCH: i64 = -32020;
pub(super) const UNSUPPORTED_VERSION: i64 = -32022;

/// An error of JSON-RPC.
#[derive(Clone, Debug)]
pub(super) struct RpcError {
    pub(super) code: i64,
    pub(super) message: String,
    pub(super) data: Option<Value>,
}

impl RpcError {
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// The answer with this error to the request with this id; `null` when the id is not known.
    pub(super) fn answer(self, id: &Value) -> Value {
        let Self { code, message, data } = self;
        let mut error = json!({"code": code, "message": message});
        if let (Some(error), Some(data)) = (error.as_object_mut(), data) {
            error.insert("data".to_owned(), data);
        }
        json!({"jsonrpc": "2.0", "id": id, "error": error})
    }

    /// The HTTP status of the error: 200 for those that a client of a handshake version reads as an answer.
    pub(super) fn status(&self, is_stateless: bool) -> StatusCode {
        match self.code {
            PARSE_ERROR | INVALID_REQUEST => StatusCode::BAD_REQUEST,
            METHOD_NOT_FOUND if is_stateless => StatusCode::NOT_FOUND,
            _ if is_stateless => StatusCode::BAD_REQUEST,
            _ => StatusCode::OK,
        }
    }
}

/// A message of a client.
#[derive(Debug)]
pub(super) enum Message {
    Request(Request),
    /// A notification, or the answer to a request that this server never makes.
    NoAnswer,
}

/// A request that wants an answer.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) id: Value,
    pub(super) method: String,
    pub(super) params: Map<String, Value>,
}

/// Reads the body of an HTTP request as JSON.
pub(super) fn parse(body: &[u8]) -> Result<Value, RpcError> {
    let value: Value = serde_json::from_slice(body).map_err(|err| {
        RpcError::new(PARSE_ERROR, format!("the body is not JSON that can be read: {err}"))
    })?;
    if value.is_object() {
        strict::check(body, ListRule::Taken).map_err(|err| {
            let code = if err.classify() == Category::Data { INVALID_REQUEST } else { PARSE_ERROR };
            RpcError::new(code, err.to_string())
        })?;
    }
    Ok(value)
}

/// Reads one message. An error carries the id of the request as far as it is known.
pub(super) fn read(value: Value) -> Result<Message, Box<(RpcError, Value)>> {
    let Value::Object(mut members) = value else {
        let text = "a message is an object with `jsonrpc`, `id`, `method` and `params`";
        return Err(Box::new((RpcError::new(INVALID_REQUEST, text), Value::Null)));
    };
    let id = members.remove("id");
    let known_id = id.clone().filter(is_id).unwrap_or(Value::Null);
    let wrong = |code, text: String| Box::new((RpcError::new(code, text), known_id.clone()));
    if members.get("jsonrpc").is_none_or(|it| it != "2.0") {
        return Err(wrong(INVALID_REQUEST, "`jsonrpc` must be \"2.0\"".to_owned()));
    }
    if let Some(id) = id.as_ref().filter(|id| !is_id(id)) {
        let text = format!("`id` is {id}; it must be text or a whole number");
        return Err(wrong(INVALID_REQUEST, text));
    }
    let method = match members.remove("method") {
        Some(Value::String(method)) => method,
        None if members.contains_key("result") || members.contains_key("error") => {
            return Ok(Message::NoAnswer);
        }
        _ => return Err(wrong(INVALID_REQUEST, "`method` must be text".to_owned())),
    };
    let params = match members.remove("params") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => return Err(wrong(INVALID_PARAMS, "`params` must be an object".to_owned())),
    };
    Ok(match id {
        Some(id) => Message::Request(Request { id, method, params }),
        None => Message::NoAnswer,
    })
}

fn is_id(id: &Value) -> bool {
    id.is_string() || id.is_i64() || id.is_u64()
}
