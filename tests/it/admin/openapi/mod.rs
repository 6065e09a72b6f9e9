//! What `/_admin/openapi.json` says is true: real answers of every call and of every operation are
//! held against it, its examples against its own schemas.

mod committed;
mod description;
mod example_recorder;
mod example_scenario;
mod examples;
mod requests;

use std::collections::BTreeSet;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use sandtill::admin::ROUTES;
use sandtill::providers::operation::Step;
use sandtill::providers::{self, Provider};
use serde_json::{Value, json};

use self::description::{Description, operations};
use super::SHOP;
use crate::support::Server;

#[tokio::test]
async fn every_call_and_every_operation_is_described_with_examples() {
    let server = Server::start().await;
    let description = Description::of(&server).await;
    let described: BTreeSet<String> =
        operations(&description.0).into_iter().map(|it| it.0).collect();
    let routes = ROUTES.iter().map(|it| (it.method, it.path));
    let of_providers = providers::ALL.iter().flat_map(|it| it.operations);
    let known = routes.chain(of_providers.map(|it| (it.method, it.path)));
    let known = known.map(|(method, path)| format!("{} {path}", method.to_lowercase()));
    assert_eq!(described, known.collect());
    for (name, operation) in operations(&description.0) {
        let mut examples = 0;
        let mut count =
            |it: &Value| examples += it["examples"].as_object().map_or(0, serde_json::Map::len);
        operation["parameters"].as_array().unwrap().iter().for_each(&mut count);
        let bodies = operation["requestBody"]["content"].as_object();
        bodies.into_iter().flatten().for_each(|it| count(it.1));
        let mut answers = Vec::new();
        for response in operation["responses"].as_object().unwrap().values() {
            let content = response["content"].as_object();
            answers.extend(content.into_iter().flatten().map(|it| it.1));
        }
        answers.into_iter().for_each(&mut count);
        // There is nothing to show of these: no request, no answer; itself; what needs a TLS port.
        let bare = [
            "delete /_admin/faults",
            "delete /_admin/journal",
            "delete /_admin/spaces",
            "get /_admin/openapi.json",
            "get /_admin/tls/ca.pem",
        ];
        assert!(examples > 0 || bare.contains(&name.as_str()), "{name}");
    }
}

