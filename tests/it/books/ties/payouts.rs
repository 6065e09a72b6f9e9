//! Compares the payouts: EpicPay's deposits, WePay's withdrawals, and their lines.

use std::collections::{BTreeMap, BTreeSet};

use sandtill::sandbox::money::Currency;
use serde_json::Value;

use super::super::moves::{minor, text};
use super::super::wires::Reports;
use super::assert_same_rows;
use super::wepay::money;
use crate::drivers::wepay::Line;

/// A deposit is the sum of its details. Its amount apart from its own lines equals the amount that
/// beGateway settled on its day, with cards and bank debits separate.
pub(super) fn deposits(reports: &Reports) {
    let mut by_order: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    let mut class_of: BTreeMap<&str, &str> = BTreeMap::new();
    for row in &reports.epicpay["trxnactivity"] {
        class_of.insert(text(row, "transaction_id"), text(row, "payment_type"));
    }
    for it in &reports.begateway {
        let class = class_of.get(it.id.to_string().as_str()).copied();
        if let Some(class) = class {
            by_order.insert(&it.order, (&it.currency, class));
        }
    }
    let first = reports.first.to_string();
    let mut settled: BTreeMap<String, [i64; 3]> = BTreeMap::new();
    for it in reports.begateway.iter().filter(|it| it.settled.as_ref() >= Some(&first)) {
        let (currency, class) = by_order[it.order.as_str()];
        let key = format!("{} {currency} {class}", it.settled.as_ref().unwrap());
        let sum = settled.entry(key).or_default();
        sum[0] += 1;
        sum[1] += it.net;
        sum[2] -= it.fee;
    }
    let mut deposited = BTreeMap::new();
    for (deposit, detail) in
        reports.epicpay["deposits"].iter().zip(&reports.epicpay["deposits-detail"])
    {
        assert_eq!(deposit["unique_id"], detail["unique_id"]);
        let lines = detail["detail_data"].as_array().unwrap();
        let named = lines.iter().find_map(|line| by_order.get(text(line, "client_order_id")));
        let currency = currency_of(deposit);
        assert!(named.is_none_or(|it| it.0 == currency), "{deposit}");
        let class = if text(deposit, "payment_type") == "ACH" { "ACH" } else { "CARD" };
        let amount = |line: &Value| minor(&line["amount"].to_string(), currency);
        let sum = |wanted: &dyn Fn(&Value) -> bool| {
            lines.iter().filter(|line| wanted(line)).map(amount).sum::<i64>()
        };
        assert_eq!(amount(deposit), sum(&|_| true), "{deposit}");
        // The adjustment of a won dispute is a row; that of a monthly fee has no order.
        let is_own = |line: &Value| {
            let kind = text(line, "trxn_type");
            let is_won = kind == "Adjustment" && !text(line, "client_order_id").is_empty();
            !is_won && ["Reserve", "MEF", "Adjustment"].contains(&kind)
        };
        let rows = lines.iter().filter(|line| !is_own(line) && line["trxn_type"] != "Discount");
        let rows = i64::try_from(rows.count()).unwrap();
        if rows > 0 {
            let key = format!("{} {currency} {class}", text(deposit, "reported_date"));
            let net = sum(&|line| !is_own(line));
            let fees = sum(&|line| line["trxn_type"] == "Discount");
            assert!(deposited.insert(key, [rows, net, fees]).is_none());
        }
    }
    assert_eq!(settled, deposited, "what is settled, and what is deposited");
}

/// The day on which a withdrawal was sent off.
fn day_of(withdrawal: &Value) -> String {
    let at = withdrawal["withdrawal_data"]["create_time"].as_i64().unwrap();
    jiff::Timestamp::from_second(at).unwrap().strftime("%Y-%m-%d").to_string()
}

/// The currency of a deposit. EpicPay prints none, but the number of the deposit contains its position in the
/// list of currencies.
pub(in super::super) fn currency_of(deposit: &Value) -> &'static str {
    let number: usize = text(deposit, "unique_id").parse().unwrap();
    Currency::codes().nth(number / 100 % 128).unwrap()
}

/// Takes those of the failed withdrawals that sum to an amount; 0 and none of them if none do.
fn take_back(failed: &mut Vec<i64>, amount: i64) -> i64 {
    for chosen in 1..1_u32 << failed.len().min(16) {
        let is_chosen = |at: usize| chosen & 1 << at != 0;
        let some = failed.iter().enumerate().filter(|(at, _)| is_chosen(*at));
        if some.map(|(_, amount)| amount).sum::<i64>() == amount {
            let mut at = 0..;
            failed.retain(|_| !at.next().is_some_and(is_chosen));
            return amount;
        }
    }
    0
}

