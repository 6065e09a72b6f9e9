//! Reads the reports of one merchant at one moment from all five providers, as their clients do.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::moves::Move;
use crate::drivers::begateway::{self, Direction, METHODS, walk};
use crate::drivers::wepay::{self, Line};
use crate::drivers::{ReportQuery, epicpay, flitt, payfort};
use crate::support::Server;

/// The reports of Flitt, each with a column that every row of it has.
const FLITT: [(i64, &str); 5] = [
    (403, "payment_id"),
    (500, "tran_id"),
    (528, "tran_id"),
    (745, "payment_id"),
    (969, "payment_id"),
];

const EPICPAY: [&str; 6] =
    ["trxnactivity", "batches", "deposits", "deposits-detail", "chargebacks", "achrejects"];

/// All reports of a merchant.
#[derive(Debug)]
pub(super) struct Reports {
    /// First day of the window; deposits start there.
    pub(super) first: Date,
    pub(super) payfort: Vec<Value>,
    pub(super) flitt: BTreeMap<i64, Vec<Value>>,
    pub(super) begateway: Vec<Move>,
    /// beGateway's balances: amounts that are paid and not settled.
    pub(super) balances: Vec<Value>,
    pub(super) epicpay: BTreeMap<&'static str, Vec<Value>>,
    /// WePay's `merchant_transactions`.
    pub(super) lines: Vec<Line>,
    /// WePay's withdrawals, each with its reconciliation.
    pub(super) withdrawals: Vec<(Value, Vec<Line>)>,
    /// WePay's account.
    pub(super) account: Value,
}

fn always(merchant: &str) -> ReportQuery<'_> {
    let (first, last) = (jiff::civil::date(2010, 1, 1), jiff::civil::date(2099, 12, 31));
    ReportQuery { merchant, first, last, size: 500 }
}

fn pass(server: &Server, seconds: i64) {
    let space = server.space();
    crate::support::jump(&space, space.moment().now + SignedDuration::from_secs(seconds));
}

/// Fetches all reports of all five providers, such that each of them shows the state of the same
/// second, for a window that starts on `first`. Prepared reports become ready in that second:
/// WePay's take three seconds, PayFort's two.
pub(super) async fn fetch_reports(server: &Server, merchant: &str, first: Date) -> Reports {
    let account = wepay::account(server, merchant);
    let ask =
        async |call: &str, body: Value| wepay::call(server, merchant, call, &body).await.json();
    let find = json!({"account_id": account, "limit": 1000, "sort_order": "asc"});
    let mut reconciliations = BTreeMap::new();
    for withdrawal in ask("withdrawal/find", find.clone()).await.as_array().unwrap() {
        let request = wepay::reconciliation(withdrawal);
        let report = wepay::create(server, merchant, &request).await;
        reconciliations.insert(withdrawal["withdrawal_id"].to_string(), report);
    }
    // From 2010 to the end of this day.
    let now = server.space().moment().now.as_second();
    let request = wepay::transactions(account, (1_262_304_000, now));
    let transactions = wepay::create(server, merchant, &request).await;
    pass(server, 1);
    let columns =
        ["merchant_reference", "operation", "status", "amount", "currency", "transaction_date"];
    let reference = format!("all-{}", server.space().world().state.reports.len());
    let request = payfort::request(always(merchant), &reference, &columns);
    // The PayFort client advances the clock by two seconds.
    let payfort = payfort::client(merchant).rows(server, &request).await;
    let mut withdrawals = Vec::new();
    for withdrawal in ask("withdrawal/find", find).await.as_array().unwrap() {
        // A withdrawal sent off in these seconds has no reconciliation yet.
        let report = &reconciliations[&withdrawal["withdrawal_id"].to_string()];
        let lines = wepay::fetch(server, merchant, report).await.unwrap();
        withdrawals.push((withdrawal.clone(), lines));
    }
    let lines = wepay::fetch(server, merchant, &transactions).await.unwrap();
    let account = ask("account", json!({"account_id": account})).await;
    Reports {
        first,
        payfort,
        flitt: flitt_tables(server, merchant).await,
        begateway: begateway_moves(server, merchant).await,
        balances: balances(server, merchant).await,
        epicpay: epicpay_reports(server, merchant).await,
        lines,
        withdrawals,
        account,
    }
}

async fn flitt_tables(server: &Server, merchant: &str) -> BTreeMap<i64, Vec<Value>> {
    let mut tables = BTreeMap::new();
    for (report, column) in FLITT {
        let all = json!([{"s": column, "m": "notnull", "v": ""}]);
        tables.insert(report, flitt::table(server, merchant, report, all).await);
    }
    tables
}

pub(super) async fn begateway_moves(server: &Server, merchant: &str) -> Vec<Move> {
    let mut moves = Vec::new();
    for method in METHODS {
        let walk_request = (begateway::params(always(merchant), method), Direction::Forwards);
        moves.extend(
            walk(server, merchant, walk_request, &mut async |_| {}).await.iter().map(Move::read),
        );
    }
    moves
}

async fn balances(server: &Server, merchant: &str) -> Vec<Value> {
    let answer = begateway::balances(server, merchant).await;
    answer.json().as_array().unwrap().clone()
}

async fn epicpay_reports(server: &Server, merchant: &str) -> BTreeMap<&'static str, Vec<Value>> {
    let mut reports = BTreeMap::new();
    for report in EPICPAY {
        reports.insert(report, epicpay::rows(server, report, always(merchant)).await);
    }
    reports
}
