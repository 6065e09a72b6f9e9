//! What becomes of the next report, decided in advance, at both providers that prepare reports.

use serde_json::{Value, json};

use crate::drivers::wepay;
use crate::payfort::HOME;
use crate::receiver::Receiver;
use crate::support::Server;

async fn next(server: &Server, fate: Value) -> Value {
    server.did("POST", "/reports/next", &fate.to_string()).await
}

async fn advance(server: &Server, by: &str) {
    server.did("POST", "/clock/advance", &json!({"by": by}).to_string()).await;
}

async fn code(server: &Server, request: &Value) -> Value {
    HOME.ask(server, request).await.json()["response_code"].clone()
}

async fn create(server: &Server, url: &str) -> Value {
    let mut body =
        wepay::transactions(wepay::account(server, "wepay"), (1_772_928_000, 1_773_100_800));
    body["callback_uri"] = json!(url);
    wepay::create(server, "wepay", &body).await
}

async fn state(server: &Server, report: &Value) -> Value {
    let body = json!({"report_id": report});
    wepay::call(server, "wepay", "report", &body).await.json()["state"].clone()
}

#[tokio::test]
async fn the_next_report_of_wepay_fails_never_ends_or_takes_its_time() {
    let server = Server::start().await;
    let receiver = Receiver::answering(&[200]).await;
    let fate = json!({"provider": "wepay", "phase": "failed"});
    assert_eq!(next(&server, fate.clone()).await, fate);
    // A report of another provider does not use it up.
    HOME.ask(&server, &HOME.generate("other")).await;
    let failed = create(&server, &receiver.url).await;
    next(&server, json!({"provider": "wepay", "phase": "never"})).await;
    let never = create(&server, &receiver.url).await;
    next(&server, json!({"provider": "wepay", "after": "20m"})).await;
    let slow = create(&server, &receiver.url).await;
    let usual = create(&server, &receiver.url).await;
    advance(&server, "3s").await;
    let states = |server, reports: [Value; 4]| async move {
        let mut states = Vec::new();
        for report in &reports {
            states.push(state(server, report).await);
        }
        states
    };
    let all = [failed, never, slow, usual];
    assert_eq!(
        states(&server, all.clone()).await,
        ["failed", "processing", "processing", "complete"]
    );
    advance(&server, "19m 56s").await;
    assert_eq!(states(&server, all.clone()).await[2], "processing");
    advance(&server, "1s").await;
    assert_eq!(states(&server, all.clone()).await[2], "complete");
    advance(&server, "30d").await;
    assert_eq!(states(&server, all.clone()).await[1], "processing");
    // The failed one says so once, the one that never ends nothing, the others are complete and deleted.
    let bodies: Vec<String> = receiver.received_all().into_iter().map(|it| it.body).collect();
    let ipns =
        all.map(|it| bodies.iter().filter(|body| **body == format!("report_id={it}")).count());
    assert_eq!(ipns, [1, 0, 2, 2]);
}

#[tokio::test]
async fn the_next_report_of_payfort_fails_never_ends_or_takes_its_time() {
    let server = Server::start().await;
    next(&server, json!({"provider": "payfort", "phase": "failed"})).await;
    assert_eq!(code(&server, &HOME.generate("a")).await, "56000");
    assert_eq!(code(&server, &HOME.generate("a")).await, "57066");
    advance(&server, "2s").await;
    assert_eq!(code(&server, &HOME.download("a")).await, "57127");
    // Its reference may be used again, and the new report is the one that is found.
    assert_eq!(code(&server, &HOME.generate("a")).await, "56000");
    assert_eq!(code(&server, &HOME.generate("a")).await, "57066");
    advance(&server, "2s").await;
    assert!(HOME.ask(&server, &HOME.download("a")).await.json().is_array());
    next(&server, json!({"provider": "payfort", "phase": "never"})).await;
    assert_eq!(code(&server, &HOME.generate("b")).await, "56000");
    next(&server, json!({"provider": "payfort", "after": "1h"})).await;
    assert_eq!(code(&server, &HOME.generate("c")).await, "56000");
    advance(&server, "59m 59s").await;
    assert_eq!(code(&server, &HOME.download("c")).await, "57128");
    advance(&server, "1s").await;
    assert!(HOME.ask(&server, &HOME.download("c")).await.json().is_array());
    advance(&server, "40d").await;
    assert_eq!(code(&server, &HOME.download("b")).await, "57128");
}

#[tokio::test]
async fn a_fate_lasts_until_it_is_met_and_a_reset_forgets_it() {
    let server = Server::start().await;
    next(&server, json!({"provider": "payfort", "phase": "failed"})).await;
    let snapshot = server.did("GET", "/snapshot", "").await;
    server.did("POST", "/reset", "").await;
    HOME.ask(&server, &HOME.generate("a")).await;
    advance(&server, "2s").await;
    assert!(HOME.ask(&server, &HOME.download("a")).await.json().is_array());
    server.did("PUT", "/snapshot", &snapshot.to_string()).await;
    HOME.ask(&server, &HOME.generate("a")).await;
    advance(&server, "2s").await;
    assert_eq!(code(&server, &HOME.download("a")).await, "57127");
}

#[tokio::test]
async fn a_report_is_found_by_the_vendors_own_number_or_reference() {
    let server = Server::start().await;
    HOME.ask(&server, &HOME.generate("my-reference")).await;
    let number = create(&server, "http://receiver.invalid/").await;
    let found = server.did("GET", "/reports/my-reference", "").await;
    assert_eq!((&found["id"], &found["provider"]), (&json!(1), &json!("payfort")));
    let found = server.did("GET", &format!("/reports/{number}"), "").await;
    assert_eq!((&found["id"], &found["provider"]), (&json!(2), &json!("wepay")));
    let forced = server.did("POST", "/reports/my-reference", r#"{"phase":"failed"}"#).await;
    assert_eq!((&forced["id"], &forced["phase"]), (&json!(1), &json!("failed")));
    server.refuses(404, "GET", "/reports/nobody", "").await;
}

#[tokio::test]
async fn a_fate_that_nobody_can_meet_is_refused() {
    let server = Server::start().await;
    for (body, expected) in [
        (json!({"provider": "flitt", "phase": "failed"}), "payfort and wepay do"),
        (json!({"provider": "wepey", "phase": "failed"}), "did you mean `wepay`?"),
        (json!({"provider": "wepay"}), "say one of `phase` and `after`"),
        (json!({"provider": "wepay", "phase": "never", "after": "1h"}), "say one of"),
        (json!({"provider": "wepay", "phase": "faild"}), "did you mean `failed`?"),
        (json!({"provider": "wepay", "after": "soon"}), "a length of time"),
        (json!({"provider": "wepay", "after": "-1h"}), "a length of time"),
        (json!({"provider": "wepay", "phases": "failed"}), "did you mean `phase`?"),
    ] {
        let detail = server.refuses(400, "POST", "/reports/next", &body.to_string()).await;
        assert!(detail.contains(expected), "{body}: {detail}");
    }
}
