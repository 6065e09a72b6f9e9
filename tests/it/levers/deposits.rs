//! Deposits that fail, come back and are late, at the wires that show payouts.

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::{MERCHANT, days};
use crate::drivers::{epicpay, wepay};
use crate::support::Server;

async fn deposits(server: &Server, more: &str) -> Vec<Value> {
    let list = format!("/deposits?merchant={MERCHANT}&limit=1000{more}");
    server.did("GET", &list, "").await["deposits"].as_array().unwrap().clone()
}

fn on<'a>(deposits: &'a [Value], day: &str, class: &str) -> &'a Value {
    let mut found = deposits.iter().filter(|it| it["day"] == day && it["class"] == class);
    found.next().unwrap_or_else(|| panic!("no deposit of {class} on {day}"))
}

/// What happens to a deposit.
async fn befall(server: &Server, deposit: &Value, does: &str, body: &str) -> Value {
    server.did("POST", &format!("/deposits/{}/{does}", deposit["id"]), body).await
}

fn number(row: &Value, key: &str) -> i64 {
    row[key].as_i64().unwrap()
}

/// Minor units of US dollars that are printed as a number.
fn cents(value: &Value) -> i64 {
    let text = value.to_string();
    let (whole, cents) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}{cents:0<2}").parse().unwrap()
}

/// The withdrawals of the merchant, by day.
async fn withdrawals(server: &Server) -> Vec<(Date, Value)> {
    let find = json!({
        "account_id": wepay::account(server, MERCHANT), "limit": 1000, "sort_order": "asc",
    });
    let list = wepay::call(server, MERCHANT, "withdrawal/find", &find).await.json();
    let day = |it: &Value| {
        let at = it["withdrawal_data"]["create_time"].as_i64().unwrap();
        jiff::Timestamp::from_second(at).unwrap().to_zoned(jiff::tz::TimeZone::UTC).date()
    };
    list.as_array().unwrap().iter().map(|it| (day(it), it.clone())).collect()
}

fn withdrawal(all: &[(Date, Value)], day: Date) -> &Value {
    &all.iter().find(|it| it.0 == day).unwrap().1
}

async fn reported(server: &Server, report: &str, day: Date, id: &Value) -> Value {
    let rows = epicpay::rows(server, report, days(day, day)).await;
    let id = id.to_string();
    rows.into_iter().find(|it| it["unique_id"] == id.as_str()).unwrap()
}

const FRIDAY: Date = date(2026, 3, 13);
const MONDAY: Date = date(2026, 3, 16);

#[tokio::test]
async fn the_money_of_a_deposit_that_failed_comes_with_the_next_one() {
    let (plain, server) = (super::serve().await, super::serve().await);
    let friday = deposits(&server, "").await;
    let failing = on(&friday, "2026-03-13", "card");
    assert_eq!(
        (&failing["status"], &failing["effective_at"]),
        (&json!("on_the_way"), &json!("2026-03-16T08:00:00Z"))
    );
    assert_eq!(withdrawal(&withdrawals(&server).await, FRIDAY)["state"], "started");
    let failed = befall(&server, failing, "fail", "{}").await;
    assert_eq!((&failed["status"], &failed["effective_at"]), (&json!("failed"), &Value::Null));
    assert_eq!(failed["failed_at"], crate::support::NOON);
    let shown = withdrawals(&server).await;
    assert_eq!(withdrawal(&shown, FRIDAY)["state"], "failed");
    let row = reported(&server, "deposits", FRIDAY, &failing["id"]).await;
    assert_eq!(
        (&row["effective_date"], cents(&row["amount"])),
        (&json!(""), number(failing, "amount"))
    );
    // The account has the money again until it leaves.
    let account = json!({"account_id": wepay::account(&server, MERCHANT)});
    let balance = wepay::call(&server, MERCHANT, "account", &account).await.json();
    let amount = &withdrawal(&shown, FRIDAY)["amount"];
    assert_eq!(&balance["balances"][0]["balance"], amount, "{balance}");
    assert_eq!(balance["balances"][0]["outgoing_pending_amount"], 0);

    for server in [&plain, &server] {
        server.jump("2026-03-16T12:00:00Z");
    }
    let expected = withdrawals(&plain).await;
    let whole = cents(&withdrawal(&expected, FRIDAY)["amount"]);
    let own = cents(&withdrawal(&expected, MONDAY)["amount"]);
    let shown = withdrawals(&server).await;
    let monday = withdrawal(&shown, MONDAY);
    assert_eq!(cents(&monday["amount"]), whole + own);
    let request = wepay::reconciliation(monday);
    let report = wepay::create(&server, MERCHANT, &request).await;
    server.jump("2026-03-16T12:00:05Z");
    let lines = wepay::fetch(&server, MERCHANT, &report).await.unwrap();
    let net: i64 = lines.iter().map(|it| it["net"].replace('.', "").parse::<i64>().unwrap()).sum();
    assert_eq!(net, whole + own, "with the lines of the one that failed");

    the_next_deposit_says_so(&plain, &server, failing).await;
}

