//! What a client loses that stores the last id it saw, as many clients of beGateway do.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{instant, known, lag};
use crate::drivers::ReportQuery;
use crate::drivers::begateway::{METHODS, ask, params};
use crate::support::Server;

/// Polls every hour, page by page from the last id on, and returns all ids it ever saw.
async fn poll(server: &Server, polls: &[Timestamp]) -> BTreeSet<i64> {
    let mut seen = BTreeSet::new();
    let mut watermarks = [json!(0), json!(0)];
    for now in polls {
        server.jump(&now.to_string());
        for (method, watermark) in METHODS.iter().zip(&mut watermarks) {
            let (first, last) = (jiff::civil::date(2026, 3, 14), jiff::civil::date(2026, 3, 16));
            let query = ReportQuery { merchant: super::MERCHANT, first, last, size: 0 };
            let mut request = params(query, method);
            loop {
                if *watermark != json!(0) {
                    request["starting_after"] = watermark.clone();
                }
                let page = ask(server, super::MERCHANT, "/api/reports", &request).await.json();
                let ids = page["transactions"].as_array().unwrap().iter();
                seen.extend(ids.map(|row| row["id"].as_i64().unwrap()));
                if page["last_object_id"].is_number() {
                    *watermark = page["last_object_id"].clone();
                }
                if page["has_more"] == false {
                    break;
                }
            }
        }
    }
    seen
}

/// The ids of the rows that become visible behind the cursor: at some poll a row with a higher id of the
/// same list was visible already, and this one was not.
fn behind(rows: &[Value], polls: &[Timestamp]) -> BTreeSet<i64> {
    let is_card = |row: &Value| row["method"] == "card";
    let id = |row: &Value| row["id"].as_i64().unwrap();
    let passed = |row: &&Value| {
        let mut others = rows.iter().filter(|it| is_card(it) == is_card(row) && id(it) > id(row));
        others.any(|other| {
            let is_there = |at: &Value, poll: &Timestamp| instant(at) <= *poll;
            polls.iter().any(|poll| {
                is_there(&other["visible_at"]["begateway"], poll)
                    && !is_there(&row["visible_at"]["begateway"], poll)
            })
        })
    };
    rows.iter().filter(passed).map(id).collect()
}

#[tokio::test]
async fn a_client_with_the_last_id_as_watermark_loses_exactly_the_rows_behind_it() {
    let server = Server::frozen("default", "2026-03-14T00:00:00Z").await;
    lag(&server, "begateway", &json!({"jitter": "6h"})).await;
    let start: Timestamp = "2026-03-14T01:00:00Z".parse().unwrap();
    let hours = |hours| start + SignedDuration::from_hours(hours);
    let polls: Vec<Timestamp> = (0..40).map(hours).collect();
    let seen = poll(&server, &polls).await;
    // Six hours before the last poll, so that every row had the time to appear.
    let (from, to) = ("2026-03-14T00:00:00Z", (hours(39 - 6)).to_string());
    let rows = known(&server, from, &to).await;
    assert!(rows.len() > 100, "{}", rows.len());
    let lost: BTreeSet<i64> = rows
        .iter()
        .map(|row| row["id"].as_i64().unwrap())
        .filter(|id| !seen.contains(id))
        .collect();
    assert_eq!(lost, behind(&rows, &polls));
    assert!(lost.len() > 40 && lost.len() < rows.len(), "{} of {}", lost.len(), rows.len());
    // Nothing is lost without the lever.
    let server = Server::frozen("default", "2026-03-14T00:00:00Z").await;
    let seen = poll(&server, &polls).await;
    assert!(rows.iter().all(|row| seen.contains(&row["id"].as_i64().unwrap())));
}
