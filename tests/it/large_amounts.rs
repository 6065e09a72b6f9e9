//! Amounts beyond 32 bits: some currencies have very small units, and no amount is cut on the way.

use serde_json::json;

use crate::support::{Server, scenario};

/// A merchant that sells at this median price (US cents) in a currency.
fn shop(currency: &str, median: u32) -> sandtill::sandbox::scenario::Scenario {
    scenario(&format!(
        r#"
        seed = 11
        days = 5
        [clock]
        mode = "frozen"
        now = "2026-03-14T12:00:00Z"
        [[merchant]]
        name = "shop"
        [merchant.trade]
        volume = 200
        currencies = {{ {currency} = 100 }}
        median = {median}
        fee_rate = 190
        fee_fixed = 20
        "#
    ))
}

#[tokio::test]
async fn the_fee_of_a_large_payment_follows_the_rate() {
    let server = Server::with(shop("LBP", 3500)).await;
    // 1.9 percent and 20, to the nearest unit.
    for (amount, fee) in [
        (4_294_967_295_i64, 81_604_399_i64),
        (4_294_967_296, 81_604_399),
        (9_999_999_999, 190_000_020),
        (10_000_000_000, 190_000_020),
        (50_000_000_000, 950_000_020),
    ] {
        let row = json!({"merchant": "shop", "amount": amount, "status": "authorized"});
        let held = server.did("POST", "/transactions", &row.to_string()).await;
        let path = format!("/transactions/{}/capture", held["id"]);
        let captured = server.did("POST", &path, "").await;
        let row = json!({"merchant": "shop", "amount": amount});
        let paid = server.did("POST", "/transactions", &row.to_string()).await;
        for row in [&captured, &paid] {
            assert_eq!((&row["amount"], &row["fee"]), (&json!(amount), &json!(fee)));
        }
    }
}

#[tokio::test]
async fn prices_in_a_currency_of_small_units_are_not_all_the_same() {
    // A thousand dollars are some nine thousand million minor units of LBP.
    let server = Server::with(shop("LBP", 100_000)).await;
    let list = server.did("GET", "/transactions?kind=payment&limit=1000", "").await;
    let rows = list["transactions"].as_array().unwrap();
    let mut amounts: Vec<i64> = rows.iter().map(|row| row["amount"].as_i64().unwrap()).collect();
    let count = amounts.len();
    assert!(count > 500, "{count}");
    let flattened = amounts.iter().filter(|it| **it == i64::from(u32::MAX)).count();
    assert_eq!(flattened, 0);
    let large = amounts.iter().filter(|it| **it > i64::from(u32::MAX)).count();
    assert!(large > count / 2, "{large} of {count}");
    amounts.sort_unstable();
    amounts.dedup();
    assert!(amounts.len() > count * 9 / 10, "{} of {count} prices", amounts.len());
    // Every generated fee follows the rate, too.
    for row in rows.iter().filter(|row| row["fee"].as_i64().is_some_and(|fee| fee > 0)) {
        let (amount, fee) = (row["amount"].as_i64().unwrap(), row["fee"].as_i64().unwrap());
        assert_eq!(fee, (amount * 190 + 5_000) / 10_000 + 20, "{row}");
    }
}