/// Minor units in a deposit that belong to earlier deposits, which failed.
fn returned(detail: &Value, currency: &str) -> i64 {
    let lines = detail["detail_data"].as_array().unwrap().iter();
    let lines = lines.filter(|line| text(line, "memo").starts_with("Returned deposit "));
    lines.map(|line| minor(&line["amount"].to_string(), currency)).sum()
}

/// Each WePay withdrawal is the net sum of its own lines: what EpicPay deposits on its day, and on the days
/// before it that were not enough for a withdrawal.
pub(super) fn withdrawals(reports: &Reports) {
    let mut deposited: BTreeMap<(&str, String), i64> = BTreeMap::new();
    let details = &reports.epicpay["deposits-detail"];
    for (deposit, detail) in reports.epicpay["deposits"].iter().zip(details) {
        let currency = currency_of(deposit);
        let day = text(deposit, "reported_date").to_owned();
        *deposited.entry((currency, day)).or_default() +=
            minor(&deposit["amount"].to_string(), currency) - returned(detail, currency);
    }
    let mut withdrawn: BTreeMap<(&str, String), i64> = BTreeMap::new();
    let mut failures: BTreeMap<(&str, String), i64> = BTreeMap::new();
    for (withdrawal, lines) in &reports.withdrawals {
        let currency = text(withdrawal, "currency");
        let amount = minor(&withdrawal["amount"].to_string(), currency);
        let sum = |key: &str| lines.iter().map(|line| money(line, key)).sum::<i64>();
        assert_eq!(sum("net"), amount, "{withdrawal}");
        assert_eq!(sum("net"), sum("gross") + sum("app_fee") + sum("processing_fee"));
        assert!(amount > 0, "{withdrawal}");
        if withdrawal["state"] == "failed" {
            failures.insert((currency, day_of(withdrawal)), amount);
        }
        assert!(withdrawn.insert((currency, day_of(withdrawal)), amount).is_none(), "{withdrawal}");
    }
    // What is owed when the window begins is not known before the first withdrawal; it leaves nothing.
    let mut open: BTreeMap<&str, i64> = BTreeMap::new();
    // The money of withdrawals that failed leaves with a later one, whose day depends on when they did.
    let mut failed: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for ((currency, day), amount) in &deposited {
        let taken = withdrawn.remove(&(*currency, day.clone()));
        match (open.get_mut(currency), taken) {
            (None, None) => {}
            (None, Some(_)) => drop(open.insert(currency, 0)),
            (Some(open), taken) => {
                *open += amount;
                let failed = failed.entry(currency).or_default();
                *open += taken.map_or(0, |taken| take_back(failed, taken - *open));
                assert_eq!(
                    taken,
                    Some(*open).filter(|open| *open > 0),
                    "{currency} {day} {failed:?}"
                );
                *open = (*open).min(0);
            }
        }
        if let Some(amount) = failures.get(&(*currency, day.clone())) {
            failed.entry(currency).or_default().push(*amount);
        }
    }
    assert!(withdrawn.is_empty(), "without deposits: {withdrawn:?}");
}

/// `merchant_transactions` shows each withdrawal, and each line of its reconciliation once.
pub(super) fn withdrawal_lines(reports: &Reports) {
    let lines = reports.withdrawals.iter().map(|(withdrawal, _)| {
        let currency = text(withdrawal, "currency");
        let amount = minor(&withdrawal["amount"].to_string(), currency);
        format!("W{} {}", withdrawal["withdrawal_id"], -amount)
    });
    let shown = reports.lines.iter().filter(|line| line["transaction_type"] == "withdrawal");
    let shown = shown.map(|line| {
        assert_eq!(line["net"], line["gross"]);
        format!("{} {}", line["transaction_id"], money(line, "net"))
    });
    assert_same_rows("WePay withdrawals and merchant_transactions", lines, shown);
    // The transactions of that day contain each line of the reconciliation, and no line occurs
    // twice.
    let row = |line: &Line| {
        let cells = ["transaction_id", "transaction_type", "gross", "processing_fee", "net"];
        cells.map(|name| line[name].as_str()).join(" ")
    };
    let all: BTreeSet<String> = reports.lines.iter().map(row).collect();
    let mut reconciled = BTreeSet::new();
    let first = reports.first.to_string();
    // The lines of one that failed are also those of a later one.
    let kept = reports.withdrawals.iter().filter(|it| it.0["state"] != "failed");
    for line in kept.flat_map(|it| &it.1) {
        // What was owed when the window began is older than the transactions that are there.
        let is_inside = line["create_time"] >= first;
        if is_inside && !line["transaction_id"].is_empty() && money(line, "gross") != 0 {
            assert!(all.contains(&row(line)), "{line:?}");
            assert!(reconciled.insert(row(line)), "{line:?}");
        }
    }
}
