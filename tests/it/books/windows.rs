//! Checks that no report depends on the length of the window: a day inside two windows reads the same in
//! both, at all five providers.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::always;
use super::world::{World, world};
use crate::drivers::begateway::{Direction, METHODS, walk};
use crate::drivers::{ReportQuery, begateway, epicpay, flitt, payfort, wepay};
use crate::epicpay::REPORTS;
use crate::support::Server;

const MERCHANT: &str = "everywhere";

/// The reports of Flitt, each with the columns that say when something happened. A filter on another
/// column satisfies the rule that one filter is mandatory.
const FLITT: [(i64, &str, &[&str]); 5] = [
    (403, "payment_id", &["settlement_date", "tran_time"]),
    (500, "tran_id", &["chargeback_createtime", "tran_timestart", "payout_date"]),
    (528, "tran_id", &["tran_timestart", "tran_timeend", "payout_date"]),
    (745, "payment_id", &["order_timestart", "order_timeend", "settlement_date"]),
    (969, "payment_id", &["tran_timeend", "settlement_date"]),
];

const PAYFORT: [&str; 12] = [
    "fort_id",
    "merchant_reference",
    "transaction_date",
    "order_date",
    "operation",
    "status",
    "amount",
    "currency",
    "payment_option",
    "card_number",
    "customer_name",
    "response_code",
];

/// Everything that the providers report about one day, by report.
type Day = BTreeMap<String, Vec<Value>>;

/// Fetches all reports of one day.
async fn fetch(server: &Server, day: Date) -> Day {
    let mut all = Day::new();
    let query = ReportQuery { merchant: MERCHANT, first: day, last: day, size: 500 };
    for report in REPORTS {
        all.insert(format!("epicpay {report}"), epicpay::rows(server, report, query).await);
    }
    flitt_tables(server, day, &mut all).await;
    for (method, axis) in METHODS.into_iter().flat_map(|it| AXES.map(|axis| (it, axis))) {
        let rows = walk(server, MERCHANT, request_of(query, method, axis), &mut async |_| {}).await;
        all.insert(format!("begateway {method} {axis}"), rows);
    }
    wepay_reports(server, day, &mut all).await;
    let request = payfort::request(query, "windows", &PAYFORT);
    let rows = payfort::client(MERCHANT).rows(server, &request).await;
    all.insert("payfort".to_owned(), rows);
    all
}

/// How beGateway can be asked about a day; the last filters by the day of a correction.
const AXES: [&str; 4] = ["created_at", "paid_at", "settled_at", "manual_correction"];

fn request_of(query: ReportQuery<'_>, method: &str, axis: &str) -> (Value, Direction) {
    let mut params = begateway::params(query, method);
    match axis {
        "settled_at" => {
            params["from"] = json!(query.first.to_string());
            params["to"] = json!(query.last.to_string());
            params["date_type"] = json!(axis);
        }
        "manual_correction" => {
            params["manual_correction_from"] = params["from"].take();
            params["manual_correction_to"] = params["to"].take();
            params["from"] = json!("2010-01-01 00:00:00");
            params["to"] = json!("2099-12-31 23:59:59");
        }
        _ => params["date_type"] = json!(axis),
    }
    (params, Direction::Forwards)
}

async fn flitt_tables(server: &Server, day: Date, all: &mut Day) {
    for (report, id, columns) in FLITT {
        for column in columns {
            let filters = json!([
                {"s": id, "m": "notnull", "v": ""},
                {"s": column, "m": "from", "v": format!("{day} 00:00:00")},
                {"s": column, "m": "to", "v": format!("{day} 23:59:59")},
            ]);
            let rows = flitt::table(server, MERCHANT, report, filters).await;
            all.insert(format!("flitt {report} {column}"), rows);
        }
    }
}

/// The transactions of the day, and the withdrawals that were sent off on it with their lines.
async fn wepay_reports(server: &Server, day: Date, all: &mut Day) {
    let account = wepay::account(server, MERCHANT);
    let midnight = day.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
    let span = midnight..midnight + 86_400;
    let transactions =
        wepay::create(server, MERCHANT, &wepay::transactions(account, (span.start, span.start)))
            .await;
    let find = json!({"account_id": account, "limit": 1000, "sort_order": "asc"});
    let found = wepay::call(server, MERCHANT, "withdrawal/find", &find).await.json();
    let mut withdrawals = Vec::new();
    for withdrawal in found.as_array().unwrap() {
        let sent_at = withdrawal["withdrawal_data"]["create_time"].as_i64().unwrap();
        if span.contains(&sent_at) {
            let request = wepay::reconciliation(withdrawal);
            withdrawals.push((withdrawal.clone(), wepay::create(server, MERCHANT, &request).await));
        }
    }
    let space = server.space();
    crate::support::jump(&space, space.moment().now + SignedDuration::from_secs(3));
    let lines = wepay::fetch(server, MERCHANT, &transactions).await.unwrap();
    all.insert("wepay transactions".to_owned(), lines.iter().map(|it| json!(it)).collect());
    let mut reconciled = Vec::new();
    for (withdrawal, report) in &withdrawals {
        reconciled.push(withdrawal.clone());
        let lines = wepay::fetch(server, MERCHANT, report).await.unwrap();
        reconciled.extend(lines.iter().map(|it| json!(it)));
    }
    all.insert("wepay withdrawals".to_owned(), reconciled);
}

/// Fetches a day from a world with its own window and from the same world with a longer one.
async fn compare(world: World, longer: i64, age: i64) -> (Day, Day) {
    let day = (world.first() + age.days()).min(world.last());
    let short = fetch(&world.serve().await, day).await;
    let long = fetch(&world.with_longer_window(longer).serve().await, day).await;
    (short, long)
}

/// Collects where two values differ, with both.
fn differ(short: &Value, long: &Value, path: &str, found: &mut Vec<String>) {
    match (short, long) {
        (Value::Array(short), Value::Array(long)) if short.len() == long.len() => {
            for (index, pair) in short.iter().zip(long).enumerate() {
                differ(pair.0, pair.1, &format!("{path}/{index}"), found);
            }
        }
        (Value::Object(short), Value::Object(long)) if short.keys().eq(long.keys()) => {
            for (name, value) in short {
                differ(value, &long[name], &format!("{path}/{name}"), found);
            }
        }
        _ if short == long => {}
        _ => found.push(format!("{path}: {short} and {long}")),
    }
}

#[test]
fn a_day_reads_the_same_in_a_longer_window() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // The first days of a window are the ones that can lack what began before it.
    let age = prop_oneof![3 => 0..3_i64, 2 => 0..24_i64];
    let seen = std::cell::RefCell::new(BTreeMap::<String, usize>::new());
    always(40, &(world(), 1..120_i64, age), |(world, longer, age)| {
        let (short, long) = runtime.block_on(compare(world.busy(), longer, age));
        for (report, rows) in &long {
            let rest = &short[report];
            let mut differences = Vec::new();
            differ(&json!(rest), &json!(rows), report, &mut differences);
            differences.truncate(10);
            assert!(differences.is_empty(), "short window and long one: {differences:#?}");
            *seen.borrow_mut().entry(report.clone()).or_default() += rows.len();
        }
    });
    // A report that never has a row would prove nothing.
    let seen = seen.into_inner();
    let empty: Vec<_> = seen.iter().filter(|(_, count)| **count == 0).collect();
    assert!(empty.is_empty(), "no rows in {empty:?}");
}
