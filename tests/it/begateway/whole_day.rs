//! A day by version 2 has no pages and any size: it arrives in pieces, and is whole in the end.

use serde_json::{Value, json};

use super::{SHOP, params, post, walk, with};
use crate::support::{Server, scenario};

/// The home shop on busy days.
async fn busy(volume: u32) -> Server {
    let text = format!(
        r#"
        seed = 3
        days = 4
        [clock]
        mode = "frozen"
        now = "2026-03-14T12:00:00Z"
        [[merchant]]
        name = "begateway"
        [[merchant.credentials.begateway]]
        shop_id = "1"
        secret_key = "sandtill-shop-secret"
        [merchant.trade]
        volume = {volume}
        alternative = 100
        "#
    );
    Server::with(scenario(&text)).await
}

/// The pieces in which the answer arrives, and the length that its head promises.
async fn pieces(server: &Server, request_params: &Value) -> (Vec<Vec<u8>>, Option<u64>) {
    let request = reqwest::Client::new().post(format!("{}/api/reports", server.url));
    let request = request.header(SHOP.0, SHOP.1).header("X-Api-Version", "2");
    let request = request.body(json!({"report_params": request_params}).to_string());
    let mut answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let length = answer.headers().get("content-length");
    let length = length.map(|it| it.to_str().unwrap().parse().unwrap());
    let mut pieces = Vec::new();
    while let Some(piece) = answer.chunk().await.unwrap() {
        pieces.push(piece.to_vec());
    }
    (pieces, length)
}

#[tokio::test]
async fn a_large_day_streams_and_is_what_the_pages_say() {
    let server = busy(2500).await;
    let (from, to) = ("2026-03-12 00:00:00", "2026-03-12 23:59:59");
    let request_params = with(params(from, to), json!({"date": "2026-03-12"}));
    let (pieces, length) = pieces(&server, &request_params).await;
    assert_eq!(length, None, "a length would have to be known before the first row is sent");
    assert!(pieces.len() > 1);
    let day: Value = serde_json::from_slice(&pieces.concat()).unwrap();
    let names: Vec<&String> = day.as_object().unwrap().keys().collect();
    assert_eq!(names, ["transactions", "count"]);
    let rows = day["transactions"].as_array().unwrap();
    assert!(rows.len() > 1500, "{}", rows.len());
    assert_eq!(day["count"], rows.len());
    assert!(*rows == walk(&server, &request_params).await, "the same rows as by pages");
}

#[tokio::test]
async fn a_small_day_says_how_long_it_is() {
    let server = busy(20).await;
    for date in ["2026-03-12", "2026-03-20"] {
        let (from, to) = (format!("{date} 00:00:00"), format!("{date} 23:59:59"));
        let request_params = with(params(&from, &to), json!({"date": date}));
        let (pieces, length) = pieces(&server, &request_params).await;
        let body = pieces.concat();
        assert_eq!(length, Some(u64::try_from(body.len()).unwrap()));
        let whole = post(&server, "/api/reports", "2", &request_params).await;
        assert_eq!(whole.body, body);
    }
}
