//! Tests that paging reads each row once: the pages of a provider contain the rows of the ledger.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sandtill::providers;
use sandtill::sandbox::facts::{Kind, Method};
use sandtill::sandbox::ledger::{Axis, Transaction};
use sandtill::sandbox::scenario::{Scenario, SettingValue};
use serde_json::{Value, json};

use super::shown::{expected, start_of, time, view};
use crate::drivers::begateway::{Direction, METHODS, params, walk};
use crate::drivers::{self, ReportQuery, ReportedRow};
use crate::support::{NOON, Server, frozen};

/// A built-in scenario with beGateway's pages of this size; WePay's files may reach beyond now.
fn paged(name: &str, now: &str, size: i64) -> Scenario {
    let mut scenario = frozen(name, now);
    let mut set = |name: &str, value| {
        assert!(scenario.settings.insert(name.to_owned(), value).is_some(), "{name}");
    };
    set("begateway.page_size", SettingValue::Number(size));
    set("wepay.latency_transactions", SettingValue::Duration(SignedDuration::from_hours(-24 * 30)));
    scenario
}

/// Reads these days from a provider and compares them with the ledger.
async fn visits_all_once(server: &Server, slug: &str, query: ReportQuery<'_>) -> Vec<ReportedRow> {
    let reported = drivers::rows(server, slug, query, &mut async |_| {}).await;
    let facts: Vec<_> = reported.iter().map(|row| row.fact.clone()).collect();
    let expected = expected(slug, &view(server, query.merchant), query);
    assert_eq!(facts, expected, "{slug} {query:?}");
    unique(&reported);
    reported
}

#[track_caller]
fn unique(reported: &[ReportedRow]) {
    let mut ids: Vec<_> = reported.iter().map(|row| &row.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), reported.len());
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[tokio::test]
async fn pages_of_any_size_visit_every_row_once_at_exact_boundaries() {
    // A hundred rows: one by one, exact pages, one more and one less, all at once and more than all.
    for size in [1, 9, 10, 11, 50, 99, 100, 101, 1000] {
        let server = Server::with(paged("paging", NOON, size)).await;
        for provider in providers::ALL {
            for merchant in [provider.slug, "everywhere"] {
                let (first, last) = (day("2026-02-01"), day("2026-02-10"));
                let query = ReportQuery { merchant, first, last, size };
                let reported = visits_all_once(&server, provider.slug, query).await;
                assert_eq!(reported.len(), 100, "{} {merchant}", provider.slug);
            }
        }
    }
}

#[tokio::test]
async fn pages_visit_every_row_once_at_any_moment() {
    for (now, first, last) in [
        // Today at noon, today right at midnight, across the turn of a year, in the middle of the
        // window, before the window, and in the future.
        (NOON, "2026-03-13", "2026-03-14"),
        ("2026-03-14T00:00:00Z", "2026-03-13", "2026-03-14"),
        ("2026-01-02T07:59:59Z", "2025-12-31", "2026-01-01"),
        (NOON, "2026-02-07", "2026-02-07"),
        (NOON, "2025-12-13", "2025-12-15"),
        (NOON, "2026-03-15", "2026-03-20"),
    ] {
        for size in [7, 64] {
            let server = Server::with(paged("default", now, size)).await;
            let today = now.parse::<Timestamp>().unwrap().to_zoned(TimeZone::UTC).date();
            for provider in providers::ALL {
                for merchant in [provider.slug, "everywhere"] {
                    let (first, last) = (day(first), day(last));
                    let query = ReportQuery { merchant, first, last, size };
                    let reported = visits_all_once(&server, provider.slug, query).await;
                    assert_eq!(reported.is_empty(), first > today, "{} {now}", provider.slug);
                }
            }
        }
    }
}

/// Adds a payment of a merchant; its number.
async fn add(server: &Server, merchant: &str, at: &str) -> Value {
    let body = json!({"merchant": merchant, "amount": 777, "at": at});
    server.did("POST", "/transactions", &body.to_string()).await["id"].clone()
}

#[tokio::test]
async fn cursors_neither_skip_nor_double_while_rows_are_added() {
    let server = Server::with(paged("default", NOON, 10)).await;
    let (first, last) = (day("2026-03-12"), day("2026-03-14"));
    let query = ReportQuery { merchant: "begateway", first, last, size: 10 };
    for direction in [Direction::Forwards, Direction::Backwards] {
        let ids = |rows: &[Value]| rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
        let request = || (params(query, METHODS[0]), direction);
        let before = ids(&walk(&server, "begateway", request(), &mut async |_| {}).await);
        assert!(before.len() > 150, "{}", before.len());
        let mut added = Vec::new();
        let during = walk(&server, "begateway", request(), &mut async |page| {
            // Behind the cursor, ahead of it, and at this very moment, to and fro.
            let at = ["2026-03-12T00:00:01Z", "2026-03-13T12:00:00Z", NOON][page % 3];
            added.push(add(&server, "begateway", at).await);
        })
        .await;
        let during = ids(&during);
        assert!(during.is_sorted_by(|left, right| left.as_i64() < right.as_i64()));
        let kept: Vec<_> = during.iter().filter(|id| !added.contains(id)).cloned().collect();
        assert_eq!(kept, before, "{direction:?}");
        // What was added ahead of the cursor is visited as well, what was added behind it is not.
        let found = added.iter().filter(|id| during.contains(id)).count();
        assert!((1..added.len()).contains(&found), "{found} of {}", added.len());
        let after = ids(&walk(&server, "begateway", request(), &mut async |_| {}).await);
        assert!(added.iter().all(|id| after.contains(id)));
    }
}

