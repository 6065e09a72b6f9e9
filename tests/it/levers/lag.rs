//! Reporting lag at all five providers: what it delays, and what it leaves alone.

use jiff::civil::date;
use serde_json::{Value, json};

use super::{MERCHANT, SLUGS, days, instant, known, lag, payment, reported, serve};
use crate::drivers::{begateway, epicpay, flitt, wepay};
use crate::support::{NOON, Server};

#[tokio::test]
async fn with_a_lag_of_two_hours_everything_is_told_as_it_was_two_hours_ago() {
    let (early, late) = (serve().await, serve().await);
    early.jump("2026-03-14T10:00:00Z");
    let query = days(date(2026, 2, 20), date(2026, 3, 14));
    for slug in SLUGS {
        let at_noon = reported(&late, slug, query).await;
        late.jump(NOON);
        lag(&late, slug, &json!({"lag": "2h"})).await;
        let (expected, shown) =
            (reported(&early, slug, query).await, reported(&late, slug, query).await);
        assert_eq!(shown, expected, "{slug}");
        assert_ne!(shown, at_noon, "{slug}");
        early.jump("2026-03-14T10:00:00Z");
        late.jump(NOON);
        // PUT replaces all keys.
        lag(&late, slug, &json!({})).await;
        assert_eq!(reported(&late, slug, query).await, at_noon, "{slug}");
        late.jump(NOON);
    }
}

#[tokio::test]
async fn counts_and_every_report_lag_and_no_balance_does() {
    let (early, late) = (serve().await, serve().await);
    early.jump("2026-03-12T12:00:00Z");
    let truth = (
        begateway::balances(&late, MERCHANT).await.text(),
        wepay::call(&late, MERCHANT, "account", &json!({"account_id": 216_083_313})).await.text(),
        wepay::call(&late, MERCHANT, "withdrawal/find", &json!({"account_id": 216_083_313}))
            .await
            .text(),
    );
    for slug in SLUGS {
        lag(&late, slug, &json!({"lag": "48h"})).await;
    }
    let query = days(date(2026, 3, 1), date(2026, 3, 14));
    for report in
        ["trxnactivity", "batches", "deposits", "deposits-detail", "chargebacks", "achrejects"]
    {
        let (shown, expected) =
            (epicpay::rows(&late, report, query).await, epicpay::rows(&early, report, query).await);
        assert_eq!(shown, expected, "{report}");
        assert!(!shown.is_empty() || report == "achrejects", "{report}");
    }
    for report in [403, 500, 528, 745, 969] {
        let column = if [500, 528].contains(&report) { "tran_id" } else { "payment_id" };
        let all = json!([{"s": column, "m": "notnull", "v": ""}]);
        let shown = flitt::table(&late, MERCHANT, report, all.clone()).await;
        assert_eq!(shown, flitt::table(&early, MERCHANT, report, all).await, "{report}");
    }
    for method in begateway::METHODS {
        let params = begateway::params(query, method);
        let count = async |server| {
            begateway::ask(server, MERCHANT, "/api/reports/count", &params).await.text()
        };
        assert_eq!(count(&late).await, count(&early).await, "{method}");
    }
    let now = (
        begateway::balances(&late, MERCHANT).await.text(),
        wepay::call(&late, MERCHANT, "account", &json!({"account_id": 216_083_313})).await.text(),
        wepay::call(&late, MERCHANT, "withdrawal/find", &json!({"account_id": 216_083_313}))
            .await
            .text(),
    );
    assert_eq!(now, truth);
    assert_ne!(now.0, begateway::balances(&early, MERCHANT).await.text());
}

