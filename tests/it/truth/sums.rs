//! Tests that the truth adds up: its totals are the sums of its rows, which are the rows of the importers.

use std::collections::BTreeMap;

use sandtill::providers;
use serde_json::{Value, json};

use super::DAYS;
use super::importers::import;
use crate::support::{NOON, Server, frozen};

async fn server() -> Server {
    let mut scenario = frozen("settlement", NOON);
    let latency = sandtill::sandbox::scenario::SettingValue::Duration(Default::default());
    scenario.settings.insert("wepay.latency_transactions".to_owned(), latency);
    Server::with(scenario).await
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[tokio::test]
async fn the_rows_are_those_on_the_wire_and_the_totals_their_sums() {
    for provider in providers::ALL {
        let server = server().await;
        let rows = import(&server, provider.slug, "everywhere", DAYS).await;
        let of = format!(
            "/truth?provider={}&merchant=everywhere&from={}&to={}",
            provider.slug, DAYS.0, DAYS.1
        );
        let truth = server.did("GET", &format!("{of}&rows=true"), "").await;
        let listed = truth["rows"].as_array().unwrap();
        let mut ids: Vec<String> = listed.iter().map(|row| text(&row["id"])).collect();
        let mut on_wire: Vec<String> = rows.iter().map(|row| text(&row["id"])).collect();
        ids.sort();
        on_wire.sort();
        assert_eq!(ids, on_wire, "{}", provider.slug);
        let by_id: BTreeMap<_, _> =
            rows.iter().map(|row| ((text(&row["id"]), text(&row["amount"])), row)).collect();
        let axis = if provider.slug == "epicpay" { "paid_at" } else { "created_at" };
        let mut sums: BTreeMap<[String; 4], (u64, i64)> = BTreeMap::new();
        for row in listed {
            let wire = row["wire"]["amount"].as_str().unwrap();
            let short = wire.trim_end_matches('0').trim_end_matches('.');
            let key = |amount: &str| (text(&row["id"]), amount.to_owned());
            let held = by_id.get(&key(wire)).or_else(|| by_id.get(&key(short)));
            let held = held.unwrap_or_else(|| panic!("{} {row}", provider.slug));
            assert_eq!(held["status"], row["wire"]["status"]);
            let key = ["kind", "status", "currency"].map(|name| text(&row[name]));
            let day = row[axis].as_str().unwrap()[..10].to_owned();
            let [kind, status, currency] = key;
            let sum = sums.entry([day, kind, status, currency]).or_default();
            *sum = (sum.0 + 1, sum.1 + row["amount"].as_i64().unwrap());
        }
        let mut totals = BTreeMap::new();
        for total in truth["totals"].as_array().unwrap() {
            let key = ["day", "kind", "status", "currency"].map(|name| text(&total[name]));
            let sum = (total["count"].as_u64().unwrap(), total["amount"].as_i64().unwrap());
            assert!(totals.insert(key, sum).is_none());
        }
        assert_eq!(totals, sums, "{}", provider.slug);
        assert_eq!(truth["count"], listed.len());
        for deposit in truth["deposits"].as_array().unwrap() {
            let lines = deposit["lines"].as_array().unwrap().iter();
            let sum: i64 = lines.map(|line| line["amount"].as_i64().unwrap()).sum();
            assert_eq!(deposit["amount"], sum, "{deposit}");
        }
        let again = server.did("GET", &of, "").await;
        assert_eq!((&again["digest"], again.get("rows")), (&truth["digest"], None));
        let csv = server.admin("GET", &format!("{of}&format=csv"), "").await;
        assert_eq!(csv.text().lines().count(), listed.len() + 1);
        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    }
}

#[tokio::test]
async fn a_date_is_a_whole_day_and_an_instant_an_end_that_is_not_in_the_range() {
    let server = server().await;
    let count = async |from: &str, to: &str| {
        let path = format!("/truth?provider=begateway&merchant=everywhere&from={from}&to={to}");
        server.did("GET", &path, "").await
    };
    let day = count("2026-03-10", "2026-03-10").await;
    let instants = count("2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z").await;
    assert_eq!((&day["digest"], &day["to"]), (&instants["digest"], &json!("2026-03-11T00:00:00Z")));
    assert!(day["count"].as_u64().unwrap() > 5);
    let halves = [
        count("2026-03-10T00:00:00Z", "2026-03-10T13:00:00Z").await,
        count("2026-03-10T13:00:00Z", "2026-03-11T00:00:00Z").await,
    ];
    let sum: u64 = halves.iter().map(|half| half["count"].as_u64().unwrap()).sum();
    assert_eq!(day["count"], sum);
}
