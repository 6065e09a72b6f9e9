//! Reporting lag of a space: read and replaced by provider.

use axum::response::Response;
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};

use super::request::{self, AdminRequest};
use super::spec::{Answer, Body, Spec, slugs};
use crate::providers::{self, Provider};
use crate::sandbox::scenario::{ReportingFile, suggestion};
use crate::sandbox::space::Moment;
use crate::sandbox::state::event::Event;
use crate::wire::problem::Problem;

/// How far the reports of a provider are behind the ledger.
#[derive(Debug, JsonSchema, Serialize)]
struct Reporting {
    #[schemars(extend("enum" = slugs()))]
    provider: &'static str,
    /// Everything is reported as it was this long ago.
    lag: String,
    /// Each row appears later by a length of its own, at most this one.
    jitter: String,
    /// The wall time at which new rows appear, once a day.
    daily: Option<String>,
    /// The days of creation (UTC) whose rows are missing.
    missing: Vec<String>,
    /// The instant from which on the missing days are reported.
    until: Option<Timestamp>,
}

fn shown(moment: &Moment, provider: &Provider) -> Response {
    let setting = moment.state().reporting.of(provider.slug);
    let file = setting.map(|it| it.file.clone()).unwrap_or_default();
    let none = || "0s".to_owned();
    request::json(&Reporting {
        provider: provider.slug,
        lag: file.lag.unwrap_or_else(none),
        jitter: file.jitter.unwrap_or_else(none),
        daily: file.daily,
        missing: file.missing.unwrap_or_default(),
        until: file.until,
    })
}

/// The provider in the path.
fn provider(request: &AdminRequest) -> Result<&'static Provider, Problem> {
    let slug = request.segment(1);
    providers::find(&slug).ok_or_else(|| {
        let near = suggestion(&slug, providers::ALL.iter().map(|it| it.slug));
        Problem::not_found(format!("there is no provider `{slug}`{near}"))
    })
}

pub(super) const READ: Spec =
    Spec { answers: &[Answer::json::<Reporting>(200)], problems: &[404], ..Spec::PLAIN };

pub(super) async fn read(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    Ok(shown(&request, provider(&request)?))
}

/// The schema of a replacement: an answer can be sent back, so `provider` is taken too.
fn replacement(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = ReportingFile::json_schema(generator);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let slugs: Vec<Value> = slugs().into_iter().map(Value::from).chain([Value::Null]).collect();
        properties.insert("provider".to_owned(), json!({"enum": slugs}));
    }
    schema
}

pub(super) const WRITE: Spec = Spec { body: Some(Body::shaped(replacement)), ..READ };

pub(super) async fn write(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let provider = provider(&request)?;
    let mut body: serde_json::Map<String, Value> = request.document()?;
    let named = body.remove("provider").filter(|named| !named.is_null());
    if let Some(named) = named.filter(|named| *named != provider.slug) {
        let problem = format!("`provider` is {named}, and the path says `{}`", provider.slug);
        return Err(Problem::bad_request(problem));
    }
    let read = serde_json::from_value::<ReportingFile>(Value::Object(body));
    let file = read.map_err(request::unreadable)?;
    file.to_rules().map_err(|err| Problem::bad_request(err.to_string()))?;
    let set = request.space.change(|draft| {
        let slug = provider.slug.to_owned();
        draft.push(Event::ReportingSet { provider: slug, reporting: Box::new(file.clone()) });
        Ok::<_, Problem>(())
    });
    let ((), moment) = set?;
    Ok(shown(&moment, provider))
}