#[tokio::test]
async fn jitter_delays_each_row_by_a_length_of_its_own() {
    let server = serve().await;
    let query = days(date(2026, 3, 14), date(2026, 3, 14));
    for slug in SLUGS {
        let all = reported(&server, slug, query).await;
        server.jump(NOON);
        lag(&server, slug, &json!({"jitter": "6h"})).await;
        let shown = reported(&server, slug, query).await;
        server.jump(NOON);
        assert!(
            shown.len() > 5 && shown.len() < all.len(),
            "{slug}: {} {}",
            shown.len(),
            all.len()
        );
        assert!(shown.iter().all(|row| all.iter().any(|it| it.id == row.id)), "{slug}");
        // In the end every row is there.
        server.jump("2026-03-15T06:00:00Z");
        let later = reported(&server, slug, query).await;
        assert!(all.iter().all(|row| later.iter().any(|it| it.id == row.id)), "{slug}");
        server.jump(NOON);
    }
    let rows = known(&server, "2026-03-14T00:00:00Z", NOON).await;
    let delays: Vec<f64> = rows
        .iter()
        .map(|row| {
            let from = instant(&row["visible_at"]["begateway"]);
            from.duration_since(instant(&row["created_at"])).as_secs_f64()
        })
        .collect();
    assert!(delays.iter().all(|delay| (0.0..=21_600.0).contains(delay)), "{delays:?}");
    let mean = delays.iter().sum::<f64>() / f64::from(u32::try_from(delays.len()).unwrap());
    assert!((7_200.0..14_400.0).contains(&mean), "{mean}");
    for row in rows {
        let is_there = instant(&row["visible_at"]["begateway"]) <= NOON.parse().unwrap();
        assert_eq!(row["reported"]["begateway"].is_object(), is_there, "{row}");
    }
}

#[tokio::test]
async fn new_rows_come_once_a_day_at_the_wall_time_of_the_zone() {
    // London goes to +01:00 on 2026-03-29.
    let server = Server::frozen("default", "2026-03-29T04:59:59Z").await;
    lag(&server, "begateway", &json!({"daily": "06:00 Europe/London"})).await;
    let query = days(date(2026, 3, 28), date(2026, 3, 29));
    let before = reported(&server, "begateway", query).await;
    server.jump("2026-03-29T05:00:00Z");
    let after = reported(&server, "begateway", query).await;
    assert!(after.len() > before.len() + 30, "{} {}", before.len(), after.len());
    server.jump("2026-03-30T04:59:59Z");
    assert_eq!(reported(&server, "begateway", query).await.len(), after.len());
    server.jump("2026-03-30T05:00:00Z");
    assert!(reported(&server, "begateway", query).await.len() > after.len() + 30);
}

#[tokio::test]
async fn a_missing_day_is_not_there_until_it_is() {
    let server = Server::start().await;
    let rules = json!({"missing": ["2026-03-12"], "until": "2026-03-14T13:00:00Z"});
    lag(&server, "begateway", &rules).await;
    for (day, is_there) in [(11, true), (12, false), (13, true)] {
        let query = days(date(2026, 3, day), date(2026, 3, day));
        let rows = reported(&server, "begateway", query).await;
        assert_eq!(rows.len() > 50, is_there, "{day}");
        assert_eq!(rows.is_empty(), !is_there, "{day}");
    }
    // It is there at the others, and at this one later.
    let query = days(date(2026, 3, 12), date(2026, 3, 12));
    assert!(reported(&server, "flitt", query).await.len() > 50);
    let row = &known(&server, "2026-03-12T10:00:00Z", "2026-03-12T14:00:00Z").await[0];
    assert_eq!(row["visible_at"]["begateway"], "2026-03-14T13:00:00Z");
    assert_eq!(row["visible_at"]["flitt"], row["created_at"]);
    server.jump("2026-03-14T13:00:00Z");
    assert!(reported(&server, "begateway", query).await.len() > 50);
    lag(&server, "begateway", &json!({"missing": ["2026-03-12"]})).await;
    let id = &row["id"];
    let row = server.did("GET", &format!("/transactions/{id}"), "").await;
    assert_eq!(row["visible_at"]["begateway"], Value::Null);
    assert_eq!(row["reported"]["begateway"], Value::Null);
}

