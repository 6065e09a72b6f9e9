//! The files tie out with the ledger, and parse with an independent parser.

use jiff::SignedDuration;
use sandtill::sandbox::facts::Kind;
use sandtill::sandbox::ledger::{Axis, Transaction, View, settlement};

use super::{call, create, look, path};
use crate::drivers::wepay::{Line, read};
use crate::support::{NOON, Server, scenario};

const HELD: &str = "http://receiver.invalid/";

/// Minor units of a decimal with two places.
fn minor(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap();
    assert_eq!(part.len(), 2, "{text}");
    format!("{whole}{part}").parse().unwrap()
}

fn sum(lines: &[Line], column: &str) -> i64 {
    lines.iter().map(|line| minor(&line[column])).sum()
}

/// Amount (minor units) and instant of each payout: the deposits of a day together, after those of the days
/// before it that were not enough.
fn payouts(view: &View) -> Vec<(i64, i64)> {
    let (mut payouts, mut open) = (Vec::new(), 0);
    let deposits = settlement::deposits(view, 0..u32::MAX);
    for of_day in deposits.chunk_by(|left, right| left.day == right.day) {
        open += of_day.iter().map(|it| it.amount).sum::<i64>();
        if open > 0 {
            payouts.push((open, of_day[0].initiated_at));
            open = 0;
        }
    }
    payouts
}

/// Minor units of the amount of a withdrawal, which is a number without zeros at its end.
fn total(withdrawal: &serde_json::Value) -> i64 {
    let amount = withdrawal["amount"].to_string();
    let (whole, part) = amount.split_once('.').unwrap_or((&amount, ""));
    minor(&format!("{whole}.{part:0<2}"))
}

/// The request for the reconciliation file of a withdrawal.
fn reconciliation(withdrawal: &serde_json::Value) -> String {
    let id = &withdrawal["withdrawal_id"];
    format!(
        r#"{{"type":"reconciliation","resource":{{"object_type":"withdrawal","object_id":{id}}},"callback_uri":"{HELD}"}}"#
    )
}

async fn file(server: &Server, report: &serde_json::Value) -> Vec<u8> {
    let space = server.space();
    crate::support::jump(&space, space.moment().now + SignedDuration::from_secs(3));
    let complete = look(server, report).await;
    assert_eq!(complete["state"], "complete", "{complete}");
    let answer = server.send("GET", path(server, &complete["report_uri"]), &[], "").await;
    assert_eq!(answer.status, 200);
    answer.body
}

#[tokio::test]
async fn a_transactions_file_is_the_ledgers_span() {
    let server = Server::start().await;
    let report = create(&server, HELD, "").await;
    let csv = file(&server, &report).await;
    let lines = read(&csv);
    let moment = server.space().moment();
    let view = moment.view(moment.scenario().merchant("wepay").unwrap().id).unwrap();
    // 2026-02-12 to 2026-03-12, whole days.
    let (from, to) = (1_770_854_400, 1_773_360_000);
    let rows: Vec<_> = view.rows(Axis::Created, from..to).filter(|row| row.gross() != 0).collect();
    let payouts = payouts(&view).into_iter().filter(|it| (from..to).contains(&it.1));
    let expected: Vec<i64> = payouts.map(|it| it.0).collect();
    let (withdrawals, rest): (Vec<Line>, Vec<Line>) =
        lines.into_iter().partition(|it| it["transaction_type"] == "withdrawal");
    assert!(rows.len() > 2000, "{}", rows.len());
    assert_eq!(rest.len(), rows.len());
    assert_eq!(sum(&rest, "gross"), rows.iter().map(Transaction::gross).sum::<i64>());
    assert_eq!(sum(&rest, "processing_fee"), -rows.iter().map(|row| row.fee).sum::<i64>());
    assert_eq!(sum(&rest, "app_fee"), 0);
    assert_eq!(sum(&rest, "net"), sum(&rest, "gross") + sum(&rest, "processing_fee"));
    let reported: Vec<i64> = withdrawals.iter().map(|line| -minor(&line["net"])).collect();
    assert_eq!(reported, expected);
    for (line, row) in rest.iter().zip(&rows) {
        let prefix = match row.kind {
            Kind::Refund => "RF",
            Kind::Chargeback | Kind::Reject => "CBK",
            _ => "C",
        };
        let id = line["transaction_id"].strip_prefix(prefix).unwrap();
        assert!(id.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
        assert!(line["checkout_id"].starts_with('C') && line["payment_id"].starts_with('C'));
        assert_eq!(line["account_id"], "216083312");
        assert_eq!(line["payer_name"], row.person().name());
    }
    let mut ids: Vec<_> = rest.iter().map(|it| it["transaction_id"].clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), rest.len());
    // A refund names the checkout it is of.
    let payments: Vec<_> = rest.iter().filter(|it| it["transaction_type"] == "payment").collect();
    let named = |it: &&Line| payments.iter().any(|one| one["checkout_id"] == it["checkout_id"]);
    let refunds = rest.iter().filter(|it| it["transaction_type"] == "refund");
    assert!(refunds.filter(named).count() > 10);
    let times: Vec<_> = rest.iter().map(|it| it["create_time"].clone()).collect();
    assert!(times.is_sorted());
    assert!(csv.ends_with(b"\n") && !csv.contains(&b'\r'));
}

