//! Snapshots whose amendments, patches or fates of deposits cannot be are refused.

use serde_json::{Value, json};

use super::snapshots::{Edit, added, forged};
use crate::support::{NOON, Server};

fn entry<'a>(state: &'a mut Value, list: &str, index: usize) -> &'a mut Value {
    &mut added(state)[list][index]
}

/// A payment that was amended twice, and a deposit that comes two days late.
async fn amended() -> Server {
    let server = Server::start().await;
    let paid = json!({"merchant": "everywhere", "amount": 10_000, "currency": "USD",
        "at": "2026-03-11T10:00:00Z", "settled_at": "2026-03-17T08:00:00Z"});
    let paid = server.did("POST", "/transactions", &paid.to_string()).await;
    let amend = format!("/transactions/{}/amend", paid["id"]);
    server.did("POST", &amend, r#"{"fee":7}"#).await;
    server.did("POST", &amend, r#"{"fee":8,"settled_at":"2026-03-18T08:00:00Z"}"#).await;
    let list = "/deposits?merchant=everywhere&status=on_the_way&limit=1";
    let deposit = server.did("GET", list, "").await["deposits"][0]["id"].clone();
    server.did("POST", &format!("/deposits/{deposit}/delay"), r#"{"by":"2d"}"#).await;
    server
}

/// The versions of the state: 1 is the payment, 2 and 4 its amendments, 3 the patch of its settlement, 5 the deposit.
const EDITS: &[(Edit, &str)] = &[
    (|it| entry(it, "patches", 0)["since"] = json!(0), "was patched twice at once"),
    (|it| entry(it, "patches", 0)["since"] = json!(6), "was patched twice at once"),
    (|it| entry(it, "patches", 0)["settled_at"] = json!(-1), "was patched at what is no Unix time"),
    (|it| entry(it, "amendments", 0)["since"] = json!(0), "was amended twice at once"),
    (|it| entry(it, "amendments", 1)["since"] = json!(6), "was amended twice at once"),
    (|it| entry(it, "amendments", 1)["since"] = json!(2), "was amended twice at once"),
    (|it| entry(it, "amendments", 0)["at"] = json!(-1), "no Unix time of the past"),
    (|it| entry(it, "amendments", 0)["made_at"] = json!(i64::MAX), "no Unix time of the past"),
    (
        |it| {
            let made_at = entry(it, "amendments", 0)["made_at"].as_i64().unwrap();
            entry(it, "amendments", 0)["at"] = json!(made_at + 1);
        },
        "no Unix time of the past",
    ),
    (|it| entry(it, "amendments", 1)["settled_at"] = json!(-1), "no Unix time of the past"),
    (|it| entry(it, "amendments", 0)["fee"] = json!(-1), "to an amount that cannot be"),
    (|it| entry(it, "amendments", 0)["amount"] = json!(i64::MAX), "to an amount that cannot be"),
    (|it| entry(it, "fates", 0)["since"] = json!(0), "what happened to deposit"),
    (|it| entry(it, "fates", 0)["since"] = json!(6), "what happened to deposit"),
    (|it| entry(it, "fates", 0)["at"] = json!(-1), "what happened to deposit"),
    (|it| entry(it, "fates", 0)["delay"] = json!(-1), "what happened to deposit"),
    (
        |it| {
            let twice = entry(it, "fates", 0).clone();
            added(it)["fates"].as_array_mut().unwrap().push(twice);
        },
        "what happened to deposit",
    ),
];

#[tokio::test]
async fn what_cannot_have_been_amended_is_refused_and_what_was_comes_back() {
    let server = amended().await;
    let text = server.did("GET", "/snapshot", "").await.to_string();
    for (index, (edit, expected)) in EDITS.iter().enumerate() {
        let detail = server.refuses(400, "PUT", "/snapshot", &forged(&text, edit)).await;
        assert!(detail.contains(expected), "{index}, {expected}: {detail}");
    }
    let other = Server::frozen("empty", NOON).await;
    other.did("PUT", "/snapshot", &text).await;
    let again = other.did("GET", "/snapshot", "").await;
    let before: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(again["state"]["space"]["additions"], before["state"]["space"]["additions"]);
    let state = &before["state"]["space"]["additions"].as_array().unwrap();
    assert_eq!(state.last().unwrap()["fates"][0]["delay"], 2 * 86_400);
}
