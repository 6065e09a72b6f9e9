//! Every kind of fault at every provider, and the end of it.

use std::collections::BTreeMap;

use sandtill::providers;
use sandtill::sandbox::facts::Named;
use serde_json::json;

use super::{examples, run, step};
use crate::support::Server;

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
            let before = server.space().journal.next_id();
            let example = examples(provider, &server).remove(0);
            run(&server, &example.command, |_| {}).await;
            let entry = server.space().journal.entry(before).unwrap();
            assert_eq!(entry.fault.as_deref(), id.as_str(), "{fault}");
            assert_eq!(entry.outcome.name(), "faulted");
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

/// An error of the provider that its first ready command can return: the code in the fault rule,
/// and the text of the response as in the vendor's documentation.
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
    let without_whitespace = |text: &str| text.replace([' ', '\n'], "");
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
        let (faulted, next) = (first.send(&server).await.text(), first.send(&server).await.text());
        assert!(without_whitespace(&faulted).contains(&without_whitespace(printed)), "{faulted}");
        assert!(!without_whitespace(&next).contains(&without_whitespace(printed)), "{next}");
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
            let number = server.space().journal.next_id();
            // A client without idle connections, because a client sends such a request again on a
            // new connection.
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
            let entry = server.space().journal.entry(number).unwrap();
            assert_eq!(entry.fault.as_deref(), id.as_str());
            assert_eq!(entry.outcome.name(), "faulted");
            assert_eq!(step.send(&server).await.status, 200, "{} {kind}", provider.slug);
            assert_eq!(server.space().journal.next_id(), number + 2);
            server.did("DELETE", "/faults", "").await;
        }
    }
}
