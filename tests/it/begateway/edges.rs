//! What clients send at the edges of the API: ERIP, unknown paths, cursors in the wrong place, and the
//! time-zone quirk on rows that a scenario pins.

use serde_json::{Value, json};

use super::{SHOP, page, params, post, walk, with};
use crate::support::{NOON, Server, frozen, scenario};

const BELARUS: &str = r#"
days = 10
[clock]
mode = "frozen"
now = "2026-03-14T12:00:00Z"
[[merchant]]
name = "begateway"
[[merchant.credentials.begateway]]
shop_id = "1"
secret_key = "sandtill-shop-secret"
[merchant.trade]
currencies = { BYN = 70, EUR = 30 }
alternative = 400
bank = 200
"#;

#[tokio::test]
async fn alternative_payments_in_belarusian_roubles_are_erip_rows() {
    let server = Server::with(scenario(BELARUS)).await;
    let of = async |method: &str| {
        let all = params("2026-03-01 00:00:00", "2026-03-14 23:59:59");
        walk(&server, &with(all, json!({"payment_method_type": method}))).await
    };
    let (erip, alternative) = (of("erip").await, of("alternative").await);
    assert!(erip.len() > 100, "{}", erip.len());
    for row in &erip {
        assert_eq!(
            (&row["payment_method_type"], &row["currency"]),
            (&json!("erip"), &json!("BYN"))
        );
        let account = row["erip"]["account_number"].as_str().unwrap();
        assert!(!account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(row["erip"]["transaction_id"].is_null(), row["paid_at"].is_null(), "{row}");
    }
    // They are alternative payments too, and no other alternative payment is an ERIP row.
    let reported: Vec<&Value> = alternative.iter().filter(|row| row["erip"].is_object()).collect();
    assert_eq!(reported, erip.iter().collect::<Vec<_>>());
    let rest = alternative.iter().filter(|row| row["payment_method_type"] == "alternative");
    assert_eq!(rest.count(), alternative.len() - erip.len());
    let cards = of("credit_card").await;
    assert!(cards.iter().all(|row| row.get("erip").is_none() && row["credit_card"].is_object()));
}

#[tokio::test]
async fn every_path_below_reports_is_answered_in_its_own_words() {
    let server = Server::start().await;
    for (method, path) in [
        ("POST", "/api/reports/2026-03-14"),
        ("GET", "/api/reports/count/all"),
        ("POST", "/api/reports/transactions?x=1"),
    ] {
        let answer = server.send(method, path, &[SHOP], "{}").await;
        assert_eq!((answer.status, answer.header("content-type")), (404, "application/json"));
        let expected =
            json!({"message": "Not found", "errors": {"request": ["has an unknown path"]}});
        assert_eq!(answer.json(), expected, "{path}");
        let entry = server.last_entry();
        assert_eq!((entry.provider, entry.operation), ("begateway", "unknown"));
        assert!(entry.note.reason.as_deref().unwrap().contains("/api/reports/count"));
    }
}

#[tokio::test]
async fn a_cursor_outside_of_report_params_is_refused() {
    let server = Server::start().await;
    let all = params("2026-03-01 00:00:00", "2026-03-14 23:59:59");
    let id = page(&server, &all).await["last_object_id"].clone();
    let beside = |name: &str| json!({"report_params": all, name: id}).to_string();
    for (path, body, name, position) in [
        ("/api/reports", beside("starting_after"), "starting_after", "beside"),
        ("/api/reports", beside("ending_before"), "ending_before", "beside"),
        ("/api/reports/count", beside("starting_after"), "starting_after", "beside"),
        (
            "/api/reports?starting_after=7",
            json!({"report_params": all}).to_string(),
            "starting_after",
            "query",
        ),
    ] {
        let answer = server.send("POST", path, &[SHOP, ("X-Api-Version", "3")], body).await;
        let expected = json!({"message": "Unprocessable entity", "errors": {name: ["is invalid"]}});
        assert_eq!((answer.status, answer.json()), (422, expected), "{path}");
        let reason = server.last_entry().note.reason.clone().unwrap();
        for word in [name, position, "`report_params`"] {
            assert!(reason.contains(word), "{reason}");
        }
    }
}

#[tokio::test]
async fn the_time_zone_quirk_reaches_pinned_rows() {
    let mut quirky = frozen("docs-samples", NOON);
    quirky.quirks.insert("begateway.local-time-z".to_owned());
    let servers = [Server::frozen("docs-samples", NOON).await, Server::with(quirky).await];
    let request = with(
        params("2022-01-27 00:00:00", "2022-01-27 23:59:59"),
        json!({"time_zone": "Europe/Minsk", "status": "incomplete"}),
    );
    let mut reported = Vec::new();
    for server in &servers {
        let mut row = page(server, &request).await["transactions"][0].clone();
        reported.push(row["created_at"].take());
        // Everything else stays word for word.
        reported.push(row);
    }
    assert_eq!(reported[1], reported[3]);
    let [utc, local] = [&reported[0], &reported[2]].map(|at| at.as_str().unwrap());
    // Minsk is three hours ahead the whole year.
    let hour = |text: &str| text[11..13].parse::<i32>().unwrap();
    assert_eq!((hour(local) - hour(utc), &local[13..]), (3, &utc[13..]));
}

#[tokio::test]
async fn the_journal_tells_pages_from_days() {
    let server = Server::start().await;
    let all = params("2026-03-14 00:00:00", "2026-03-14 23:59:59");
    for (version, operation) in [("3", "reports"), ("2", "day"), ("1", "reports")] {
        post(&server, "/api/reports", version, &all).await;
        assert_eq!(server.last_entry().operation, operation, "{version}");
    }
}
