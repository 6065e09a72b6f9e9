//! `POST /_admin/diagnose`: compares a client's proof of identity, and the string it signed, with ours.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::entry::Secrets;
use super::explained::{Explained, explained};
use super::request::{self, AdminRequest};
use super::spec::{Answer, Body, Spec, Values, parameter};
use crate::providers::operation::Proof;
use crate::providers::{self, Provider};
use crate::recorder::BODY_LIMIT;
use crate::recorder::redaction::Redaction;
use crate::sandbox::journal::{Entry, Explanation};
use crate::sandbox::long_work::Threads;
use crate::sandbox::scenario::suggestion;
use crate::wire::body::inflated;
use crate::wire::call::Call;
use crate::wire::problem::Problem;
use crate::wire::proof::Own;

/// A request to be diagnosed: an entry of the journal, or body and headers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DiagnoseRequest")]
struct Question {
    /// The slug of the provider; needed without `entry`.
    provider: Option<String>,
    /// An entry of the journal; without it and without `request` the newest one of the provider.
    entry: Option<u64>,
    /// The body of a request: as JSON, or as text exactly as it is sent.
    request: Option<Value>,
    /// The headers of that request.
    headers: Option<BTreeMap<String, String>>,
    /// The path of that request; without it the operation is guessed.
    path: Option<String>,
    /// The string that the client signed.
    string: Option<String>,
    /// The signature that the client made, instead of the one in the request.
    signature: Option<String>,
}

/// What was diagnosed, and the explanation.
#[derive(Debug, JsonSchema, Serialize)]
struct Diagnosis {
    provider: &'static str,
    operation: &'static str,
    /// The entry of the journal, if it is one.
    entry: Option<u64>,
    #[serde(flatten)]
    #[schemars(with = "Explained")]
    explanation: Map<String, Value>,
}

pub(super) const DIAGNOSE: Spec = Spec {
    query: &[parameter("secrets", Values::OneOf(|| vec!["shown", "masked"]))],
    body: Some(Body::json::<Question>()),
    answers: &[Answer::json::<Diagnosis>(200)],
    problems: &[404, 422],
};

pub(super) async fn diagnose(request: AdminRequest) -> Result<Response, Problem> {
    let query = request.query(DIAGNOSE.query)?;
    let secrets = query.one_of("secrets")?.unwrap_or(Secrets::Masked);
    let question: Question = request.document()?;
    let own = Own { string: question.string.clone(), signature: question.signature.clone() };
    let (provider, entry, call) = found(&request, question)?;
    let operation = call.operation;
    let work = move |_| (provider.diagnose)(&call, &own);
    let explanation = Threads::shared()
        .run(work)
        .await
        .unwrap_or_else(|| Explanation::mistake("this operation asks for no proof of identity"));
    let redaction = match secrets {
        Secrets::Shown => Redaction::default(),
        Secrets::Masked => Redaction::of(request.scenario(), &request.space),
    };
    let explanation = explained(explanation, &redaction, secrets);
    Ok(request::json(&Diagnosis { provider: provider.slug, operation, entry, explanation }))
}

