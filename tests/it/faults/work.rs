//! Whether the provider did what it was asked for, although the client was told otherwise or went away.

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::rule;
use crate::payfort::{HOME, PATH};
use crate::support::Server;

/// Sends a `GENERATE_REPORT` whose answer may never come, and goes away once a rule has matched it.
async fn generate_and_leave(server: &Server, reference: &str) {
    let matched = |server: &Server| -> u64 {
        server.space().world().state.faults.all().map(|it| it.matched).sum()
    };
    let before = matched(server);
    let body = HOME.signed(&HOME.generate(reference)).to_string();
    let address = server.url.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    while matched(server) == before {
        tokio::task::yield_now().await;
    }
}

async fn code(server: &Server, reference: &str) -> Value {
    HOME.ask(server, &HOME.generate(reference)).await.json()["response_code"].clone()
}

#[tokio::test]
async fn a_client_that_times_out_finds_its_report_requested() {
    let server = Server::start().await;
    for (number, fault) in [
        json!({"kind": "delay", "ms": 600_000}),
        json!({"kind": "drip", "ms": 600_000}),
        json!({"kind": "reset"}),
        json!({"kind": "empty"}),
        json!({"kind": "truncate", "after": 1}),
        json!({"kind": "status", "status": 504, "work": "done"}),
        json!({"kind": "error", "error": "00006", "work": "done"}),
        json!({"kind": "gateway", "page": "nginx-502", "work": "done"}),
    ]
    .iter()
    .enumerate()
    {
        let reference = format!("left-{number}");
        rule(&server, &json!({"provider": "payfort", "times": 1, "fault": fault})).await;
        generate_and_leave(&server, &reference).await;
        assert_eq!(code(&server, &reference).await, "57066", "{fault}");
    }
}

#[tokio::test]
async fn a_refusal_by_a_fault_does_no_work_unless_it_says_so() {
    let server = Server::start().await;
    for (number, fault) in [
        json!({"kind": "status", "status": 504}),
        json!({"kind": "status", "status": 504, "work": "not_done"}),
        json!({"kind": "error", "error": "00006"}),
        json!({"kind": "throttle"}),
        json!({"kind": "expired_token"}),
        json!({"kind": "gateway", "page": "cloudflare-520"}),
    ]
    .iter()
    .enumerate()
    {
        let reference = format!("not-{number}");
        rule(&server, &json!({"provider": "payfort", "times": 1, "fault": fault})).await;
        generate_and_leave(&server, &reference).await;
        assert_eq!(code(&server, &reference).await, "56000", "{fault}");
    }
    let wrong = json!({"fault": {"kind": "status", "status": 504, "work": "dne"}});
    let detail = server.refuses(400, "POST", "/faults", &wrong.to_string()).await;
    assert!(detail.contains("did you mean `done`?"), "{detail}");
}

#[tokio::test]
async fn the_entry_of_work_that_was_done_says_so() {
    let server = Server::start().await;
    let fault = json!({"kind": "status", "status": 504, "work": "done"});
    let id = rule(&server, &json!({"provider": "payfort", "times": 1, "fault": fault})).await;
    let answer = HOME.ask(&server, &HOME.generate("said")).await;
    assert_eq!((answer.status, answer.text().as_str()), (504, "Gateway Timeout"));
    let entry = server.last_entry();
    let reason = entry.note.reason.as_deref().unwrap();
    assert_eq!(
        reason,
        format!("the fault `{id}` struck; what the request asked for was done all the same")
    );
    assert_eq!(entry.note.merchant.as_deref(), Some("payfort"));
}
