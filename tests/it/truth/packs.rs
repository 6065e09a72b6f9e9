//! The packs: a right importer survives each of them at every provider, and a wrong one does not.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use sandtill::providers;
use sandtill::sandbox::scenario::{Overrides, PACKS, Scenario, duration};
use serde_json::{Value, json};

use super::importers::{import, reconcile};
use crate::support::{Server, jump};

const MERCHANT: &str = "everywhere";

fn pack(name: &str) -> Scenario {
    let text = PACKS.iter().find(|it| it.name == name).unwrap().text;
    Scenario::parse(name, text, &providers::vocabulary(), &Overrides::default()).unwrap()
}

fn today(server: &Server) -> Date {
    server.space().moment().now.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// Goes through a pack at a provider as `certify` does: imports a fortnight up to the day before yesterday, now and
/// after each step of the clock; `keep` makes a store of what the runs told. The answer is what reconcile finds.
async fn survives((name, slug): (&str, &str), keep: impl Fn(&[Vec<Value>]) -> Vec<Value>) -> Value {
    let scenario = pack(name);
    let steps = scenario.file.certify.advance.clone();
    assert!(!steps.is_empty(), "{name}");
    let server = Server::with(scenario).await;
    let first = today(&server) - 14.days();
    let mut runs = vec![import(&server, slug, MERCHANT, (first, today(&server) - 2.days())).await];
    for step in steps {
        let space = server.space();
        jump(&space, space.moment().now + duration(&step).unwrap());
        runs.push(import(&server, slug, MERCHANT, (first, today(&server) - 2.days())).await);
    }
    let range = (first, today(&server) - 2.days());
    reconcile(&server, slug, MERCHANT, (range, &keep(&runs))).await
}

/// What a right importer stores: all of the last run, each id of a report once.
fn whole_range(runs: &[Vec<Value>]) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let is_new = |row: &&Value| seen.insert((row["report"].to_string(), row["id"].to_string()));
    runs.last().unwrap().iter().filter(is_new).cloned().collect()
}

/// The same, but all rows of Flitt's report 500: there the id is that of the payment, whatever came back of it.
fn whole_range_of_500(runs: &[Vec<Value>]) -> Vec<Value> {
    let rows = whole_range(runs).into_iter().filter(|row| row["report"] != 500);
    let disputes = runs.last().unwrap().iter().filter(|row| row["report"] == 500);
    rows.chain(disputes.cloned()).collect()
}

/// What an importer stores that never reads a day again.
fn first_sight(runs: &[Vec<Value>]) -> Vec<Value> {
    let (mut seen, mut rows) = (BTreeSet::new(), Vec::new());
    for row in runs.iter().flatten() {
        if seen.insert((row["report"].to_string(), row["id"].to_string())) {
            rows.push(row.clone());
        }
    }
    rows
}

