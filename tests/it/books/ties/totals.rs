//! Compares the sums by currency between the providers.

use std::collections::BTreeMap;

use super::super::moves::{minor, text};
use super::super::wires::Reports;
use super::wepay::money;

/// Sums of sales, refunds and chargebacks by currency at each provider that reports them, and the
/// amounts that are not settled yet.
pub(super) fn totals(reports: &Reports) {
    type Totals = BTreeMap<(String, &'static str), i64>;
    let mut begateway = Totals::new();
    let mut open: BTreeMap<String, i64> = BTreeMap::new();
    for it in &reports.begateway {
        let label = match it.kind.as_str() {
            _ if it.sign() == 0 => continue,
            "refund" => "refunds",
            "chargeback" if it.is_won() => "won",
            "chargeback" => "forced back",
            _ => "sales",
        };
        *begateway.entry((it.currency.clone(), label)).or_default() += it.amount;
        if it.settled.is_none() {
            *open.entry(it.currency.clone()).or_default() += it.net;
        }
    }
    let mut payfort = Totals::new();
    for row in &reports.payfort {
        let label = match (text(row, "operation"), &text(row, "status")[..2]) {
            ("PURCHASE", "14") | ("CAPTURE", "04") => "sales",
            ("REFUND", "06") => "refunds",
            _ => continue,
        };
        let key = (text(row, "currency").to_owned(), label);
        *payfort.entry(key).or_default() += text(row, "amount").parse::<i64>().unwrap();
    }
    let mut wepay = Totals::new();
    for line in &reports.lines {
        let label = match line["transaction_type"].as_str() {
            "payment" => "sales",
            "refund" => "refunds",
            "chargeback" => "forced back",
            "chargeback_reversal" => "won",
            _ => continue,
        };
        let key = (line["currency"].clone(), label);
        *wepay.entry(key).or_default() += money(line, "gross").abs();
    }
    begateway.retain(|_, sum| *sum != 0);
    payfort.retain(|_, sum| *sum != 0);
    assert_eq!(begateway, wepay);
    begateway.retain(|key, _| !["forced back", "won"].contains(&key.1));
    assert_eq!(begateway, payfort);
    open.retain(|_, sum| *sum != 0);
    let mut balances: BTreeMap<String, i64> = BTreeMap::new();
    for balance in &reports.balances {
        balances.insert(text(balance, "currency").to_owned(), balance["amount"].as_i64().unwrap());
    }
    balances.retain(|_, sum| *sum != 0);
    assert_eq!(open, balances, "what is paid and not settled, and beGateway's balances");
    let mut incoming: BTreeMap<String, i64> = BTreeMap::new();
    for balance in reports.account["balances"].as_array().unwrap() {
        let currency = text(balance, "currency");
        let pending = balance["incoming_pending_amount"].to_string();
        incoming.insert(currency.to_owned(), minor(&pending, currency));
    }
    incoming.retain(|_, sum| *sum != 0);
    assert_eq!(open, incoming, "WePay's pending amounts");
}
