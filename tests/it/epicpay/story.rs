//! Subscriptions through time: six reports, one story.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{TERMINAL_1, rows};
use crate::support::Server;

/// What one day's reports say about each subscription.
#[derive(Default)]
struct Day {
    active: BTreeMap<String, Value>,
    suspended: BTreeMap<String, Value>,
    trouble: BTreeMap<String, Value>,
    /// Report, by schedule id.
    payments: BTreeMap<i64, (&'static str, Value)>,
}

fn days_after(date: &str, days: i64) -> String {
    let date: jiff::civil::Date = date.parse().unwrap();
    date.checked_add(jiff::Span::new().days(days)).unwrap().to_string()
}

/// The reports of a day. Of payments those of the last ten days, and all that are to come: a payment
/// is tried on four days, so what is older has come to rest.
async fn look(server: &Server, today: &str) -> Day {
    let mut day = Day::default();
    let (recent, ahead) = (days_after(today, -10), days_after(today, 100));
    let all = async |report: &str| {
        let start = if report == "suspendedsubscriptions" { "2024-01-01" } else { &recent };
        rows(server, TERMINAL_1, report, start, &ahead).await
    };
    let id = |row: &Value| row["subscription_id"].as_str().unwrap().to_owned();
    day.active = all("activesubscriptions").await.into_iter().map(|row| (id(&row), row)).collect();
    let suspended = all("suspendedsubscriptions").await;
    day.suspended = suspended.into_iter().map(|row| (id(&row), row)).collect();
    day.trouble = all("wallettrouble").await.into_iter().map(|row| (id(&row), row)).collect();
    for report in ["newpayments", "failedpayments", "successfulpayments"] {
        for row in all(report).await {
            let schedule = row["schedule_id"].as_i64().unwrap();
            let twice = day.payments.insert(schedule, (report, row));
            assert!(twice.is_none(), "{schedule} is in two reports");
        }
    }
    day
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap()
}

/// How often what happened.
#[derive(Debug, Default)]
struct Counts {
    tried: u32,
    retried: u32,
    recovered: u32,
    suspended: u32,
}

/// Every payment moves on from new to failed or successful, on its day, and never back.
fn check_payments(before: &Day, now: &Day, today: &str, counts: &mut Counts) {
    for (schedule, (report, row)) in &now.payments {
        let id = text(row, "subscription_id");
        match (*report, before.payments.get(schedule).map_or("unknown", |it| it.0)) {
            ("newpayments", was) => {
                assert!(was == "newpayments" || was == "unknown", "{row}");
                let ahead = days_after(today, 60);
                assert!((today..=ahead.as_str()).contains(&text(row, "scheduled_date")), "{row}");
                assert_ne!(text(row, "scheduled_date"), today);
                assert!(now.active.contains_key(id), "{row}");
            }
            ("failedpayments" | "successfulpayments", "newpayments") => {
                counts.tried += 1;
                assert_eq!(text(row, "scheduled_date"), today);
                assert_eq!(text(row, "transaction_date"), today);
            }
            ("failedpayments", _) => {
                // Tried again today, or given up.
                let again = text(row, "transaction_date") == today;
                counts.retried += u32::from(again);
                assert!(again || now.suspended.contains_key(id), "{row}");
            }
            ("successfulpayments", "failedpayments") => {
                counts.recovered += 1;
                assert_eq!(text(row, "transaction_date"), today);
            }
            (_, was) => assert_eq!(was, "successfulpayments", "{row}"),
        }
    }
    for (schedule, (report, row)) in &before.payments {
        // Nothing vanishes but what was planned behind a suspension.
        let id = text(row, "subscription_id");
        let old = text(row, "scheduled_date") < days_after(today, -10).as_str();
        let there = old || now.payments.contains_key(schedule);
        assert!(there || (*report == "newpayments" && now.suspended.contains_key(id)), "{row}");
    }
}

/// A subscription is active until it is suspended or its last payment has succeeded.
fn check_subscriptions(before: &Day, now: &Day, today: &str, counts: &mut Counts) {
    for (id, row) in &now.active {
        assert!(!now.suspended.contains_key(id), "{id} is active and suspended");
        assert!(text(row, "next_payment_date") > today, "{row}");
    }
    for (id, row) in now.suspended.iter().filter(|it| !before.suspended.contains_key(it.0)) {
        counts.suspended += 1;
        assert_eq!(text(row, "subscription_suspend_date"), today);
        assert!(before.active.contains_key(id));
    }
    for id in before.suspended.keys() {
        assert!(now.suspended.contains_key(id), "{id} is no longer suspended");
    }
    for id in before.active.keys().filter(|id| !now.active.contains_key(*id)) {
        let own = now.payments.values().filter(|it| text(&it.1, "subscription_id") == id);
        let last = own.max_by_key(|it| text(&it.1, "scheduled_date").to_owned());
        let done = last.is_some_and(|it| it.0 == "successfulpayments");
        assert!(done || now.suspended.contains_key(id), "{id} vanished");
    }
    for (id, row) in &now.trouble {
        assert!(now.active.contains_key(id) || now.suspended.contains_key(id), "{row}");
        assert!(text(row, "wallet_suspend_date") <= today);
    }
}

#[tokio::test]
async fn three_months_day_by_day_tell_one_story() {
    let server = Server::frozen("default", "2026-03-01T23:00:00Z").await;
    let mut before = look(&server, "2026-03-01").await;
    let mut counts = Counts::default();
    for passed in 1..=92_i64 {
        let today = days_after("2026-03-01", passed);
        server.jump(&format!("{today}T23:00:00Z"));
        let now = look(&server, &today).await;
        check_payments(&before, &now, &today, &mut counts);
        check_subscriptions(&before, &now, &today, &mut counts);
        before = now;
    }
    assert!(counts.tried > 200 && counts.retried > 5, "{counts:?}");
    assert!(counts.suspended > 3 && counts.recovered > 3, "{counts:?}");
}

#[tokio::test]
async fn scheduled_payments_are_transactions_of_their_day() {
    let server = Server::frozen("default", "2026-03-14T12:00:00Z").await;
    let (start, end) = ("2026-02-01", "2026-03-14");
    let activity = rows(&server, TERMINAL_1, "trxnactivity", start, end).await;
    let by_id: BTreeMap<_, _> =
        activity.iter().map(|row| (text(row, "transaction_id"), row)).collect();
    let paid = rows(&server, TERMINAL_1, "successfulpayments", start, "2026-03-10").await;
    assert!(paid.len() > 50);
    for row in &paid {
        let found = by_id[text(row, "transaction_id")];
        for key in ["amount", "secondary_amount", "accountholder", "account_suffix"] {
            assert_eq!(found[key], row[key], "{key} of {row}");
        }
        assert_eq!(text(found, "reported_date"), text(row, "transaction_date"));
    }
}
