//! The state of the server: probes, health, credentials, providers.

use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::request::{self, AdminRequest};
use super::spec::{Answer, Spec};
use crate::providers::{self, Provider};
use crate::sandbox::scenario::{Field, Quirk, Scenario, SettingSpec, SettingValue};
use crate::wire::problem::Problem;

/// The server is alive.
#[derive(Debug, JsonSchema, Serialize)]
struct Alive {
    #[schemars(extend("const" = "ok"))]
    status: &'static str,
}

/// Probes accept any query parameters, because monitoring tools add their own.
pub(super) const PROBE: Spec = Spec { answers: &[Answer::json::<Alive>(200)], ..Spec::PLAIN };

pub(super) async fn probe(_: AdminRequest) -> Response {
    request::json(&Alive { status: "ok" })
}

pub(super) const READY: Spec =
    Spec { answers: &[Answer::json::<Alive>(200)], problems: &[503], ..Spec::PLAIN };

/// 503 while nothing can be written to the log, because the first vendor call would then be refused.
pub(super) async fn ready(request: AdminRequest) -> Result<Response, Problem> {
    match request.spaces.trouble() {
        None => Ok(request::json(&Alive { status: "ok" })),
        Some(why) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Not ready")
            .detail(format!("the log cannot be written: {why}"))),
    }
}

/// Version, space and scenario of the server.
#[derive(Debug, JsonSchema, Serialize)]
struct Health {
    #[schemars(extend("const" = "ok"))]
    status: &'static str,
    version: &'static str,
    scenario: String,
    seed: u64,
    now: Timestamp,
    /// Empty for the default space.
    space: String,
}

pub(super) const HEALTH: Spec = Spec { answers: &[Answer::json::<Health>(200)], ..Spec::PLAIN };

pub(super) async fn health(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    Ok(request::json(&Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        scenario: request.scenario().name.clone(),
        seed: request.scenario().seed,
        now: request.now,
        space: request.space.name().to_owned(),
    }))
}

pub(super) const CREDENTIALS: Spec =
    Spec { answers: &[Answer::shaped(known_credentials)], ..Spec::PLAIN };

/// Schema: by slug of the provider, a list of objects with the provider's credential fields.
fn known_credentials(_: &mut SchemaGenerator) -> Schema {
    let text = || json!({"type": "string"});
    let credential = |fields: &[Field]| {
        let mut required = vec!["merchant"];
        required.extend(fields.iter().filter(|field| field.required).map(|field| field.name));
        let names = fields.iter().map(|field| field.name).chain(["merchant"]);
        let properties: Map<String, Value> = names.map(|it| (it.to_owned(), text())).collect();
        json!({
            "type": "object",
            "required": required,
            "properties": properties,
            "additionalProperties": false,
        })
    };
    let list = |it: &Provider| {
        (it.slug.to_owned(), json!({"type": "array", "items": credential(it.credentials)}))
    };
    let slugs: Vec<&str> = providers::ALL.iter().map(|it| it.slug).collect();
    json_schema!({
        "type": "object",
        "required": slugs,
        "properties": providers::ALL.iter().map(list).collect::<Map<String, Value>>(),
        "additionalProperties": false,
    })
}

pub(super) async fn credentials(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let mut all = Map::new();
    for provider in providers::ALL {
        let mut list = Vec::new();
        for merchant in request.scenario().merchants() {
            for credential in merchant.credentials.get(provider.slug).into_iter().flatten() {
                let mut item = Map::new();
                item.insert("merchant".to_owned(), json!(merchant.name));
                // In the order of the provider's declaration, not in alphabetical order.
                for field in provider.credentials {
                    if let Some(value) = credential.get(field.name) {
                        item.insert(field.name.to_owned(), json!(value));
                    }
                }
                list.push(Value::Object(item));
            }
        }
        all.insert(provider.slug.to_owned(), Value::Array(list));
    }
    Ok(request::json(&all))
}

/// The providers.
#[derive(Debug, JsonSchema, Serialize)]
struct Providers {
    providers: Vec<ProviderView>,
}

/// A provider with its operations, quirks, settings and examples.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Provider")]
struct ProviderView {
    id: &'static str,
    name: &'static str,
    slug: &'static str,
    /// The official documentation.
    docs: &'static str,
    operations: Vec<ShownOperation>,
    quirks: Vec<ShownQuirk>,
    settings: Vec<ShownSetting>,
    examples: Vec<ShownExample>,
}

/// An operation with the name that journal entries and fault rules use.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "ProviderOperation")]
struct ShownOperation {
    name: &'static str,
    path: &'static str,
}

/// A quirk, and whether it is on.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "ProviderQuirk")]
struct ShownQuirk {
    on: bool,
    name: String,
    when_off: &'static str,
    when_on: &'static str,
}

/// A setting with its value in the scenario in force.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "ProviderSetting")]
struct ShownSetting {
    name: String,
    /// A number or text.
    #[schemars(extend("type" = ["integer", "string", "null"]))]
    value: Value,
    default: &'static str,
    help: &'static str,
}

/// A command that works when it is pasted into a shell.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "ProviderExample")]
struct ShownExample {
    report: String,
    merchant: String,
    command: String,
}

pub(super) const PROVIDERS: Spec =
    Spec { answers: &[Answer::json::<Providers>(200)], ..Spec::PLAIN };

pub(super) async fn providers(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let base_url = request.call.base_url();
    let scenario = request.scenario();
    let shown = |provider: &Provider| ProviderView {
        id: provider.slug,
        name: provider.name,
        slug: provider.slug,
        docs: provider.docs,
        operations: provider
            .operations
            .iter()
            .map(|it| ShownOperation { name: it.name, path: it.path })
            .collect(),
        quirks: quirks(provider, scenario),
        settings: settings(provider, scenario),
        examples: (provider.examples)(&request, &base_url)
            .into_iter()
            .map(|it| ShownExample {
                report: it.report,
                merchant: it.merchant,
                command: it.command,
            })
            .collect(),
    };
    Ok(request::json(&Providers { providers: providers::ALL.iter().map(shown).collect() }))
}

fn quirks(provider: &Provider, scenario: &Scenario) -> Vec<ShownQuirk> {
    let shown = |quirk: &Quirk| {
        let name = format!("{}.{}", provider.slug, quirk.name);
        ShownQuirk { on: scenario.has_quirk(&name), name, when_off: quirk.off, when_on: quirk.on }
    };
    provider.quirks.iter().map(shown).collect()
}

fn settings(provider: &Provider, scenario: &Scenario) -> Vec<ShownSetting> {
    let shown = |spec: &SettingSpec| {
        let name = format!("{}.{}", provider.slug, spec.name);
        let value = match scenario.settings.get(&name) {
            Some(SettingValue::Number(number)) => json!(number),
            Some(SettingValue::Duration(length)) => json!(length.to_string()),
            Some(SettingValue::Text(text)) => json!(text),
            None => Value::Null,
        };
        ShownSetting { name, value, default: spec.default, help: spec.help }
    };
    provider.settings.iter().map(shown).collect()
}
