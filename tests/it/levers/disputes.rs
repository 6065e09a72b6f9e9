//! Disputes that are won and lost, and captures in several parts, at the wires.

use jiff::civil::date;
use serde_json::{Value, json};

use super::{MERCHANT, days, payment};
use crate::drivers::begateway::{self, Direction};
use crate::drivers::{ReportQuery, epicpay, flitt, payfort, wepay};
use crate::support::{NOON, Server};

fn path(row: &Value, action: &str) -> String {
    format!("/transactions/{}/{action}", row["id"])
}

/// 10 and 14 March 2026 and the days between them.
fn around() -> ReportQuery<'static> {
    days(date(2026, 3, 10), date(2026, 3, 14))
}

/// The rows of a column that has this value.
fn with(rows: &[Value], column: &str, value: &str) -> Vec<Value> {
    let is_it = |row: &&Value| row[column].to_string().trim_matches('"') == value;
    rows.iter().filter(is_it).cloned().collect()
}

/// A payment of 100.00 USD on 10 March, of which the bank takes 40.00 back on the 11th.
async fn charged_back(server: &Server) -> (Value, Value) {
    let paid = payment(&json!({"amount": 10_000, "at": "2026-03-10T10:00:00Z"}));
    let paid = server.did("POST", "/transactions", &paid).await;
    let body = json!({"amount": 4_000, "at": "2026-03-11T09:00:00Z"}).to_string();
    let chargeback = server.did("POST", &path(&paid, "chargeback"), &body).await;
    assert_eq!(chargeback["dispute"], Value::Null);
    (paid, chargeback)
}

async fn cards(server: &Server, query: ReportQuery<'_>) -> Vec<Value> {
    let request = (begateway::params(query, "credit_card"), Direction::Forwards);
    begateway::walk(server, MERCHANT, request, &mut async |_| {}).await
}

async fn wepay_lines(server: &Server) -> Vec<wepay::Line> {
    let span = (1_773_100_800, 1_773_446_400);
    let request = wepay::transactions(wepay::account(server, MERCHANT), span);
    let report = wepay::create(server, MERCHANT, &request).await;
    let space = server.space();
    crate::support::jump(&space, space.moment().now + jiff::SignedDuration::from_secs(3));
    wepay::fetch(server, MERCHANT, &report).await.unwrap()
}

