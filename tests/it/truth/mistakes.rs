//! Tests that one mistake in an import gives exactly its finding, with the answer that carried the row.

use sandtill::providers;
use serde_json::{Value, json};

use super::DAYS;
use super::importers::{import, reconcile};
use crate::support::{NOON, Server, frozen};

/// Changes the rows of a right import.
type Plant = Box<dyn Fn(&mut Vec<Value>)>;

/// A server whose WePay files may reach up to now.
pub(super) async fn server() -> Server {
    let mut scenario = frozen("settlement", NOON);
    let latency = sandtill::sandbox::scenario::SettingValue::Duration(Default::default());
    scenario.settings.insert("wepay.latency_transactions".to_owned(), latency);
    Server::with(scenario).await
}

/// A number of the wire times a hundred.
fn hundredfold(value: &Value) -> Value {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.split_once('.') {
        Some((whole, fraction)) => {
            let shifted = format!("{whole}{fraction:0<2}");
            json!(shifted)
        }
        None => json!(format!("{text}00")),
    }
}

#[tokio::test]
async fn one_mistake_is_one_finding_with_its_entry() {
    for provider in providers::ALL {
        let (slug, server) = (provider.slug, server().await);
        let right = import(&server, slug, "everywhere", DAYS).await;
        let entries = server.space().journal.entries();
        let carried = entries
            .iter()
            .filter(|it| it.rows.as_ref().is_some_and(|rows| rows.carried().count() > 0));
        let carriers: Vec<u64> = carried.map(|it| it.id).collect();
        // The first row stands in the part of its answer that the journal keeps.
        let at = 0;
        let id =
            right[at]["id"].as_str().map_or_else(|| right[at]["id"].to_string(), str::to_owned);
        let carrier = carriers.iter().rev().copied().find(|number| {
            let entry = entries.iter().find(|it| it.id == *number).unwrap();
            String::from_utf8_lossy(&entry.answer_body.body().bytes).contains(&id)
        });
        let carrier = carrier.unwrap_or_else(|| panic!("{slug}: no answer has {id}"));
        let mut plants: Vec<(&str, Plant)> = vec![
            ("missing", Box::new(move |rows| drop(rows.remove(at)))),
            ("duplicate", Box::new(move |rows| rows.push(rows[at].clone()))),
            (
                "amount_mismatch",
                Box::new(move |rows| {
                    rows[at]["amount"] = hundredfold(&rows[at]["amount"]);
                }),
            ),
            ("currency_mismatch", Box::new(move |rows| rows[at]["currency"] = json!("CHF"))),
            ("status_mismatch", Box::new(move |rows| rows[at]["status"] = json!("of last week"))),
        ];
        if provider.row_mapping.unwrap().has_fee() {
            plants
                .push(("fee_mismatch", Box::new(move |rows| rows[at]["fee"] = json!("99999.00"))));
        }
        for (kind, plant) in plants {
            let mut rows = right.clone();
            plant(&mut rows);
            let found = reconcile(&server, slug, "everywhere", (DAYS, &rows)).await;
            let findings = found["findings"].as_array().unwrap();
            assert_eq!(findings.len(), 1, "{slug} {kind}: {found}");
            assert_eq!(findings[0]["kind"], kind, "{slug}: {found}");
            assert_eq!(findings[0]["id"], json!(id), "{slug} {kind}");
            let named = findings[0]["why"]["entry"].as_u64().unwrap();
            // A later answer can have the row as well, behind the part of its body that the journal keeps.
            let body = entries.iter().find(|it| it.id == named).unwrap().answer_body.body();
            let is_cut = usize::try_from(body.length).unwrap() > body.bytes.len();
            assert!(named == carrier || named > carrier && is_cut, "{slug} {kind}: {found}");
            assert_eq!((&found["ok"], &found["breaks"]), (&json!(false), &json!(1)));
        }
    }
}

#[tokio::test]
async fn a_day_cut_in_another_zone_misses_rows_at_one_end_and_has_too_many_at_the_other() {
    let server = server().await;
    let all = import(&server, "begateway", "everywhere", DAYS).await;
    let truth = server
        .did(
            "GET",
            "/truth?provider=begateway&merchant=everywhere&from=2026-02-28T20:00:00Z\
             &to=2026-03-13T20:00:00Z&rows=true",
            "",
        )
        .await;
    let shifted = truth["rows"].as_array().unwrap().iter().map(|row| json!({"id": row["id"]}));
    let shifted: Vec<Value> = shifted.collect();
    let found = reconcile(&server, "begateway", "everywhere", (DAYS, &shifted)).await;
    let kinds: std::collections::BTreeSet<&str> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["missing", "unexpected"], "{}", all.len());
    for finding in found["findings"].as_array().unwrap() {
        let text = finding["why"]["text"].as_str().unwrap();
        let is_zone = text.contains("another zone");
        assert_eq!(is_zone, finding["kind"] == "unexpected", "{finding}");
    }
}

#[tokio::test]
async fn rows_that_a_short_report_lacks_name_the_fault_and_the_answer() {
    for slug in ["flitt", "wepay"] {
        let server = server().await;
        let fault = json!({"provider": slug, "fault": {"kind": "short", "share": 0.5}});
        let made = server.did("POST", "/faults", &fault.to_string()).await;
        let rows = import(&server, slug, "everywhere", DAYS).await;
        let found = reconcile(&server, slug, "everywhere", (DAYS, &rows)).await;
        let findings = found["findings"].as_array().unwrap();
        assert!(findings.len() > 10, "{slug}: {found}");
        for finding in findings {
            assert_eq!(finding["kind"], "missing", "{slug}: {finding}");
            assert_eq!(finding["why"]["fault"], made["id"], "{slug}: {finding}");
            let entry = finding["why"]["entry"].to_string();
            let entry = server.did("GET", &format!("/journal/{entry}"), "").await;
            assert_eq!(entry["fault"], made["id"], "{slug}: {finding}");
        }
    }
}

#[tokio::test]
async fn rows_that_nobody_asked_for_say_so() {
    let server = server().await;
    let fault = json!({"provider": "flitt", "operation": "report", "times": 1,
        "fault": {"kind": "status", "status": 503}});
    let made = server.did("POST", "/faults", &fault.to_string()).await;
    let found = reconcile(&server, "flitt", "everywhere", (DAYS, &[])).await;
    let first = &found["findings"][0];
    assert_eq!(first["kind"], "missing");
    assert!(first["why"]["text"].as_str().unwrap().contains("no request asked for it"), "{made}");
    assert_eq!(first["why"].get("entry"), None);
    assert_eq!(found["breaks"], found["expected_rows"]);
}
