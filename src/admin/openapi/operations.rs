//! The operations of the providers in the OpenAPI description.

use serde_json::{Map, Value, json};

use super::set;

use crate::providers::operation::{Operation, Proof};
use crate::providers::{self, Provider};

/// The security schemes of the description, by the names that operations use.
pub(super) fn proofs() -> Map<String, Value> {
    let mut proofs = Map::new();
    let bearer = json!({"type": "http", "scheme": "bearer"});
    proofs.insert("admin".to_owned(), bearer.clone());
    for provider in providers::ALL {
        let proof = provider.operations.iter().map(|it| it.proof).find(|it| *it != Proof::Request);
        let proof = match proof {
            None | Some(Proof::Request) => continue,
            Some(Proof::Basic) => json!({"type": "http", "scheme": "basic"}),
            Some(Proof::Bearer) => bearer.clone(),
            Some(Proof::Token) => json!({
                "type": "apiKey", "in": "header", "name": "Authorization",
                "description": "`Token`, a blank, and the token",
            }),
        };
        proofs.insert(provider.slug.to_owned(), proof);
    }
    proofs
}

pub(super) fn describe(paths: &mut Map<String, Value>, schemas: &mut Map<String, Value>) {
    for provider in providers::ALL {
        for operation in provider.operations {
            let shape = (operation.shape)();
            let described = described(provider, operation, &shape);
            schemas.extend(shape.schemas.into_iter().map(|(name, it)| (name.to_owned(), it)));
            let item = paths.entry(operation.path).or_insert_with(|| json!({}));
            // Operations that share a method and a path are described by the first of them.
            if let Some(item) = item.as_object_mut() {
                item.entry(operation.method.to_lowercase()).or_insert(described);
            }
        }
    }
}

fn described(
    provider: &Provider,
    operation: &Operation,
    shape: &providers::operation::Shape,
) -> Value {
    let name = operation.name.replace(['/', '-'], "_");
    let here = |it: &&Operation| (it.method, it.path) == (operation.method, operation.path);
    let here = provider.operations.iter().filter(here);
    let names: Vec<String> = here.map(|it| format!("`{}`", it.name)).collect();
    let mut described = json!({
        "tags": [provider.slug],
        "operationId": format!("{}_{name}", provider.slug),
        "summary": format!("{}: {}", provider.name, operation.does),
        "description": format!("The operation {} of journal and faults.", names.join(" or ")),
        "externalDocs": {"url": provider.docs},
        "parameters": shape.parameters,
    });
    if let Some(body) = &shape.body {
        let content = json!({"application/json": {"schema": body}});
        let body = json!({"required": !shape.body_is_optional, "content": content});
        set(&mut described, &["requestBody"], body);
    }
    let mut responses = Map::new();
    for (status, media, schema) in &shape.answers {
        let answer = responses.entry(status.to_string()).or_insert_with(|| {
            json!({
                "description": if *status == 200 { "Answered" } else { "Refused" },
                "headers": {"Sandtill-Journal": {
                    "description": "Where the journal says what was made of the request",
                    "schema": {"type": "string"},
                }},
            })
        });
        set(answer, &["content", media, "schema"], schema.clone());
    }
    set(&mut described, &["responses"], Value::Object(responses));
    set(&mut described, &["x-fidelity"], fidelity(provider, operation));
    let proof = match operation.proof {
        Proof::Request => json!([]),
        Proof::Basic | Proof::Bearer | Proof::Token => json!([{provider.slug: []}]),
    };
    set(&mut described, &["security"], proof);
    described
}

/// What the emulation of an operation rests on, with the same for the others that share its path and method.
fn fidelity(provider: &Provider, operation: &Operation) -> Value {
    let mut fidelity = operation.fidelity.described();
    let is_other = |it: &&Operation| {
        (it.method, it.path) == (operation.method, operation.path) && it.name != operation.name
    };
    for other in provider.operations.iter().filter(is_other) {
        set(&mut fidelity, &["operations", other.name], other.fidelity.described());
    }
    fidelity
}
