//! What is done to one of several captures is about that capture alone; a bank returns the whole rest.

use serde_json::{Value, json};

use super::payment;
use crate::support::{NOON, Server};

fn path(row: &Value, action: &str) -> String {
    format!("/transactions/{}/{action}", row["id"])
}

async fn row(server: &Server, row: &Value) -> Value {
    server.did("GET", &format!("/transactions/{}", row["id"]), "").await
}

/// An authorization of 100.00 of four days ago, and captures of 30.00 and 50.00 of now.
async fn in_parts(server: &Server) -> (Value, Value, Value) {
    let held =
        payment(&json!({"amount": 10_000, "status": "authorized", "at": "2026-03-10T10:00:00Z"}));
    let held = server.did("POST", "/transactions", &held).await;
    let parts = json!([{"amount": 3_000}, {"amount": 5_000}]).to_string();
    let captured = server.did("POST", &path(&held, "capture"), &parts).await;
    let captures = &captured["transactions"];
    (held, captures[0].clone(), captures[1].clone())
}

#[tokio::test]
async fn a_dispute_of_a_capture_ends_its_own_chargeback_and_no_other() {
    let server = super::serve().await;
    let (held, first, second) = in_parts(&server).await;
    let back = server.did("POST", &path(&first, "chargeback"), r#"{"amount":3000}"#).await;
    let other = server.did("POST", &path(&second, "chargeback"), r#"{"amount":5000}"#).await;
    let won = r#"{"outcome":"won"}"#;
    let reversal = server.did("POST", &path(&first, "dispute"), won).await;
    assert_eq!((&reversal["amount"], &reversal["parent"]), (&json!(3_000), &back["id"]));
    // The other one is still open, and the first capture has none.
    server.refuses(409, "POST", &path(&first, "dispute"), won).await;
    let reversal = server.did("POST", &path(&held, "dispute"), won).await;
    assert_eq!((&reversal["amount"], &reversal["parent"]), (&json!(5_000), &other["id"]));
}

#[tokio::test]
async fn a_third_capture_belongs_to_the_authorization_and_not_to_another_capture() {
    let server = super::serve().await;
    let (held, first, _) = in_parts(&server).await;
    let third = server.did("POST", &path(&held, "capture"), r#"{"amount":2000}"#).await;
    assert_eq!((&third["amount"], &third["parent"]), (&json!(2_000), &held["id"]));
    assert_eq!(first["parent"], held["id"]);
}

#[tokio::test]
async fn a_refund_dated_back_is_settled_next_and_not_in_the_past() {
    let server = super::serve().await;
    let paid = payment(&json!({"at": "2026-03-02T10:00:00Z"}));
    let paid = server.did("POST", "/transactions", &paid).await;
    // It is Saturday noon, and the next settlement is on Monday at 08:00. A refund of the 3rd would have been
    // settled within that week.
    let late = json!({"amount": 100, "at": "2026-03-03T10:00:00Z"}).to_string();
    let late = server.did("POST", &path(&paid, "refund"), &late).await;
    for (now, settled) in [
        (NOON, Value::Null),
        ("2026-03-16T07:59:59Z", Value::Null),
        ("2026-03-16T08:00:00Z", json!("2026-03-16T08:00:00Z")),
    ] {
        server.did("PUT", "/clock", &json!({"now": now}).to_string()).await;
        assert_eq!(row(&server, &late).await["settled_at"], settled);
    }
}

#[tokio::test]
async fn settling_an_authorization_settles_its_captures_and_not_its_refunds() {
    let server = super::serve().await;
    let (held, first, second) = in_parts(&server).await;
    let refund = server.did("POST", &path(&second, "refund"), r#"{"amount":1000}"#).await;
    server.did("POST", &path(&held, "settle"), "").await;
    for capture in [&first, &second] {
        assert_eq!(row(&server, capture).await["settled_at"], NOON);
    }
    assert_eq!(row(&server, &refund).await["settled_at"], Value::Null);
    let detail = server.refuses(409, "POST", &path(&held, "settle"), "").await;
    assert!(detail.contains("settled already"), "{detail}");
}

#[tokio::test]
async fn a_bank_returns_the_rest_of_a_payment_and_no_part_of_it() {
    let server = super::serve().await;
    let paid = json!({"amount": 5_000, "method": "bank", "at": "2026-03-10T10:00:00Z"});
    let paid = server.did("POST", "/transactions", &payment(&paid)).await;
    server.did("POST", &path(&paid, "refund"), r#"{"amount":1000}"#).await;
    for amount in [3_999, 4_001, 5_000] {
        let body = json!({"amount": amount}).to_string();
        let detail = server.refuses(409, "POST", &path(&paid, "chargeback"), &body).await;
        assert!(detail.contains("the whole rest") && detail.contains("4000"), "{detail}");
    }
    let reject = server.did("POST", &path(&paid, "chargeback"), r#"{"amount":4000}"#).await;
    assert_eq!((&reject["kind"], &reject["amount"]), (&json!("reject"), &json!(4_000)));
}

#[tokio::test]
async fn the_rest_of_an_authorization_can_be_captured_after_a_refund_but_not_voided() {
    let server = super::serve().await;
    let (held, _, second) = in_parts(&server).await;
    server.did("POST", &path(&second, "refund"), r#"{"amount":1000}"#).await;
    let detail = server.refuses(409, "POST", &path(&held, "void"), "").await;
    assert!(detail.contains("or to capture the rest"), "{detail}");
    let third = server.did("POST", &path(&held, "capture"), "").await;
    assert_eq!(third["amount"], 2_000);
    server.refuses(409, "POST", &path(&held, "capture"), "").await;
    let other = payment(&json!({"amount": 700, "status": "authorized"}));
    let other = server.did("POST", "/transactions", &other).await;
    let void = server.did("POST", &path(&other, "void"), "").await;
    assert_eq!((&void["kind"], &void["parent"]), (&json!("void"), &other["id"]));
}

#[tokio::test]
async fn a_capture_is_amended_within_what_others_leave_and_what_was_given_back() {
    let server = super::serve().await;
    let (held, first, second) = in_parts(&server).await;
    let amend = path(&first, "amend");
    let refused = async |amount: i64, range: &str| {
        let body = json!({"amount": amount}).to_string();
        let detail = server.refuses(400, "POST", &amend, &body).await;
        assert!(detail.contains(range), "{detail}");
    };
    // The other capture has 50.00 of the 100.00.
    refused(5_001, "1 to 5000").await;
    refused(0, "1 to 5000").await;
    server.did("POST", &amend, r#"{"amount":5000}"#).await;
    assert_eq!(row(&server, &first).await["amount"], 5_000);
    // 60.00 of both were given back, so 10.00 of the first one at least.
    server.did("POST", &path(&held, "refund"), r#"{"amount":5000}"#).await;
    server.did("POST", &path(&held, "refund"), r#"{"amount":1000}"#).await;
    refused(999, "1000 to 5000").await;
    server.did("POST", &amend, r#"{"amount":1000,"fee":1}"#).await;
    assert_eq!(row(&server, &second).await["amount"], 5_000);
    assert_eq!(row(&server, &held).await["amount"], 10_000);
}

#[tokio::test]
async fn each_value_of_a_capture_is_amended_alone_and_its_description_is_that_of_the_payment() {
    let server = super::serve().await;
    let (held, first, second) = in_parts(&server).await;
    let whole = row(&server, &held).await;
    for (new, member, value) in [
        (json!({"description": "Half", "amount": 4_000}), "amount", json!(4_000)),
        (json!({"description": "Fee", "fee": 7}), "fee", json!(7)),
        (
            json!({"description": "Late", "settled_at": "2026-03-25T08:00:00Z"}),
            "settles_at",
            json!("2026-03-25T08:00:00Z"),
        ),
    ] {
        server.did("POST", &path(&first, "amend"), &new.to_string()).await;
        assert_eq!(row(&server, &first).await[member], value);
        let payment = row(&server, &held).await;
        for other in ["amount", "fee", "settles_at"] {
            assert_eq!(payment[other], whole[other], "{new}");
        }
        for described in [&held, &first, &second] {
            assert_eq!(row(&server, described).await["description"], new["description"]);
        }
    }
}

#[tokio::test]
async fn what_followed_is_listed_in_the_order_in_which_it_happened() {
    let server = super::serve().await;
    let paid = payment(&json!({"amount": 10_000, "at": "2026-03-10T10:00:00Z"}));
    let paid = server.did("POST", "/transactions", &paid).await;
    let mut refunds = Vec::new();
    for at in ["2026-03-12T10:00:00Z", "2026-03-11T10:00:00Z", "2026-03-13T10:00:00Z"] {
        let refund = json!({"amount": 100, "at": at}).to_string();
        let refund = server.did("POST", &path(&paid, "refund"), &refund).await;
        refunds.push((at, refund["id"].clone()));
    }
    refunds.sort_by_key(|it| it.0);
    let children: Vec<_> = refunds.into_iter().map(|it| it.1).collect();
    assert_eq!(row(&server, &paid).await["children"], json!(children));
}

#[tokio::test]
async fn a_payment_is_changed_again_and_again() {
    let server = super::serve().await;
    let paid = json!({"amount": 10_000, "at": "2026-03-14T10:00:00Z"});
    let paid = server.did("POST", "/transactions", &payment(&paid)).await;
    for settled_at in ["2026-03-20T08:00:00Z", "2026-03-25T08:00:00Z", "2026-03-18T08:00:00Z"] {
        let new = json!({"settled_at": settled_at}).to_string();
        server.did("POST", &path(&paid, "amend"), &new).await;
        assert_eq!(row(&server, &paid).await["settles_at"], settled_at);
    }
    server.did("POST", &path(&paid, "refund"), r#"{"amount":100}"#).await;
    server.did("POST", &path(&paid, "settle"), "").await;
    assert_eq!(row(&server, &paid).await["settled_at"], NOON);
}
