//! Clocks, zones, and what changes with time.

use serde_json::{Value, json};

use super::{ids, page, params, post, walk, with};
use crate::support::{NOON, Server, frozen};

#[tokio::test]
async fn two_servers_with_one_seed_answer_the_same_bytes() {
    let (left, right) = (Server::start().await, Server::start().await);
    let request_params = params("2026-01-01 00:00:00", "2026-03-14 23:59:59");
    // The second server gets another request first, since the order of requests must not matter.
    post(&right, "/api/reports", "3", &params("2026-03-10 00:00:00", "2026-03-10 10:00:00")).await;
    let answers = (
        post(&left, "/api/reports", "3", &request_params).await.text(),
        post(&right, "/api/reports", "3", &request_params).await.text(),
    );
    assert!(answers.0 == answers.1 && answers.0.len() > 1_000_000);
}

#[tokio::test]
async fn a_day_is_the_same_from_clocks_a_month_apart_but_for_what_life_changed() {
    let early = Server::frozen("default", "2026-03-14T12:00:00Z").await;
    let late = Server::frozen("default", "2026-04-14T12:00:00Z").await;
    for day in ["2026-01-20", "2026-02-17", "2026-03-01"] {
        for method in ["credit_card", "alternative"] {
            let request_params = params(&format!("{day} 00:00:00"), &format!("{day} 23:59:59"));
            let request_params = with(request_params, json!({"payment_method_type": method}));
            let (before, after) =
                (walk(&early, &request_params).await, walk(&late, &request_params).await);
            assert_eq!(ids(&before), ids(&after), "{day} {method}");
            for (before, after) in before.iter().zip(&after) {
                let same = |name: &str| assert_eq!(before[name], after[name], "{day} {name}");
                for name in ["uid", "amount", "currency", "created_at", "customer", "type"] {
                    same(name);
                }
            }
        }
    }
}

#[tokio::test]
async fn freezing_a_week_back_hides_the_week_and_coming_back_shows_it_again() {
    let server = Server::start().await;
    let request_params = params("2026-03-01 00:00:00", "2026-03-14 23:59:59");
    let all = walk(&server, &request_params).await;
    server.jump("2026-03-07T12:00:00Z");
    let week_ago = walk(&server, &request_params).await;
    assert!(week_ago.len() < all.len());
    let limit = "2026-03-07T12:00:00Z";
    assert!(week_ago.iter().all(|row| row["created_at"].as_str().unwrap() <= limit));
    assert_eq!(ids(&week_ago), ids(&all)[..week_ago.len()]);
    server.jump(NOON);
    assert_eq!(walk(&server, &request_params).await, all);
}

#[tokio::test]
async fn pending_rows_get_paid_and_paid_rows_get_settled() {
    let server = Server::start().await;
    let request_params = params("2026-03-13 00:00:00", "2026-03-14 23:59:59");
    let request_params = with(request_params, json!({"payment_method_type": "alternative"}));
    // Some instant at which something is pending.
    let mut pending = Value::Null;
    for hour in 0..12 {
        server.jump(&format!("2026-03-14T{hour:02}:30:00Z"));
        let page = page(&server, &with(request_params.clone(), json!({"status": "pending"}))).await;
        if page["count"] != 0 {
            pending = page["transactions"][0].clone();
            break;
        }
    }
    assert_eq!(pending["message"], "Waiting");
    assert!(pending["paid_at"].is_null());
    let find = async || {
        let rows = walk(&server, &request_params).await;
        rows.into_iter().find(|row| row["id"] == pending["id"]).unwrap()
    };
    server.jump("2026-03-15T12:00:00Z");
    let later = find().await;
    assert!(["successful", "failed", "expired"].contains(&later["status"].as_str().unwrap()));
    let paid = walk(&server, &with(request_params.clone(), json!({"status": "successful"}))).await;
    let paid = paid.iter().find(|row| row["type"] == "payment" && row["settled_at"].is_null());
    let id = paid.unwrap()["id"].clone();
    server.jump("2026-03-20T12:00:00Z");
    let rows = walk(&server, &request_params).await;
    let settled = rows.iter().find(|row| row["id"] == id).unwrap();
    // Two business days after a Friday or Saturday.
    assert!(["2026-03-17", "2026-03-18"].contains(&settled["settled_at"].as_str().unwrap()));
}

