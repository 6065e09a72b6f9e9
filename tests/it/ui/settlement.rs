//! The page of deposits: what it reads of a large ledger, earlier pages of it, and rows that are added later.

use sandtill::sandbox::generate::calendar::day_of;
use serde_json::Value;

use super::{api, get};
use crate::support::{Server, scenario};

/// Ten thousand rows a day; the 13th of March is a Friday.
const LARGE: &str = r#"
days = 90
[clock]
mode = "frozen"
now = "2026-03-13T12:00:00Z"
[[merchant]]
name = "large"
[merchant.trade]
volume = 9400
"#;

async fn deposits(server: &Server, query: &str) -> Vec<Value> {
    let answer = api(server, "GET", &format!("deposits?{query}"), "").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["deposits"].as_array().unwrap().clone()
}

/// The ids of the deposits of a page.
fn ids(text: &str) -> Vec<String> {
    let rows = text.split("<tr id=\"deposit-").skip(1);
    rows.map(|row| row.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_first_view_of_a_large_ledger_reads_its_last_days_and_leads_to_the_others() {
    let server = Server::with(scenario(LARGE)).await;
    let text = get(&server, "settlement").await;
    let ledger = server.space().world().scenario.ledgers[0].clone();
    let now: jiff::Timestamp = "2026-03-13T12:00:00Z".parse().unwrap();
    let today = day_of(now.as_second());
    let made: Vec<_> = (today - 90..today).filter(|day| ledger.generated.is_made(*day)).collect();
    assert!(made.iter().all(|day| *day > today - 20), "{made:?} before {today}");

    let newest = ids(&text);
    assert!((1..10).contains(&newest.len()), "{newest:?}");
    assert!(text.contains(&format!("All {} deposits tie out", newest.len())), "{text}");
    let older = text.split("href=\"/_admin/ui/settlement?").nth(1).unwrap();
    let older = older.split('"').next().unwrap().replace("&amp;", "&");
    let older = ids(&get(&server, &format!("settlement?{older}")).await);
    let all = deposits(&server, "merchant=large&limit=200").await;
    assert!(all.len() > 50);
    let all: Vec<String> = all.iter().map(|it| it["id"].to_string()).collect();
    assert_eq!([newest, older].concat(), all);
}

#[tokio::test]
async fn the_page_of_a_long_range_has_200_rows_at_most() {
    let server = Server::start().await;
    let text = get(&server, "settlement?merchant=everywhere&from=2025-01-01&to=2026-03-14").await;
    assert!(text.matches("<tr").count() <= 200, "{}", text.matches("<tr").count());
    assert!(ids(&text).len() > 50, "{text}");
}

#[tokio::test]
async fn a_row_that_is_added_later_is_in_its_deposit() {
    let server = Server::start().await;
    let query = "merchant=everywhere&from=2026-03-11T00:00:00Z&to=2026-03-12T00:00:00Z";
    let sales = |deposits: &[Value]| {
        let deposit = deposits.iter().find(|it| it["class"] == "card").unwrap();
        let lines = deposit["lines"].as_array().unwrap();
        let sale = lines.iter().find(|it| it["kind"] == "sale").unwrap();
        let [count, sum] = ["count", "amount"].map(|name| sale[name].as_i64().unwrap());
        (deposit["amount"].as_i64().unwrap(), count, sum)
    };
    get(&server, "settlement?merchant=everywhere").await;
    let before = sales(&deposits(&server, query).await);
    let new =
        r#"{"merchant":"everywhere","amount":5000,"currency":"USD","at":"2026-03-09T10:00:00Z"}"#;
    let added = api(&server, "POST", "transactions", new).await.json();
    assert!(added["settled_at"].as_str().unwrap().starts_with("2026-03-11"), "{added}");
    let after = sales(&deposits(&server, query).await);
    let fee = added["fee"].as_i64().unwrap();
    assert_eq!(after, (before.0 + 5000 - fee, before.1 + 1, before.2 + 5000));
    let shown = format!(">{}.{:02} <", after.0 / 100, after.0 % 100);
    let text = get(&server, "settlement?merchant=everywhere").await;
    assert_eq!(text.matches(&shown).count(), 2, "{shown}: {text}");
}

#[tokio::test]
async fn deposits_of_a_status_are_all_of_them_however_old() {
    let server = Server::start().await;
    let all = deposits(&server, "merchant=everywhere&limit=200").await;
    let paid = all.iter().rev().find(|it| it["status"] == "paid").unwrap()["id"].clone();
    let on_the_way = all.iter().find(|it| it["status"] == "on_the_way").unwrap()["id"].clone();
    for (path, body) in [
        (format!("deposits/{paid}/return"), ""),
        (format!("deposits/{on_the_way}/delay"), r#"{"by":"90d"}"#),
    ] {
        let answer = api(&server, "POST", &path, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let to = r#"{"by":"60d"}"#;
    assert_eq!(api(&server, "POST", "clock/advance", to).await.status, 200);
    let all = deposits(&server, "merchant=everywhere&limit=200").await;
    for (status, id) in [("returned", paid), ("on_the_way", on_the_way)] {
        let query = format!("merchant=everywhere&limit=200&status={status}");
        let of_status = deposits(&server, &query).await;
        assert!(of_status.iter().any(|it| it["id"] == id), "{status} {id}: {of_status:?}");
        for deposit in all.iter().filter(|it| it["status"] == status) {
            assert!(of_status.contains(deposit), "{deposit}");
        }
    }
}