#[tokio::test]
async fn an_added_row_can_say_when_it_is_visible() {
    let server = Server::start().await;
    let query = days(date(2026, 3, 14), date(2026, 3, 14));
    let one = json!({"at": "2026-03-14T10:00:00Z", "visible_at": "2026-03-14T14:00:00Z"});
    let late = server.did("POST", "/transactions", &payment(&one)).await;
    let two = json!({"at": "2026-03-14T10:00:00Z", "visible_at": {"flitt": "2026-03-14T15:00:00Z", "wepay": null}});
    let at_flitt = server.did("POST", "/transactions", &payment(&two)).await;
    assert_eq!(late["visible_at"]["epicpay"], "2026-03-14T14:00:00Z");
    assert_eq!(at_flitt["visible_at"]["flitt"], "2026-03-14T15:00:00Z");
    assert_eq!(at_flitt["visible_at"]["epicpay"], "2026-03-14T10:00:00Z");
    for (now, slug, shows) in [
        (NOON, "begateway", [false, true]),
        (NOON, "flitt", [false, false]),
        (NOON, "epicpay", [false, true]),
        ("2026-03-14T14:00:00Z", "begateway", [true, true]),
        ("2026-03-14T14:00:00Z", "flitt", [true, false]),
        ("2026-03-14T15:00:00Z", "flitt", [true, true]),
    ] {
        server.jump(now);
        let rows = reported(&server, slug, query).await;
        let is_there = |id: &Value| {
            let id = id.to_string();
            rows.iter().any(|row| row.id.trim_start_matches("trxn_") == id)
        };
        assert_eq!([is_there(&late["id"]), is_there(&at_flitt["id"])], shows, "{now} {slug}");
    }
}

#[tokio::test]
async fn a_report_that_is_done_keeps_the_lag_it_was_made_with() {
    let server = serve().await;
    let span = (1_773_446_400, 1_773_446_400 + 43_000);
    let request = wepay::transactions(216_083_313, span);
    let fetch = async |report| wepay::fetch(&server, MERCHANT, report).await.unwrap();
    lag(&server, "wepay", &json!({"lag": "1h"})).await;
    let lagging = wepay::create(&server, MERCHANT, &request).await;
    server.jump("2026-03-14T12:00:10Z");
    let at_first = fetch(&lagging).await;
    lag(&server, "wepay", &json!({})).await;
    assert_eq!(fetch(&lagging).await, at_first);
    let fresh = wepay::create(&server, MERCHANT, &request).await;
    server.jump("2026-03-14T12:00:20Z");
    let whole = fetch(&fresh).await;
    assert!(whole.len() > at_first.len(), "{} {}", whole.len(), at_first.len());
    lag(&server, "wepay", &json!({"lag": "5h"})).await;
    assert_eq!((fetch(&fresh).await, fetch(&lagging).await), (whole, at_first));
}

/// Nothing that was found under other rules at the same instant is told again.
#[tokio::test]
async fn rules_that_change_under_a_frozen_clock_count_at_once() {
    let server = serve().await;
    let query = days(date(2026, 3, 12), date(2026, 3, 14));
    for slug in SLUGS {
        let mut shown = Vec::new();
        for rules in [
            json!({}),
            json!({"jitter": "20h"}),
            json!({"jitter": "40h"}),
            json!({"missing": ["2026-03-13"], "until": "2026-03-20T00:00:00Z"}),
            json!({}),
        ] {
            lag(&server, slug, &rules).await;
            shown.push(reported(&server, slug, query).await);
            server.jump(NOON);
        }
        let [all, some, fewer, without_a_day, again] = &shown[..] else { panic!("{slug}") };
        assert_eq!(all, again, "{slug}");
        assert!(some.len() < all.len() && fewer.len() < some.len(), "{slug}");
        assert!(without_a_day.len() < all.len() && without_a_day != fewer, "{slug}");
    }
}
