//! Orders have the same amounts at EpicPay, PayFort and Flitt.

use std::collections::BTreeMap;

use super::books::{END, START, server, text};
use super::{EVERYWHERE, cents, rows};
use crate::support::Server;

/// What Flitt says was taken, in cents by order.
async fn taken_at_flitt(server: &Server) -> BTreeMap<String, i64> {
    let all = serde_json::json!([{"s": "payment_id", "m": "notnull", "v": ""}]);
    let orders = crate::drivers::flitt::table(server, "everywhere", 745, all).await;
    let taken = orders.iter().map(|row| {
        let cents = text(row, "actual_amount").replace('.', "").parse().unwrap();
        (text(row, "order_id").to_owned(), cents)
    });
    taken.collect()
}

#[tokio::test]
async fn orders_have_the_same_amounts_at_payfort_and_flitt() {
    let server = server("default", 42, "2026-03-14T12:00:00Z").await;
    let mut orders: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for row in rows(&server, EVERYWHERE, "trxnactivity", START, END).await {
        let order = orders.entry(text(&row, "client_order_id").to_owned()).or_default();
        match text(&row, "trxn_type") {
            "SALE" | "DEBIT" => order.0 += cents(&row["amount"]),
            "CREDIT" => order.1 += cents(&row["amount"]),
            _ => {}
        }
    }
    let flitt = taken_at_flitt(&server).await;
    for (order, (taken, _)) in &orders {
        assert_eq!(flitt.get(order), Some(taken), "{order} at Flitt");
    }
    let client = crate::payfort::EVERYWHERE;
    let mut request = client.generate("books");
    request["from_date"] = "2025-09-01T00:00:00Z".into();
    request["columns"] = serde_json::json!(["merchant_reference", "operation", "status", "amount"]);
    let mut payfort: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for row in client.rows(&server, &request).await {
        let order = payfort.entry(text(&row, "merchant_reference").to_owned()).or_default();
        let amount: i64 = text(&row, "amount").parse().unwrap();
        match (text(&row, "operation"), text(&row, "status")) {
            ("PURCHASE", "14") | ("CAPTURE", "04") => order.0 += amount,
            ("REFUND", "06") => order.1 += amount,
            _ => {}
        }
    }
    payfort.retain(|_, amounts| *amounts != (0, 0));
    assert!(orders.len() > 3000);
    assert_eq!(payfort, orders);
}
