//! Transactions by hand: add, capture, refund, void, chargeback, settle.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::SHOP;
use crate::support::{NOON, Server};

/// beGateway's rows of everything there is of the home shop.
async fn rows(server: &Server) -> Vec<Value> {
    let body = r#"{"report_params":{"date_type":"created_at","from":"2025-12-01 00:00:00","to":"2026-12-31 23:59:59","status":"all","payment_method_type":"credit_card","time_zone":"UTC"}}"#;
    let answer = server.send("POST", "/api/reports", &[SHOP, ("X-Api-Version", "3")], body).await;
    answer.json()["transactions"].as_array().unwrap().clone()
}

async fn add(server: &Server, extra: &str) -> Value {
    let body = format!(r#"{{"merchant":"begateway","amount":10000,"currency":"EUR"{extra}}}"#);
    server.did("POST", "/transactions", &body).await
}

fn path(row: &Value, action: &str) -> String {
    format!("/transactions/{}/{action}", row["id"])
}

#[tokio::test]
async fn an_added_payment_shows_at_its_provider_at_once() {
    let server = Server::frozen("empty", NOON).await;
    assert_eq!(rows(&server).await, Vec::<Value>::new());
    let added = add(
        &server,
        r#","order":"A-1","customer":{"first_name":"Zoë"},"card":{"bin":411111,"last4":7}"#,
    )
    .await;
    assert_eq!(added["status"], "captured");
    assert_eq!(added["card"], json!({"bin": "411111", "last4": "0007"}));
    let rows = rows(&server).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["id"], added["id"]);
    assert_eq!(rows[0]["amount"], 10000);
    assert_eq!(rows[0]["tracking_id"], "A-1");
    assert_eq!(rows[0]["created_at"], NOON);
    assert_eq!(rows[0]["credit_card"]["last_4"], "0007");
    let mut shown = server.did("GET", &format!("/transactions/{}", added["id"]), "").await;
    let seen = shown.as_object_mut().unwrap().remove("seen").unwrap();
    assert_eq!(seen, json!([server.last_entry().id]), "the answer that carried it");
    assert_eq!(shown, added);
}

#[tokio::test]
async fn two_alike_are_two() {
    let server = Server::frozen("empty", NOON).await;
    let (one, two) = (add(&server, "").await, add(&server, "").await);
    assert_ne!(one["id"], two["id"]);
    assert_ne!(one["customer"], two["customer"]);
    assert_eq!(rows(&server).await.len(), 2);
}

