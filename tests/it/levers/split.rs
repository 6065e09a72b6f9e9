//! A settlement that is split in two: part of its rows is paid out with a later deposit.

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::{MERCHANT, days, payment};
use crate::drivers::{begateway, epicpay, flitt, wepay};
use crate::support::Server;

const MONDAY: Date = date(2026, 3, 16);
const TUESDAY: Date = date(2026, 3, 17);

/// Adds two payments that are settled on Monday.
async fn two_payments(server: &Server) -> [Value; 2] {
    let mut added = [Value::Null, Value::Null];
    for (row, (amount, order)) in added.iter_mut().zip([(10_000, "A-1"), (5_000, "A-2")]) {
        let new = json!({
            "amount": amount, "fee": 0, "at": "2026-03-14T10:00:00Z",
            "settled_at": "2026-03-16T08:00:00Z", "order": order,
        });
        *row = server.did("POST", "/transactions", &payment(&new)).await;
    }
    added
}

/// Hundredths of a number with two decimals at most.
fn cents(value: &Value) -> i64 {
    let text = value.to_string();
    let (whole, cents) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}{cents:0<2}").parse().unwrap()
}

/// What EpicPay deposits for cards on a day.
async fn deposited(server: &Server, day: Date) -> i64 {
    let rows = epicpay::rows(server, "deposits", days(day, day)).await;
    rows.iter().filter(|it| it["payment_type"] != "ACH").map(|it| cents(&it["amount"])).sum()
}

/// What WePay withdraws on a day.
async fn withdrawn(server: &Server, day: Date) -> i64 {
    let find = json!({"account_id": wepay::account(server, MERCHANT), "limit": 1000});
    let list = wepay::call(server, MERCHANT, "withdrawal/find", &find).await.json();
    let from = day.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
    let made = |it: &&Value| {
        let at = it["withdrawal_data"]["create_time"].as_i64().unwrap();
        (from..from + 86_400).contains(&at)
    };
    list.as_array().unwrap().iter().filter(made).map(|it| cents(&it["amount"])).sum()
}

#[tokio::test]
async fn a_part_of_a_settlement_comes_with_the_next_one() {
    let (plain, server) = (super::serve().await, super::serve().await);
    two_payments(&plain).await;
    let [moved, stays] = two_payments(&server).await;
    let path = format!("/transactions/{}/amend", moved["id"]);
    server.did("POST", &path, &json!({"settled_at": "2026-03-17T08:00:00Z"}).to_string()).await;
    for server in [&plain, &server] {
        server.jump("2026-03-17T12:00:00Z");
    }
    for (day, more) in [(MONDAY, -10_000), (TUESDAY, 10_000)] {
        let (before, after) = (deposited(&plain, day).await, deposited(&server, day).await);
        assert_eq!(after, before + more, "EpicPay, {day}");
        let (before, after) = (withdrawn(&plain, day).await, withdrawn(&server, day).await);
        assert_eq!(after, before + more, "WePay, {day}");
    }

    let query = days(date(2026, 3, 14), date(2026, 3, 14));
    let walk = (begateway::params(query, "credit_card"), begateway::Direction::Forwards);
    let rows = begateway::walk(&server, MERCHANT, walk, &mut async |_| {}).await;
    for (row, day) in [(&moved, "2026-03-17"), (&stays, "2026-03-16")] {
        let reported = rows.iter().find(|it| it["id"] == row["id"]).unwrap();
        assert_eq!(reported["settled_at"], day, "beGateway");
        let order = json!([{"s": "order_id", "m": "=", "v": row["order"]}]);
        let reported = flitt::table(&server, MERCHANT, 403, order).await;
        assert_eq!(reported[0]["settlement_date"], format!("{day} 08:00:00"), "Flitt");
    }
}