type Found = (&'static Provider, Option<u64>, Call);

fn found(request: &AdminRequest, question: Question) -> Result<Found, Problem> {
    let slug = question.provider.as_deref();
    slug.map(super::journal::known_provider).transpose()?;
    if question.entry.is_some() && question.request.is_some() {
        return Err(Problem::bad_request("`entry` and `request` exclude each other; send one"));
    }
    if question.request.is_none() && (question.headers.is_some() || question.path.is_some()) {
        let wanted =
            "`headers` and `path` belong to a `request`; send its body too, `\"\"` for none";
        return Err(Problem::bad_request(wanted));
    }
    if let Some(id) = question.entry {
        let entry = super::entry::find(request, id)?;
        let Some(provider) = providers::find(entry.provider) else {
            return Err(unprocessable(format!("entry {id} belongs to no provider")));
        };
        if let Some(slug) = slug.filter(|slug| *slug != provider.slug) {
            let detail =
                format!("entry {id} is one of {}, and `provider` is `{slug}`", provider.slug);
            return Err(Problem::bad_request(detail));
        }
        return Ok((provider, Some(id), of_entry(request, &entry)?));
    }
    let Some(provider) = slug.and_then(providers::find) else {
        let names: Vec<&str> = providers::ALL.iter().map(|it| it.slug).collect();
        let names = names.join(", ");
        return Err(Problem::bad_request(format!("`provider` is missing; send one of {names}")));
    };
    if let Some(body) = question.request {
        let headers = headers(question.headers.unwrap_or_default())?;
        let call = of_body(request, provider, (headers, question.path), &body)?;
        return Ok((provider, None, call));
    }
    let entries = request.space.journal.entries();
    let Some(entry) = entries.iter().rev().find(|entry| entry.provider == provider.slug) else {
        let slug = provider.slug;
        let detail = format!("the journal has no entry of {slug}; send the body as `request`");
        return Err(Problem::not_found(detail));
    };
    Ok((provider, Some(entry.id), of_entry(request, entry)?))
}

fn unprocessable(detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Cannot be diagnosed").detail(detail)
}

/// The request of an entry, as it came.
fn of_entry(request: &AdminRequest, entry: &Entry) -> Result<Call, Problem> {
    if entry.request_body.is_truncated() {
        let detail = format!(
            "entry {} keeps {} of the {} bytes of its body; send the body as `request`",
            entry.id,
            entry.request_body.bytes.len(),
            entry.request_body.length
        );
        return Err(unprocessable(detail));
    }
    let target = entry.head.target();
    let target = target.strip_prefix(&*request.space.prefix()).unwrap_or(target);
    let mut headers = HeaderMap::new();
    let sent = entry.head.request().iter().filter(|header| header.0 != "authorization");
    let sent = sent.chain(entry.head.authorization().map(|it| ("authorization", it)));
    for (name, value) in sent {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    Ok(Call {
        operation: entry.operation,
        method: Method::from_bytes(entry.method.as_bytes()).unwrap_or(Method::POST),
        uri: target.parse().unwrap_or_else(|_| Uri::from_static("/")),
        body: inflated(&headers, entry.request_body.bytes.clone(), BODY_LIMIT).unwrap_or_default(),
        headers,
        ..request.call.clone()
    })
}

fn headers(named: BTreeMap<String, String>) -> Result<HeaderMap, Problem> {
    let mut headers = HeaderMap::new();
    for (name, value) in named {
        let parsed = (HeaderName::try_from(&name), HeaderValue::try_from(&value));
        let (Ok(known), Ok(value)) = parsed else {
            return Err(Problem::bad_request(format!(
                "`headers` has `{name}`, which HTTP cannot carry"
            )));
        };
        headers.append(known, value);
    }
    Ok(headers)
}

/// A request that was not sent: its operation is that of the path, else the one that such a proof is for.
fn of_body(
    request: &AdminRequest,
    provider: &'static Provider,
    (headers, path): (HeaderMap, Option<String>),
    body: &Value,
) -> Result<Call, Problem> {
    let path = match path {
        Some(path) if (provider.operation)(&path) == "unknown" => {
            let near = suggestion(&path, provider.operations.iter().map(|it| it.path));
            let detail =
                format!("`path` is `{path}`, where {} has no operation{near}", provider.name);
            return Err(Problem::bad_request(detail));
        }
        Some(path) => path,
        None => {
            let is_signed = provider.sign.is_some() && !headers.contains_key("authorization");
            let fits = |proof: Proof| (proof == Proof::Request) == is_signed;
            let operation = provider.operations.iter().find(|operation| fits(operation.proof));
            operation.map_or("/", |operation| operation.path).to_owned()
        }
    };
    let body = match body {
        Value::String(text) => Bytes::from(text.clone()),
        value => Bytes::from(json!(value).to_string()),
    };
    Ok(Call {
        operation: (provider.operation)(&path),
        method: Method::POST,
        uri: path.parse().unwrap_or_else(|_| Uri::from_static("/")),
        headers,
        body,
        ..request.call.clone()
    })
}
