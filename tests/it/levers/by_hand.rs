//! What is done to transactions by hand: dated back, several at once, posted again, found by order.

use jiff::civil::date;
use serde_json::{Value, json};

use super::{MERCHANT, days, payment, reported};
use crate::drivers::epicpay;
use crate::support::{NOON, Server};

async fn paid(server: &Server, more: &Value) -> Value {
    server.did("POST", "/transactions", &payment(more)).await
}

fn path(row: &Value, action: &str) -> String {
    format!("/transactions/{}/{action}", row["id"])
}

#[tokio::test]
async fn a_refund_can_be_dated_back_and_is_settled_with_the_next_deposit() {
    let server = Server::start().await;
    let row = paid(&server, &json!({"at": "2026-03-10T10:00:00Z"})).await;
    let before =
        epicpay::rows(&server, "deposits", days(date(2026, 3, 1), date(2026, 3, 14))).await;
    let back = json!({"amount": 345, "at": "2026-03-11T09:00:00Z"}).to_string();
    let refund = server.did("POST", &path(&row, "refund"), &back).await;
    assert_eq!(refund["created_at"], "2026-03-11T09:00:00Z");
    // The deposits of these days were paid already; the next one is Monday's.
    assert_eq!(refund["settles_at"], "2026-03-16T08:00:00Z");
    let after = epicpay::rows(&server, "deposits", days(date(2026, 3, 1), date(2026, 3, 14))).await;
    assert_eq!(after, before);
    let day = days(date(2026, 3, 11), date(2026, 3, 11));
    let id = refund["id"].to_string();
    for slug in ["begateway", "epicpay"] {
        let rows = reported(&server, slug, day).await;
        assert!(rows.iter().any(|it| it.id.trim_start_matches("trxn_") == id), "{slug}");
    }
    // Its id stands among those of its day.
    assert!(refund["id"].as_i64() > row["id"].as_i64());
    server.jump("2026-03-11T08:59:59Z");
    assert!(reported(&server, "begateway", day).await.iter().all(|it| it.id != id));
}

#[tokio::test]
async fn what_is_dated_back_too_far_or_ahead_is_refused() {
    let server = Server::start().await;
    let row =
        paid(&server, &json!({"at": "2026-03-10T10:00:00Z", "paid_at": "2026-03-10T11:00:00Z"}))
            .await;
    let before = server.did("GET", "/snapshot", "").await;
    for (action, at, status, part) in [
        ("refund", "2026-03-10T09:59:59Z", 400, "from the payment on, 2026-03-10T10:00:00Z"),
        ("refund", "2026-03-14T12:00:01Z", 400, "to now, 2026-03-14T12:00:00Z"),
        ("refund", "2026-03-10T10:59:59Z", 409, "nothing has been taken"),
        ("settle", "2026-03-10T10:30:00Z", 409, "nothing can be"),
        ("chargeback", "yesterday", 400, "must be an instant"),
        ("void", "2026-03-14T12:00:01Z", 400, "to now"),
    ] {
        let body = json!({"at": at}).to_string();
        let detail = server.refuses(status, "POST", &path(&row, action), &body).await;
        assert!(detail.contains(part), "{action} {at}: {detail}");
    }
    assert_eq!(server.did("GET", "/snapshot", "").await, before);
}

#[tokio::test]
async fn lists_happen_together_or_not_at_all() {
    let server = Server::start().await;
    let one = json!({"merchant": MERCHANT, "amount": 100, "currency": "USD"});
    let two = json!({"merchant": "flitt", "amount": 200});
    let added = server.did("POST", "/transactions", &json!([one, two]).to_string()).await;
    let added = added["transactions"].as_array().unwrap();
    let amounts: Vec<_> = added.iter().map(|it| (&it["merchant"], &it["amount"])).collect();
    assert_eq!(amounts, [(&json!(MERCHANT), &json!(100)), (&json!("flitt"), &json!(200))]);
    let parts = json!([{"amount": 30}, {"amount": 50, "at": NOON}]).to_string();
    let refunds = server.did("POST", &path(&added[0], "refund"), &parts).await;
    assert_eq!(refunds["transactions"][1]["amount"], 50);
    let single = server.did("POST", "/transactions", &json!([one]).to_string()).await;
    assert_eq!(single["transactions"].as_array().unwrap().len(), 1);
    let before = server.did("GET", "/snapshot", "").await;
    let wrong = json!({"merchant": MERCHANT, "amount": -1});
    for (path, body, status, part) in [
        (
            "/transactions".to_owned(),
            json!([one, wrong]),
            400,
            "item 2 of the list: `amount` is -1",
        ),
        (
            "/transactions".to_owned(),
            json!([one, {"amount": 1}]),
            400,
            "item 2 of the list: missing field",
        ),
        ("/transactions".to_owned(), json!([]), 400, "0 items"),
        ("/transactions".to_owned(), json!([one, 7]), 400, "must hold JSON objects"),
        (
            path(&added[0], "refund"),
            json!([{"amount": 10}, {"amount": 11}]),
            409,
            "item 2 of the list: 11 cannot",
        ),
        (
            path(&added[0], "amend"),
            json!([{"fee": 1}, {"fee": 101}]),
            400,
            "item 2 of the list: `fee` is 101",
        ),
    ] {
        let detail = server.refuses(status, "POST", &path, &body.to_string()).await;
        assert!(detail.contains(part), "{body}: {detail}");
    }
    let many = Value::from(vec![one; 1001]).to_string();
    let detail = server.refuses(400, "POST", "/transactions", &many).await;
    assert!(detail.contains("1 to 1000"), "{detail}");
    let twice = r#"[{"merchant":"flitt","amount":1,"amount":2}]"#;
    let detail = server.refuses(400, "POST", "/transactions", twice).await;
    assert!(detail.contains("`amount` is there twice"), "{detail}");
    assert_eq!(server.did("GET", "/snapshot", "").await, before);
}

