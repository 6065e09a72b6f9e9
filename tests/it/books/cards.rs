//! Checks that every sale that EpicPay calls a card sale has a card, wallets and vouchers included, and that
//! all providers that print cards print the same one.

use std::collections::BTreeMap;

use jiff::civil::date;
use serde_json::{Value, json};

use super::moves::text;
use crate::drivers::begateway::{Direction, METHODS, walk};
use crate::drivers::{ReportQuery, begateway, epicpay, flitt, payfort};
use crate::support::Server;

const MERCHANT: &str = "everywhere";

/// The first six and the last four digits of a masked number.
fn ends(masked: &str) -> (String, String) {
    (masked[..6].to_owned(), masked[masked.len() - 4..].to_owned())
}

#[tokio::test]
async fn every_card_sale_has_a_card_and_it_is_the_same_at_every_provider() {
    let server = Server::start().await;
    let query = ReportQuery {
        merchant: MERCHANT,
        first: date(2026, 2, 1),
        last: date(2026, 2, 28),
        size: 500,
    };
    let mut cards: BTreeMap<String, (String, String)> = BTreeMap::new();
    for row in epicpay::rows(&server, "trxnactivity", query).await {
        if text(&row, "payment_type") == "CARD" {
            let card = (text(&row, "bin").to_owned(), text(&row, "account_suffix").to_owned());
            assert_eq!((card.0.len(), card.1.len()), (6, 4), "{row}");
            assert_eq!(text(&row, "account_number"), format!("{}****{}", card.0, card.1));
            cards.insert(text(&row, "client_order_id").to_owned(), card);
        }
    }
    for deposit in epicpay::rows(&server, "deposits-detail", query).await {
        let lines = deposit["detail_data"].as_array().unwrap().iter();
        for line in lines.filter(|it| !text(it, "client_order_id").is_empty()) {
            assert!(!text(line, "account_no").is_empty(), "{line}");
        }
    }
    let is_known = |order: &str, card: (String, String), row: &Value| {
        let known = cards.get(order);
        assert!(known.is_none_or(|known| *known == card), "{known:?} {row}");
        known.is_some()
    };
    let mut seen = [0; 3];
    let filters = json!([{"s": "order_timestart", "m": "daterange", "v": "2026-02-01,2026-02-28"}]);
    for row in flitt::table(&server, MERCHANT, 745, filters).await {
        let wallet = text(&row, "payment_system") == "wallets";
        if let Some(masked) = row["masked_card"].as_str() {
            seen[0] += usize::from(is_known(text(&row, "order_id"), ends(masked), &row) && wallet);
        }
    }
    let columns = ["merchant_reference", "card_number", "payment_option", "operation"];
    let request = payfort::request(query, "cards", &columns);
    for row in payfort::client(MERCHANT).rows(&server, &request).await {
        let wallet = ["SADAD", "KNET"].contains(&text(&row, "payment_option"));
        if !text(&row, "card_number").is_empty() {
            let card = ends(text(&row, "card_number"));
            seen[1] +=
                usize::from(is_known(text(&row, "merchant_reference"), card, &row) && wallet);
        }
    }
    for method in METHODS {
        let request = (begateway::params(query, method), Direction::Forwards);
        for row in walk(&server, MERCHANT, request, &mut async |_| {}).await {
            if let Some(card) = row["credit_card"].as_object() {
                let part = |name: &str| card[name].as_str().unwrap().to_owned();
                let card = (part("bin"), part("last_4"));
                let known = is_known(text(&row, "tracking_id"), card, &row);
                seen[2] += usize::from(known && method == "alternative");
            }
        }
    }
    // Wallets and vouchers at each of them: about six of a hundred payments.
    assert!(seen.iter().all(|count| *count > 80), "{seen:?}");
}
