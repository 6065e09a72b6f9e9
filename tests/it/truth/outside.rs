//! Tests of what `reconcile` says about rows outside its range and about amounts with a sign.

use std::collections::BTreeSet;

use jiff::civil::date;
use serde_json::{Value, json};

use super::DAYS;
use super::importers::{import, reconcile};
use super::mistakes::server;
use crate::levers::instant;

/// The longest distance of a zone from UTC, in seconds.
const ZONE: i64 = 14 * 3600;

#[tokio::test]
async fn a_row_outside_says_on_which_side_and_whether_a_zone_explains_it() {
    let server = server().await;
    let days = (date(2026, 3, 5), date(2026, 3, 8));
    let (start, end) =
        (instant(&json!("2026-03-05T00:00:00Z")), instant(&json!("2026-03-09T00:00:00Z")));
    let truth =
        "/truth?provider=begateway&merchant=everywhere&from=2026-03-02&to=2026-03-11&rows=true";
    let truth = server.did("GET", truth, "").await;
    let rows = truth["rows"].as_array().unwrap();
    let imported: Vec<Value> = rows.iter().map(|row| json!({"id": row["id"]})).collect();
    let found = reconcile(&server, "begateway", "everywhere", (days, &imported)).await;
    let findings = found["findings"].as_array().unwrap();
    let mut wanted = BTreeSet::new();
    for row in rows {
        let at = instant(&row["created_at"]);
        let (side, distance) = if at < start {
            ("before it begins", start.as_second() - at.as_second())
        } else if at >= end {
            ("after its end", at.as_second() - end.as_second())
        } else {
            continue;
        };
        let zone = if distance <= ZONE { "; likely a day was cut in another zone" } else { "" };
        let text = format!("it is outside the range: it was created {side}{zone}");
        wanted.insert((row["id"].to_string(), text));
    }
    let found: BTreeSet<(String, String)> = findings
        .iter()
        .map(|it| (it["id"].to_string(), it["why"]["text"].as_str().unwrap().to_owned()))
        .collect();
    let texts: BTreeSet<&String> = wanted.iter().map(|it| &it.1).collect();
    assert_eq!(texts.len(), 4, "both sides, near and far: {texts:?}");
    let ids = |all: &BTreeSet<(String, String)>| {
        all.iter().map(|it| it.0.trim_matches('"').to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!(ids(&found), ids(&wanted));
    let found: BTreeSet<&String> = found.iter().map(|it| &it.1).collect();
    assert_eq!(found, texts);
}

#[tokio::test]
async fn a_negative_amount_may_lack_its_sign_and_a_positive_one_must_not_have_one() {
    let server = server().await;
    let right = import(&server, "wepay", "everywhere", DAYS).await;
    let negative = right.iter().position(|it| it["amount"].as_str().unwrap().starts_with('-'));
    let positive = right.iter().position(|it| !it["amount"].as_str().unwrap().starts_with('-'));
    let (negative, positive) = (negative.unwrap(), positive.unwrap());
    let with = async |at: usize, amount: &str| {
        let mut rows = right.clone();
        rows[at]["amount"] = json!(amount);
        reconcile(&server, "wepay", "everywhere", (DAYS, &rows)).await["findings"].clone()
    };
    let amount = right[negative]["amount"].as_str().unwrap();
    assert_eq!(with(negative, &amount[1..]).await, json!([]));
    let found = with(negative, "-123456.78").await;
    assert_eq!(found[0]["kind"], "amount_mismatch", "{found}");
    assert_eq!(
        (&found[0]["expected"], &found[0]["received"]),
        (&json!(amount), &json!("-123456.78"))
    );
    let amount = right[positive]["amount"].as_str().unwrap();
    let found = with(positive, &format!("-{amount}")).await;
    assert_eq!(found[0]["kind"], "amount_mismatch", "{found}");
    assert_eq!(found[0]["expected"], amount);
}