#[tokio::test]
async fn a_won_dispute_brings_the_money_back_as_a_row_of_its_own_at_four_wires() {
    let server = super::serve().await;
    let (paid, chargeback) = charged_back(&server).await;
    let payfort = |reference| payfort::request(around(), reference, &["merchant_reference"]);
    let before = payfort::client(MERCHANT).rows(&server, &payfort("before")).await.len();
    let won = server.did("POST", &path(&paid, "dispute"), r#"{"outcome":"won"}"#).await;
    assert_eq!(
        (&won["kind"], &won["amount"], &won["fee"], &won["parent"]),
        (&json!("chargeback_reversal"), &json!(4_000), &json!(0), &chargeback["id"])
    );
    let ended = server.did("GET", &format!("/transactions/{}", chargeback["id"]), "").await;
    assert_eq!(ended["dispute"]["outcome"], "won");
    assert_eq!(ended["fee"], chargeback["fee"], "the fee stays");

    let rows = cards(&server, around()).await;
    let [row] = &with(&rows, "id", &won["id"].to_string())[..] else { panic!("beGateway") };
    let [back] = &with(&rows, "id", &chargeback["id"].to_string())[..] else { panic!() };
    assert_eq!((&row["type"], &row["amount"]), (&json!("chargeback"), &json!(4_000)));
    assert_eq!(
        (&row["parent_uid"], row["pay_to_merchant"].to_string()),
        (&back["uid"], "4000.0".into())
    );

    let case = chargeback["id"].to_string();
    let stages = epicpay::rows(&server, "chargebacks", around()).await;
    let stages = with(&stages, "case_id", &case);
    let cycles: Vec<_> = stages.iter().map(|it| (&it["cycle"], &it["chargeback_amount"])).collect();
    let amount = json!(40);
    assert_eq!(
        cycles,
        [(&json!("FIRST_CHARGEBACK"), &amount), (&json!("CHARGEBACK_REVERSAL"), &amount)]
    );
    let activity = epicpay::rows(&server, "trxnactivity", around()).await;
    let [row] = &with(&activity, "transaction_id", &won["id"].to_string())[..] else { panic!() };
    assert_eq!((&row["trxn_type"], &row["amount"]), (&json!("Adjustment"), &amount));
    assert_eq!(row["batch_id"], "");

    let lines = wepay_lines(&server).await;
    let order = paid["order"].as_str().unwrap();
    let reported: Vec<_> = lines.iter().filter(|it| it["reference_id"] == order).collect();
    let [_, taken, returned] = &reported[..] else { panic!("{reported:?}") };
    assert!(taken["transaction_id"].starts_with("CBK") && taken["gross"] == "-40.00");
    assert!(returned["transaction_id"].starts_with("RCBK"), "{returned:?}");
    assert_eq!((&returned["gross"], &returned["net"]), (&"40.00".into(), &"40.00".into()));

    the_money_arrives(&server, (&paid, &chargeback, &won)).await;
    server.jump(NOON);
    assert_eq!(payfort::client(MERCHANT).rows(&server, &payfort("after")).await.len(), before);
}

/// The fee of the chargeback is gone, the amount comes back on the day of its settlement.
async fn the_money_arrives(server: &Server, (paid, chargeback, won): (&Value, &Value, &Value)) {
    let order = paid["order"].as_str().unwrap();
    server.jump("2026-03-25T12:00:00Z");
    let all = json!([{"s": "chargeback_createtime", "m": "from", "v": "2026-03-10"}]);
    let rows = flitt::table(server, MERCHANT, 500, all).await;
    let won_there = rows.iter().find(|it| is_gain(it)).unwrap();
    let mut payouts: Vec<_> =
        with(&rows, "tran_id", &won_there["tran_id"].to_string()).iter().map(payout).collect();
    payouts.sort_unstable();
    assert_eq!(payouts, [-4_000 - chargeback["fee"].as_i64().unwrap(), 4_000]);
    let settled = server.did("GET", &format!("/transactions/{}", won["id"]), "").await;
    let day: jiff::civil::Date = settled["settled_at"].as_str().unwrap()[..10].parse().unwrap();
    let deposits = epicpay::rows(server, "deposits-detail", days(day, day)).await;
    let lines = deposits.iter().flat_map(|it| it["detail_data"].as_array().unwrap());
    let order =
        lines.filter(|it| it["client_order_id"] == *order && it["trxn_type"] == "Adjustment");
    assert_eq!(order.map(|it| &it["amount"]).collect::<Vec<_>>(), [&json!(40)]);
}

fn is_gain(row: &Value) -> bool {
    row["payout_amoun"].as_str().is_some_and(|amount| !amount.starts_with('-'))
}

/// Minor units of `payout_amoun`.
fn payout(row: &Value) -> i64 {
    row["payout_amoun"].as_str().unwrap().replace('.', "").parse().unwrap()
}

#[tokio::test]
async fn the_newest_open_dispute_ends_and_an_end_is_final() {
    let server = Server::start().await;
    let (paid, first) = charged_back(&server).await;
    let second = server.did("POST", &path(&paid, "chargeback"), r#"{"amount":6000}"#).await;
    let refund = json!({"amount": 1, "currency": "USD", "merchant": MERCHANT}).to_string();
    let other = server.did("POST", "/transactions", &refund).await;
    for (row, body, status, part) in [
        (&paid, r#"{"outcome":"drawn"}"#, 400, "known are won, lost"),
        (&paid, "{}", 400, "missing field `outcome`"),
        (&paid, r#"{"outcome":"won","at":"2026-03-14T12:00:01Z"}"#, 400, "to now"),
        (&first, r#"{"outcome":"won","at":"2026-03-11T08:59:59Z"}"#, 400, "from the chargeback on"),
        (
            &paid,
            r#"{"outcome":"won","at":"2026-03-11T08:59:59Z"}"#,
            409,
            "has not been charged back",
        ),
        (&other, r#"{"outcome":"won"}"#, 409, "has not been charged back"),
    ] {
        let detail = server.refuses(status, "POST", &path(row, "dispute"), body).await;
        assert!(detail.contains(part), "{body}: {detail}");
    }
    // A dispute that is lost changes no row.
    let lost = server.did("POST", &path(&paid, "dispute"), r#"{"outcome":"lost"}"#).await;
    assert_eq!((&lost["id"], &lost["dispute"]["outcome"]), (&second["id"], &json!("lost")));
    assert_eq!((&lost["amount"], &lost["status"]), (&json!(6_000), &json!("captured")));
    let won = json!({"outcome": "won", "at": "2026-03-12T09:00:00Z"}).to_string();
    let won = server.did("POST", &path(&paid, "dispute"), &won).await;
    assert_eq!((&won["parent"], &won["amount"]), (&first["id"], &json!(4_000)));
    assert_eq!(won["created_at"], "2026-03-12T09:00:00Z");
    for row in [&paid, &first, &second, &won] {
        let detail =
            server.refuses(409, "POST", &path(row, "dispute"), r#"{"outcome":"won"}"#).await;
        assert!(detail.len() > 40, "{detail}");
    }
    let detail = server.refuses(409, "POST", &path(&first, "amend"), r#"{"amount":1}"#).await;
    assert!(detail.contains("has ended"), "{detail}");
    // The money that came back can be taken again, and no more.
    let detail =
        server.refuses(409, "POST", &path(&paid, "chargeback"), r#"{"amount":4001}"#).await;
    assert!(detail.contains("1 to 4000"), "{detail}");
    let again = server.did("POST", &path(&paid, "chargeback"), "{}").await;
    assert_eq!(again["amount"], 4_000);
    // At an instant before the win it was not back yet.
    let early = json!({"amount": 1, "at": "2026-03-12T08:00:00Z"}).to_string();
    server.refuses(409, "POST", &path(&paid, "refund"), &early).await;
}

#[tokio::test]
async fn an_authorization_is_captured_in_parts() {
    let server = super::serve().await;
    let held =
        payment(&json!({"amount": 10_000, "status": "authorized", "at": "2026-03-10T10:00:00Z"}));
    let held = server.did("POST", "/transactions", &held).await;
    let parts = json!([{"amount": 3_000}, {"amount": 5_000}]).to_string();
    let captured = server.did("POST", &path(&held, "capture"), &parts).await;
    let [first, second] = &captured["transactions"].as_array().unwrap()[..] else { panic!() };
    let detail = server.refuses(409, "POST", &path(&held, "capture"), r#"{"amount":2001}"#).await;
    assert!(detail.contains("1 to 2000"), "{detail}");
    let detail = server.refuses(409, "POST", &path(&held, "void"), "").await;
    assert!(detail.contains("capture the rest"), "{detail}");
    let detail = server.refuses(409, "POST", &path(first, "refund"), r#"{"amount":3001}"#).await;
    assert!(detail.contains("1 to 3000"), "{detail}");
    let refund = server.did("POST", &path(second, "refund"), r#"{"amount":4000}"#).await;
    assert_eq!(refund["parent"], second["id"]);
    // A refund of the whole refers to the capture that it fits into.
    let other = server.did("POST", &path(&held, "refund"), r#"{"amount":3500}"#).await;
    assert_eq!(other["parent"], second["id"]);
    let whole = server.did("GET", &format!("/transactions/{}", held["id"]), "").await;
    assert_eq!((&whole["captured"], &whole["refunded"]), (&json!(8_000), &json!(7_500)));

    let order = held["order"].as_str().unwrap();
    let rows = cards(&server, around()).await;
    let [captured] = &with(&rows, "id", &second["id"].to_string())[..] else { panic!() };
    let [returned] = &with(&rows, "id", &refund["id"].to_string())[..] else { panic!() };
    assert_eq!(returned["parent_uid"], captured["uid"]);
    let request =
        payfort::request(around(), "parts", &["merchant_reference", "operation", "amount"]);
    let rows = payfort::client(MERCHANT).rows(&server, &request).await;
    let captures = with(&rows, "merchant_reference", order);
    let captures = with(&captures, "operation", "CAPTURE");
    assert_eq!(captures.iter().map(|it| &it["amount"]).collect::<Vec<_>>(), ["3000", "5000"]);
    let rows =
        flitt::table(&server, MERCHANT, 745, json!([{"s": "order_id", "m": "eq", "v": order}]))
            .await;
    assert_eq!(rows[0]["actual_amount"], "80.00");
    let lines = wepay_lines(&server).await;
    let lines: Vec<_> = lines.iter().filter(|it| it["reference_id"] == order).collect();
    let taken: Vec<_> = lines.iter().filter(|it| it["transaction_type"] == "payment").collect();
    let [one, two] = &taken[..] else { panic!("{lines:?}") };
    assert_eq!((&*one["gross"], &*two["gross"]), ("30.00", "50.00"));
    assert_eq!(one["checkout_id"], two["checkout_id"]);
    assert_ne!(one["transaction_id"], two["transaction_id"]);
    let activity = epicpay::rows(&server, "trxnactivity", around()).await;
    for (capture, amount) in [(first, json!(30)), (second, json!(50))] {
        let [row] = &with(&activity, "transaction_id", &capture["id"].to_string())[..] else {
            panic!()
        };
        assert_eq!((&row["trxn_type"], &row["amount"]), (&json!("SALE"), &amount));
    }
}

#[tokio::test]
async fn the_row_of_a_won_dispute_has_the_reason_of_its_generated_chargeback() {
    let server = super::serve().await;
    let list = format!("/transactions?merchant={MERCHANT}&kind=chargeback&limit=20");
    let list = server.did("GET", &list, "").await;
    let chargebacks = list["transactions"].as_array().unwrap();
    let first = chargebacks.iter().map(|it| super::instant(&it["created_at"])).min().unwrap();
    let first = first.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut pairs = Vec::new();
    for chargeback in chargebacks {
        let won = server.did("POST", &path(chargeback, "dispute"), r#"{"outcome":"won"}"#).await;
        pairs.push((chargeback["id"].to_string(), won["id"].to_string()));
    }
    let activity = epicpay::rows(&server, "trxnactivity", days(first, date(2026, 3, 14))).await;
    let reason = |id: &str| with(&activity, "transaction_id", id)[0]["reason_text"].clone();
    let reasons: Vec<_> = pairs.iter().map(|it| (reason(&it.0), reason(&it.1))).collect();
    assert!(reasons.iter().all(|(chargeback, reversal)| chargeback == reversal), "{reasons:?}");
    // They are not all the same, or else the test would show nothing.
    assert!(reasons.iter().any(|it| it.0 != reasons[0].0), "{reasons:?}");
}

/// Flitt's report 500 tells a chargeback and its reversal with one `tran_id` and one amount. Where the day of the
/// chargeback is missing, the one row that it has is the reversal.
#[tokio::test]
async fn a_reversal_is_not_taken_for_its_chargeback_on_a_missing_day() {
    let server = super::serve().await;
    let range = (date(2026, 3, 10), date(2026, 3, 14));
    let (paid, _) = charged_back(&server).await;
    server.did("POST", &path(&paid, "dispute"), r#"{"outcome":"won"}"#).await;
    let rules = json!({"missing": ["2026-03-11"], "until": "2026-03-20T00:00:00Z"});
    super::lag(&server, "flitt", &rules).await;
    let all = crate::truth::importers::import(&server, "flitt", MERCHANT, range).await;
    let found = crate::truth::importers::reconcile(&server, "flitt", MERCHANT, (range, &all)).await;
    assert_eq!(found["breaks"], 0, "{}", found["findings"]);
}