#[tokio::test]
async fn every_answer_can_be_posted_again() {
    let server = Server::start().await;
    let all = server.did("GET", "/transactions?limit=300", "").await;
    let rows = all["transactions"].as_array().unwrap().iter();
    let originals =
        rows.filter(|it| ["payment", "authorization"].contains(&it["kind"].as_str().unwrap()));
    let mut statuses = std::collections::BTreeSet::new();
    for row in originals.filter(|it| it["status"] != "voided") {
        let whole = server.did("GET", &format!("/transactions/{}", row["id"]), "").await;
        for answer in [row, &whole] {
            let again = server.did("POST", "/transactions", &answer.to_string()).await;
            for key in [
                "merchant",
                "kind",
                "amount",
                "currency",
                "fee",
                "created_at",
                "order",
                "description",
            ] {
                assert_eq!(again[key], answer[key], "{key} of {answer}");
            }
            assert_eq!(
                (&again["card"], &again["customer"]),
                (&answer["card"], &answer["customer"])
            );
            assert_ne!(again["id"], answer["id"]);
        }
        statuses.insert(row["status"].as_str().unwrap().to_owned());
    }
    assert!(statuses.len() >= 4, "{statuses:?}");
    let card = json!({"card": {"bin": "042424", "last4": "0007"}});
    let row = paid(&server, &card).await;
    assert_eq!(row["card"], json!({"bin": "042424", "last4": "0007"}));
    for card in [json!({"bin": "x", "last4": "0007"}), json!({"bin": 411_111, "last4": "77x7"})] {
        let detail =
            server.refuses(400, "POST", "/transactions", &payment(&json!({"card": card}))).await;
        assert!(detail.contains("six digits"), "{detail}");
    }
    let both = payment(&json!({"at": NOON, "created_at": "2026-03-13T12:00:00Z"}));
    let detail = server.refuses(400, "POST", "/transactions", &both).await;
    assert!(detail.contains("`created_at`") && detail.contains("say one"), "{detail}");
}

#[tokio::test]
async fn transactions_are_found_by_the_order_number_of_the_merchant() {
    let server = Server::start().await;
    let row = paid(&server, &json!({"order": "A-17/β"})).await;
    let refund = server.did("POST", &path(&row, "refund"), r#"{"amount":5}"#).await;
    let found = server.did("GET", "/transactions?order=A-17%2F%CE%B2", "").await;
    let ids: Vec<_> =
        found["transactions"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, [&refund["id"], &row["id"]]);
    let newest = server.did("GET", "/transactions?limit=300&kind=refund", "").await;
    for row in newest["transactions"].as_array().unwrap().iter().take(5) {
        let order = row["order"].as_str().unwrap().replace('/', "%2F").replace('β', "%CE%B2");
        let found = server.did("GET", &format!("/transactions?order={order}"), "").await;
        let orders = found["transactions"].as_array().unwrap();
        assert!(orders.len() >= 2 && orders.iter().all(|it| it["order"] == row["order"]));
    }
    let none = server.did("GET", "/transactions?order=nothing", "").await;
    assert_eq!(none["transactions"], json!([]));
}

#[tokio::test]
async fn a_chargeback_comes_in_parts_and_hits_what_was_refunded() {
    let server = Server::start().await;
    let row = paid(&server, &json!({"amount": 10_000, "at": "2026-03-10T10:00:00Z"})).await;
    server.did("POST", &path(&row, "refund"), r#"{"amount":10000}"#).await;
    let parts = json!([{"amount": 4_000}, {"amount": 5_000}]).to_string();
    server.did("POST", &path(&row, "chargeback"), &parts).await;
    let detail = server.refuses(409, "POST", &path(&row, "chargeback"), r#"{"amount":1001}"#).await;
    assert!(
        detail.contains("1001 cannot be charged back") && detail.contains("1 to 1000"),
        "{detail}"
    );
    let rest = server.did("POST", &path(&row, "chargeback"), "{}").await;
    assert_eq!((&rest["kind"], &rest["amount"]), (&json!("chargeback"), &json!(1_000)));
    let detail = server.refuses(409, "POST", &path(&row, "chargeback"), "").await;
    assert!(detail.contains("has been charged back"), "{detail}");
    // Without an amount, what the merchant refunded is left alone.
    let other = paid(&server, &json!({"amount": 10_000})).await;
    server.did("POST", &path(&other, "refund"), r#"{"amount":4000}"#).await;
    let rest = server.did("POST", &path(&other, "chargeback"), "").await;
    assert_eq!(rest["amount"], 6_000);
    server.refuses(409, "POST", &path(&other, "refund"), "").await;
    // The days that follow pay out less than nothing, and tie out: books/ has the property.
    server.jump("2026-03-17T08:00:00Z");
    let cases =
        epicpay::rows(&server, "chargebacks", days(date(2026, 3, 14), date(2026, 3, 14))).await;
    let amounts = cases.iter().map(|it| it["chargeback_amount"].to_string());
    for amount in ["40.00", "50.00", "10.00", "60.00"] {
        assert!(
            amounts
                .clone()
                .any(|it| it == amount || it == amount.trim_end_matches("0").trim_end_matches('.')),
            "{amount}"
        );
    }
}
