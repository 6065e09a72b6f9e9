//! Rows that were printed before are told as they are now: whatever was asked at other moments, a
//! server answers as one does that was never asked anything.

use serde_json::json;

use crate::support::{Server, scenario};

/// Trade in which much happens to few payments.
const LIVELY: &str = r#"
seed = 11
days = 30
[clock]
mode = "frozen"
now = "2026-03-14T12:00:00Z"
[[merchant]]
name = "busy"
[[merchant.credentials.begateway]]
shop_id = "1"
secret_key = "sandtill-shop-secret"
[[merchant.credentials.flitt]]
application_id = "1019"
key = "test"
merchant_id = "1549902"
[merchant.trade]
volume = 6
alternative = 150
bank = 150
authorized_first = 300
refunded = 400
charged_back = 200
rejected = 200
corrected = 300
"#;

/// All rows of one report at one moment.
async fn told(server: &Server, now: &str, report: i64) -> String {
    server.jump(now);
    if report == 0 {
        let params = json!({
            "date_type": "created_at", "from": "2026-02-01 00:00:00", "to": "2026-03-31 00:00:00",
            "status": "all", "payment_method_type": "credit_card", "time_zone": "UTC",
        });
        let body = json!({"report_params": params}).to_string();
        let headers = [crate::begateway::SHOP, ("X-Api-Version", "3")];
        return server.send("POST", "/api/reports", &headers, body).await.text();
    }
    let field = if report == 745 { "payment_id" } else { "tran_id" };
    let body = json!({
        "filters": [{"s": field, "m": "notnull", "v": ""}], "merchant_id": 1_549_902,
        "report_id": report, "on_page": 1000, "page": 1,
    });
    crate::flitt::ask(server, body.to_string()).await.text()
}

#[tokio::test]
async fn rows_are_told_as_they_are_whatever_was_asked_before() {
    let server = Server::with(scenario(LIVELY)).await;
    let hours = [300, 12, 13, 470, 471, 100, 299, 302, 11, 650, 472, 640];
    for (number, hour) in hours.into_iter().enumerate() {
        let start = "2026-02-15T08:00:30Z".parse::<jiff::Timestamp>().unwrap();
        let now = (start + jiff::SignedDuration::from_hours(hour)).to_string();
        for report in [0, 745, 528] {
            let fresh = Server::with(scenario(LIVELY)).await;
            let expected = told(&fresh, &now, report).await;
            assert!(expected.len() > 5000, "{report} at {now}: {expected}");
            assert_eq!(told(&server, &now, report).await, expected, "{report} at {now}");
            // Asked again it comes from memory.
            assert_eq!(told(&server, &now, report).await, expected, "{report}, {number}th");
        }
    }
}