/// The deposit of Monday has a line for that of Friday, and so has the truth; it can fail like any other.
async fn the_next_deposit_says_so(plain: &Server, server: &Server, failing: &Value) {
    let plain_monday = deposits(plain, "").await;
    let before = on(&plain_monday, "2026-03-16", "card");
    let later = reported(server, "deposits-detail", MONDAY, &before["id"]).await;
    assert_eq!(cents(&later["amount"]), number(before, "amount") + number(failing, "amount"));
    let memo = format!("Returned deposit {}", failing["id"]);
    let lines = later["detail_data"].as_array().unwrap();
    let line = lines.iter().find(|it| it["memo"] == *memo).unwrap();
    assert_eq!(
        (&line["trxn_type"], cents(&line["amount"])),
        (&json!("Adjustment"), number(failing, "amount"))
    );
    let truth = format!(
        "/truth?provider=epicpay&merchant={MERCHANT}&from=2026-03-13&to=2026-03-17&axis=settled"
    );
    let truth = server.did("GET", &truth, "").await;
    let failed = truth["deposits"].as_array().unwrap().iter();
    let failed: Vec<_> =
        failed.filter(|it| !it["failed_at"].is_null()).map(|it| &it["id"]).collect();
    assert_eq!(failed, [&failing["id"]]);
    // What fails again takes along what it had.
    let again = deposits(server, "").await;
    let again = on(&again, "2026-03-16", "card");
    befall(server, again, "return", "").await;
    server.jump("2026-03-17T12:00:00Z");
    plain.jump("2026-03-17T12:00:00Z");
    let (tuesday, plain_tuesday) = (deposits(server, "").await, deposits(plain, "").await);
    let (third, alone) =
        (on(&tuesday, "2026-03-17", "card"), on(&plain_tuesday, "2026-03-17", "card"));
    assert_eq!(number(third, "amount"), number(alone, "amount") + number(again, "amount"));
    assert_eq!(
        deposits(server, "&status=returned").await,
        [on(&tuesday, "2026-03-16", "card").clone()]
    );
}

#[tokio::test]
async fn a_deposit_that_is_late_is_at_the_bank_later() {
    let server = super::serve().await;
    let friday = deposits(&server, "").await;
    let late = befall(&server, on(&friday, "2026-03-13", "card"), "delay", r#"{"by":"2d"}"#).await;
    assert_eq!(late["effective_at"], "2026-03-18T08:00:00Z");
    let row = reported(&server, "deposits", FRIDAY, &late["id"]).await;
    assert_eq!(row["effective_date"], "2026-03-18");
    for (now, state) in [("2026-03-18T07:59:59Z", "started"), ("2026-03-18T08:00:00Z", "captured")]
    {
        server.jump(now);
        assert_eq!(withdrawal(&withdrawals(&server).await, FRIDAY)["state"], state, "{now}");
    }
    let detail = server
        .refuses(409, "POST", &format!("/deposits/{}/delay", late["id"]), r#"{"by":"1d"}"#)
        .await;
    assert!(detail.contains("was at the bank at 2026-03-18T08:00:00Z"), "{detail}");
    // What is there can still come back.
    let back = befall(&server, &late, "return", "{}").await;
    assert_eq!(
        (&back["status"], &back["failed_at"]),
        (&json!("returned"), &json!("2026-03-18T08:00:00Z"))
    );
    assert_eq!(withdrawal(&withdrawals(&server).await, FRIDAY)["state"], "failed");
}

#[tokio::test]
async fn what_cannot_happen_to_a_deposit_is_refused_with_what_can() {
    let server = Server::start().await;
    let all = deposits(&server, "").await;
    befall(&server, &all[0], "fail", "{}").await;
    let before = server.did("GET", "/snapshot", "").await;
    for (id, does, body, status, part) in [
        ("17".to_owned(), "fail", "{}", 404, "no deposit 17"),
        (all[0]["id"].to_string(), "fail", "{}", 409, "failed at 2026-03-14T12:00:00Z"),
        (all[0]["id"].to_string(), "return", "{}", 409, "with the next deposit"),
        (all[1]["id"].to_string(), "fail", r#"{"at":"now"}"#, 400, "unknown key `at`"),
        (all[1]["id"].to_string(), "delay", "{}", 400, "missing field `by`"),
        (all[1]["id"].to_string(), "delay", r#"{"by":"-2d"}"#, 400, "a length of time"),
        (all[1]["id"].to_string(), "delay", r#"{"by":"soon"}"#, 400, "a length of time"),
    ] {
        let detail = server.refuses(status, "POST", &format!("/deposits/{id}/{does}"), body).await;
        assert!(detail.contains(part), "{does} {body}: {detail}");
    }
    let detail = server.refuses(400, "GET", "/deposits?status=lost", "").await;
    assert!(detail.contains("on_the_way, paid, failed, returned, owed"), "{detail}");
    assert_eq!(server.did("GET", "/snapshot", "").await, before);
}

#[tokio::test]
async fn deposits_are_listed_page_by_page_newest_first() {
    let server = Server::start().await;
    let all = deposits(&server, "").await;
    assert!(all.len() > 60 && all.is_sorted_by_key(|it| std::cmp::Reverse(number(it, "id"))));
    let (mut walked, mut after) = (Vec::new(), String::new());
    loop {
        let list = format!("/deposits?merchant={MERCHANT}&limit=7{after}");
        let page = server.did("GET", &list, "").await;
        walked.extend(page["deposits"].as_array().unwrap().clone());
        if page["next"].is_null() {
            break;
        }
        after = format!("&after={}", page["next"]);
    }
    assert_eq!(walked, all);
    let some =
        deposits(&server, "&from=2026-03-09T00:00:00Z&to=2026-03-12T00:00:00Z&currency=USD").await;
    let expected =
        all.iter().filter(|it| ("2026-03-09".."2026-03-12").contains(&it["day"].as_str().unwrap()));
    assert_eq!(some.iter().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    for deposit in all {
        let lines = deposit["lines"].as_array().unwrap().iter();
        assert_eq!(lines.map(|it| number(it, "amount")).sum::<i64>(), number(&deposit, "amount"));
    }
}
