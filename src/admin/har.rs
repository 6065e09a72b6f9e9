//! Exports the journal for other tools: HAR 1.2 archives.

use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Number;

use super::entry::exact;
use crate::recorder::redaction::Redaction;
use crate::sandbox::journal::Entry;
use crate::sandbox::journal::Headers;
use crate::wire::call::is_host;

/// The HAR 1.2 archive of these entries, oldest first; `entries` has the newest first. `origin` is that of
/// entries without a host.
pub(super) fn archive(entries: &[&Arc<Entry>], origin: &str, redaction: &Redaction) -> Archive {
    let entries = entries.iter().rev().map(|it| entry(it, origin, redaction)).collect();
    let creator = Creator { name: "sandtill", version: env!("CARGO_PKG_VERSION") };
    Archive { log: Log { version: "1.2", creator, entries } }
}

/// Converts microseconds to milliseconds with three decimal digits, the unit of HAR.
fn millis(microseconds: u64) -> Number {
    let text = format!("{}.{:03}", microseconds / 1000, microseconds % 1000);
    text.parse().unwrap_or_else(|_| Number::from(microseconds / 1000))
}

fn headers(headers: Headers<'_>, redaction: &Redaction) -> Vec<Pair> {
    let pair = |it: (&str, &str)| Pair { name: it.0.to_owned(), value: redaction.text(it.1) };
    headers.iter().map(pair).collect()
}

fn content_type(headers: Headers<'_>) -> &str {
    headers.get("content-type").unwrap_or("")
}

fn query(target: &str, redaction: &Redaction) -> Vec<Pair> {
    let query = target.split_once('?').map_or("", |it| it.1);
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Pair { name: name.to_owned(), value: redaction.text(value) }
    };
    query.split('&').filter(|it| !it.is_empty()).map(pair).collect()
}

fn entry(entry: &Entry, origin: &str, redaction: &Redaction) -> HarEntry {
    let answered = entry.answer_body.body();
    let post = || {
        let (text, base64) = exact(&entry.request_body, redaction);
        let mime_type = content_type(entry.head.request()).to_owned();
        Post { mime_type, params: [], text, base64 }
    };
    let (text, base64) = exact(&answered, redaction);
    let scheme = if entry.is_secure { "https" } else { "http" };
    let host = entry.head.request().get("host").filter(|host| is_host(host));
    let origin = host.map_or_else(|| origin.to_owned(), |host| format!("{scheme}://{host}"));
    let request = HarRequest {
        method: entry.method.clone().into_owned(),
        url: format!("{origin}{}", redaction.text(entry.head.target())),
        http_version: entry.http_version,
        cookies: [],
        headers: headers(entry.head.request(), redaction),
        query_string: query(entry.head.target(), redaction),
        headers_size: -1,
        body_size: entry.request_body.length,
        post_data: (entry.request_body.length > 0).then(post),
    };
    let reason = axum::http::StatusCode::from_u16(entry.status);
    let response = HarResponse {
        status: entry.status,
        status_text: reason.ok().and_then(|it| it.canonical_reason()).unwrap_or(""),
        http_version: entry.http_version,
        cookies: [],
        headers: headers(entry.head.answer(), redaction),
        content: Content {
            size: answered.length,
            mime_type: content_type(entry.head.answer()).to_owned(),
            encoding: base64.as_ref().map(|_| "base64"),
            text: base64.unwrap_or(text),
        },
        redirect_url: "",
        headers_size: -1,
        body_size: answered.length,
    };
    HarEntry {
        started_date_time: entry.real_at,
        time: millis(entry.duration_us),
        request,
        response,
        cache: Cache {},
        timings: Timings { send: 0, wait: millis(entry.duration_us), receive: 0 },
        comment: format!("journal entry {}", entry.id),
    }
}

/// An HTTP archive, HAR 1.2.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Har")]
pub(super) struct Archive {
    log: Log,
}

#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "HarLog")]
struct Log {
    version: &'static str,
    creator: Creator,
    entries: Vec<HarEntry>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "HarCreator")]
struct Creator {
    name: &'static str,
    version: &'static str,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct HarEntry {
    started_date_time: Timestamp,
    /// Milliseconds.
    time: Number,
    request: HarRequest,
    response: HarResponse,
    cache: Cache,
    timings: Timings,
    comment: String,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct HarRequest {
    method: String,
    url: String,
    http_version: &'static str,
    cookies: [Pair; 0],
    headers: Vec<Pair>,
    query_string: Vec<Pair>,
    headers_size: i64,
    body_size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<Post>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct HarResponse {
    status: u16,
    status_text: &'static str,
    http_version: &'static str,
    cookies: [Pair; 0],
    headers: Vec<Pair>,
    content: Content,
    #[serde(rename = "redirectURL")]
    redirect_url: &'static str,
    headers_size: i64,
    body_size: u64,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "HarPostData")]
struct Post {
    mime_type: String,
    params: [Pair; 0],
    text: String,
    /// The bytes of a body that is not UTF-8; HAR 1.2 has a member for them in answers only.
    #[serde(rename = "_base64", skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "HarContent")]
struct Content {
    size: u64,
    mime_type: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "HarCache")]
struct Cache {}

#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "HarTimings")]
struct Timings {
    send: u64,
    wait: Number,
    receive: u64,
}

/// A name and its value.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "HarPair")]
struct Pair {
    name: String,
    value: String,
}
