//! Playing examples: requests that are sent to a small world of their own, kept with their answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method};
use http_body_util::BodyExt;
use sandtill::admin::{ROUTES, Route};
use sandtill::app::{App, app};
use sandtill::providers::operation::Step;
use sandtill::providers::{self, Provider};
use sandtill::sandbox::Options;
use sandtill::sandbox::scenario::{Overrides, Scenario};
use sandtill::sandbox::spaces::Spaces;
use serde_json::{Value, json};

use super::example_scenario;
use crate::support::{NOON, Server};

/// The name under which the server of the examples knows itself.
const HOST: &str = "127.0.0.1:8080";

/// A request and its answer.
#[derive(Clone, Debug)]
pub(super) struct RecordedExample {
    /// The path in the description.
    pub(super) path: &'static str,
    /// The method in the description.
    pub(super) method: &'static str,
    /// What the example is called.
    pub(super) name: String,
    /// The values of its parameters, wherever they stand.
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) body: Option<Value>,
    pub(super) status: u16,
    pub(super) media: String,
    pub(super) answer: Value,
}

/// Every example, without what tells two runs apart.
pub(super) async fn all() -> Vec<RecordedExample> {
    let mut example_recorder = ExampleRecorder::new().await;
    example_scenario::run(&mut example_recorder).await;
    for recorded in &mut example_recorder.recorded {
        settle(&mut recorded.answer);
        recorded.body.iter_mut().for_each(settle);
    }
    example_recorder.recorded
}

