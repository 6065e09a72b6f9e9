//! What `/_admin/openapi.json` says is true: real answers of every call and of every operation are
//! held against it, its examples against its own schemas.

mod examples;
mod play;
mod script;

use std::collections::BTreeSet;

use sandtill::admin::ROUTES;
use sandtill::providers::operation::Step;
use sandtill::providers::{self, Provider};
use serde::Serialize as _;
use serde_json::{Value, json};

use super::SHOP;
use crate::support::{Answer, Server};

/// The description of a server.
struct Description(Value);

impl Description {
    async fn of(server: &Server) -> Self {
        Self(server.did("GET", "/openapi.json", "").await)
    }

    /// What is wrong with a value; nothing when it is as the schema says.
    fn complaints(&self, schema: &Value, value: &Value) -> Vec<String> {
        let whole = json!({"allOf": [schema], "components": self.0["components"]});
        let options = jsonschema::draft202012::options().should_validate_formats(true);
        let validator = options.build(&whole).unwrap_or_else(|err| panic!("{err} in {schema}"));
        validator
            .iter_errors(value)
            .map(|err| format!("{err} at {}", err.instance_path()))
            .collect()
    }

    /// The operation a request is for.
    fn operation(&self, method: &str, path: &str) -> &Value {
        let path = path.split('?').next().unwrap();
        let fits = |pattern: &str| {
            let (pattern, path): (Vec<_>, Vec<_>) =
                (pattern.split('/').collect(), path.split('/').collect());
            pattern.len() == path.len()
                && pattern
                    .iter()
                    .zip(&path)
                    .all(|(wanted, got)| wanted == got || wanted.starts_with('{'))
        };
        let mut found = self.0["paths"].as_object().unwrap().iter().filter(|it| fits(it.0));
        // A path with a name in it gives way to the one that is spelled out.
        let exact = found.clone().find(|it| it.0 == path);
        let item =
            exact.or_else(|| found.next()).unwrap_or_else(|| panic!("{path} is not described"));
        let operation = &item.1[method.to_lowercase()];
        assert!(operation.is_object(), "{method} {path} is not described");
        operation
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(pointer) => self.0.pointer(pointer.strip_prefix('#').unwrap()).unwrap(),
            None => value,
        }
    }

    #[track_caller]
    fn holds(&self, method: &str, path: &str, answer: &Answer) {
        let said =
            format!("{method} {path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        let responses = &self.operation(method, path)["responses"];
        let response = self.resolved(&responses[answer.status.to_string()]);
        assert!(response.is_object(), "status not described, {said}");
        let media = answer.header("content-type").split(';').next().unwrap().trim();
        if media.is_empty() {
            assert!(response.get("content").is_none() && answer.body.is_empty(), "{said}");
            return;
        }
        let schema = &response["content"][media]["schema"];
        assert!(schema.is_object(), "{media} not described, {said}");
        let value = if media.ends_with("json") { answer.json() } else { json!(answer.text()) };
        assert_eq!(self.complaints(schema, &value), Vec::<String>::new(), "{said}");
    }
}

impl Server {
    /// A call of the admin API whose answer has to be as described.
    async fn held(&self, description: &Description, line: &str, body: &str, status: u16) -> Answer {
        let (method, path) = line.split_once(' ').unwrap();
        let answer = self.send(method, path, &[], body.to_owned()).await;
        assert_eq!(answer.status, status, "{line} {body}: {}", answer.text());
        description.holds(method, path, &answer);
        answer
    }
}

fn operations(description: &Value) -> Vec<(String, &Value)> {
    let items = description["paths"].as_object().unwrap();
    let of = |(path, item)| {
        let item: &Value = item;
        let all = item.as_object().unwrap().iter();
        all.map(move |(method, it)| (format!("{method} {path}"), it)).collect::<Vec<_>>()
    };
    items.iter().flat_map(of).collect()
}

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
    let check = |name: &str, place: &Value| {
        for (example, it) in place["examples"].as_object().into_iter().flatten() {
            let complaints = description.complaints(&place["schema"], &it["value"]);
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

/// The description with the examples as they are played now.
async fn with_examples() -> Value {
    let mut description = sandtill::admin::described();
    let played = play::all().await;
    let paths = description.get_mut("paths").and_then(Value::as_object_mut).unwrap();
    examples::put(paths, &played);
    description
}

/// A value on a line each, not indented: half the size, and changes show all the same.
fn by_line(value: &Value) -> String {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"");
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter)).unwrap();
    String::from_utf8(text).unwrap() + "\n"
}

/// Where the description is committed.
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/admin/openapi/openapi.json");

