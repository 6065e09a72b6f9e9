//! Tests of what is found while reports lag: what is merely not shown yet is expected, and what was passed by
//! is missing with the lever and the answer.

use serde_json::{Value, json};

use super::DAYS;
use super::importers::{import, reconcile};
use crate::support::{NOON, Server};

async fn kinds(server: &Server, rows: &[Value]) -> (Value, Vec<Value>) {
    let found = reconcile(server, "begateway", "everywhere", (DAYS, rows)).await;
    let findings = found["findings"].as_array().unwrap().clone();
    (found, findings)
}

/// The report changes until 06:00 on Friday only.
#[tokio::test]
async fn a_row_that_comes_late_is_expected_first_and_missing_when_it_was_passed_by() {
    let server = Server::frozen("default", "2026-03-14T00:00:00Z").await;
    server.did("PUT", "/reporting/begateway", r#"{"jitter":"72h"}"#).await;
    let rows = import(&server, "begateway", "everywhere", DAYS).await;
    let (found, findings) = kinds(&server, &rows).await;
    assert_eq!((&found["ok"], &found["breaks"]), (&json!(true), &json!(0)), "{found}");
    assert!(findings.len() > 20, "{}", findings.len());
    for finding in &findings {
        assert_eq!(finding["kind"], "expected", "{finding}");
        assert_eq!(finding["why"]["lever"], "jitter", "{finding}");
    }
    // Three days later everything shows, and nobody has asked again.
    server.jump("2026-03-17T00:00:00Z");
    let late: Vec<Value> = findings.iter().map(|it| it["id"].clone()).collect();
    let (found, findings) = kinds(&server, &rows).await;
    let missing = findings.iter().filter(|it| it["kind"] == "missing");
    let missing: Vec<&Value> = missing.collect();
    let ids: Vec<Value> = missing.iter().map(|it| it["id"].clone()).collect();
    assert_eq!(ids, late, "{found}");
    for finding in missing {
        let why = &finding["why"];
        assert_eq!(why["lever"], "jitter", "{finding}");
        assert!(why["text"].as_str().unwrap().contains("passed it by"), "{finding}");
        let entry = why["entry"].as_u64().unwrap();
        let entry = server.space().journal.entry(entry).unwrap();
        assert_eq!(entry.provider, "begateway");
        assert!(entry.at.to_string().starts_with("2026-03-14T00:00:00"), "{}", entry.at);
    }
    // An importer that asks again has them all.
    let rows = import(&server, "begateway", "everywhere", DAYS).await;
    let (found, _) = kinds(&server, &rows).await;
    assert_eq!(found["findings"], json!([]));
}

#[tokio::test]
async fn a_value_that_was_right_before_the_lag_is_expected() {
    let server = Server::frozen("default", NOON).await;
    server.did("PUT", "/reporting/begateway", r#"{"lag":"30h"}"#).await;
    let rows = import(&server, "begateway", "everywhere", DAYS).await;
    let (found, findings) = kinds(&server, &rows).await;
    assert_eq!(found["ok"], true, "{found}");
    assert!(findings.iter().all(|it| it["kind"] == "expected"), "{found}");
    let by_lag = findings.iter().filter(|it| it["why"]["lever"] == "lag").count();
    assert!(by_lag > 20, "{found}");
}

#[tokio::test]
async fn a_status_of_last_week_says_that_it_has_changed_since() {
    let server = Server::frozen("default", "2026-03-09T12:00:00Z").await;
    let days = (DAYS.0, jiff::civil::date(2026, 3, 9));
    let old = import(&server, "flitt", "everywhere", days).await;
    server.jump("2026-03-16T12:00:00Z");
    let found = reconcile(&server, "flitt", "everywhere", (days, &old)).await;
    let findings = found["findings"].as_array().unwrap().iter();
    let stale = findings.filter(|it| it["kind"] == "status_mismatch").collect::<Vec<_>>();
    assert!(!stale.is_empty(), "{found}");
    for finding in stale {
        let text = finding["why"]["text"].as_str().unwrap();
        assert!(text.contains("told this value at") && text.contains("changed since"), "{finding}");
        assert!(finding["why"]["entry"].is_u64());
    }
}
