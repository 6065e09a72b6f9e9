//! Faults of callbacks: more copies than two, and an IPN that comes before its report is there.

use serde_json::json;

use super::rule;
use crate::drivers::wepay;
use crate::receiver::Receiver;
use crate::support::Server;

/// Asks for a report whose IPNs go to this receiver, and returns its number.
async fn create(server: &Server, url: &str) -> serde_json::Value {
    let mut body =
        wepay::transactions(wepay::account(server, "wepay"), (1_772_928_000, 1_773_100_800));
    body["callback_uri"] = json!(url);
    wepay::create(server, "wepay", &body).await
}

async fn state(server: &Server, report: &serde_json::Value) -> serde_json::Value {
    let body = json!({"report_id": report});
    wepay::call(server, "wepay", "report", &body).await.json()["state"].clone()
}

#[tokio::test]
async fn a_callback_arrives_as_often_as_the_rule_says() {
    let server = Server::start().await;
    let receiver = Receiver::answering(&[200]).await;
    rule(
        &server,
        &json!({"provider": "wepay", "times": 1, "fault": {"kind": "duplicate", "count": 5}}),
    )
    .await;
    create(&server, &receiver.url).await;
    server.did("POST", "/clock/advance", r#"{"by":"1m"}"#).await;
    let bodies: Vec<String> = receiver.received_all().into_iter().map(|it| it.body).collect();
    assert_eq!(bodies.len(), 5, "{bodies:?}");
    assert!(bodies.iter().all(|it| *it == bodies[0]));
    for count in [0, 1, 101] {
        let wrong = json!({"fault": {"kind": "duplicate", "count": count}});
        let detail = server.refuses(400, "POST", "/faults", &wrong.to_string()).await;
        assert!(detail.contains("2 to 100"), "{detail}");
    }
}

#[tokio::test]
async fn an_early_ipn_comes_while_the_report_is_not_readable() {
    let server = Server::start().await;
    let receiver = Receiver::answering(&[200]).await;
    let id =
        rule(&server, &json!({"provider": "wepay", "times": 1, "fault": {"kind": "early"}})).await;
    let report = create(&server, &receiver.url).await;
    receiver.answered(1).await;
    assert_eq!(state(&server, &report).await, "new");
    assert_eq!(receiver.received_all()[0].body, format!("report_id={report}"));
    let callbacks = server.did("GET", "/callbacks", "").await;
    assert_eq!(callbacks["callbacks"][0]["fault"], json!(id));
    // It does not come a second time when the report is complete.
    server.did("POST", "/clock/advance", r#"{"by":"1m"}"#).await;
    assert_eq!(state(&server, &report).await, "complete");
    assert_eq!(receiver.received_all().len(), 1);
}

#[tokio::test]
async fn an_early_ipn_comes_by_so_much_earlier() {
    let server = Server::start().await;
    let receiver = Receiver::answering(&[200]).await;
    rule(&server, &json!({"times": 1, "fault": {"kind": "early", "by": "1s"}})).await;
    let report = create(&server, &receiver.url).await;
    server.did("POST", "/clock/advance", r#"{"by":"1s"}"#).await;
    assert_eq!(receiver.received_all().len(), 0);
    server.did("POST", "/clock/advance", r#"{"by":"1s"}"#).await;
    assert_eq!(
        (receiver.received_all().len(), state(&server, &report).await),
        (1, json!("processing"))
    );
}
