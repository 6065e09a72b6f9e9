//! Payments that equal another one, and rows that are told twice under one id.

use std::collections::BTreeMap;

use jiff::civil::date;
use serde_json::{Value, json};

use super::{MERCHANT, SLUGS, days, reported};
use crate::drivers::ReportQuery;
use crate::drivers::begateway::{self, Direction};
use crate::support::{NOON, Server, scenario};
use crate::truth::importers::{import, reconcile};

/// The default scenario at [`NOON`] where all merchants have these shares.
async fn serve(shares: &str) -> Server {
    let default = include_str!("../../../scenarios/default.toml");
    let default = default.replace("[merchant.trade]\n", &format!("[merchant.trade]\n{shares}\n"));
    Server::with(scenario(&format!(
        "{default}\n[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n[settings.wepay]\n\
         latency_transactions = \"0s\"\nlatency_reconciliation = \"0s\"\n"
    )))
    .await
}

/// A week without the present day.
fn week() -> ReportQuery<'static> {
    days(date(2026, 3, 6), date(2026, 3, 12))
}

#[tokio::test]
async fn lookalikes_are_other_payments_with_the_same_second_amount_card_and_description() {
    let server = serve("lookalikes = 60").await;
    let request = (begateway::params(week(), "credit_card"), Direction::Forwards);
    let rows = begateway::walk(&server, MERCHANT, request, &mut async |_| {}).await;
    let mut alike: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for row in rows.iter().filter(|it| it["type"] == "payment" && it["status"] == "successful") {
        let card = &row["credit_card"];
        let same = json!([
            row["created_at"],
            row["amount"],
            row["description"],
            card["last_4"],
            card["bin"]
        ]);
        alike.entry(same.to_string()).or_default().push(row);
    }
    let pairs: Vec<_> = alike.values().filter(|it| it.len() > 1).collect();
    assert!(pairs.len() > 8, "{}", pairs.len());
    for pair in &pairs {
        let [one, other] = &pair[..] else { panic!("{pair:?}") };
        for id in ["id", "uid", "tracking_id"] {
            assert_ne!(one[id], other[id]);
        }
    }
    // An importer that goes by values loses them, and is told why.
    let range = (date(2026, 3, 6), date(2026, 3, 12));
    let all = import(&server, "begateway", MERCHANT, range).await;
    let found = reconcile(&server, "begateway", MERCHANT, (range, &all)).await;
    assert_eq!((&found["ok"], &found["findings"]), (&json!(true), &json!([])));
    let second = pairs[0][1]["id"].to_string();
    let fewer: Vec<_> = all.iter().filter(|it| !has_id(it, &second)).cloned().collect();
    assert_eq!(fewer.len() + 1, all.len());
    let found = reconcile(&server, "begateway", MERCHANT, (range, &fewer)).await;
    let finding = &found["findings"][0];
    assert_eq!(
        (&finding["kind"], &finding["why"]["lever"]),
        (&json!("missing"), &json!("lookalikes"))
    );
    let coverage = server.did("GET", "/coverage", "").await.to_string();
    assert!(
        coverage
            .contains(r#""id":"lookalike","text":"a payment that equals another one","met":true"#),
        "{coverage}"
    );
}

fn has_id(row: &Value, id: &str) -> bool {
    row["id"].to_string().trim_matches('"') == id
}

#[tokio::test]
async fn a_repeated_row_is_told_twice_under_one_id_at_every_wire() {
    let (plain, server) = (serve("repeated = 0").await, serve("repeated = 100").await);
    for slug in SLUGS {
        let once = reported(&plain, slug, week()).await;
        let twice = reported(&server, slug, week()).await;
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &twice {
            *counts.entry(&row.id).or_default() += 1;
        }
        let doubled = counts.values().filter(|count| **count == 2).count();
        assert!(doubled > once.len() / 20, "{slug}: {doubled} of {}", once.len());
        assert!(counts.values().all(|count| *count <= 2), "{slug}");
        // Without the second ones it is the same report.
        let mut seen = std::collections::BTreeSet::new();
        let kept: Vec<_> = twice.iter().filter(|row| seen.insert(row.id.clone())).collect();
        assert_eq!(kept, once.iter().collect::<Vec<_>>(), "{slug}");
    }
    let range = (date(2026, 3, 6), date(2026, 3, 12));
    for slug in ["epicpay", "begateway"] {
        let rows = import(&server, slug, MERCHANT, range).await;
        let found = reconcile(&server, slug, MERCHANT, (range, &rows)).await;
        let findings = found["findings"].as_array().unwrap();
        assert!(findings.len() > 20, "{slug}: {}", findings.len());
        for finding in findings {
            assert_eq!(finding["kind"], "duplicate", "{slug}");
            assert_eq!(finding["why"]["lever"], "repeated", "{slug}");
        }
    }
}

#[tokio::test]
async fn shares_above_a_thousand_are_refused_with_the_line() {
    let text = "[[merchant]]\nname = \"x\"\n[merchant.trade]\nlookalikes = 1001\nrepeated = 2000\n";
    let vocabulary = sandtill::providers::vocabulary();
    let overrides = sandtill::sandbox::scenario::Overrides::default();
    let wrong =
        sandtill::sandbox::scenario::Scenario::parse("doubles.toml", text, &vocabulary, &overrides);
    let problem = wrong.unwrap_err().to_string();
    for part in
        ["doubles.toml:4:", "is 1001", "doubles.toml:5:", "is 2000; the most is 1000 thousandths"]
    {
        assert!(problem.contains(part), "{part}: {problem}");
    }
}

#[tokio::test]
async fn the_order_of_an_import_makes_no_difference() {
    let server = serve("refunded = 300").await;
    let range = (date(2026, 3, 6), date(2026, 3, 12));
    for slug in SLUGS {
        let mut all = import(&server, slug, MERCHANT, range).await;
        let forwards = reconcile(&server, slug, MERCHANT, (range, &all)).await;
        assert_eq!(forwards["breaks"], 0, "{slug}: {}", forwards["findings"]);
        all.reverse();
        let backwards = reconcile(&server, slug, MERCHANT, (range, &all)).await;
        assert_eq!(backwards["counts"], forwards["counts"], "{slug}: {}", backwards["findings"]);
        assert_eq!(backwards["findings"], forwards["findings"], "{slug}");
    }
}