/// Gives what real time it was, and how long something took, a value of its own.
fn settle(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.get("mode").is_some_and(|it| it == "running") {
                members.insert("now".to_owned(), json!(NOON));
            }
            for (name, member) in members.iter_mut() {
                match name.as_str() {
                    "real_at" | "made_at" if member.is_string() => *member = json!(NOON),
                    "startedDateTime" => *member = json!(NOON),
                    "duration_us" | "age_s" | "idle_s" | "time" | "wait" | "send" | "receive"
                        if member.is_number() =>
                    {
                        *member = json!(0);
                    }
                    "checksum" => *member = json!("0".repeat(64)),
                    _ => settle(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        Value::String(text) if text.contains("request_duration_seconds") => {
            let lines = text.lines().filter(|line| !line.contains("request_duration_seconds"));
            let mut lines: Vec<&str> = lines.collect();
            // The figures of one metric come in any order.
            lines
                .chunk_by_mut(|a, b| !a.starts_with('#') && !b.starts_with('#'))
                .for_each(<[_]>::sort);
            *text = lines.iter().map(|line| format!("{line}\n")).collect();
        }
        _ => {}
    }
}

/// Puts a value below these names; objects on the way are made where they are missing.
pub(super) fn set(position: &mut Value, names: &[&str], value: Value) {
    let Some((first, rest)) = names.split_first() else {
        *position = value;
        return;
    };
    if !position.is_object() {
        *position = json!({});
    }
    set(position.as_object_mut().unwrap().entry(*first).or_insert(Value::Null), rest, value);
}

/// The call that a request is for.
fn route_of(method: &str, path: &str) -> Option<&'static Route> {
    let fits = |pattern: &str| {
        let (pattern, path): (Vec<_>, Vec<_>) =
            (pattern.split('/').collect(), path.split('/').collect());
        let mut both = pattern.iter().zip(&path);
        pattern.len() == path.len()
            && both.all(|(wanted, got)| wanted == got || wanted.starts_with('{'))
    };
    ROUTES.iter().find(|it| it.method == method && fits(it.path))
}

/// A server in use.
pub(super) struct ExampleRecorder {
    app: App,
    spaces: Spaces,
    recorded: Vec<RecordedExample>,
}

impl ExampleRecorder {
    /// The world of `default`, with few days and few rows, standing still on a Saturday noon.
    async fn new() -> Self {
        let mut file = Server::start().await.did("GET", "/scenario", "").await;
        set(&mut file, &["days"], json!(10));
        set(&mut file, &["clock"], json!({"mode": "frozen", "now": NOON}));
        for merchant in file["merchant"].as_array_mut().unwrap() {
            set(merchant, &["trade", "volume"], json!(3));
            set(merchant, &["trade", "subscriptions"], json!(3));
        }
        let (text, overrides) = (file.to_string(), Overrides::default());
        let vocabulary = providers::vocabulary();
        let scenario = Scenario::parse_json("examples", text.as_bytes(), &vocabulary, &overrides);
        let options = Options { hold_callbacks: true, ..Options::default() };
        let spaces = Spaces::new(Arc::new(scenario.unwrap()), options);
        Self { app: app(spaces.clone()), spaces, recorded: Vec::new() }
    }

    /// A call of the admin API, kept as an example; what it answers.
    pub(super) async fn call(&mut self, name: &str, line: &str, body: Option<Value>) -> Value {
        let (method, target) = line.split_once(' ').unwrap_or(("GET", line));
        let step = Step {
            path: target.to_owned(),
            body: body.as_ref().map(Value::to_string),
            ..Step::default()
        };
        let (status, media, answer) = self.send(method, &step).await;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let Some(route) = route_of(method, path) else {
            return answer;
        };
        let mut parameters = varying(route.path, path);
        parameters.extend(pairs(query));
        self.recorded.push(RecordedExample {
            path: route.path,
            method: route.method,
            name: name.to_owned(),
            parameters,
            body,
            status,
            media,
            answer: answer.clone(),
        });
        answer
    }

    /// The requests of a ready command, kept as examples of the provider's operations.
    pub(super) async fn command(&mut self, provider: &Provider, name: &str, steps: &[Step]) {
        let mut given: Option<String> = None;
        for (number, step) in (1..).zip(steps) {
            if step.after > 0 {
                let by = json!({"by": format!("{}s", step.after)}).to_string();
                let advance = Step::post("/_admin/clock/advance", by);
                self.send("POST", &advance).await;
            }
            let mut step = step.filled(given.as_deref().unwrap_or(""));
            if let Some(path) = step.path.strip_prefix(&format!("http://{HOST}")) {
                step.path = path.to_owned();
            }
            let name = if steps.len() > 1 { format!("{name}_{number}") } else { name.to_owned() };
            let answer = self.keep(provider, name, &step).await;
            if let Some(value) = step.gives.and_then(|(_, pointer)| answer.pointer(pointer)) {
                given = Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            }
        }
    }

    async fn keep(&mut self, provider: &Provider, name: String, step: &Step) -> Value {
        let (status, media, answer) = self.send(step.method, step).await;
        let (path, query) = step.path.split_once('?').unwrap_or((&step.path, ""));
        let operation = (provider.operation)(path);
        let of = provider.operations.iter().find(|it| it.name == operation);
        let Some(operation) = of else { return answer };
        let body = step.body.as_ref().and_then(|body| serde_json::from_str(body).ok());
        // Every report of Flitt begins with the same request for a token.
        let is_known = |it: &RecordedExample| {
            it.path == operation.path && it.body.is_some() && it.body == body
        };
        if self.recorded.iter().any(is_known) {
            return answer;
        }
        let mut parameters = varying(operation.path, path);
        parameters.extend(pairs(query));
        let headers = step.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        parameters.extend(headers);
        self.recorded.push(RecordedExample {
            path: operation.path,
            method: operation.method,
            name,
            parameters,
            body,
            status,
            media,
            answer: answer.clone(),
        });
        answer
    }

    async fn send(&self, method: &str, step: &Step) -> (u16, String, Value) {
        let body = Body::from(step.body.clone().unwrap_or_default());
        let mut request = Request::new(body);
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap_or_default();
        *request.uri_mut() = step.path.parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert("host", HeaderValue::from_static(HOST));
        for (name, value) in &step.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
            {
                headers.insert(name, value);
            }
        }
        let (parts, body) = self.app.answer(request).await.into_parts();
        let media = parts.headers.get("content-type").and_then(|it| it.to_str().ok());
        let media = media.unwrap_or("").split(';').next().unwrap_or("").trim().to_owned();
        let body =
            body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let text = || Value::from(String::from_utf8_lossy(&body));
        let is_json = media.ends_with("json");
        let answer =
            if is_json { serde_json::from_slice(&body).unwrap_or_else(|_| text()) } else { text() };
        (parts.status.as_u16(), media, answer)
    }

    /// The ready commands of a provider's home merchant with their names.
    pub(super) fn commands(&self, provider: &Provider) -> Vec<(String, Vec<Step>)> {
        let moment = self.spaces.default_space().moment();
        let examples = (provider.examples)(&moment, &format!("http://{HOST}"));
        let Some(home) = examples.first().map(|it| it.merchant.clone()) else { return Vec::new() };
        let of_home = examples.into_iter().filter(|it| it.merchant == home);
        let ready = of_home.map(|it| (it.report, it.steps));
        let extra = (provider.extra_examples)(&moment).into_iter();
        ready.chain(extra.map(|steps| ("further".to_owned(), steps))).collect()
    }
}

/// All providers, for the script.
pub(super) fn providers() -> impl Iterator<Item = &'static Provider> {
    providers::ALL.iter()
}

/// What stands in a path where its pattern has names.
fn varying(pattern: &str, path: &str) -> BTreeMap<String, String> {
    let named = |(name, value): (&str, &str)| {
        let name = name.strip_prefix('{')?.strip_suffix('}')?;
        Some((name.to_owned(), value.to_owned()))
    };
    pattern.split('/').zip(path.split('/')).filter_map(named).collect()
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    let pair =
        |it: &str| it.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    query.split('&').filter_map(pair).collect()
}