fn kinds(found: &Value) -> BTreeSet<&str> {
    found["findings"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_right_importer_survives_every_pack_at_every_provider() {
    for built_in in PACKS {
        for provider in providers::ALL {
            let is_doubled = built_in.name == "double-delivery";
            let keep = if is_doubled { whole_range } else { whole_range_of_500 };
            let found = survives((built_in.name, provider.slug), keep).await;
            let at = format!("{} at {}: {found:#}", built_in.name, provider.slug);
            assert_eq!(found["ok"], true, "{at}");
            assert!(kinds(&found).is_subset(&BTreeSet::from(["expected"])), "{at}");
            assert!(found["rows"].as_u64() > Some(20), "{at}");
        }
    }
}

#[tokio::test]
async fn an_importer_that_stores_what_comes_twice_fails_double_delivery() {
    let all = |runs: &[Vec<Value>]| runs.last().unwrap().clone();
    let found = survives(("double-delivery", "begateway"), all).await;
    assert_eq!((&found["ok"], kinds(&found)), (&json!(false), BTreeSet::from(["duplicate"])));
}

#[tokio::test]
async fn an_importer_that_goes_by_values_fails_double_delivery() {
    let by_values = |runs: &[Vec<Value>]| {
        let mut seen = BTreeSet::new();
        let rows = whole_range(runs).into_iter();
        let values = |row: &Value| format!("{} {}", row["amount"], row["fee"]);
        rows.filter(|row| seen.insert(values(row))).collect()
    };
    let found = survives(("double-delivery", "begateway"), by_values).await;
    let findings = found["findings"].as_array().unwrap();
    assert!(findings.iter().any(|it| it["why"]["lever"] == "lookalikes"), "{found:#}");
}

#[tokio::test]
async fn an_importer_that_never_reads_a_day_again_fails_month_end() {
    let found = survives(("month-end", "begateway"), first_sight).await;
    assert_eq!(found["ok"], false);
    assert!(kinds(&found).contains("fee_mismatch"), "{found:#}");
    assert!(kinds(&found).contains("amount_mismatch"), "{found:#}");
}

#[tokio::test]
async fn an_importer_that_divides_everything_by_a_hundred_fails_exponents() {
    let hundredths = |runs: &[Vec<Value>]| {
        let mut rows = whole_range(runs);
        for row in &mut rows {
            // As cents, whatever the currency.
            let minor = row["amount"].to_string();
            row["amount"] = Value::Null;
            row["amount_minor"] = match row["currency"].as_str() {
                Some("JPY") => json!(minor.parse::<i64>().unwrap() * 100),
                Some("KWD" | "JOD") => json!(minor.parse::<i64>().unwrap() / 10),
                _ => json!(minor.parse::<i64>().unwrap()),
            };
            row.as_object_mut().unwrap().shift_remove("amount");
            row.as_object_mut().unwrap().shift_remove("fee");
        }
        rows
    };
    let found = survives(("exponents", "begateway"), hundredths).await;
    assert_eq!((&found["ok"], kinds(&found)), (&json!(false), BTreeSet::from(["amount_mismatch"])));
}

#[tokio::test]
async fn the_packs_have_what_their_comments_say() {
    // The week below zero.
    let server = Server::with(pack("negative-week")).await;
    let deposits = server
        .did("GET", &format!("/deposits?merchant={MERCHANT}&limit=1000&status=owed"), "")
        .await;
    let below = deposits["deposits"].as_array().unwrap().iter();
    assert!(below.filter(|it| it["amount"].as_i64() < Some(-100_000)).count() >= 1, "{deposits:#}");
    // The day of 25 hours: the same wall time twice, and a row on each side of each midnight.
    let server = Server::with(pack("dst-night")).await;
    let list = format!(
        "/transactions?merchant={MERCHANT}&order=half-past-two-summer-time&from=2026-10-25T00:00:00Z"
    );
    let found = server.did("GET", &list, "").await;
    assert_eq!(found["transactions"][0]["created_at"], "2026-10-25T00:30:00Z");
    for name in ["double-delivery", "exponents"] {
        let trade = &pack(name).merchant(MERCHANT).unwrap().trade.clone();
        assert_eq!(trade.repeated > 0 && trade.lookalikes > 0, name == "double-delivery");
        assert_eq!(trade.currencies.len() == 4, name == "exponents");
    }
    // Each is listed with its first line, and has the merchants of `default`.
    let list = server.did("GET", "/scenarios", "").await.to_string();
    for built_in in PACKS {
        assert!(list.contains(built_in.name) && built_in.summary().starts_with("Pack: "));
        // The summary is the first line of the file, so its sentence has to end there.
        assert!(built_in.summary().ends_with('.'), "{}", built_in.summary());
        let names: Vec<_> = pack(built_in.name).merchants().map(|it| it.name.clone()).collect();
        assert_eq!(names, ["payfort", "flitt", "begateway", "epicpay", "wepay", MERCHANT]);
    }
}
