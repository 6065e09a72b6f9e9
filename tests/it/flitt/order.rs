//! The order of rows in the reports that a column orders, and the token of the vendor's page.

use serde_json::{Value, json};

use super::REPORT;
use crate::drivers::flitt;
use crate::support::{NOON, Server, frozen};

#[tokio::test]
async fn rows_are_ordered_by_their_own_time_newest_first() {
    let server = Server::frozen("settlement", NOON).await;
    for (report, time, id) in [
        (745, "order_timestart", "payment_id"),
        (969, "tran_timeend", "payment_id"),
        (528, "tran_timestart", "tran_id"),
        (500, "tran_timestart", "tran_id"),
    ] {
        let all = json!([{"s": id, "m": "notnull", "v": ""}]);
        let rows = flitt::table(&server, "everywhere", report, all).await;
        let key = |row: &Value| (row[time].as_str().unwrap().to_owned(), row[id].as_i64().unwrap());
        assert!(rows.len() > 50, "{report}: {}", rows.len());
        for pair in rows.windows(2) {
            assert!(
                key(&pair[0]) >= key(&pair[1]),
                "{report}: {:?} {:?}",
                key(&pair[0]),
                key(&pair[1])
            );
        }
    }
}

/// The curl command of the vendor's page, as it stands there but for the quotes.
#[tokio::test]
async fn the_curl_command_of_the_page_is_let_in_with_its_printed_token() {
    let server = Server::with(frozen("docs-samples", NOON)).await;
    let body = r#"{"on_page": 10, "page": 1, "filters": [
        {"s": "settlement_date", "m": "from", "v": "2019-01-24"},
        {"s": "settlement_date", "m": "to", "v": "2019-01-27"}],
        "merchant_id": 1398432, "report_id": "403"}"#;
    let ask = async |server: &Server, token: &str| {
        let token = format!("Token {token}");
        server.send("POST", REPORT, &[("Authorization", &token)], body).await
    };
    let printed = "k1y0qXZ6KgO4GIfkeRlEznao0zbzYdhf";
    let answer = ask(&server, printed).await;
    assert_eq!(
        (answer.status, &answer.json()["rows_count"]),
        (200, &json!(0)),
        "{}",
        answer.text()
    );
    // Nobody else's token, and only there.
    let refused = "Invalid auth token";
    assert!(ask(&server, &printed.replace("k1y0", "k1y1")).await.text().contains(refused));
    assert!(ask(&Server::start().await, printed).await.text().contains(refused));
}
