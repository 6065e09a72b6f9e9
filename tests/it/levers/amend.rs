//! Amendments by hand: how each provider tells them, and what is refused.

use jiff::civil::date;
use serde_json::{Value, json};

use super::{MERCHANT, days, payment};
use crate::drivers::{begateway, epicpay, flitt, wepay};
use crate::support::{NOON, Server};

/// A payment of 100.00 with a fee of 3.00 that was paid out on Friday.
async fn paid_out(server: &Server) -> Value {
    let paid = json!({
        "amount": 10_000, "fee": 300, "at": "2026-03-11T10:00:00Z",
        "settled_at": "2026-03-13T08:00:00Z", "order": "A-1", "description": "Kettle",
    });
    server.did("POST", "/transactions", &payment(&paid)).await
}

async fn amend(server: &Server, row: &Value, new: &Value) -> Value {
    server.did("POST", &format!("/transactions/{}/amend", row["id"]), &new.to_string()).await
}

/// The rows of the payment at the three providers that print amounts and fees of single rows.
async fn reported(server: &Server, row: &Value) -> (Value, Value) {
    let query = days(date(2026, 3, 11), date(2026, 3, 11));
    let params = begateway::params(query, "credit_card");
    let mut none = async |_| {};
    let walk = (params, begateway::Direction::Forwards);
    let rows = begateway::walk(server, MERCHANT, walk, &mut none).await;
    let at_begateway = rows.into_iter().find(|it| it["id"] == row["id"]).unwrap();
    let order = json!([{"s": "order_id", "m": "=", "v": "A-1"}]);
    let at_flitt = flitt::table(server, MERCHANT, 745, order).await;
    (at_begateway, at_flitt[0].clone())
}

async fn deposits(server: &Server, day: jiff::civil::Date) -> Vec<Value> {
    let details = epicpay::rows(server, "deposits-detail", days(day, day)).await;
    details.into_iter().filter(|it| it["payment_type"] != "ACH").collect()
}

#[tokio::test]
async fn reports_tell_the_new_values_and_the_next_deposit_pays_the_difference() {
    let server = Server::start().await;
    let row = paid_out(&server).await;
    let before = deposits(&server, date(2026, 3, 13)).await;
    let amended =
        amend(&server, &row, &json!({"fee": 450, "amount": 9_000, "description": "Pot"})).await;
    assert_eq!(
        (&amended["fee"], &amended["amount"], &amended["description"]),
        (&json!(450), &json!(9_000), &json!("Pot"))
    );
    let (at_begateway, at_flitt) = reported(&server, &row).await;
    assert_eq!(at_begateway["amount"], 9_000);
    assert_eq!(at_begateway["transaction_fee"].to_string(), "450.0");
    assert_eq!(at_begateway["pay_to_merchant"].to_string(), "8550.0");
    assert_eq!(at_begateway["manually_corrected_at"], "2026-03-14T12:00:00Z");
    assert_eq!(at_begateway["description"], "Pot");
    assert_eq!(
        (&at_flitt["fee"], &at_flitt["settlement_amount"]),
        (&json!("4.50"), &json!("85.50"))
    );
    assert_eq!(at_flitt["actual_amount"], "90.00");
    // What was paid stays; on Monday, 97.00 become 85.50.
    assert_eq!(deposits(&server, date(2026, 3, 13)).await, before);
    let balance = begateway::balances(&server, MERCHANT).await.json();
    server.jump("2026-03-16T08:00:00Z");
    let monday = deposits(&server, date(2026, 3, 16)).await;
    let lines = monday.iter().flat_map(|it| it["detail_data"].as_array().unwrap());
    let lines: Vec<&Value> = lines.filter(|it| it["trxn_type"] == "Adjustment").collect();
    assert_eq!(lines.iter().map(|it| it["amount"].to_string()).collect::<Vec<_>>(), ["-11.5"]);
    assert_eq!(lines[0]["reference_id"], format!("trxn_{}", row["id"]));
    // WePay's withdrawal of that day and its file have the same line.
    let find = json!({"account_id": 216_083_313, "limit": 1, "sort_order": "desc"});
    let withdrawals = wepay::call(&server, MERCHANT, "withdrawal/find", &find).await.json();
    server.jump("2026-03-18T08:00:00Z");
    let report = wepay::create(&server, MERCHANT, &wepay::reconciliation(&withdrawals[0])).await;
    server.jump("2026-03-18T08:00:10Z");
    let file = wepay::fetch(&server, MERCHANT, &report).await.unwrap();
    let line = file.iter().find(|it| it["transaction_type"] == "adjustment").unwrap();
    assert_eq!(line["net"].trim_end_matches('0'), "-11.5");
    assert!(balance.as_array().unwrap().iter().any(|it| it["currency"] == "USD"));
}

#[tokio::test]
async fn an_amendment_can_be_dated_back_and_lags_like_everything() {
    let server = Server::start().await;
    let row = paid_out(&server).await;
    super::lag(&server, "begateway", &json!({"lag": "2h"})).await;
    amend(&server, &row, &json!({"fee": 500, "at": "2026-03-14T09:00:00Z"})).await;
    amend(&server, &row, &json!({"fee": 600, "at": "2026-03-14T11:00:00Z"})).await;
    let (at_begateway, at_flitt) = reported(&server, &row).await;
    assert_eq!(at_begateway["transaction_fee"].to_string(), "500.0");
    assert_eq!(at_flitt["fee"], "6.00");
    server.jump("2026-03-14T13:00:00Z");
    assert_eq!(reported(&server, &row).await.0["transaction_fee"].to_string(), "600.0");
    server.jump("2026-03-14T08:59:59Z");
    assert_eq!(reported(&server, &row).await.1["fee"], "3.00");
}

