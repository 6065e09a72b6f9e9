//! The versions of the Model Context Protocol, and how a request names its own.

use serde_json::{Value, json};

use super::message::{
    HEADER_MISMATCH, INVALID_PARAMS, INVALID_REQUEST, Request, RpcError, UNSUPPORTED_VERSION,
};
use crate::wire::call::Call;

/// Versions that begin with `initialize`, oldest first.
pub(super) const HANDSHAKE: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
/// The version whose requests stand alone and name it, each in its `_meta`.
pub(super) const STATELESS: &str = "2026-07-28";

const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES_KEY: &str = "io.modelcontextprotocol/clientCapabilities";
pub(super) const SERVER_KEY: &str = "io.modelcontextprotocol/serverInfo";

/// All versions, newest first.
pub(super) fn supported() -> Vec<&'static str> {
    std::iter::once(STATELESS).chain(HANDSHAKE.into_iter().rev()).collect()
}

/// The version that `initialize` settles on: the client's if it is known, else the newest.
pub(super) fn negotiated(wanted: &str) -> &'static str {
    HANDSHAKE.into_iter().find(|it| *it == wanted).unwrap_or("2025-11-25")
}

/// Whether a request is one of the stateless version; an error if it contradicts itself or the version is
/// unknown.
pub(super) fn is_stateless(call: &Call, request: &Request) -> Result<bool, RpcError> {
    let header = call.header("mcp-protocol-version");
    let meta = request.params.get("_meta");
    let named = meta.and_then(|it| it.get(VERSION_KEY));
    if named.is_none() && header != Some(STATELESS) && request.method != "server/discover" {
        return match header {
            Some(version) if !HANDSHAKE.contains(&version) => Err(unsupported(version)),
            _ => Ok(false),
        };
    }
    let Some(version) = named.and_then(Value::as_str) else {
        return Err(RpcError::new(INVALID_PARAMS, format!("`_meta` must have `{VERSION_KEY}`")));
    };
    if meta.and_then(|it| it.get(CAPABILITIES_KEY)).is_none() {
        return Err(RpcError::new(
            INVALID_PARAMS,
            format!("`_meta` must have `{CAPABILITIES_KEY}`"),
        ));
    }
    let mut wanted = vec![("MCP-Protocol-Version", Some(version))];
    wanted.push(("Mcp-Method", Some(request.method.as_str())));
    if request.method == "tools/call" {
        wanted.push(("Mcp-Name", request.params.get("name").and_then(Value::as_str)));
    }
    for (name, value) in wanted {
        let sent = call.header(&name.to_ascii_lowercase());
        if value.is_some() && sent != value {
            let sent = sent.map_or_else(|| "missing".to_owned(), |it| format!("`{it}`"));
            let text =
                format!("the header {name} is {sent}; the body says `{}`", value.unwrap_or(""));
            return Err(RpcError::new(HEADER_MISMATCH, text));
        }
    }
    if version == STATELESS { Ok(true) } else { Err(unsupported(version)) }
}

fn unsupported(version: &str) -> RpcError {
    let supported = supported();
    let text = format!("version `{version}` is not supported; {} are", supported.join(", "));
    let data = json!({"supported": supported, "requested": version});
    RpcError { data: Some(data), ..RpcError::new(UNSUPPORTED_VERSION, text) }
}

/// Whether a body may be a list of messages: in the versions up to 2025-03-26, which is also that of a request
/// without the header.
pub(super) fn takes_batches(call: &Call) -> bool {
    let older = HANDSHAKE.iter().take(2);
    call.header("mcp-protocol-version").is_none_or(|version| older.clone().any(|it| *it == version))
}

/// The error for several messages in one body where they are not taken.
pub(super) fn no_batch() -> RpcError {
    RpcError::new(
        INVALID_REQUEST,
        "send one message a request; lists of 1 to 100 messages are taken up to the version 2025-03-26",
    )
}