#[tokio::test]
async fn the_committed_description_is_what_the_code_and_the_played_examples_make() {
    let made = by_line(&with_examples().await);
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(COMMITTED, &made).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap();
    let differing = made.lines().zip(committed.lines()).position(|(made, it)| made != it);
    assert!(
        made == committed,
        "line {} is another one; UPDATE_OPENAPI=1 cargo test --test it openapi writes the file anew",
        differing.map_or(0, |line| line + 1)
    );
}

#[tokio::test]
async fn the_calls_answer_as_they_are_described() {
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
        ("GET /_admin/callbacks/x", "", 404),
        ("POST /_admin/faults", r#"{"fault":{"kind":"late","by":"5m"}}"#, 201),
        ("POST /_admin/faults", r#"{"fault":{"kind":"early"}}"#, 400),
        ("GET /_admin/faults", "", 200),
        ("DELETE /_admin/faults/nope", "", 404),
        ("DELETE /_admin/faults", "", 204),
        ("POST /_admin/journal/wait", r#"{"timeout_ms":0}"#, 200),
        ("POST /_admin/callbacks/wait", r#"{"timeout_ms":0}"#, 200),
        ("POST /_admin/spaces", r#"{"name":"one"}"#, 201),
        ("POST /_admin/spaces", r#"{"name":"one"}"#, 409),
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
        // Nobody: whoever asks for the same without saying who it is.
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
        let mut shown = BTreeSet::new();
        for provider in providers::ALL {
            // The quirk allows 30 calls in ten seconds.
            let pause = r#"{"by":"10s"}"#;
            for example in (provider.examples)(&server.space().moment(), &server.url) {
                server.did("POST", "/clock/advance", pause).await;
                run(&server, &api, &example.steps).await;
                shown.extend(example.steps.into_iter().map(|it| it.path));
            }
            for steps in (provider.extra_examples)(&server.space().moment()) {
                server.did("POST", "/clock/advance", pause).await;
                run(&server, &api, &steps).await;
                shown.extend(steps.into_iter().map(|it| it.path));
            }
            for operation in provider.operations {
                let of = |path: &String| {
                    let path = path.split('?').next().unwrap();
                    (provider.operation)(path) == operation.name
                };
                let is_shown = shown.iter().any(of) || operation.name == "file";
                assert!(is_shown, "no command shows {}", operation.name);
            }
        }
    }
}

#[test]
fn the_operations_of_a_provider_are_those_its_paths_lead_to() {
    for provider in providers::ALL {
        for operation in provider.operations {
            let path = operation.path.replace("{report_id}", "1").replace("{secret}", "x");
            assert_eq!((provider.operation)(&path), operation.name, "{path}");
            let shape = (operation.shape)();
            assert_eq!(shape.body.is_some(), operation.method == "POST", "{path}");
            assert!(shape.answers.iter().any(|it| it.0 == 200), "{path}");
        }
    }
}

#[tokio::test]
async fn what_a_schema_takes_the_call_takes_and_what_it_refuses_the_call_refuses() {
    let server = Server::start().await;
    let api = Description::of(&server).await;
    for (line, body, is_good) in [
        ("PUT /_admin/clock", r#"{"mode":"frozen","now":"2026-01-31T12:00:00Z"}"#, true),
        ("PUT /_admin/clock", r#"{"mode":"frozen","now":null}"#, true),
        ("PUT /_admin/clock", r#"{"mode":"stopped"}"#, false),
        ("PUT /_admin/clock", r#"{"mode":null}"#, false),
        ("PUT /_admin/clock", r#"["frozen"]"#, false),
        ("PUT /_admin/clock", "null", false),
        ("POST /_admin/clock/advance", r#"{"by":"2h","to":null}"#, true),
        ("POST /_admin/clock/advance", r#"{"by":"2h","to":"2026-04-01T00:00:00Z"}"#, false),
        ("POST /_admin/transactions", r#"{"merchant":"flitt","amount":1,"of":null}"#, true),
        ("POST /_admin/transactions", r#"{"merchant":"flitt","amount":-1}"#, false),
        ("POST /_admin/transactions", r#"{"merchant":"nobody","amount":1}"#, false),
        ("POST /_admin/transactions", r#"{"merchant":"flitt","amount":1,"kind":"refund"}"#, false),
        ("POST /_admin/transactions", r#"{"merchant":"flitt","amount":1,"label":"x"}"#, false),
        ("POST /_admin/faults", r#"{"fault":{"kind":"drop"},"every":2}"#, true),
        ("POST /_admin/faults", r#"{"fault":{"kind":"drop"},"every":2,"times":1}"#, false),
        ("POST /_admin/faults", r#"{"fault":{"kind":"drop","ms":1}}"#, false),
        ("POST /_admin/faults", r#"{"fault":{"kind":"drip"}}"#, false),
        (
            "POST /_admin/faults",
            r#"{"provider":"epicpay","operation":"batches","fault":{"kind":"empty"}}"#,
            true,
        ),
        (
            "POST /_admin/faults",
            r#"{"provider":"epicpay","operation":"token","fault":{"kind":"empty"}}"#,
            false,
        ),
        ("POST /_admin/faults", r#"{"operation":"token","fault":{"kind":"empty"}}"#, false),
        ("POST /_admin/journal/wait", r#"{"at_least":1,"exactly":1,"timeout_ms":0}"#, false),
        ("POST /_admin/journal/wait", r#"{"timeout_ms":600001}"#, false),
        ("POST /_admin/spaces", r#"{"name":"a b"}"#, false),
        ("POST /_admin/spaces", r#"{"name":"a","scenario":"no such"}"#, false),
        ("POST /_admin/spaces", r#"{"name":"a","scenario":{"days":5,"merchant":[]}}"#, true),
        ("PUT /_admin/scenario", r#"{"days":0}"#, false),
        (
            "PUT /_admin/scenario",
            r#"{"days":1,"quirks":["wepay.throttle"],"settings":{"wepay":{"report_queued":"2s"}}}"#,
            true,
        ),
        ("PUT /_admin/scenario", "[]", false),
        ("PUT /_admin/scenario", r#"{"days":2,"fault":null,"clock":{"mode":null}}"#, true),
        ("POST /_admin/callbacks/wait", r#"{"timeout_ms":1.0}"#, true),
    ] {
        let (method, path) = line.split_once(' ').unwrap();
        let schema =
            &api.operation(method, path)["requestBody"]["content"]["application/json"]["schema"];
        let complaints = api.complaints(schema, &serde_json::from_str(body).unwrap());
        assert_eq!(complaints.is_empty(), is_good, "{line} {body}: {complaints:?}");
        let answer = server.send(method, path, &[], body).await;
        assert_eq!(answer.status < 300, is_good, "{line} {body}: {}", answer.text());
        api.holds(method, path, &answer);
    }
}

#[tokio::test]
async fn bodies_that_are_no_objects_or_say_things_twice_are_problems() {
    let server = Server::start().await;
    let long = format!(r#"{{"name":"{}"}}"#, "n".repeat(65));
    for (method, path, body, part) in [
        ("PUT", "/clock", &b"[]"[..], "must be a JSON object"),
        ("PUT", "/clock", b"null", "must be a JSON object"),
        ("PUT", "/scenario", b"\"x\"", "must be a JSON object"),
        ("PUT", "/snapshot", b"7", "must be a JSON object"),
        ("POST", "/transactions", b"[\"everywhere\",1]", "must be a JSON object"),
        (
            "POST",
            "/faults",
            br#"{"times":1,"times":2,"fault":{"kind":"drop"}}"#,
            "`times` is there twice",
        ),
        (
            "POST",
            "/transactions",
            br#"{"merchant":"flitt","amount":1,"wire":{"flitt":"{}","flitt":"{}"}}"#,
            "`flitt` is there twice",
        ),
        ("PUT", "/scenario", br#"{"seed":1,"seed":2}"#, "`seed` is there twice"),
        ("PUT", "/scenario", br#"{"sede":null}"#, "did you mean `seed`?"),
        ("PUT", "/scenario?builtin=empty", b"{}", "not both"),
        (
            "POST",
            "/transactions",
            br#"{"merchant":"flitt","amount":1,"customer":[]}"#,
            "takes a list",
        ),
        ("POST", "/spaces", b"{\"name\":\"\xff\"}", "not JSON"),
        ("POST", "/spaces", long.as_bytes(), "1 to 64"),
    ] {
        let before = server.did("GET", "/clock", "").await["mode"].clone();
        let answer = server.send(method, &format!("/_admin{path}"), &[], body.to_vec()).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(part), "{path}: {detail}");
        assert_eq!(server.did("GET", "/clock", "").await["mode"], before);
    }
    // A path that is spelled out has the methods it has, not those of its neighbours.
    let allowed = server.admin("DELETE", "/journal/wait", "").await;
    assert_eq!((allowed.status, allowed.header("allow")), (405, "POST"));
    let allowed = server.admin("PUT", "/journal/7", "").await;
    assert_eq!((allowed.status, allowed.header("allow")), (405, "GET"));
    for query in ["limit=1&limit=2", "limit=", "after=-1", "from=yesterday"] {
        server.refuses(400, "GET", &format!("/transactions?{query}"), "").await;
    }
}