/// Every `$ref` below a value.
fn refs<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|it| refs(it, found));
        }
        Value::Array(items) => items.iter().for_each(|it| refs(it, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_reference_resolves_and_every_example_is_as_its_schema_says() {
    let server = Server::start().await;
    let description = Description::of(&server).await;
    let mut found = Vec::new();
    refs(&description.0, &mut found);
    assert!(found.len() > 100, "{}", found.len());
    for pointer in found {
        let pointer = pointer.strip_prefix('#').unwrap();
        assert!(description.0.pointer(pointer).is_some(), "{pointer}");
    }
    let check = |name: &str, position: &Value| {
        for (example, it) in position["examples"].as_object().into_iter().flatten() {
            let complaints = description.complaints(&position["schema"], &it["value"]);
            assert_eq!(complaints, Vec::<String>::new(), "{name} {example}: {}", it["value"]);
        }
    };
    for (name, operation) in operations(&description.0) {
        operation["parameters"].as_array().unwrap().iter().for_each(|it| check(&name, it));
        let bodies = operation["requestBody"]["content"].as_object();
        bodies.into_iter().flatten().for_each(|it| check(&name, it.1));
        for response in operation["responses"].as_object().unwrap().values() {
            let content = response["content"].as_object();
            content.into_iter().flatten().for_each(|it| check(&name, it.1));
        }
    }
}

#[tokio::test]
async fn the_calls_that_read_answer_as_they_are_described() {
    let server = Server::start().await;
    let api = Description::of(&server).await;
    for path in [
        "/healthz",
        "/readyz",
        "/_admin",
        "/_admin/health",
        "/_admin/credentials",
        "/_admin/providers",
        "/_admin/clock",
        "/_admin/clock/due",
        "/_admin/scenario",
        "/_admin/scenarios",
        "/_admin/transactions",
        "/_admin/transactions?kind=refund&limit=3",
        "/_admin/journal",
        "/_admin/reports",
        "/_admin/callbacks",
        "/_admin/faults",
        "/_admin/spaces",
        "/_admin/snapshot",
        "/_admin/history",
        "/_admin/history?since=0&limit=1",
        "/_admin/metrics",
        "/_admin/openapi.json",
    ] {
        server.held(&api, &format!("GET {path}"), "", 200).await;
        if path.starts_with("/_admin") {
            let sign = if path.contains('?') { '&' } else { '?' };
            server.held(&api, &format!("GET {path}{sign}nobody=1"), "", 400).await;
        }
    }
}

#[tokio::test]
async fn the_calls_answer_as_they_are_described() {
    let server = Server::start().await;
    let api = Description::of(&server).await;
    server.held(&api, "GET /_admin/tls/ca.pem", "", 409).await;
    for (line, body, status) in [
        ("PUT /_admin/clock", r#"{"mode":"frozen"}"#, 200),
        ("PUT /_admin/clock", "{}", 400),
        ("POST /_admin/clock/advance", r#"{"by":"36h"}"#, 200),
        ("POST /_admin/clock/advance", r#"{"to":"2011-01-01T00:00:00Z"}"#, 409),
        ("GET /_admin/transactions/7", "", 404),
        ("POST /_admin/transactions/7/void", "", 404),
        ("GET /_admin/journal/77", "", 404),
        ("GET /_admin/reports/77", "", 404),
        ("POST /_admin/reports/next", r#"{"provider":"wepay","after":"20m"}"#, 200),
        ("POST /_admin/reports/next", r#"{"provider":"flitt","phase":"never"}"#, 400),
        ("GET /_admin/callbacks/x", "", 404),
        ("POST /_admin/faults", r#"{"fault":{"kind":"late","by":"5m"}}"#, 201),
        ("POST /_admin/faults", r#"{"fault":{"kind":"erly"}}"#, 400),
        ("GET /_admin/faults", "", 200),
        ("DELETE /_admin/faults/nope", "", 404),
        ("DELETE /_admin/faults", "", 204),
        ("POST /_admin/journal/wait", r#"{"timeout_ms":0}"#, 200),
        ("POST /_admin/diagnose", r#"{"provider":"flitt"}"#, 404),
        ("POST /_admin/diagnose", r#"{"provider":"epicpay","request":{}}"#, 200),
        ("POST /_admin/callbacks/wait", r#"{"timeout_ms":0}"#, 200),
        ("POST /_admin/spaces", r#"{"name":"one"}"#, 201),
        ("POST /_admin/spaces", r#"{"name":"one"}"#, 409),
        ("POST /_admin/spaces", r#"{"name":"two","fork":"one"}"#, 201),
        ("POST /_admin/spaces", r#"{"name":"three","fork":"nobody"}"#, 404),
        ("POST /_admin/history/rewind", r#"{"to":99}"#, 409),
        ("POST /_admin/history/rewind", r#"{"to":1}"#, 200),
        ("DELETE /_admin/spaces/one", "", 204),
        ("DELETE /_admin/spaces/one", "", 404),
        ("PUT /_admin/scenario?builtin=empty", "", 200),
        ("PUT /_admin/scenario", r#"{"sede":1}"#, 400),
        ("PUT /_admin/snapshot", r#"{"sandtill_snapshot":2,"checksum":"","state":{}}"#, 400),
        ("DELETE /_admin/scenario", "", 200),
        ("POST /_admin/reset", "", 200),
        ("DELETE /_admin/journal", "", 204),
    ] {
        server.held(&api, line, body, status).await;
    }
}

#[tokio::test]
async fn what_came_of_requests_is_shown_as_it_is_described() {
    let server = Server::start().await;
    let api = Description::of(&server).await;
    let make = r#"{"merchant":"everywhere","amount":12345,"method":"card","card":{"bin":411111,"last4":1111}}"#;
    let made = server.held(&api, "POST /_admin/transactions", make, 201).await.json();
    let path = format!("/_admin/transactions/{}", made["id"]);
    server.held(&api, &format!("POST {path}/refund"), r#"{"amount":45}"#, 201).await;
    server.held(&api, &format!("POST {path}/refund"), r#"{"amount":99999}"#, 409).await;
    server.held(&api, &format!("POST {path}/settle"), "", 200).await;
    server.held(&api, &format!("GET {path}"), "", 200).await;
    for provider in providers::ALL {
        let steps = first_command(&server, provider).steps;
        run(&server, &api, &steps).await;
    }
    server.send("POST", "/api/reports", &[SHOP], "[").await;
    server.send("GET", "/nobody", &[], "").await;
    for query in ["", "?limit=1", "?as=har", "?outcome=refused"] {
        server.held(&api, &format!("GET /_admin/journal{query}"), "", 200).await;
    }
    for entry in server.space().journal.entries() {
        for query in ["", "?as=har", "?as=curl", "?secrets=shown"] {
            let line = format!("GET /_admin/journal/{}{query}", entry.id);
            server.held(&api, &line, "", 200).await;
        }
    }
    for body in [r#"{"provider":"flitt"}"#, r#"{"contains":"nowhere","timeout_ms":0}"#] {
        server.held(&api, "POST /_admin/journal/wait", body, 200).await;
    }
    server.held(&api, "GET /_admin/reports", "", 200).await;
    server.held(&api, "POST /_admin/reports/1", r#"{"phase":"ready"}"#, 200).await;
    server.did("POST", "/clock/advance", r#"{"by":"1h"}"#).await;
    server.held(&api, "GET /_admin/callbacks?state=due&wait=10ms", "", 200).await;
    server.held(&api, "POST /_admin/callbacks/1/answer", r#"{"status":500}"#, 200).await;
    server.held(&api, "POST /_admin/callbacks/1/redeliver", "", 200).await;
    server.held(&api, "GET /_admin/callbacks/1", "", 200).await;
    server.held(&api, "GET /_admin/metrics", "", 200).await;
}

fn first_command(server: &Server, provider: &Provider) -> providers::Example {
    (provider.examples)(&server.space().moment(), &server.url).remove(0)
}

/// Sends the requests of a command one after the other and holds each answer against the description.
async fn run(server: &Server, api: &Description, steps: &[Step]) {
    let mut given = String::new();
    for step in steps {
        let by = json!({"by": format!("{}s", step.after)});
        server.did("POST", "/clock/advance", &by.to_string()).await;
        let step = step.filled(&given);
        let path = step.path.strip_prefix(&server.url).unwrap_or(&step.path);
        let headers: Vec<_> = step.headers.iter().map(|it| (it.0, it.1.as_str())).collect();
        let body = step.body.clone().unwrap_or_default();
        let answer = server.send(step.method, path, &headers, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        api.holds(step.method, path, &answer);
        if let Some((_, pointer)) = step.gives {
            let answer = answer.json();
            let value = answer.pointer(pointer).unwrap_or_else(|| panic!("{pointer} in {answer}"));
            given = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        }
        // The same request without credentials.
        let bare = server.send(step.method, path, &[], "{}").await;
        api.holds(step.method, path, &bare);
        let garbage = server.send(step.method, path, &headers, "{\"").await;
        api.holds(step.method, path, &garbage);
    }
}

#[tokio::test]
async fn the_providers_answer_as_they_are_described() {
    for quirks in ["[]", "\"observed\""] {
        let name = "settlement";
        let text =
            sandtill::sandbox::scenario::BUILT_IN.iter().find(|it| it.name == name).unwrap().text;
        let clock = "[clock]
mode = \"frozen\"
now = \"2026-03-14T12:00:00Z\"";
        let text = format!(
            "quirks = {quirks}
{text}
{clock}
"
        );
        let server = Server::with(crate::support::scenario(&text)).await;
        let api = Description::of(&server).await;
        for provider in providers::ALL {
            let mut shown = BTreeSet::new();
            // The quirk allows 30 calls in ten seconds.
            let pause = r#"{"by":"10s"}"#;
            for example in (provider.examples)(&server.space().moment(), &server.url) {
                server.did("POST", "/clock/advance", pause).await;
                run(&server, &api, &example.steps).await;
                shown.extend(example.steps.iter().map(|it| operation_of(provider, it)));
            }
            for steps in (provider.extra_examples)(&server.space().moment()) {
                server.did("POST", "/clock/advance", pause).await;
                run(&server, &api, &steps).await;
                shown.extend(steps.iter().map(|it| operation_of(provider, it)));
            }
            for operation in provider.operations {
                let is_shown = shown.contains(operation.name) || operation.name == "file";
                assert!(is_shown, "no command shows {}", operation.name);
            }
        }
    }
}

/// The operation that a request of a command is.
fn operation_of(provider: &Provider, step: &Step) -> &'static str {
    let path = step.path.split('?').next().unwrap();
    let named = |(name, value): &(&'static str, String)| {
        (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())
    };
    let headers: HeaderMap = step.headers.iter().map(named).collect();
    let body = step.body.clone().unwrap_or_default();
    (provider.narrowed)((provider.operation)(path), &headers, body.as_bytes())
}

#[test]
fn the_operations_of_a_provider_are_those_its_paths_lead_to() {
    for provider in providers::ALL {
        for operation in provider.operations {
            let path = operation.path.replace("{report_id}", "1").replace("{secret}", "x");
            // Where several share a path, a header or the body decides.
            let mut here = provider.operations.iter().filter(|it| it.path == operation.path);
            assert_eq!((provider.operation)(&path), here.next().unwrap().name, "{path}");
            let shape = (operation.shape)();
            assert_eq!(shape.body.is_some(), operation.method == "POST", "{path}");
            assert!(shape.answers.iter().any(|it| it.0 == 200), "{path}");
        }
    }
}
