//! What holds for EVERY provider, driven by `providers::ALL` and by the commands each of them gives
//! away ready made.

use std::collections::BTreeMap;

use sandtill::providers::{self, Example, Provider};
use sandtill::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// One `curl` of a command.
#[derive(Clone, Debug)]
struct Step {
    path: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Step {
    async fn send(&self, server: &Server) -> Answer {
        let headers: Vec<_> =
            self.headers.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
        let method = if self.body.is_some() { "POST" } else { "GET" };
        server.send(method, &self.path, &headers, self.body.clone().unwrap_or_default()).await
    }
}

/// The next word as a shell reads it, with variables filled in; what is behind it.
fn word<'a>(text: &'a str, variables: &BTreeMap<&str, String>) -> (String, &'a str) {
    let (mut word, mut rest) = (String::new(), text.trim_start_matches(' '));
    let mut quote = None;
    while let Some(c) = rest.chars().next() {
        let (_, behind) = rest.split_at(c.len_utf8());
        let name = variables.keys().find(|name| behind.starts_with(**name));
        match (quote, c, name) {
            (None, ' ' | ';' | ')' | '|' | '\n', _) => break,
            (None, '\'' | '"', _) => quote = Some(c),
            (Some(open), c, _) if open == c => quote = None,
            (None | Some('"'), '$', Some(name)) => {
                word.push_str(&variables[name]);
                rest = behind.strip_prefix(name).unwrap();
                continue;
            }
            _ => word.push(c),
        }
        rest = behind;
    }
    (word, rest)
}

/// The first step of a command, and the rest of it.
fn step<'a>(
    command: &'a str,
    url: &str,
    variables: &BTreeMap<&str, String>,
) -> Option<(Step, &'a str)> {
    let (_, rest) = command.split_once("curl -s ")?;
    let (target, mut rest) = word(rest, variables);
    let mut step = Step {
        path: target.strip_prefix(url).unwrap().to_owned(),
        headers: Vec::new(),
        body: None,
    };
    loop {
        let (flag, behind) = word(rest, variables);
        let (value, behind) = word(behind, variables);
        match flag.as_str() {
            "-H" => {
                let (name, value) = value.split_once(": ").unwrap();
                step.headers.push((name.to_owned(), value.to_owned()));
            }
            "-d" => step.body = Some(value),
            _ => return Some((step, rest)),
        }
        rest = behind;
    }
}

