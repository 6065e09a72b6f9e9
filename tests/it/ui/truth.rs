//! The pages about the truth: deposits that tie out, an import compared, what was met, reports that lag.

use serde_json::Value;

use super::{api, done, get, post};
use crate::support::Server;

async fn json(server: &Server, path: &str) -> Value {
    api(server, "GET", path, "").await.json()
}

#[tokio::test]
async fn settlement_shows_each_deposit_with_the_sum_of_its_lines() {
    let server = Server::start().await;
    let days = "from=2026-03-10&to=2026-03-14";
    let subject = format!("provider=begateway&merchant=everywhere&{days}");
    let truth = json(&server, &format!("truth?{subject}&axis=settled")).await;
    let deposits = truth["deposits"].as_array().unwrap();
    assert!(deposits.len() >= 4, "{truth}");
    let text = get(&server, &format!("settlement?{subject}")).await;
    assert!(text.contains(&format!("All {} deposits tie out", deposits.len())), "{text}");
    for deposit in deposits {
        let lines = deposit["lines"].as_array().unwrap();
        let sum: i64 = lines.iter().map(|it| it["amount"].as_i64().unwrap()).sum();
        assert_eq!(sum, deposit["amount"], "{deposit}");
        // All of everywhere's money is in dollars, with two decimal digits.
        let sign = if sum < 0 { "-" } else { "" };
        let shown = format!(">{sign}{}.{:02} <", sum.abs() / 100, sum.abs() % 100);
        assert!(text.matches(&shown).count() >= 2, "{shown}\n{text}");
    }
    assert!(text.contains("<svg") && text.contains("Deposits in USD by day"), "{text}");
    let bare = get(&server, "settlement").await;
    assert!(bare.contains("deposits tie out"), "{bare}");
    let none = get(&server, "settlement?merchant=everywhere&from=2026-03-14&to=2026-03-14").await;
    assert!(none.contains("<h1"), "{none}");
    let wrong = super::page(&server, "GET", "/_admin/ui/settlement?from=soon", &[], String::new());
    assert_eq!(wrong.await.status, 400);
}

#[tokio::test]
async fn an_import_is_compared_on_the_page() {
    let server = Server::start().await;
    let truth = json(
        &server,
        "truth?provider=begateway&merchant=everywhere&from=2026-03-12&to=2026-03-12&rows=true",
    )
    .await;
    let rows = truth["rows"].as_array().unwrap();
    assert!(rows.len() > 10, "{truth}");
    let line = |row: &Value| {
        format!("{},{}\n", row["id"].as_str().unwrap(), row["wire"]["amount"].as_str().unwrap())
    };
    let whole: String = rows.iter().map(line).collect();
    let fields = |rows: String, format: &'static str| async move {
        let csv = format!("id,amount\n{rows}");
        [
            ("merchant", "everywhere".to_owned()),
            ("provider", "begateway".to_owned()),
            ("from", "2026-03-12".to_owned()),
            ("to", "2026-03-12".to_owned()),
            ("rows", csv),
            ("format", format.to_owned()),
        ]
    };
    let sent = |fields: [(&'static str, String); 6]| {
        let server = &server;
        async move {
            let fields: Vec<(&str, &str)> = fields.iter().map(|it| (it.0, it.1.as_str())).collect();
            post(server, "reconcile", &fields).await
        }
    };
    let answer = sent(fields(whole.clone(), "json").await).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("all is right"), "{}", answer.text());

    let lacking = whole.split_once('\n').unwrap().1.to_owned();
    let answer = sent(fields(lacking.clone(), "json").await).await.text();
    let missed = rows[0]["id"].as_str().unwrap();
    assert!(answer.contains("missing") && answer.contains("1 wrong"), "{answer}");
    assert!(answer.contains(missed), "{answer}");
    let answer = sent(fields(lacking, "junit").await).await;
    assert_eq!(answer.header("content-type"), "application/xml");
    assert!(answer.text().contains("<testsuite"), "{}", answer.text());

    let answer = sent(fields("1,<script>alert(1)</script>\n".to_owned(), "json").await).await;
    let text = answer.text();
    assert_eq!(answer.status, 422, "{text}");
    assert!(text.contains("line 2") && !text.contains("<script>alert"), "{text}");
    assert!(text.contains("&lt;script&gt;alert(1)"), "what was typed stays: {text}");
}

