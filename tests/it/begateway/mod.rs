//! beGateway from outside.

use crate::support::{NOON, Server};

const SHOP: (&str, &str) = ("Authorization", "Basic MTpzYW5kdGlsbC1zaG9wLXNlY3JldA==");

#[tokio::test]
async fn walking_forwards_visits_every_row_once() {
    let server = Server::frozen("default", NOON).await;
    let mut after = String::new();
    let mut ids = Vec::new();
    loop {
        let body = format!(
            r#"{{"report_params":{{"date_type":"created_at","from":"2025-12-01 00:00:00","to":"2026-03-14 23:59:59","status":"all","payment_method_type":"credit_card","time_zone":"UTC"{after}}}}}"#
        );
        let answer =
            server.send("POST", "/api/reports", &[SHOP, ("X-Api-Version", "3")], body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let page = answer.json();
        for row in page["transactions"].as_array().unwrap() {
            ids.push(row["id"].as_i64().unwrap());
        }
        if page["has_more"] == false {
            break;
        }
        after = format!(r#","starting_after":{}"#, page["last_object_id"]);
    }
    assert!(ids.len() > 8000, "{}", ids.len());
    assert!(ids.is_sorted_by(|a, b| a < b));
}
