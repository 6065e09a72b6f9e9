//! Tests that days are generated on the first read of their rows, and only as many as a request
//! needs.

use std::sync::Arc;

use sandtill::sandbox::generate::calendar::{Day, day_of, start_of};
use sandtill::sandbox::ledger::{Axis, MerchantLedger};
use sandtill::sandbox::space::Space;
use serde_json::json;

use crate::drivers::{ReportQuery, epicpay, flitt};
use crate::support::{NOON, Server};

fn day(date: &str) -> Day {
    let at: jiff::Timestamp = format!("{date}T00:00:00Z").parse().unwrap();
    day_of(at.as_second())
}

fn ledger(space: &Arc<Space>, merchant: &str) -> MerchantLedger {
    let scenario = Arc::clone(&space.world().scenario);
    scenario.ledgers.iter().find(|it| it.merchant.name == merchant).unwrap().clone()
}

/// How many days of a merchant have been made from this one on, up to the end of 2099.
fn made_from(space: &Arc<Space>, merchant: &str, first: Day) -> usize {
    let ledger = ledger(space, merchant);
    (first..day("2100-01-01")).filter(|day| ledger.generated.is_made(*day)).count()
}

/// Wire numbers of the first rows of two hundred days from 2027 on.
fn numbers_ahead(space: &Arc<Space>, merchant: &str) -> Vec<i64> {
    let view = space.moment().view(ledger(space, merchant).merchant.id).unwrap();
    let today = day("2026-03-14");
    let first = view.rows(Axis::Created, start_of(today)..i64::MAX).next().unwrap();
    assert_eq!((first.id().day(), first.id().number()), (today, 1));
    // A number is the day, the place in it, three digits for added rows and two for the merchant.
    let a_day = i64::try_from(view.slots()).unwrap() * 1000 * 100;
    let ahead = i64::from(day("2027-01-01") - today);
    (0..200).map(|step| first.number() + (ahead + step) * a_day).collect()
}

#[tokio::test]
async fn numbers_of_days_that_lie_ahead_make_no_days() {
    let server = Server::start().await;
    let space = server.space();
    let tomorrow = day("2026-03-15");
    let numbers = numbers_ahead(&space, "flitt");
    let view = space.moment().view(ledger(&space, "flitt").merchant.id).unwrap();
    let on = view.id_at_most(numbers[0]).unwrap().day();
    assert_eq!(on, day("2027-01-01"), "the numbers are what they are meant to be");
    assert_eq!(made_from(&space, "flitt", tomorrow), 0);

    let list = numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    let rows =
        flitt::table(&server, "flitt", 745, json!([{"s": "payment_id", "m": "any", "v": list}]))
            .await;
    assert_eq!(rows, Vec::<serde_json::Value>::new());
    for number in &numbers {
        for (method, path) in [
            ("GET", format!("/transactions/{number}")),
            ("POST", format!("/transactions/{number}/refund")),
            ("POST", format!("/transactions/{number}/settle")),
        ] {
            let detail = server.refuses(404, method, &path, "").await;
            assert!(detail.contains(&number.to_string()), "{detail}");
        }
        server
            .did("GET", &format!("/transactions?merchant=flitt&limit=1&after={number}"), "")
            .await;
    }
    assert_eq!(made_from(&space, "flitt", tomorrow), 0);
    // The same number is a row once its day has come.
    server.jump("2027-01-02T12:00:00Z");
    let row = server.did("GET", &format!("/transactions/{}", numbers[0]), "").await;
    assert!(row["created_at"].as_str().unwrap().starts_with("2027-01-01"), "{row}");
    assert!(made_from(&space, "flitt", day("2027-01-01")) > 0);
}

#[tokio::test]
async fn an_added_row_leaves_deposits_of_other_days_alone_and_as_quick_to_find() {
    let (plain, touched) = (Server::start().await, Server::start().await);
    let row = json!({"merchant": "epicpay", "amount": 500, "at": "2026-03-13T10:00:00Z"});
    touched.did("POST", "/transactions", &row.to_string()).await;
    for report in ["deposits", "deposits-detail"] {
        let authorization = crate::epicpay::TERMINAL_1;
        for (first, last) in [("2026-02-10", "2026-02-10"), ("2026-02-10", "2026-02-13")] {
            let expected = crate::epicpay::ask(&plain, authorization, report, first, last).await;
            let found = crate::epicpay::ask(&touched, authorization, report, first, last).await;
            assert_eq!(found.text(), expected.text(), "{report} {first} {last}");
            assert!(found.json()["result"]["record_count"].as_i64().unwrap() > 0);
        }
    }
    let all = |server: &Server| made_from(&server.space(), "epicpay", day("2026-02-14"));
    // The added row's own day is looked at for its place.
    let days = all(&touched);
    assert!(days <= all(&plain) + 2, "{days} days behind the deposit were made");
    let whole = made_from(&touched.space(), "epicpay", day("2025-12-14"));
    assert!(whole < 60, "{whole} days of ninety were made for deposits of four");
}

#[tokio::test]
async fn what_is_settled_by_hand_is_in_the_deposit_of_its_day_and_in_no_other() {
    let server = Server::frozen("default", NOON).await;
    let list = "/transactions?merchant=epicpay&kind=payment&status=captured&limit=1000";
    let captured = server.did("GET", list, "").await;
    let rows = captured["transactions"].as_array().unwrap();
    let open: Vec<_> = rows.iter().filter(|it| it["settled_at"].is_null()).take(3).collect();
    assert_eq!(open.len(), 3, "{captured}");
    for row in &open {
        server.did("POST", &format!("/transactions/{}/settle", row["id"]), "").await;
    }
    // Their own deposits would have come by then.
    server.jump("2026-04-14T12:00:00Z");
    let (first, last) = ("2026-03-01".parse().unwrap(), "2026-04-14".parse().unwrap());
    let query = ReportQuery { merchant: "epicpay", first, last, size: 0 };
    let deposits = epicpay::rows(&server, "deposits-detail", query).await;
    for row in &open {
        let id = row["id"].to_string();
        let with: Vec<_> = deposits
            .iter()
            .filter(|it| it["detail_data"].to_string().contains(&id))
            .map(|it| it["reported_date"].as_str().unwrap().get(..10).unwrap().to_owned())
            .collect();
        assert_eq!(with, ["2026-03-14"], "{id}");
    }
}
