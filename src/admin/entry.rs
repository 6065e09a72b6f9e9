//! One entry of the journal, whole: request, answer, explanation, rows; or for other tools.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::curl::curl;
use super::explained::{Explained, explained};
use super::har::{self, Archive};
use super::journal::{EntrySummary, line};
use super::request::{self, AdminRequest};
use super::spec::{Answer, Spec, Values, names, parameter};
use crate::recorder::redaction::Redaction;
use crate::sandbox::journal::{Body, Entry, Headers, Missing, Run};
use crate::sandbox::space::Moment;
use crate::wire::call::response;
use crate::wire::problem::Problem;

/// One entry, or with `as=har` an archive.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(untagged)]
#[schemars(rename = "JournalEntryAsAsked")]
#[expect(dead_code, reason = "for its schema alone")]
enum WholeAsAsked {
    Whole(Box<Whole>),
    Archive(Archive),
}

pub(super) const ONE: Spec = Spec {
    query: &[
        parameter("as", Values::OneOf(names::<Format>)),
        parameter("secrets", Values::OneOf(|| vec!["shown", "masked"])),
    ],
    answers: &[Answer::json::<WholeAsAsked>(200), Answer::text("text/plain")],
    problems: &[404],
    ..Spec::PLAIN
};

pub(super) async fn one(request: AdminRequest) -> Result<Response, Problem> {
    let query = request.query(ONE.query)?;
    let id = request.number(1, "a journal entry")?;
    let entry = find(&request, id)?;
    let redaction = Redaction::of(request.scenario(), &request.space);
    let secrets = query.one_of("secrets")?.unwrap_or(Secrets::Masked);
    match query.one_of("as")? {
        None if secrets == Secrets::Shown => {
            Ok(request::json(&whole(&entry, &request, (&Redaction::default(), secrets))))
        }
        None => Ok(request::json(&whole(&entry, &request, (&redaction, secrets)))),
        Some(Format::Har) => {
            Ok(request::json(&har::archive(&[&entry], &request.origin(), &redaction)))
        }
        Some(Format::Curl) => {
            let redaction = Some(&redaction).filter(|_| secrets == Secrets::Masked);
            let command = curl(&entry, (&request.origin(), request.space.name()), redaction);
            Ok(response(StatusCode::OK, "text/plain; charset=utf-8", command))
        }
    }
}

/// The entry with this id, or a 404 that says why it is not there.
pub(super) fn find(request: &AdminRequest, id: u64) -> Result<Arc<Entry>, Problem> {
    let journal = &request.space.journal;
    journal.entry(id).ok_or_else(|| {
        Problem::not_found(match journal.missing(id) {
            Missing::Open => format!("the request of entry {id} is still being answered"),
            Missing::Cleared => format!("entry {id} was cleared"),
            Missing::Dropped => format!("entry {id} made room for newer ones"),
            Missing::Never => {
                format!("there is no entry {id}; GET /_admin/journal lists those there are")
            }
        })
    })
}

/// Formats of one entry for other tools.
#[derive(Clone, Copy, Debug, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
enum Format {
    Curl,
    Har,
}

/// Whether secrets stand in the answer or their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Secrets {
    Shown,
    Masked,
}

/// A journal entry with all its details.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "JournalEntry")]
struct Whole {
    #[serde(flatten)]
    line: EntrySummary,
    /// What helps to correct the request; without members when there is nothing to correct.
    #[schemars(with = "Explained")]
    explanation: Map<String, Value>,
    request: RecordedRequest,
    answer: Answered,
    /// The transactions that the answer carried, as far as it has left.
    rows: Vec<CarriedRows>,
}

/// Transactions without a gap between them that an answer carried.
#[derive(Debug, JsonSchema, Serialize)]
struct CarriedRows {
    /// Id of the transaction with the lowest id.
    first: i64,
    /// Id of the transaction with the highest id.
    last: i64,
    /// How many there are; an answer with very many gaps has the rest in one item.
    count: u32,
}

/// The recorded request.
#[derive(Debug, JsonSchema, Serialize)]
struct RecordedRequest {
    method: String,
    target: String,
    /// Names and values.
    headers: Vec<(String, String)>,
    body: Text,
}

/// The recorded answer.
#[derive(Debug, JsonSchema, Serialize)]
struct Answered {
    #[schemars(range(max = 999))]
    status: u16,
    headers: Vec<(String, String)>,
    body: Text,
}

/// A body as text, its full length, and whether a part is left out.
#[derive(Debug, JsonSchema, Serialize)]
struct Text {
    /// The body; bytes that are not UTF-8 are replaced by `U+FFFD`.
    text: String,
    /// The bytes as they came, base64, if they are not UTF-8 and contain no secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    /// Bytes.
    length: u64,
    cut: bool,
}

/// The rows of an entry with their ids.
fn rows(moment: &Moment, entry: &Entry) -> Vec<CarriedRows> {
    let merchant = entry.note.merchant.as_deref();
    let merchant = merchant.and_then(|name| moment.scenario().merchant(name));
    let view = merchant.and_then(|merchant| moment.view(merchant.id));
    let (Some(view), Some(rows)) = (view, &entry.rows) else { return Vec::new() };
    let run = |run: &Run| CarriedRows {
        first: view.number_of(run.first),
        last: view.number_of(run.last),
        count: run.count,
    };
    rows.carried().runs().iter().map(run).collect()
}

fn whole(entry: &Entry, moment: &Moment, (redaction, secrets): (&Redaction, Secrets)) -> Whole {
    let explanation = entry.note.explanation.as_deref().cloned();
    let answered = entry.answer_body.body();
    Whole {
        line: line(entry, redaction),
        explanation: explanation.map(|it| explained(it, redaction, secrets)).unwrap_or_default(),
        request: RecordedRequest {
            method: entry.method.clone().into_owned(),
            target: redaction.text(entry.head.target()),
            headers: request_headers(entry, redaction, secrets),
            body: text(&entry.request_body, redaction),
        },
        answer: Answered {
            status: entry.status,
            headers: headers(entry.head.answer(), redaction),
            body: text(&answered, redaction),
        },
        rows: rows(moment, entry),
    }
}

/// The headers of the request, with the Authorization header as it was sent if secrets are shown.
fn request_headers(
    entry: &Entry,
    redaction: &Redaction,
    secrets: Secrets,
) -> Vec<(String, String)> {
    let mut all = headers(entry.head.request(), redaction);
    if let (Secrets::Shown, Some(sent)) = (secrets, entry.head.authorization()) {
        let masked = all.iter_mut().filter(|header| header.0 == "authorization");
        masked.for_each(|header| sent.clone_into(&mut header.1));
    }
    all
}

fn headers(headers: Headers<'_>, redaction: &Redaction) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_owned(), redaction.text(value))).collect()
}

fn text(body: &Body, redaction: &Redaction) -> Text {
    let (text, base64) = exact(body, redaction);
    Text { text, base64, length: body.length, cut: body.is_truncated() }
}

/// The kept part of a body as text without secrets. If it is not UTF-8, its bytes in base64 stand beside the
/// text, unless they contain a secret, which base64 would not hide.
pub(super) fn exact(body: &Body, redaction: &Redaction) -> (String, Option<String>) {
    if let Some(text) = body.text() {
        return (redaction.text(text), None);
    }
    let text = String::from_utf8_lossy(&body.bytes);
    let masked = redaction.text(&text);
    let base64 = (masked == text).then(|| STANDARD.encode(&body.bytes));
    (masked, base64)
}