#[tokio::test]
async fn an_empty_range_is_a_header_alone() {
    let server = Server::start().await;
    let options = r#","advanced_options":{"start_time":1000000000,"end_time":1000000000}"#;
    let report = create(&server, HELD, options).await;
    assert_eq!(
        String::from_utf8(file(&server, &report).await).unwrap(),
        "transaction_id,transaction_type,create_time,payment_id,checkout_id,reference_id,account_id,\
         currency,gross,app_fee,processing_fee,net,payer_name,payer_email,short_description,\
         long_description,state\n"
    );
}

#[tokio::test]
async fn the_net_of_a_reconciliation_file_is_its_withdrawal() {
    let server = Server::start().await;
    let list = call(&server, "withdrawal/find", r#"{"account_id":216083312,"limit":12}"#).await;
    for withdrawal in list.json().as_array().unwrap() {
        let report = call(&server, "report/create", &reconciliation(withdrawal)).await.json();
        let csv = file(&server, &report).await;
        let lines = read(&csv);
        let total = total(withdrawal);
        assert_eq!(sum(&lines, "net"), total, "{withdrawal}");
        assert_eq!(
            sum(&lines, "net"),
            sum(&lines, "gross") + sum(&lines, "app_fee") + sum(&lines, "processing_fee")
        );
        let id = format!("W{}", withdrawal["withdrawal_id"]);
        assert!(lines.iter().all(|line| line["withdrawal_id"] == id));
        assert!(lines.iter().all(|line| line["transaction_type"] != "withdrawal"));
        // The total of the withdrawal stands on every line, behind all other columns.
        assert!(lines.iter().all(|line| minor(&line["net_settled"]) == total));
        let head = String::from_utf8(csv.split(|byte| *byte == b'\n').next().unwrap().to_vec());
        assert!(head.unwrap().ends_with(",long_description,net_settled"));
    }
}

#[tokio::test]
async fn a_withdrawal_is_the_deposits_of_its_day() {
    let server = Server::start().await;
    let sandbox = server.space();
    let merchant = sandbox.world().scenario.merchant("wepay").unwrap().id;
    let view = sandbox.moment().view(merchant).unwrap();
    let find = async |body: &str| call(&server, "withdrawal/find", body).await.json();
    let all = find(r#"{"account_id":216083312,"limit":"1000","sort_order":"asc"}"#).await;
    let all = all.as_array().unwrap();
    assert!(all.len() > 50, "{}", all.len());
    let reported: Vec<(String, i64)> = all
        .iter()
        .map(|it| {
            (it["amount"].to_string(), it["withdrawal_data"]["create_time"].as_i64().unwrap())
        })
        .collect();
    let expected: Vec<(String, i64)> = payouts(&view)
        .into_iter()
        .map(|(cents, at)| {
            let text = format!("{}.{:02}", cents / 100, cents % 100);
            (text.trim_end_matches('0').trim_end_matches('.').to_owned(), at)
        })
        .collect();
    assert_eq!(reported, expected);
    // The newest first, fifty of them, in pages that do not overlap.
    let newest = find(r#"{"account_id":216083312}"#).await;
    let mut falling = all.clone();
    falling.reverse();
    assert_eq!(newest.as_array().unwrap(), &falling[..50]);
    let page = find(r#"{"account_id":216083312,"start":45,"limit":10}"#).await;
    assert_eq!(page.as_array().unwrap(), &falling[45..55]);
    let started = find(r#"{"account_id":216083312,"state":"started"}"#).await;
    let expected: Vec<_> = falling.iter().filter(|it| it["state"] == "started").cloned().collect();
    assert_eq!(started.as_array().unwrap(), &expected);
    let body = format!(r#"{{"withdrawal_id":{}}}"#, all[3]["withdrawal_id"]);
    let one = call(&server, "withdrawal", &body).await.json();
    assert_eq!(one, all[3]);
    let keys: Vec<_> = one.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys.join(" "),
        "withdrawal_id account_id state amount currency type bank_data check_data \
         withdrawal_data in_review"
    );
}

#[tokio::test]
async fn there_is_one_withdrawal_a_day_and_none_is_below_zero() {
    for (name, now) in
        [("settlement", NOON), ("unicode", NOON), ("unicode", "2026-06-30T12:00:00Z")]
    {
        let server = Server::frozen(name, now).await;
        let body = r#"{"account_id":216083312,"limit":1000,"sort_order":"asc"}"#;
        let list = call(&server, "withdrawal/find", body).await.json();
        let list = list.as_array().unwrap();
        assert!(list.len() > 10, "{name}: {}", list.len());
        let day = |it: &serde_json::Value| {
            it["withdrawal_data"]["create_time"].as_i64().unwrap().div_euclid(86_400)
        };
        assert!(list.is_sorted_by(|left, right| day(left) < day(right)), "{name}");
        assert!(list.iter().all(|it| it["amount"].as_f64().unwrap() > 0.0), "{name}");
    }
}

/// A merchant with thousands of payments a day: a file is written in pieces of 500 lines.
const LARGE: &str = r#"
days = 10
[clock]
mode = "frozen"
now = "2026-03-14T12:00:00Z"
[[merchant]]
name = "wepay"
[[merchant.credentials.wepay]]
access_token = "STAGE_sandtill"
user_id = "242359999"
account_id = "216083312"
client_id = "1000"
client_secret = "sandtill-client-secret"
[merchant.trade]
volume = 3000
"#;

#[tokio::test]
async fn a_reconciliation_file_of_several_pieces_is_whole() {
    let server = Server::with(scenario(LARGE)).await;
    let list = call(&server, "withdrawal/find", r#"{"account_id":216083312,"limit":3}"#).await;
    for withdrawal in list.json().as_array().unwrap() {
        let report = call(&server, "report/create", &reconciliation(withdrawal)).await.json();
        let lines = read(&file(&server, &report).await);
        assert!(lines.len() > 1500, "{}", lines.len());
        let total = total(withdrawal);
        assert_eq!(sum(&lines, "net"), total, "{withdrawal}");
        // No line is there twice.
        let ids: std::collections::BTreeSet<&str> =
            lines.iter().map(|line| &*line["transaction_id"]).filter(|id| !id.is_empty()).collect();
        let with_ids = lines.iter().filter(|line| !line["transaction_id"].is_empty()).count();
        assert_eq!(ids.len(), with_ids, "{withdrawal}");
    }
}

/// A merchant whose only payment is refunded when it was settled already, and who sells again a week later.
const DEBT: &str = r#"
days = 30
[clock]
mode = "frozen"
now = "2026-03-31T12:00:00Z"
[settings.wepay]
latency_reconciliation = "0s"
[[merchant]]
name = "wepay"
[[merchant.credentials.wepay]]
access_token = "STAGE_sandtill"
user_id = "242359999"
account_id = "216083312"
client_id = "1000"
client_secret = "sandtill-client-secret"
[merchant.trade]
volume = 0
[[transaction]]
label = "first"
merchant = "wepay"
amount = 10000
currency = "USD"
status = "settled"
fee = 300
at = "2026-03-03T10:00:00Z"
settled_at = "2026-03-05T08:00:00Z"
[[transaction]]
merchant = "wepay"
kind = "refund"
of = "first"
amount = 10000
status = "settled"
fee = 0
at = "2026-03-10T10:00:00Z"
settled_at = "2026-03-11T08:00:00Z"
[[transaction]]
merchant = "wepay"
amount = 25000
currency = "USD"
status = "settled"
fee = 500
at = "2026-03-17T10:00:00Z"
settled_at = "2026-03-19T08:00:00Z"
"#;

#[tokio::test]
async fn what_is_owed_comes_off_the_next_withdrawal() {
    let server = Server::with(scenario(DEBT)).await;
    let balance = async || {
        let account = call(&server, "account", r#"{"account_id":216083312}"#).await.json();
        account["balances"][0]["balance"].to_string()
    };
    let list = async || {
        let body = r#"{"account_id":216083312,"sort_order":"asc"}"#;
        call(&server, "withdrawal/find", body).await.json()
    };
    server.jump("2026-03-12T12:00:00Z");
    assert_eq!(balance().await, "-100");
    assert_eq!(list().await.as_array().unwrap().len(), 1);
    server.jump("2026-03-31T12:00:00Z");
    assert_eq!(balance().await, "0");
    let list = list().await;
    let amounts: Vec<String> =
        list.as_array().unwrap().iter().map(|it| it["amount"].to_string()).collect();
    // 100 − 3, then 250 − 5 − 100.
    assert_eq!(amounts, ["97", "145"]);
    let report = call(&server, "report/create", &reconciliation(&list[1])).await.json();
    let lines = read(&file(&server, &report).await);
    let reported: Vec<_> = lines.iter().map(|it| (&*it["transaction_type"], &*it["net"])).collect();
    assert_eq!(reported, [("refund", "-100.00"), ("payment", "245.00")]);
}

#[tokio::test]
async fn names_with_commas_quotes_newlines_and_emoji_come_through() {
    let server = Server::frozen("unicode", NOON).await;
    let report = create(&server, HELD, "").await;
    let lines = read(&file(&server, &report).await);
    let names: Vec<&str> = lines.iter().map(|line| line["payer_name"].as_str()).collect();
    for name in [
        "José María Muñoz, hijo",
        "Renée \"Ren\" D’Arcy-O'Neil",
        "Line\nBreak van der Berg",
        "Zoë 🌊 Ångström",
        "გიორგი მაისურაძე",
        "Tab\tbed <b>Bold</b>",
    ] {
        assert!(names.contains(&name), "{name}");
    }
}

#[tokio::test]
async fn the_same_server_tells_the_same_file() {
    let first = Server::start().await;
    let report = create(&first, HELD, "").await;
    let csv = file(&first, &report).await;
    let second = Server::start().await;
    let again = create(&second, HELD, "").await;
    assert_eq!(report, again);
    assert_eq!(csv, file(&second, &again).await);
}

#[tokio::test]
async fn what_somebody_settles_late_stays_pending_on_the_account_until_then() {
    let server = Server::frozen("empty", NOON).await;
    let payment = r#"{"merchant":"wepay","amount":10000,"fee":300,"at":"2026-02-01T00:00:00Z","settled_at":"2026-03-20T08:00:00Z"}"#;
    server.did("POST", "/transactions", payment).await;
    let pending = async || {
        let account = call(&server, "account", r#"{"account_id":216083312}"#).await.json();
        account["balances"][0]["incoming_pending_amount"].to_string()
    };
    assert_eq!(pending().await, "97");
    server.jump("2026-03-20T08:00:00Z");
    assert_eq!(pending().await, "0");
}