#[tokio::test]
async fn a_settlement_can_be_moved_until_it_is_paid_out() {
    let server = Server::start().await;
    let fresh = json!({"amount": 10_000, "fee": 300, "at": "2026-03-14T10:00:00Z"});
    let row = server.did("POST", "/transactions", &payment(&fresh)).await;
    let amended = amend(&server, &row, &json!({"settled_at": "2026-03-20T08:00:00Z"})).await;
    assert_eq!(amended["settles_at"], "2026-03-20T08:00:00Z");
    for (now, settled) in [("2026-03-19T12:00:00Z", false), ("2026-03-20T08:00:00Z", true)] {
        server.jump(now);
        let row = server.did("GET", &format!("/transactions/{}", row["id"]), "").await;
        assert_eq!(row["settled_at"].is_string(), settled, "{now}");
        let day = date(2026, 3, 20);
        let lines = deposits(&server, day).await;
        let text = Value::from(lines).to_string();
        assert_eq!(text.contains(&format!("trxn_{}", row["id"])), settled, "{now}");
    }
    let path = format!("/transactions/{}/amend", row["id"]);
    let later = json!({"settled_at": "2026-03-25T08:00:00Z"}).to_string();
    let detail = server.refuses(409, "POST", &path, &later).await;
    assert!(detail.contains("was paid out at 2026-03-20T08:00:00Z"), "{detail}");
}

#[tokio::test]
async fn what_cannot_be_amended_is_refused_with_what_can() {
    let server = Server::start().await;
    let row = paid_out(&server).await;
    let path = format!("/transactions/{}", row["id"]);
    let refund = server.did("POST", &format!("{path}/refund"), r#"{"amount":4000}"#).await;
    let held = json!({"amount": 700, "status": "authorized"});
    let held = server.did("POST", "/transactions", &payment(&held)).await;
    let before = server.did("GET", "/snapshot", "").await;
    let own = format!("{path}/amend");
    let of_refund = format!("/transactions/{}/amend", refund["id"]);
    let of_held = format!("/transactions/{}/amend", held["id"]);
    for (path, body, status, parts) in [
        (&own, "{}", 400, ["`amount`, `fee`", "`settled_at`"]),
        (&own, r#"{"fee":10001}"#, 400, ["`fee` is 10001", "0 to 10000"]),
        (&own, r#"{"fee":-1}"#, 400, ["`fee` is -1", "0 to 10000"]),
        (&own, r#"{"amount":3999}"#, 400, ["`amount` is 3999", "4000 to"]),
        (&own, r#"{"amount":0}"#, 400, ["`amount` is 0", "4000 to"]),
        (
            &own,
            r#"{"fee":1,"at":"2026-03-14T12:00:01Z"}"#,
            400,
            ["`at` is", "to now, 2026-03-14T12:00:00Z"],
        ),
        (
            &own,
            r#"{"fee":1,"at":"2026-03-11T09:59:59Z"}"#,
            400,
            ["`at` is", "2026-03-11T10:00:00Z"],
        ),
        (
            &own,
            r#"{"settled_at":"2026-03-20T08:00:00Z"}"#,
            409,
            ["was paid out at", "2026-03-13T08:00:00Z"],
        ),
        (&own, r#"{"fees":1}"#, 400, ["unknown key `fees`", "`fee`"]),
        (&own, r#"{"fee":"1"}"#, 400, ["\"1\"", "whole number"]),
        (&of_refund, r#"{"amount":10001}"#, 400, ["`amount` is 10001", "1 to 10000"]),
        (
            &of_refund,
            r#"{"settled_at":"2026-03-14T11:00:00Z"}"#,
            400,
            ["`settled_at` is", "after now"],
        ),
        (&of_held, r#"{"fee":1}"#, 409, ["moves no money", "description"]),
        (
            &of_held,
            r#"{"settled_at":"2026-03-20T08:00:00Z"}"#,
            409,
            ["moves no money", "nothing is settled"],
        ),
    ] {
        let detail = server.refuses(status, "POST", path, body).await;
        assert!(parts.iter().all(|part| detail.contains(part)), "{path} {body}: {detail}");
    }
    let detail = server.refuses(404, "POST", "/transactions/7/amend", r#"{"fee":1}"#).await;
    assert!(detail.contains("no transaction 7"), "{detail}");
    assert_eq!(server.did("GET", "/snapshot", "").await, before);
    assert_eq!(server.space().moment().now, NOON.parse::<jiff::Timestamp>().unwrap());
}

/// docs/limits.md: the amendments of a row.
#[tokio::test]
async fn a_row_can_be_amended_a_thousand_times() {
    let server = Server::start().await;
    let row = paid_out(&server).await;
    for fee in 0..1000 {
        amend(&server, &row, &json!({"fee": fee})).await;
    }
    let path = format!("/transactions/{}/amend", row["id"]);
    let detail = server.refuses(409, "POST", &path, r#"{"fee":1000}"#).await;
    assert!(detail.contains("was amended 1000 times, the most"), "{detail}");
}
