//! A journal in shapes that other tools take: HAR 1.2, and the `curl` command of a request.

use std::fmt::Write;
use std::sync::{Arc, PoisonError};

use serde_json::{Value, json};

use super::masks::Masks;
use crate::sandbox::headers::Headers;
use crate::sandbox::journal::{Body, Entry};

/// The HAR 1.2 archive of entries, oldest first.
pub(super) fn archive(entries: &[&Arc<Entry>], origin: &str, masks: &Masks) -> Value {
    let entries: Vec<Value> = entries.iter().rev().map(|it| entry(it, origin, masks)).collect();
    json!({
        "log": {
            "version": "1.2",
            "creator": {"name": "sandtill", "version": env!("CARGO_PKG_VERSION")},
            "entries": entries,
        }
    })
}

/// Microseconds as the milliseconds that HAR counts in.
fn millis(microseconds: u64) -> Value {
    let text = format!("{}.{:03}", microseconds / 1000, microseconds % 1000);
    text.parse::<serde_json::Number>().map_or(Value::Null, Value::Number)
}

fn headers(headers: &Headers, masks: &Masks) -> Vec<Value> {
    let header = |it: (&str, &str)| json!({"name": it.0, "value": masks.text(it.1)});
    headers.iter().map(header).collect()
}

fn content_type(headers: &Headers) -> &str {
    headers.get("content-type").unwrap_or("")
}

fn text(body: &Body, masks: &Masks) -> String {
    masks.text(&String::from_utf8_lossy(&body.kept))
}

fn query(target: &str, masks: &Masks) -> Vec<Value> {
    let query = target.split_once('?').map_or("", |it| it.1);
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        json!({"name": name, "value": masks.text(value)})
    };
    query.split('&').filter(|it| !it.is_empty()).map(pair).collect()
}

fn entry(entry: &Entry, origin: &str, masks: &Masks) -> Value {
    let answered = entry.answer_body.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut request = json!({
        "method": entry.method,
        "url": format!("{origin}{}", masks.text(&entry.target)),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&entry.request_headers, masks),
        "queryString": query(&entry.target, masks),
        "headersSize": -1,
        "bodySize": entry.request_body.length,
    });
    if entry.request_body.length > 0
        && let Some(request) = request.as_object_mut()
    {
        let post = json!({
            "mimeType": content_type(&entry.request_headers),
            "params": [],
            "text": text(&entry.request_body, masks),
        });
        request.insert("postData".to_owned(), post);
    }
    let reason = axum::http::StatusCode::from_u16(entry.status);
    let reason = reason.ok().and_then(|it| it.canonical_reason()).unwrap_or("");
    json!({
        "startedDateTime": entry.real_at.to_string(),
        "time": millis(entry.duration_us),
        "request": request,
        "response": {
            "status": entry.status,
            "statusText": reason,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": headers(&entry.answer_headers, masks),
            "content": {
                "size": answered.length,
                "mimeType": content_type(&entry.answer_headers),
                "text": text(&answered, masks),
            },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": answered.length,
        },
        "cache": {},
        "timings": {"send": 0, "wait": millis(entry.duration_us), "receive": 0},
        "comment": format!("journal entry {}", entry.id),
    })
}

/// Headers that curl writes itself, or that are written from elsewhere.
const OWN_HEADERS: [&str; 7] = [
    "host",
    "content-length",
    "authorization",
    "user-agent",
    "accept",
    "accept-encoding",
    "transfer-encoding",
];

/// The command that repeats a request. Without `masks` it shows secrets; with them, what they hide
/// has to be filled in.
pub(super) fn curl(entry: &Entry, origin: &str, masks: Option<&Masks>) -> String {
    let mask = |text: &str| masks.map_or_else(|| text.to_owned(), |masks| masks.text(text));
    let mut command = format!("curl -sS -X {}", entry.method);
    let _ = write!(command, " {}", quoted(&format!("{origin}{}", mask(&entry.target))));
    if let Some(authorization) = &entry.authorization {
        match masks {
            None => {
                let header = format!("Authorization: {}", authorization.0);
                let _ = write!(command, " -H {}", quoted(&header));
            }
            Some(_) => command.push_str(" -H \"Authorization: $AUTHORIZATION\""),
        }
    }
    for (name, value) in entry.request_headers.iter() {
        if !OWN_HEADERS.contains(&name) {
            let _ = write!(command, " -H {}", quoted(&format!("{name}: {}", mask(value))));
        }
    }
    if entry.request_body.length > 0 {
        let body = mask(&String::from_utf8_lossy(&entry.request_body.kept));
        let _ = write!(command, " --data-binary {}", quoted(&body));
    }
    if entry.request_body.is_cut() {
        let _ = write!(
            command,
            "\n# only the first {} of {} bytes of the body were kept",
            entry.request_body.kept.len(),
            entry.request_body.length
        );
    }
    command.push('\n');
    command
}

/// Text as a shell takes it, word for word.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
