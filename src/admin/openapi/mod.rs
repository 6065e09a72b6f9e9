//! The OpenAPI 3.1 description of the admin API and of the providers. It is made from the tables that also
//! serve the requests (routes, operations and their types) and committed with recorded examples; a running
//! server replaces the values that depend on its options and scenario.

mod calls;
mod operations;

pub(super) use self::calls::id;

use std::sync::OnceLock;

use axum::response::Response;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::ROUTES;
use super::request::{self, AdminRequest};
use super::spec::{Answer, Spec};
use crate::sandbox::clock::MAX_WAIT_MS;
use crate::wire::problem::Problem;

pub(super) const READ: Spec = Spec { answers: &[Answer::shaped(description)], ..Spec::PLAIN };

/// The schema of an OpenAPI document, reduced to its main members.
fn description(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "required": ["openapi", "info", "servers", "paths", "components"],
        "properties": {
            "openapi": {"const": "3.1.0"},
            "info": {"type": "object"},
            "servers": {"type": "array"},
            "paths": {"type": "object"},
            "components": {"type": "object"},
        },
    })
}

/// The description with its examples, for a server at `localhost:8080` with the scenario `default`. A test
/// runs the examples and fails if the file does not fit the code.
const FILE: &str = include_str!("../../../docs/openapi.json");

/// The same, read.
pub(super) fn committed() -> &'static Value {
    static PARSED: OnceLock<Value> = OnceLock::new();
    // A test makes sure that the file is JSON, so the default is never used.
    PARSED.get_or_init(|| serde_json::from_str(FILE).unwrap_or_default())
}

pub(super) async fn read(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let mut description = committed().clone();
    set(&mut description, &["servers"], json!([{"url": request.base_url()}]));
    let merchants = request.scenario().merchants().map(|it| it.name.as_str());
    let merchants = json!({"enum": merchants.collect::<Vec<_>>()});
    set(&mut description, &["components", "schemas", "MerchantName"], merchants);
    let schemas = description.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    schemas.into_iter().for_each(|it| bound_waits(it, request.space.options.longest_wait_ms()));
    if request.space.options.admin_token.is_some() {
        lock(&mut description);
    }
    Ok(request::json(&description))
}

/// Declares that all calls of the admin API except the probes require the token.
fn lock(description: &mut Value) {
    for route in ROUTES.iter().filter(|route| !calls::is_probe(route)) {
        let method = route.method.to_lowercase();
        set(description, &["paths", route.path, &method, "security"], json!([{"admin": []}]));
    }
}

/// The description that follows from the code, without examples.
#[must_use]
pub fn described() -> Value {
    let mut generators = Generators::new();
    let mut paths = Map::new();
    calls::describe(&mut paths, &mut generators);
    let mut schemas = generators.schemas();
    operations::describe(&mut paths, &mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sandtill",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Five payment providers' reporting APIs as emulated, and the sandbox's \
                own admin API. Every path also exists below /@{space}.",
            "license": {"name": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "http://localhost:8080"}],
        "tags": tags(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": calls::problems(),
            "securitySchemes": operations::proofs(),
        },
    })
}

fn tags() -> Vec<Value> {
    let admin = json!({"name": "admin", "description": "The sandbox's own API"});
    let of = |provider: &crate::providers::Provider| {
        json!({
            "name": provider.slug,
            "description": provider.name,
            "externalDocs": {"url": provider.docs},
        })
    };
    std::iter::once(admin).chain(crate::providers::ALL.iter().map(of)).collect()
}

/// Sets a value at a path of names; missing objects on the path are made.
fn set(node: &mut Value, names: &[&str], value: Value) {
    let Some((first, rest)) = names.split_first() else {
        *node = value;
        return;
    };
    if !node.is_object() {
        *node = json!({});
    }
    if let Some(members) = node.as_object_mut() {
        set(members.entry(*first).or_insert(Value::Null), rest, value);
    }
}

/// Two generators of schemas: one for requests, one for answers.
struct Generators {
    sent: SchemaGenerator,
    answered: SchemaGenerator,
}

impl Generators {
    fn new() -> Self {
        let settings = || {
            let mut settings = SchemaSettings::draft2020_12();
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
            settings
        };
        Self {
            sent: settings().with_transform(RecursiveTransform(bound)).into_generator(),
            // Answers contain only the members of their types, so their schemas allow no others.
            answered: settings()
                .for_serialize()
                .with_transform(RecursiveTransform(close))
                .into_generator(),
        }
    }

    /// The schemas under `#/components/schemas`.
    fn schemas(mut self) -> Map<String, Value> {
        let mut schemas = self.answered.take_definitions(true);
        schemas.extend(self.sent.take_definitions(true));
        schemas.insert("Problem".to_owned(), calls::problem());
        bound_waits(&mut schemas, MAX_WAIT_MS);
        allow_nulls(&mut schemas);
        // The names of merchants depend on the scenario in force.
        schemas.insert("MerchantName".to_owned(), json!({"type": "string"}));
        schemas
    }
}

/// Adds minimum and maximum of the Rust type to the schema of an integer.
fn bound(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    let (least, most) = match object.get("format").and_then(Value::as_str) {
        Some("uint" | "uint64") => (json!(0), json!(u64::MAX)),
        Some("uint32") => (json!(0), json!(u32::MAX)),
        Some("int64") => (json!(i64::MIN), json!(i64::MAX)),
        _ => return,
    };
    object.entry("minimum").or_insert(least);
    object.entry("maximum").or_insert(most);
}

fn close(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    let is_object = object.get("type").is_some_and(|it| it == "object");
    if is_object
        && object.contains_key("properties")
        && !object.contains_key("additionalProperties")
    {
        object.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
}

/// In a scenario, a key with the value `null` counts as absent; the schemas have to allow it.
fn allow_nulls(schemas: &mut Map<String, Value>) {
    for name in ["ScenarioFile", "ClockFile", "MerchantFile"] {
        let Some(schema) = schemas.get_mut(name) else { continue };
        let required = schema.get("required").cloned().unwrap_or_default();
        let is_required =
            |name: &str| required.as_array().is_some_and(|names| names.iter().any(|it| it == name));
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            if !is_required(name) {
                *property = json!({"anyOf": [property.take(), {"type": "null"}]});
            }
        }
    }
}

/// Adds the limit of waits, which is an option of the server.
fn bound_waits(schemas: &mut Map<String, Value>, most: u64) {
    for name in ["Expected", "CallbackWait"] {
        let properties = schemas.get_mut(name).and_then(|it| it.get_mut("properties"));
        let Some(Value::Object(properties)) = properties else { continue };
        for (_, schema) in properties.iter_mut().filter(|it| it.0.ends_with("_ms")) {
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("maximum".to_owned(), json!(most));
            }
        }
    }
}
