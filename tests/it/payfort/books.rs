//! The books: what a client sums up from reports is what the ledger says.

use std::collections::BTreeMap;

use sandtill::sandbox::facts::Kind;
use sandtill::sandbox::ledger::Axis;
use serde_json::json;

use super::{Client, EVERYWHERE, HOME};
use crate::support::Server;

/// Purchases and captures in, refunds out, by currency, of February 2026.
async fn reported(server: &Server, client: &Client) -> BTreeMap<String, i64> {
    let mut request = client.generate("books");
    request["from_date"] = json!("2026-02-01T00:00:00Z");
    request["to_date"] = json!("2026-02-28T23:59:59Z");
    request["columns"] = json!(["operation", "status", "amount", "currency"]);
    let mut sums = BTreeMap::new();
    for row in client.rows(server, &request).await {
        let sign = match (row["operation"].as_str().unwrap(), row["status"].as_str().unwrap()) {
            ("PURCHASE", "14") | ("CAPTURE", "04") => 1,
            ("REFUND", "06") => -1,
            _ => continue,
        };
        let amount: i64 = row["amount"].as_str().unwrap().parse().unwrap();
        *sums.entry(row["currency"].as_str().unwrap().to_owned()).or_default() += sign * amount;
    }
    sums
}

fn booked(server: &Server, merchant: &str) -> BTreeMap<String, i64> {
    let sandbox = server.space();
    let id = sandbox.world().scenario.merchant(merchant).unwrap().id;
    let view = sandbox.moment().view(id).unwrap();
    let mut sums = BTreeMap::new();
    // 2026-02-01 to 2026-03-01 in UTC.
    for row in view.rows(Axis::Created, 1_769_904_000..1_772_323_200) {
        if matches!(row.kind, Kind::Payment | Kind::Capture | Kind::Refund) && row.gross() != 0 {
            *sums.entry(row.currency.to_string()).or_default() += row.gross();
        }
    }
    sums
}

#[tokio::test]
async fn a_months_purchases_captures_and_refunds_are_those_of_the_ledger() {
    let server = Server::start().await;
    let home = reported(&server, &HOME).await;
    assert_eq!(home.keys().collect::<Vec<_>>(), ["AED", "JOD", "KWD", "SAR"]);
    assert_eq!(home, booked(&server, "payfort"));
    assert_eq!(reported(&server, &EVERYWHERE).await, booked(&server, "everywhere"));
}

#[tokio::test]
async fn no_refunds_of_an_order_exceed_what_was_taken() {
    let server = Server::start().await;
    let mut request = HOME.generate("refunds");
    request["from_date"] = json!("2025-09-01T00:00:00Z");
    request["columns"] = json!(["merchant_reference", "operation", "status", "amount"]);
    let mut left: BTreeMap<String, i64> = BTreeMap::new();
    let mut refunds = 0;
    for row in HOME.rows(&server, &request).await {
        let amount: i64 = row["amount"].as_str().unwrap().parse().unwrap();
        let order = row["merchant_reference"].as_str().unwrap().to_owned();
        match (row["operation"].as_str().unwrap(), row["status"].as_str().unwrap()) {
            ("PURCHASE", "14") | ("CAPTURE", "04") => *left.entry(order).or_default() += amount,
            ("REFUND", "06") => {
                *left.entry(order).or_default() -= amount;
                refunds += 1;
            }
            _ => {}
        }
    }
    assert!(refunds > 100, "{refunds}");
    let overdrawn: Vec<_> = left.iter().filter(|order| *order.1 < 0).collect();
    assert!(overdrawn.is_empty(), "{overdrawn:?}");
}
