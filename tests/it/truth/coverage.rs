//! Tests of the coverage: what was met, in which entry first, and that a reset begins anew.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::DAYS;
use super::importers::import;
use crate::support::{NOON, Server, scenario};

/// What was met, with its entries.
async fn met(server: &Server) -> BTreeMap<String, Value> {
    let coverage = server.did("GET", "/coverage", "").await;
    let list = coverage["coverage"].as_array().unwrap().iter();
    let met: BTreeMap<_, _> = list
        .filter(|it| it["met"] == true)
        .map(|it| (it["id"].as_str().unwrap().to_owned(), it["entry"].clone()))
        .collect();
    assert_eq!(coverage["met"], met.len());
    met
}

#[tokio::test]
async fn what_answers_contain_is_met_in_the_first_of_them() {
    let server = Server::frozen("settlement", NOON).await;
    assert!(met(&server).await.is_empty());
    import(&server, "begateway", "everywhere", DAYS).await;
    let first = met(&server).await;
    for id in ["declined", "chargeback", "partial_refund", "long_id", "refund_after_settlement"] {
        let entry = first.get(id).unwrap_or_else(|| panic!("{id}: {first:?}")).as_u64().unwrap();
        let entry = server.space().journal.entry(entry).unwrap();
        assert!(entry.rows.as_ref().unwrap().carried().count() > 0, "{id}");
    }
    let never = [
        "unicode",
        "zero_decimals",
        "three_decimals",
        "late_row",
        "cut_answer",
        "too_many_requests",
    ];
    for id in never {
        assert!(!first.contains_key(id), "{id}");
    }
    import(&server, "begateway", "everywhere", DAYS).await;
    assert_eq!(met(&server).await, first, "the first entry stays");
    server.did("POST", "/reset", "{}").await;
    assert!(met(&server).await.is_empty());
}

#[tokio::test]
async fn a_row_is_late_when_reports_lag() {
    let server = Server::frozen("settlement", NOON).await;
    server.did("PUT", "/reporting/begateway", r#"{"jitter":"6h"}"#).await;
    import(&server, "begateway", "everywhere", DAYS).await;
    assert!(met(&server).await.contains_key("late_row"));
}

#[tokio::test]
async fn faults_and_pages_are_met_too() {
    let server = Server::frozen("paging", NOON).await;
    import(&server, "flitt", "everywhere", DAYS).await;
    let fault = |kind: Value| json!({"provider": "flitt", "times": 1, "fault": kind}).to_string();
    for (id, kind) in [
        ("server_error", json!({"kind": "status", "status": 503})),
        ("too_many_requests", json!({"kind": "status", "status": 429})),
        ("unauthorized_midway", json!({"kind": "status", "status": 401})),
    ] {
        assert!(!met(&server).await.contains_key(id), "{id}");
        server.did("POST", "/faults", &fault(kind)).await;
        server.send("POST", "/api/extend/company/report/", &[], "{}").await;
        assert_eq!(met(&server).await[id], json!(server.last_entry().id), "{id}");
    }
    let xml = server.admin("GET", "/coverage?format=junit", "").await;
    assert_eq!(xml.header("content-type"), "application/xml");
    let (text, met) = (xml.text(), met(&server).await.len());
    assert_eq!(text.matches("<skipped").count() + met, text.matches("<testcase").count());
}

/// A shop in London with a payment on each day around the night on which the clock goes forward.
#[tokio::test]
async fn the_day_of_23_hours_is_one_in_the_zone_of_the_request() {
    let text = r#"
[clock]
mode = "frozen"
now = "2026-04-02T12:00:00Z"
[[merchant]]
name = "shop"
[[merchant.credentials.begateway]]
shop_id = "1"
secret_key = "k"
[merchant.trade]
volume = 20
currencies = { JPY = 50, KWD = 50 }
names = "unicode"
"#;
    for (zone, is_short) in [("UTC", false), ("Europe/London", true)] {
        let server = Server::with(scenario(text)).await;
        let params = json!({"report_params": {"date_type": "created_at",
            "from": "2026-03-27 00:00:00", "to": "2026-03-30 23:59:59", "status": "all",
            "payment_method_type": "credit_card", "time_zone": zone}});
        let headers = [("Authorization", "Basic MTpr"), ("X-Api-Version", "3")];
        let answer = server.send("POST", "/api/reports", &headers, params.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let met = met(&server).await;
        assert_eq!(met.contains_key("short_day"), is_short, "{zone}");
        assert!(!met.contains_key("long_day"));
        for id in ["zero_decimals", "three_decimals", "unicode"] {
            assert!(met.contains_key(id), "{id}");
        }
    }
}