#[tokio::test]
async fn zones_move_the_day_and_daylight_saving_moves_the_zone() {
    let server = Server::start().await;
    let utc = |from: &str, to: &str| params(from, to);
    let zoned = |from: &str, to: &str, zone: &str| with(utc(from, to), json!({"time_zone": zone}));
    for (local, zone, utc_from, utc_to) in [
        (
            ("2026-03-01 00:00:00", "2026-03-01 23:59:59"),
            "Asia/Tbilisi",
            "2026-02-28 20:00:00",
            "2026-03-01 19:59:59",
        ),
        // New York went to daylight saving at 2026-03-08 02:00: that day has 23 hours.
        (
            ("2026-03-08 00:00:00", "2026-03-08 23:59:59"),
            "America/New_York",
            "2026-03-08 05:00:00",
            "2026-03-09 03:59:59",
        ),
        (
            // Clocks never show 02:30; the bound means the moment of the change.
            ("2026-03-08 02:30:00", "2026-03-08 04:00:00"),
            "America/New_York",
            "2026-03-08 07:00:00",
            "2026-03-08 08:00:00",
        ),
    ] {
        let request_params = walk(&server, &zoned(local.0, local.1, zone)).await;
        let expected = walk(&server, &utc(utc_from, utc_to)).await;
        assert_eq!(request_params, expected, "{zone} {local:?}");
        assert!(!request_params.is_empty());
    }
}

#[tokio::test]
async fn wall_clock_with_z_comes_only_with_the_quirk() {
    let mut scenario = frozen("paging", NOON);
    scenario.quirks.insert("begateway.local-time-z".to_owned());
    let (plain, quirky) = (Server::frozen("paging", NOON).await, Server::with(scenario).await);
    let request_params = params("2026-02-03 00:00:00", "2026-02-03 23:59:59");
    let request_params = with(request_params, json!({"time_zone": "Europe/Minsk"}));
    let (plain, quirky) =
        (page(&plain, &request_params).await, page(&quirky, &request_params).await);
    let at = |page: &Value| page["transactions"][0]["created_at"].as_str().unwrap().to_owned();
    let utc: jiff::Timestamp = at(&plain).parse().unwrap();
    // Minsk is three hours ahead the whole year.
    let local = utc + jiff::SignedDuration::from_hours(3);
    assert_eq!(at(&quirky), local.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let settled = |page: &Value| page["transactions"][0]["settled_at"].clone();
    assert_eq!(settled(&plain), settled(&quirky));
}

#[tokio::test]
async fn manual_corrections_narrow_further() {
    let server = Server::start().await;
    let request_params = params("2025-12-14 00:00:00", "2026-03-14 23:59:59");
    let all = walk(&server, &request_params).await;
    let from = "2026-02-01 00:00:00";
    let corrected =
        walk(&server, &with(request_params, json!({"manual_correction_from": from}))).await;
    let expected: Vec<&Value> = all
        .iter()
        .filter(|row| row["manually_corrected_at"].as_str().is_some_and(|at| at >= "2026-02-01"))
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(corrected.iter().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn thirty_spaces_with_thirty_clocks_do_not_see_each_other() {
    let server = std::sync::Arc::new(Server::start().await);
    let mut tasks = tokio::task::JoinSet::new();
    for day in 1..=30 {
        let server = std::sync::Arc::clone(&server);
        tasks.spawn(async move {
            let space = server.spaces.space(&format!("test-{day}")).unwrap().0;
            // A clock of its own: noon, `day` days before the others' noon.
            let noon: jiff::Timestamp = NOON.parse().unwrap();
            let now = noon - jiff::SignedDuration::from_hours(24 * day);
            crate::support::jump(&space, now);
            let path = format!("/@test-{day}/api/reports");
            let request_params = params("2026-02-01 00:00:00", "2026-03-14 23:59:59");
            let page = post(
                &server,
                &path,
                "3",
                &with(request_params, json!({"ending_before": i64::MAX})),
            )
            .await;
            let last = page.json()["transactions"].as_array().unwrap().last().unwrap().clone();
            let created: jiff::Timestamp = last["created_at"].as_str().unwrap().parse().unwrap();
            assert!(created <= now && created > now - jiff::SignedDuration::from_hours(3));
            assert_eq!(space.journal.entries().len(), 1);
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(server.space().journal.entries().len(), 0);
    assert_eq!(server.spaces.all().len(), 31);
}
