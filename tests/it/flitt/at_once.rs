//! Many requests that look through a large ledger at once: all are answered rightly.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{MERCHANT, REPORT, token};
use crate::support::{Server, scenario};

/// Enough payments for one request to be shared among threads.
const LARGE: &str = r#"
seed = 9
days = 14
[clock]
mode = "frozen"
now = "2026-03-14T12:00:00Z"
[[merchant]]
name = "flitt"
[[merchant.credentials.flitt]]
application_id = "1019"
key = "test"
merchant_id = "1549902"
[merchant.trade]
volume = 12000
currencies = { GEL = 100 }
"#;

/// Requests at once.
const CLIENTS: usize = 32;

/// The count and the first row of the payments above an amount. No two requests are alike.
async fn ask(server: &Server, token: &str, least: usize) -> (Value, Value) {
    let body = json!({
        "filters": [
            {"s": "order_timestart", "m": "from", "v": "2026-02-01"},
            {"s": "amount", "m": ">", "v": format!("{least}.00")},
        ],
        "merchant_id": MERCHANT, "report_id": 745, "on_page": 1, "page": 1,
    });
    let header = format!("Token {token}");
    let answer = server.send("POST", REPORT, &[("Authorization", &header)], body.to_string()).await;
    let mut answer = answer.json();
    assert!(answer["data"].is_array(), "{answer}");
    (answer["rows_count"].take(), answer["data"][0].take())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_that_come_at_once_have_each_their_own_answer() {
    let server = Arc::new(Server::with(scenario(LARGE)).await);
    let token = Arc::new(token(&server).await);
    // One after the other first, which makes the days.
    let mut expected = Vec::new();
    for least in 0..CLIENTS {
        expected.push(ask(&server, &token, 100 + least).await);
    }
    assert!(expected[0].0.as_i64().unwrap() > 1000, "{}", expected[0].0);
    assert!(expected.windows(2).all(|pair| pair[0].0.as_i64() >= pair[1].0.as_i64()));
    // A few selections are remembered, and most of these are not among them.
    let asking: Vec<_> = (0..CLIENTS)
        .map(|least| {
            let (server, token) = (Arc::clone(&server), Arc::clone(&token));
            tokio::spawn(async move { ask(&server, &token, 100 + least).await })
        })
        .collect();
    for (task, expected) in asking.into_iter().zip(&expected) {
        assert_eq!(task.await.unwrap(), *expected);
    }
}
