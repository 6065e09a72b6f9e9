//! WePay's reports and IPNs as the admin API moves and shows them.

use std::collections::BTreeMap;

use serde_json::json;

use super::{OTHER, create, look};
use crate::epicpay;
use crate::receiver::Receiver;
use crate::support::Server;

#[tokio::test]
async fn advance_says_what_happened_and_when() {
    let server = Server::start().await;
    let receiver = Receiver::answering(&[500, 200]).await;
    let report = create(&server, &receiver.url, "").await;
    let done = server.did("POST", "/clock/advance", r#"{"by":"5d"}"#).await;
    assert_eq!(done["now"], "2026-03-19T12:00:00Z");
    let url = &receiver.url;
    assert_eq!(
        done["happened"],
        json!([
            {"at": "2026-03-14T12:00:03Z", "what": format!("wepay callback 1 (complete) to {url}: answered 500")},
            {"at": "2026-03-14T12:15:03Z", "what": format!("wepay callback 1 (complete) to {url}: answered 200")},
            {"at": "2026-03-18T12:00:03Z", "what": format!("wepay callback 2 (deleted) to {url}: answered 200")},
        ])
    );
    assert_eq!(look(&server, &report).await["state"], "deleted");
    let shown = server.did("GET", "/callbacks/1", "").await;
    assert_eq!(shown["state"], "delivered");
    assert_eq!(shown["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(shown["attempts"][1]["status"], 200);
    assert_eq!(shown["attempts"][1]["body"], "thanks");
    let again = server.did("POST", "/callbacks/2/redeliver", "").await;
    assert_eq!(again["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(receiver.received_all().len(), 4);
}

#[tokio::test]
async fn a_test_that_cannot_be_called_pulls_its_ipns() {
    let server = Server::start().await;
    let report = create(&server, "http://test.invalid/ipn", "").await;
    let due = server.did("GET", "/callbacks?state=due", "").await;
    assert_eq!(due["callbacks"], json!([]));
    let done = server.did("POST", "/clock/advance", r#"{"by":"3s"}"#).await;
    assert_eq!(done["happened"], json!([]));
    let due = server.did("GET", "/callbacks?state=due", "").await;
    assert_eq!(due["callbacks"].as_array().unwrap().len(), 1);
    let callback = &due["callbacks"][0];
    assert_eq!(callback["request"]["body"], format!("report_id={}", report["report_id"]));
    let path = format!("/callbacks/{}/answer", callback["id"]);
    let refused = server.did("POST", &path, r#"{"status":204}"#).await;
    assert_eq!(
        (&refused["state"], &refused["next"]),
        (&json!("waiting"), &json!("2026-03-14T12:15:03Z"))
    );
    server.did("POST", "/clock/advance", r#"{"by":"15m"}"#).await;
    assert_eq!(server.did("POST", &path, r#"{"status":200}"#).await["state"], "delivered");
}

#[tokio::test]
async fn a_report_forced_to_fail_is_told_at_once() {
    let server = Server::start().await;
    let receiver = Receiver::answering(&[200]).await;
    let report = create(&server, &receiver.url, "").await;
    let forced = server.did("POST", "/reports/1", r#"{"phase":"failed"}"#).await;
    assert_eq!(forced["phase"], "failed");
    assert_eq!(forced["reference"], report["report_id"].to_string());
    receiver.answered(1).await;
    assert_eq!(look(&server, &report).await["state"], "failed");
    let done = server.did("POST", "/clock/advance", r#"{"by":"30d"}"#).await;
    assert_eq!(done["happened"], json!([]));
}

#[tokio::test]
async fn a_fault_sends_an_ipn_twice() {
    let server = Server::start().await;
    let receiver = Receiver::answering(&[200]).await;
    let fault = r#"{"provider":"wepay","times":1,"fault":{"kind":"duplicate"}}"#;
    server.did("POST", "/faults", fault).await;
    create(&server, &receiver.url, "").await;
    server.did("POST", "/clock/advance", r#"{"by":"5d"}"#).await;
    // Complete twice, deleted once.
    assert_eq!(receiver.received_all().len(), 3);
}

#[tokio::test]
async fn a_reset_forgets_reports_and_their_ipns() {
    let server = Server::start().await;
    let receiver = Receiver::answering(&[200]).await;
    let report = create(&server, &receiver.url, "").await;
    server.did("POST", "/reset", "").await;
    let done = server.did("POST", "/clock/advance", r#"{"by":"5d"}"#).await;
    assert_eq!(done["happened"], json!([]));
    let body = format!(r#"{{"report_id":{}}}"#, report["report_id"]);
    assert_eq!(super::call(&server, "report", &body).await.status, 400);
    assert!(receiver.received_all().is_empty());
}

#[tokio::test]
async fn withdrawals_and_epicpays_deposits_tell_the_same_money() {
    let server = Server::start().await;
    let body = r#"{"account_id":216083313,"limit":1000,"sort_order":"ASC"}"#;
    let json = ("Content-Type", "application/json");
    let list = server.send("POST", "/v2/withdrawal/find", &[OTHER, json], body).await.json();
    let reported: BTreeMap<String, i64> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let at = it["withdrawal_data"]["create_time"].as_i64().unwrap();
            let day = jiff::Timestamp::from_second(at).unwrap().strftime("%Y-%m-%d").to_string();
            (day, cents(&it["amount"].to_string()))
        })
        .collect();
    let end = "2026-03-14";
    let deposits = epicpay::rows(&server, epicpay::EVERYWHERE, "deposits", "2025-12-01", end).await;
    let mut expected: BTreeMap<String, i64> = BTreeMap::new();
    for it in &deposits {
        let day = it["reported_date"].as_str().unwrap().to_owned();
        *expected.entry(day).or_default() += cents(it["amount"].to_string().trim_matches('"'));
    }
    assert!(reported.len() > 50, "{}", reported.len());
    assert_eq!(reported, expected);
}

/// A decimal number with at most two places in cents.
fn cents(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{part:0<2}").parse().unwrap()
}