#[tokio::test]
async fn coverage_lists_what_was_met_and_what_never() {
    let server = Server::start().await;
    let coverage = json(&server, "coverage").await;
    let text = get(&server, "coverage").await;
    let things = coverage["coverage"].as_array().unwrap();
    assert!(things.len() > 10);
    for thing in things {
        assert!(text.contains(thing["id"].as_str().unwrap()), "{thing}");
    }
    assert_eq!(text.matches(">never<").count(), things.len() - met(&coverage));
    let basic = [
        ("authorization", "Basic MTpzYW5kdGlsbC1zaG9wLXNlY3JldA=="),
        ("x-api-version", "3"),
        ("content-type", "application/json"),
    ];
    let body = r#"{"report_params":{"date_type":"created_at","from":"2020-01-01 00:00:00","to":"2020-01-02 00:00:00","status":"all","payment_method_type":"credit_card","time_zone":"UTC"}}"#;
    server.send("POST", "/api/reports", &basic, body).await;
    let coverage = json(&server, "coverage").await;
    let text = get(&server, "coverage").await;
    assert!(met(&coverage) > 0, "{coverage}");
    assert_eq!(text.matches(">met<").count(), met(&coverage));
    assert!(text.contains("/_admin/ui/journal/1"), "{text}");
}

fn met(coverage: &Value) -> usize {
    coverage["coverage"].as_array().unwrap().iter().filter(|it| it["met"] == true).count()
}

#[tokio::test]
async fn a_reporting_lag_is_set_and_shown() {
    let server = Server::start().await;
    let fields = [
        ("do", "reporting"),
        ("provider", "begateway"),
        ("lag", "2h"),
        ("jitter", ""),
        ("daily", "06:00 Europe/London"),
        ("missing", "2026-03-12, 2026-03-13"),
        ("until", "2026-03-20T00:00:00Z"),
    ];
    done(&server, "faults", &fields).await;
    let lag = json(&server, "reporting/begateway").await;
    assert_eq!((&lag["lag"], &lag["daily"]), (&"2h".into(), &"06:00 Europe/London".into()));
    assert_eq!(lag["missing"], serde_json::json!(["2026-03-12", "2026-03-13"]));
    let text = get(&server, "faults").await;
    assert!(
        text.contains("06:00 Europe/London") && text.contains("2026-03-12, 2026-03-13"),
        "{text}"
    );
    let wrong = [("do", "reporting"), ("provider", "begateway"), ("lag", "soon")];
    assert_eq!(post(&server, "faults", &wrong).await.status, 400);

    // A payment of now is not visible there yet, and the page of the payment says from when.
    let new = r#"{"merchant":"everywhere","amount":12345,"currency":"USD","status":"captured"}"#;
    let id = api(&server, "POST", "transactions", new).await.json()["id"].as_i64().unwrap();
    let text = get(&server, &format!("ledger/{id}")).await;
    assert!(text.contains("Its reports do not show it now"), "{text}");
    assert!(text.contains("As each provider says it"), "{text}");
}

#[tokio::test]
async fn a_payment_has_the_id_and_the_spelling_of_each_provider() {
    let server = Server::start().await;
    let new = r#"{"merchant":"everywhere","amount":12345,"currency":"USD","status":"captured"}"#;
    let id = api(&server, "POST", "transactions", new).await.json()["id"].as_i64().unwrap();
    let text = get(&server, &format!("ledger/{id}")).await;
    for provider in ["payfort", "flitt", "begateway", "epicpay", "wepay"] {
        let truth = json(&server, &format!("truth?provider={provider}&merchant=everywhere&from=2026-03-14T12:00:00Z&to=2026-03-14T12:00:01Z&axis=created&rows=true")).await;
        let rows = truth["rows"].as_array().unwrap();
        let row = rows.iter().find(|it| it["transaction"] == id).unwrap();
        let cell = format!("<code>{}</code>", row["id"].as_str().unwrap());
        assert!(text.contains(&cell), "{provider}: {cell}");
    }
    let day = get(&server, "ledger?merchant=everywhere").await;
    assert!(day.contains("Payments of everywhere a day"), "{day}");
}