/// The orders that Flitt's pages show, with something done between them.
async fn ids(
    server: &Server,
    query: ReportQuery<'_>,
    mut between: impl AsyncFnMut(usize),
) -> Vec<String> {
    let rows = drivers::rows(server, "flitt", query, &mut between).await;
    rows.into_iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn numbered_pages_follow_the_rows_as_they_are_and_skip_none() {
    let server = Server::start().await;
    let (first, last) = (day("2026-03-12"), day("2026-03-13"));
    let query = ReportQuery { merchant: "flitt", first, last, size: 20 };
    let before = ids(&server, query, async |_| {}).await;
    assert!(before.len() > 150, "{}", before.len());
    // Rows outside the requested days, and rows older than all requested ones, move no page.
    let outside = ids(&server, query, async |_| {
        add(&server, "flitt", NOON).await;
        add(&server, "flitt", "2026-03-11T23:59:59Z").await;
    })
    .await;
    assert_eq!(outside, before);
    let mut added = Vec::new();
    let oldest = ids(&server, query, async |_| {
        added.push(add(&server, "flitt", "2026-03-12T00:00:00Z").await.to_string());
    })
    .await;
    let kept: Vec<_> = oldest.iter().filter(|id| !added.contains(id)).cloned().collect();
    assert_eq!(kept, before);
    assert!(oldest.len() > before.len());
    // Newer than every row: a page number stands for rows that have moved on by one, so the row at the
    // edge of a page comes twice, and none is left out.
    let before = ids(&server, query, async |_| {}).await;
    let mut pages = 0;
    let newest = ids(&server, query, async |_| {
        pages += 1;
        add(&server, "flitt", "2026-03-13T23:59:59Z").await;
    })
    .await;
    let mut expected = before.clone();
    for page in (1..=pages).rev() {
        // After so many pages of twenty, of a list that has grown by one row for each page before.
        let edge = page * 20 - (page - 1);
        expected.insert(edge, before[edge - 1].clone());
    }
    assert_eq!(newest, expected);
}

#[tokio::test]
async fn a_span_to_the_second_has_the_rows_of_its_ends() {
    let server = Server::start().await;
    let view = view(&server, "everywhere");
    let day = start_of(day("2026-03-10"));
    let rows: Vec<_> = view.rows(Axis::Created, day..day + 86_400).collect();
    let cards = rows.iter().filter(|row| row.method == Method::Card && !row.test);
    let cards: Vec<_> = cards.map(|row| (row.number(), row.created_at)).collect();
    let (from, to) = (cards[10].1, cards[30].1);
    let within = cards.iter().filter(|row| (from..=to).contains(&row.1));
    let within: Vec<_> = within.map(|row| row.0).collect();
    let form = "%Y-%m-%d %H:%M:%S";
    let (from, to) = (time(from, form), time(to, form));
    let mut request = json!({
        "date_type": "created_at", "from": from, "to": to, "status": "all",
        "payment_method_type": "credit_card", "time_zone": "UTC",
    });
    let numbers = async |request: &Value| {
        let request = (request.clone(), Direction::Forwards);
        let rows = walk(&server, "everywhere", request, &mut async |_| {}).await;
        rows.iter().map(|row| row["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&request).await, within);
    request["to"] = request["from"].clone();
    assert_eq!(numbers(&request).await, within[..1]);
    let filters = json!([
        {"s": "order_timestart", "m": "from", "v": from},
        {"s": "order_timestart", "m": "to", "v": to},
        {"s": "payment_system", "m": "=", "v": "card"},
    ]);
    let mut orders = drivers::flitt::table(&server, "everywhere", 745, filters).await;
    orders.reverse();
    let orders: Vec<_> = orders.iter().map(|row| row["payment_id"].as_i64().unwrap()).collect();
    let created_at_times =
        rows.iter().filter(|row| matches!(row.kind, Kind::Payment | Kind::Authorization));
    let created_at_times: Vec<_> = created_at_times.map(Transaction::number).collect();
    let within: Vec<_> =
        within.into_iter().filter(|number| created_at_times.contains(number)).collect();
    assert_eq!(orders, within);
}