#[tokio::test]
async fn a_payment_of_tomorrow_is_there_tomorrow() {
    let server = Server::frozen("empty", NOON).await;
    let added = add(&server, r#","at":"2026-03-15T00:00:00Z""#).await;
    assert_eq!(added["created_at"], "2026-03-15T00:00:00Z");
    assert_eq!(rows(&server).await.len(), 0);
    server.did("POST", "/clock/advance", r#"{"by":"12h"}"#).await;
    assert_eq!(rows(&server).await.len(), 1);
}

#[tokio::test]
async fn an_authorization_is_captured_refunded_and_settled() {
    let server = Server::frozen("empty", NOON).await;
    let held = add(&server, r#","status":"authorized""#).await;
    assert_eq!(held["status"], "authorized");
    let capture = server.did("POST", &path(&held, "capture"), r#"{"amount":6000}"#).await;
    assert_eq!((&capture["kind"], &capture["amount"]), (&json!("capture"), &json!(6000)));
    assert_eq!(capture["parent"], held["id"]);
    let refund = server.did("POST", &path(&held, "refund"), r#"{"amount":1000}"#).await;
    assert_eq!(refund["parent"], capture["id"]);
    let rest = server.did("POST", &path(&capture, "refund"), "").await;
    assert_eq!(rest["amount"], 5000);
    let held = server.did("GET", &format!("/transactions/{}", held["id"]), "").await;
    assert_eq!(held["status"], "captured");
    assert_eq!((&held["captured"], &held["refunded"]), (&json!(6000), &json!(6000)));
    assert_eq!(held["children"], json!([capture["id"], refund["id"], rest["id"]]));
    let settled = server.did("POST", &path(&held, "settle"), "{}").await;
    assert_eq!(settled["id"], held["id"]);
    let capture = server.did("GET", &format!("/transactions/{}", capture["id"]), "").await;
    assert_eq!(capture["settled_at"], NOON);
    let types: Vec<_> = rows(&server).await.iter().map(|row| row["type"].clone()).collect();
    assert_eq!(types, ["authorization", "capture", "refund", "refund"]);
}

#[tokio::test]
async fn what_is_impossible_is_refused_and_says_what_is_possible() {
    let server = Server::frozen("empty", NOON).await;
    let paid = add(&server, "").await;
    let held = add(&server, r#","status":"authorized""#).await;
    let voided = add(&server, r#","status":"authorized""#).await;
    let waiting = add(&server, r#","status":"pending","method":"alternative""#).await;
    let wallet = add(&server, r#","method":"alternative""#).await;
    let test = add(&server, r#","test":true"#).await;
    server.did("POST", &path(&voided, "void"), "").await;
    let before = rows(&server).await;
    for (row, action, body, expected_detail) in [
        (&paid, "refund", r#"{"amount":10001}"#, "1 to 10000 minor units can"),
        (&paid, "refund", r#"{"amount":0}"#, "1 to 10000 minor units can"),
        (&paid, "refund", r#"{"amount":-5}"#, "1 to 10000 minor units can"),
        (&paid, "capture", "{}", "and this can be refunded"),
        (&paid, "void", "{}", "and this can be refunded"),
        (&held, "refund", "{}", "capture it first, or void it"),
        (&held, "capture", r#"{"amount":10001}"#, "1 to 10000 minor units can"),
        (&held, "settle", "{}", "it moves no money"),
        (&voided, "capture", "{}", "that is final"),
        (&waiting, "refund", "{}", "is pending, nothing has been taken"),
        (&waiting, "settle", "{}", "that is pending"),
        (&wallet, "chargeback", "{}", "it can be refunded"),
        (&test, "settle", "{}", "a test payment"),
    ] {
        let detail = server.refuses(409, "POST", &path(row, action), body).await;
        assert!(detail.contains(expected_detail), "{action}: {detail}");
    }
    assert_eq!(rows(&server).await, before);
    server.did("POST", &path(&held, "capture"), "").await;
    for (action, expected_detail) in
        [("capture", "what can be done is to refund it"), ("void", "refund it")]
    {
        let detail = server.refuses(409, "POST", &path(&held, action), "").await;
        assert!(detail.contains(expected_detail), "{detail}");
    }
    server.did("POST", &path(&paid, "chargeback"), "").await;
    let detail = server.refuses(409, "POST", &path(&paid, "refund"), "").await;
    assert!(detail.contains("all of transaction"), "{detail}");
    server.refuses(404, "POST", "/transactions/7/refund", "").await;
    server.refuses(404, "GET", "/transactions/99999999999999999999999", "").await;
    server.refuses(404, "GET", "/transactions/%ff", "").await;
}

#[tokio::test]
async fn money_cannot_be_given_back_twice_by_turning_the_clock_back() {
    let server = Server::frozen("empty", NOON).await;
    let paid = add(&server, "").await;
    server.did("POST", "/clock/advance", r#"{"by":"1d"}"#).await;
    server.did("POST", &path(&paid, "refund"), "").await;
    server.did("PUT", "/clock", r#"{"now":"2026-03-14T13:00:00Z"}"#).await;
    server.refuses(409, "POST", &path(&paid, "refund"), "").await;
}

#[tokio::test]
async fn the_generated_future_of_a_payment_ends_with_an_action() {
    let server = Server::start().await;
    // A payment that the generator has refunded later.
    server.did("PUT", "/clock", r#"{"now":"2026-03-30T12:00:00Z"}"#).await;
    let refunds = server
        .did("GET", "/transactions?merchant=begateway&kind=refund&from=2026-03-16T00:00:00Z", "")
        .await;
    let refund = refunds["transactions"].as_array().unwrap().iter().find(|row| {
        let order: &str = row["order"].as_str().unwrap();
        !order.is_empty() && row["parent"].is_u64()
    });
    let parent = refund.unwrap()["parent"].as_u64().unwrap();
    let parent = server.did("GET", &format!("/transactions/{parent}"), "").await;
    let born = parent["paid_at"].as_str().unwrap().to_owned();
    server.did("PUT", "/clock", &json!({"now": born}).to_string()).await;
    server.did("POST", &path(&parent, "chargeback"), "").await;
    server.did("PUT", "/clock", r#"{"now":"2026-03-30T12:00:00Z"}"#).await;
    let parent = server.did("GET", &format!("/transactions/{}", parent["id"]), "").await;
    assert_eq!(parent["refunded"], 0);
    assert_eq!(parent["children"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_list_is_filtered_and_its_pages_visit_every_row_once() {
    let server = Server::start().await;
    let all = |query: String| {
        let server = &server;
        async move {
            let (mut ids, mut after) = (Vec::new(), String::new());
            loop {
                let list = server.did("GET", &format!("/transactions?{query}{after}"), "").await;
                for row in list["transactions"].as_array().unwrap() {
                    ids.push(row["id"].as_i64().unwrap());
                }
                match list["next"].as_i64() {
                    Some(next) => after = format!("&after={next}"),
                    None => return ids,
                }
            }
        }
    };
    let span = "from=2026-03-12T00:00:00Z&to=2026-03-13T00:00:00Z";
    let big = all(format!("{span}&limit=1000")).await;
    let small = all(format!("{span}&limit=7")).await;
    assert_eq!(big, small);
    assert!(big.len() > 300, "{}", big.len());
    let mut seen = big.clone();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), big.len());
    let refunds = all(format!("{span}&kind=refund&merchant=everywhere")).await;
    assert!(refunds.len() < 20 && refunds.iter().all(|id| id % 100 == 5), "{refunds:?}");
    for (query, expected_detail) in [
        ("kind=refnd", "did you mean `refund`?"),
        ("status=settled", "known are"),
        ("merchant=nobody", "known are"),
        ("from=today", "an instant such as"),
    ] {
        let detail = server.refuses(400, "GET", &format!("/transactions?{query}"), "").await;
        assert!(detail.contains(expected_detail) || detail.contains("did you mean"), "{detail}");
    }
}

#[tokio::test]
async fn the_list_goes_from_the_newest_to_the_oldest_across_merchants() {
    let server = Server::start().await;
    // Rows of several merchants at one instant, among the generated ones.
    for merchant in ["everywhere", "wepay", "begateway", "wepay", "everywhere", "flitt"] {
        let row = json!({"merchant": merchant, "amount": 5, "at": "2026-03-14T03:00:00Z"});
        server.did("POST", "/transactions", &row.to_string()).await;
    }
    for (query, limit) in [("from=2026-03-14T00:00:00Z", 7), ("from=2026-03-13T00:00:00Z", 100)] {
        let (mut rows, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("/transactions?{query}&limit={limit}{after}");
            let list = server.did("GET", &path, "").await;
            rows.extend(list["transactions"].as_array().unwrap().iter().cloned());
            match list["next"].as_i64() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let instants: Vec<Timestamp> =
            rows.iter().map(|row| row["created_at"].as_str().unwrap().parse().unwrap()).collect();
        assert!(instants.is_sorted_by(|newer, older| newer >= older), "{query}");
        let mut ids: Vec<i64> = rows.iter().map(|row| row["id"].as_i64().unwrap()).collect();
        ids.sort_unstable();
        let mut apart = Vec::new();
        for merchant in ["payfort", "flitt", "begateway", "epicpay", "wepay", "everywhere"] {
            let path = format!("/transactions?{query}&limit=1000&merchant={merchant}");
            let own = server.did("GET", &path, "").await;
            assert_eq!(own["next"], Value::Null);
            let own = own["transactions"].as_array().unwrap().iter();
            apart.extend(own.map(|row| row["id"].as_i64().unwrap()));
        }
        apart.sort_unstable();
        assert_eq!(ids, apart, "every row once, and none left out");
        assert!(rows.windows(2).any(|pair| pair[0]["merchant"] != pair[1]["merchant"]));
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_not_added() {
    let server = Server::frozen("empty", NOON).await;
    for (extra, expected_detail) in [
        (r#","amuont":1"#, "did you mean `amount`?"),
        (r#","status":"captred""#, "it can be captured"),
        (r#","kind":"refund""#, "POST /_admin/transactions/{id}/refund"),
        (r#","at":"1999-01-01T00:00:00Z""#, "2010-01-01"),
        (r#","at":"2026-01-02T00:00:00Z","paid_at":"2026-01-01T00:00:00Z""#, "cannot be before"),
        (r#","fee":10001"#, "0 to the amount"),
        (r#","fee":-1"#, "0 to the amount"),
        (r#","card":{"bin":4111111,"last4":7}"#, "six digits"),
        (r#","wire":{"begatway":"{}"}"#, "did you mean `begateway`?"),
        (r#","wire":{"begateway":"7"}"#, "a JSON object"),
        (r#","of":"x""#, "for scenario files"),
    ] {
        let body = format!(r#"{{"merchant":"begateway","amount":10000{extra}}}"#);
        let detail = server.refuses(400, "POST", "/transactions", &body).await;
        assert!(detail.contains(expected_detail), "{extra}: {detail}");
    }
    for body in [
        r#"{"merchant":"begateway"}"#,
        r#"{"merchant":"x","amount":1}"#,
        r#"{"merchant":"begateway","amount":-1}"#,
        r#"{"merchant":"begateway","amount":1.5}"#,
        "[]",
        "nul",
    ] {
        server.refuses(400, "POST", "/transactions", body).await;
    }
    assert_eq!(server.did("GET", "/transactions", "").await["transactions"], json!([]));
}

#[tokio::test]
async fn who_acts_on_what_is_still_to_come_is_told_when_it_comes() {
    let server = Server::start().await;
    let added = r#"{"merchant":"everywhere","amount":500,"at":"2026-04-01T00:00:00Z"}"#;
    let id = server.did("POST", "/transactions", added).await["id"].clone();
    for (method, path) in [("GET", ""), ("POST", "/refund"), ("POST", "/settle")] {
        let detail = server.refuses(409, method, &format!("/transactions/{id}{path}"), "").await;
        let expected_detail =
            format!("transaction {id} happens at 2026-04-01T00:00:00Z, and it is {NOON}");
        assert!(detail.starts_with(&expected_detail), "{detail}");
    }
    server.did("PUT", "/clock", r#"{"now":"2026-04-01T00:05:00Z"}"#).await;
    assert_eq!(server.did("GET", &format!("/transactions/{id}"), "").await["amount"], 500);
}