/// Runs a command, each step changed by `tamper`; what was asked and answered.
async fn run(server: &Server, command: &str, tamper: impl Fn(&mut Step)) -> Vec<(Step, Answer)> {
    let mut variables = BTreeMap::from([("TOKEN", String::new()), ("id", String::new())]);
    let mut answers = Vec::new();
    let mut rest = command;
    while let Some((mut step, behind)) = step(rest, &server.url, &variables) {
        rest = behind;
        tamper(&mut step);
        let answer = step.send(server).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        if let Some((_, token)) = text.split_once("\"token\"") {
            variables.insert("TOKEN", token.split('"').nth(1).unwrap().to_owned());
        }
        let digits = text.split_once(':').map_or("", |it| it.1);
        variables.insert("id", digits.chars().take_while(char::is_ascii_digit).collect());
        answers.push((step, answer));
        // Where a command sleeps, the clock goes on.
        server.did("POST", "/clock/advance", r#"{"by":"5s"}"#).await;
    }
    assert!(!answers.is_empty(), "{command}");
    answers
}

fn examples(provider: &Provider, server: &Server) -> Vec<Example> {
    let examples = (provider.examples)(&server.sandbox(), &server.url);
    assert!(!examples.is_empty(), "{}", provider.name);
    examples
}

/// The secrets of all merchants that are no ordinary words.
fn secrets(sandbox: &Sandbox) -> Vec<String> {
    let mut secrets = Vec::new();
    for provider in providers::ALL {
        for merchant in sandbox.scenario.merchants() {
            for credential in merchant.credentials.get(provider.slug).into_iter().flatten() {
                for field in provider.credentials.iter().filter(|field| field.secret) {
                    secrets.extend(credential.get(field.name).cloned());
                }
            }
        }
    }
    secrets.retain(|secret| secret.len() >= 8);
    secrets
}

fn is_framework_text(text: &str) -> bool {
    ["Failed to deserialize", "Expected request with", "missing field"]
        .iter()
        .any(|it| text.contains(it))
}

#[tokio::test]
async fn every_ready_command_is_answered_for_its_merchant_and_leaves_one_entry_without_secrets() {
    let server = Server::start().await;
    let secrets = secrets(&server.sandbox());
    for provider in providers::ALL {
        for example in examples(provider, &server) {
            server.did("DELETE", "/journal", "").await;
            let answers = run(&server, &example.command, |_| {}).await;
            let entries = server.sandbox().journal.entries();
            assert_eq!(entries.len(), answers.len(), "{}", example.command);
            for ((_, answer), entry) in answers.iter().zip(&entries) {
                assert_eq!(answer.status, 200, "{}: {}", example.command, answer.text());
                assert_eq!(entry.provider, provider.slug);
                assert_eq!(
                    entry.outcome.word(),
                    "answered",
                    "{}: {:?}",
                    example.command,
                    entry.note
                );
                assert_eq!(entry.note.merchant.as_deref(), Some(example.merchant.as_str()));
                let shown =
                    server.did("GET", &format!("/journal/{}", entry.id), "").await.to_string();
                assert!(!secrets.iter().any(|it| shown.contains(it.as_str())), "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn without_and_with_wrong_credentials_every_provider_refuses_in_its_own_envelope() {
    let server = Server::start().await;
    // Nobody, and somebody with a proof that is not theirs.
    let nobody = |step: &mut Step| {
        step.headers.retain(|it| it.0 != "Authorization");
        strip_signature(step, None);
    };
    let wrong = |step: &mut Step| {
        for header in step.headers.iter_mut().filter(|it| it.0 == "Authorization") {
            let scheme = header.1.split(' ').next().unwrap();
            header.1 = format!("{scheme} bm9ib2R5Om5vYm9keQ==");
        }
        strip_signature(step, Some("0000000000000000000000000000000000000000"));
    };
    for provider in providers::ALL {
        let example = examples(provider, &server).remove(0);
        for tamper in [&nobody as &dyn Fn(&mut Step), &wrong] {
            let before = server.sandbox().journal.next_id();
            let answers = run(&server, &example.command, tamper).await;
            for (number, (step, answer)) in answers.iter().enumerate() {
                let text = answer.text();
                assert!(answer.status < 500 && !text.is_empty(), "{step:?}: {text}");
                assert!(!is_framework_text(&text), "{text}");
                let id = before + u64::try_from(number).unwrap();
                let entry = server.sandbox().journal.entry(id).unwrap();
                assert_eq!(entry.outcome.word(), "refused", "{step:?}: {text}");
                assert!(entry.note.reason.as_ref().is_some_and(|it| it.len() > 10));
            }
        }
    }
}

/// Takes the signature out of a body, or puts another in.
fn strip_signature(step: &mut Step, other: Option<&str>) {
    let Some(body) = &step.body else { return };
    let Ok(mut value) = serde_json::from_str::<Value>(body) else { return };
    let Some(object) = value.as_object_mut() else { return };
    if object.remove("signature").is_some() {
        if let Some(other) = other {
            object.insert("signature".to_owned(), json!(other));
        }
        step.body = Some(value.to_string());
    }
}

#[tokio::test]
async fn garbage_never_gives_a_5xx_or_a_framework_text_and_always_one_entry() {
    let server = Server::start().await;
    let deep = "[".repeat(5000);
    let garbage: [&[u8]; 8] = [
        b"",
        b"\xff\xfe\x00",
        b"{",
        b"null",
        b"[]",
        b"\"x\"",
        deep.as_bytes(),
        br#"{"report_params":7,"request":[],"columns":{},"filters":"x","report_id":1e400}"#,
    ];
    for provider in providers::ALL {
        let mut paths: Vec<(String, Vec<(String, String)>)> = Vec::new();
        for example in examples(provider, &server) {
            for (step, _) in run(&server, &example.command, |_| {}).await {
                if !paths.iter().any(|it| it.0 == step.path) {
                    paths.push((step.path, step.headers));
                }
            }
        }
        for (path, headers) in paths {
            let headers: Vec<_> = headers.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
            for body in garbage {
                for (method, headers) in
                    [("POST", headers.as_slice()), ("POST", &[]), ("DELETE", &[])]
                {
                    let id = server.sandbox().journal.next_id();
                    let answer = server.send(method, &path, headers, body.to_vec()).await;
                    let text = String::from_utf8_lossy(&answer.body).into_owned();
                    // WePay's own word for a call that it does not know is 501.
                    let is_known = answer.status < 500 || answer.status == 501;
                    assert!(is_known, "{method} {path} {body:?}: {text}");
                    assert!(!is_framework_text(&text), "{method} {path} {body:?}: {text}");
                    assert_eq!(answer.header("sandtill-journal"), format!("/_admin/journal/{id}"));
                    let entry = server.sandbox().journal.entry(id).unwrap();
                    assert_eq!(entry.provider, provider.slug);
                    assert_eq!(server.sandbox().journal.next_id(), id + 1);
                }
            }
        }
    }
}

#[tokio::test]
async fn each_fault_is_expressible_at_each_provider_and_ends_when_it_should() {
    let server = Server::start().await;
    for provider in providers::ALL {
        for fault in [
            json!({"kind": "delay", "ms": 1}),
            json!({"kind": "status", "status": 503}),
            json!({"kind": "throttle"}),
            json!({"kind": "expired_token"}),
            json!({"kind": "drip", "ms": 1}),
            json!({"kind": "broken_json"}),
        ] {
            let rule = json!({"provider": provider.slug, "times": 1, "fault": fault});
            let id = server.did("POST", "/faults", &rule.to_string()).await["id"].clone();
            // Only the first request of the command is struck; those that follow from it may fail.
            let before = server.sandbox().journal.next_id();
            let example = examples(provider, &server).remove(0);
            run(&server, &example.command, |_| {}).await;
            let entry = server.sandbox().journal.entry(before).unwrap();
            assert_eq!(entry.fault.as_deref(), id.as_str(), "{fault}");
            assert_eq!(entry.outcome.word(), "faulted");
            let kind = fault["kind"].as_str().unwrap();
            let changes_nothing = ["delay", "drip", "broken_json"].contains(&kind);
            assert_eq!(entry.note.reason.is_none(), changes_nothing, "{fault}");
            let list = server.did("GET", "/faults", "").await;
            assert_eq!(
                (&list["faults"][0]["over"], &list["faults"][0]["hits"]),
                (&json!(true), &json!(1))
            );
            server.did("DELETE", "/faults", "").await;
        }
        let example = examples(provider, &server).remove(0);
        for (_, answer) in run(&server, &example.command, |_| {}).await {
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
    }
}

/// An error of the provider's own that its first ready command can meet: the code that a fault asks
/// for, and how the vendor's page prints it in an answer.
fn own_error(slug: &str) -> (&'static str, &'static str) {
    match slug {
        "payfort" => ("00008", r#""response_code":"00008""#),
        "flitt" => ("Incorrect signature", r#""error_message": "Incorrect signature""#),
        "begateway" => ("422", r#""message":"Unprocessable entity""#),
        "epicpay" => ("E99", r#""E99""#),
        "wepay" => ("1008", r#""error_code":1008"#),
        other => panic!("say which error of its own {other} has"),
    }
}

#[tokio::test]
async fn an_error_of_its_own_can_be_asked_of_every_provider_once() {
    let server = Server::start().await;
    let bare = |text: &str| text.replace([' ', '\n'], "");
    for provider in providers::ALL {
        let (code, printed) = own_error(provider.slug);
        let command = examples(provider, &server).remove(0).command;
        let fault = json!({"kind": "error", "error": code});
        let mut rule = json!({"provider": provider.slug, "times": 1, "fault": fault});
        if provider.slug == "flitt" {
            // Its two operations have words of their own; without one, those of the report count.
            rule["operation"] = json!("token");
        }
        server.did("POST", "/faults", &rule.to_string()).await;
        let (first, _) = step(&command, &server.url, &BTreeMap::new()).unwrap();
        let (struck, next) = (first.send(&server).await.text(), first.send(&server).await.text());
        assert!(bare(&struck).contains(&bare(printed)), "{struck}");
        assert!(!bare(&next).contains(&bare(printed)), "{next}");
        let rule =
            json!({"provider": provider.slug, "fault": {"kind": "error", "error": "no such"}});
        server.refuses(400, "POST", "/faults", &rule.to_string()).await;
        server.did("DELETE", "/faults", "").await;
    }
}

#[tokio::test]
async fn a_connection_breaks_for_every_provider_once_and_leaves_one_entry() {
    let server = Server::start().await;
    for provider in providers::ALL {
        let command = examples(provider, &server).remove(0).command;
        let (step, _) = step(&command, &server.url, &BTreeMap::new()).unwrap();
        for kind in ["empty", "reset", "truncate"] {
            let rule = json!({"provider": provider.slug, "times": 1, "fault": {"kind": kind}});
            let id = server.did("POST", "/faults", &rule.to_string()).await["id"].clone();
            let number = server.sandbox().journal.next_id();
            // A client without an idle connection: such a request would be sent anew unasked.
            let method = if step.body.is_some() { "POST" } else { "GET" };
            let mut request = reqwest::Client::new()
                .request(method.parse().unwrap(), format!("{}{}", server.url, step.path))
                .body(step.body.clone().unwrap_or_default());
            for (name, value) in &step.headers {
                request = request.header(name, value);
            }
            let whole = match request.send().await {
                Ok(head) => head.bytes().await.is_ok(),
                Err(_) => false,
            };
            assert!(!whole, "{} {kind}", provider.slug);
            let entry = server.sandbox().journal.entry(number).unwrap();
            assert_eq!(entry.fault.as_deref(), id.as_str());
            assert_eq!(entry.outcome.word(), "faulted");
            assert_eq!(step.send(&server).await.status, 200, "{} {kind}", provider.slug);
            assert_eq!(server.sandbox().journal.next_id(), number + 2);
            server.did("DELETE", "/faults", "").await;
        }
    }
}

#[tokio::test]
async fn two_servers_of_one_seed_give_the_same_bytes() {
    let servers = [Server::start().await, Server::start().await];
    for provider in providers::ALL {
        for number in 0..examples(provider, &servers[0]).len() {
            let mut bodies = Vec::new();
            for server in &servers {
                let example = examples(provider, server).remove(number);
                let answers = run(server, &example.command, |_| {}).await;
                let texts = answers.iter().map(|it| it.1.text().replace(&server.url, "URL"));
                bodies.push(
                    texts
                        .map(|it| it.replace(&server.url.replace('/', "\\/"), "URL"))
                        .collect::<Vec<_>>(),
                );
            }
            assert_eq!(bodies[0], bodies[1], "{}", provider.name);
        }
    }
}

#[tokio::test]
async fn a_payment_that_is_added_shows_at_all_five_providers() {
    let server = Server::start().await;
    let look = async || {
        server.did("POST", "/reset", "").await;
        let mut seen = BTreeMap::new();
        for provider in providers::ALL {
            let all = examples(provider, &server);
            for example in all.into_iter().filter(|it| it.merchant == "everywhere") {
                for (_, answer) in run(&server, &example.command, |_| {}).await {
                    seen.entry(provider.slug).or_insert_with(Vec::new).push(answer.text());
                }
            }
        }
        seen
    };
    let before = look().await;
    assert_eq!(look().await, before);
    // Pinned, so that it is there after the reset; examples look at the last days.
    let mut scenario = server.did("GET", "/scenario", "").await;
    scenario["transaction"] =
        json!([{"merchant": "everywhere", "amount": 12345, "at": "2026-03-13T20:00:00Z"}]);
    server.did("PUT", "/scenario", &scenario.to_string()).await;
    let after = look().await;
    for (slug, before) in &before {
        assert_ne!(before, &after[slug], "{slug}");
    }
}
