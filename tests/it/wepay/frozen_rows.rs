//! A report shows what there was when it got ready, and comes into being together with its callbacks.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{create, look, path};
use crate::support::Server;

const HELD: &str = "http://receiver.invalid/";

async fn file(server: &Server, report: &Value) -> String {
    let complete = look(server, report).await;
    assert_eq!(complete["state"], "complete");
    let answer = server.send("GET", path(server, &complete["report_uri"]), &[], "").await;
    assert_eq!(answer.status, 200);
    answer.text()
}

/// Lets a report get ready.
fn pass(server: &Server) {
    let space = server.space();
    crate::support::jump(&space, space.moment().now + SignedDuration::from_secs(3));
}

#[tokio::test]
async fn a_report_that_is_ready_never_changes_whatever_is_done_inside_its_range() {
    let server = Server::start().await;
    let (read, unread) = (create(&server, HELD, "").await, create(&server, HELD, "").await);
    pass(&server);
    let before = file(&server, &read).await;
    // Inside the thirty days of the report; one of them is refunded, one settled and one charged back.
    for (at, action) in [
        ("2026-03-01T10:00:00Z", Some("refund")),
        ("2026-02-20T10:00:00Z", Some("chargeback")),
        ("2026-03-10T10:00:00Z", None),
    ] {
        let row = json!({"merchant": "wepay", "amount": 77_700, "at": at});
        let row = server.did("POST", "/transactions", &row.to_string()).await;
        if let Some(action) = action {
            server.did("POST", &format!("/transactions/{}/{action}", row["id"]), "").await;
        }
    }
    assert_eq!(file(&server, &read).await, before);
    assert_eq!(file(&server, &unread).await, before, "ready before, read afterwards");
    server.jump("2026-03-17T00:00:00Z");
    assert_eq!(file(&server, &unread).await, before);
    let options = r#","advanced_options":{"start_time":1770854400,"end_time":1773359999}"#;
    let later = create(&server, HELD, options).await;
    pass(&server);
    let later = file(&server, &later).await;
    assert!(later.contains("777") && later.lines().count() > before.lines().count());
}

#[tokio::test]
async fn what_is_added_before_a_report_is_ready_is_in_it() {
    let server = Server::start().await;
    let (early, late) = (create(&server, HELD, "").await, create(&server, HELD, "").await);
    let row = json!({"merchant": "wepay", "amount": 77_700, "at": "2026-03-01T10:00:00Z"});
    server.did("POST", "/transactions", &row.to_string()).await;
    pass(&server);
    let with = file(&server, &early).await;
    let row = json!({"merchant": "wepay", "amount": 88_800, "at": "2026-03-01T11:00:00Z"});
    server.did("POST", "/transactions", &row.to_string()).await;
    assert!(with.contains("777.") && !with.contains("888.00"), "{with}");
    assert_eq!(file(&server, &late).await, with);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_snapshot_holds_a_report_without_its_callbacks() {
    let server = Arc::new(Server::start().await);
    let creating: Vec<_> = (0..8)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                for _ in 0..30 {
                    create(&server, HELD, "").await;
                }
            })
        })
        .collect();
    let mut seen = Vec::new();
    while seen.last() != Some(&240) {
        let snapshot = server.did("GET", "/snapshot", "").await;
        let held = &snapshot["state"]["space"];
        let mut callbacks: BTreeMap<u64, usize> = BTreeMap::new();
        for callback in held["outbox"]["callbacks"].as_array().unwrap() {
            *callbacks.entry(callback["message"]["report"].as_u64().unwrap()).or_default() += 1;
        }
        let reports = held["reports"]["jobs"].as_array().unwrap();
        for report in reports {
            // One when it is complete, one when it is deleted.
            assert_eq!(callbacks.remove(&report["id"].as_u64().unwrap()), Some(2), "{report}");
        }
        assert_eq!(callbacks, BTreeMap::new(), "callbacks of no report");
        seen.push(reports.len());
    }
    for task in creating {
        task.await.unwrap();
    }
    assert!(seen.is_sorted());
}
