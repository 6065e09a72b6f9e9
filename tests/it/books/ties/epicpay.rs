//! EpicPay: compares activity, disputes and batches with the movements.

use std::collections::{BTreeMap, BTreeSet};

use super::super::moves::{Order, minor, text};
use super::super::wires::Reports;
use super::assert_same_rows;

/// `trxnactivity` has a row with the same id for each movement of money.
pub(super) fn activity(reports: &Reports) {
    let moved = reports.begateway.iter().filter(|it| it.sign() != 0).map(|it| {
        let kind = match it.kind.as_str() {
            "refund" => "back",
            "chargeback" if it.is_won() => "Adjustment",
            "chargeback" if it.is_card => "Chargeback",
            "chargeback" => "Reject",
            _ => "taken",
        };
        let (settled, paid) = (it.settled.clone().unwrap_or_default(), it.paid.as_ref().unwrap());
        format!(
            "{} {} {kind} {} {} {} [{settled}]",
            it.id,
            it.order,
            it.amount,
            &it.created[..10],
            &paid[..10]
        )
    });
    let currencies = currencies(reports);
    let activity = reports.epicpay["trxnactivity"].iter().map(|row| {
        let kind = match text(row, "trxn_type") {
            "SALE" | "DEBIT" => "taken",
            "CREDIT" => "back",
            "Reject-CUS" | "Reject-MER" => "Reject",
            other => other,
        };
        let settled = text(row, "settled_date");
        assert_eq!(settled, text(row, "deposited_date"));
        format!(
            "{} {} {kind} {} {} {} [{settled}]",
            text(row, "transaction_id"),
            text(row, "client_order_id"),
            minor(&row["amount"].to_string(), currencies[text(row, "transaction_id")]),
            text(row, "trxn_utc_date"),
            text(row, "reported_date"),
        )
    });
    assert_same_rows("beGateway and EpicPay trxnactivity", moved, activity);
}

/// Currency by transaction id, since EpicPay prints none.
fn currencies(reports: &Reports) -> BTreeMap<String, &str> {
    reports.begateway.iter().map(|it| (it.id.to_string(), it.currency.as_str())).collect()
}

/// Each chargeback is a case with a first stage; each returned bank debit is a reject.
pub(super) fn disputes(reports: &Reports, orders: &BTreeMap<&str, Order<'_>>) {
    let currencies = currencies(reports);
    let cases = reports.begateway.iter().filter(|it| it.is_chargeback()).map(|it| {
        let order = &orders[it.order.as_str()];
        let takers = order.takers();
        let of = takers.iter().find(|taker| Some(&taker.uid) == it.parent.as_ref()).unwrap();
        format!("{} {} of {} {}", it.id, it.amount, of.amount, &it.created[..10])
    });
    let first =
        reports.epicpay["chargebacks"].iter().filter(|it| it["cycle"] == "FIRST_CHARGEBACK");
    let first = first.map(|row| {
        let id = text(row, "case_id");
        let money = |key: &str| minor(&row[key].to_string(), currencies[id]);
        let (amount, of) = (money("chargeback_amount"), money("transaction_amount"));
        format!("{id} {amount} of {of} {}", text(row, "date_reported"))
    });
    assert_same_rows("beGateway and EpicPay chargebacks", cases, first);
    let ids: BTreeMap<&str, i64> =
        reports.begateway.iter().map(|it| (it.uid.as_str(), it.id)).collect();
    let won = reports.begateway.iter().filter(|it| it.is_won()).map(|it| {
        format!("{} {} {}", ids[it.parent.as_deref().unwrap()], it.amount, &it.created[..10])
    });
    let reversals = reports.epicpay["chargebacks"].iter();
    let reversals = reversals.filter(|it| it["cycle"] == "CHARGEBACK_REVERSAL").map(|row| {
        let id = text(row, "case_id");
        let amount = minor(&row["chargeback_amount"].to_string(), currencies[id]);
        format!("{id} {amount} {}", text(row, "date_reported"))
    });
    assert_same_rows("beGateway and EpicPay won disputes", won, reversals);
    let rejects = reports.begateway.iter().filter(|it| it.is_reject()).map(|it| {
        let root = orders[it.order.as_str()].root;
        let settled = it.settled.clone().unwrap_or_default();
        format!("{} {} {} [{settled}]", root.id, it.amount, &it.created[..10])
    });
    // A notice of change moves no money.
    let shown = reports.epicpay["achrejects"].iter().filter(|row| row["amount"] != 0);
    let shown = shown.map(|row| {
        let root = text(row, "trxn_id");
        let amount = minor(&row["amount"].to_string(), currencies[root]);
        format!("{root} {amount} {} [{}]", text(row, "reported_date"), text(row, "settled_date"))
    });
    assert_same_rows("beGateway and EpicPay achrejects", rejects, shown);
}

/// A batch is the sum of the transactions that refer to it; a disputed transaction refers to none.
pub(super) fn batches(reports: &Reports) {
    let currencies = currencies(reports);
    let (mut sums, mut keys) = (BTreeMap::new(), BTreeMap::new());
    for row in &reports.epicpay["trxnactivity"] {
        let (kind, batch) = (text(row, "trxn_type"), text(row, "batch_id"));
        let is_batched = ["SALE", "DEBIT", "CREDIT"].contains(&kind);
        assert_eq!(batch.is_empty(), !is_batched, "{row}");
        if !is_batched {
            continue;
        }
        let currency = currencies[text(row, "transaction_id")];
        let sum: &mut [i64; 5] = sums.entry(batch).or_default();
        let money = |key: &str| minor(&row[key].to_string(), currency);
        let index = if kind == "CREDIT" { 2 } else { 0 };
        sum[index] += 1;
        sum[index + 1] += money("amount");
        sum[4] += money("secondary_amount");
        let payment = text(row, "payment_type");
        let key = format!("{currency} {payment} {}", text(row, "reported_date"));
        assert_eq!(keys.entry(batch).or_insert(key.clone()), &key, "{row}");
    }
    let summed = sums.iter().map(|(batch, sum)| format!("{batch} {} {sum:?}", keys[batch]));
    let shown = reports.epicpay["batches"].iter().map(|row| {
        let batch = text(row, "batch_id");
        let currency = keys.get(batch).map_or("USD", |key| &key[..3]);
        let payment = if text(row, "payment_type") == "ACH" { "ACH" } else { "CARD" };
        let money = |key: &str| minor(&row[key].to_string(), currency);
        let count = |key: &str| row[key].as_i64().unwrap();
        assert_eq!(row["credits_amount2"], 0);
        let sum = [
            count("sales_count"),
            money("sales_amount"),
            count("credits_count"),
            money("credits_amount"),
            money("sales_amount2"),
        ];
        format!("{batch} {currency} {payment} {} {sum:?}", text(row, "reported_date"))
    });
    assert_same_rows("EpicPay trxnactivity and batches", summed, shown);
    let distinct: BTreeSet<_> = keys.values().collect();
    assert_eq!(distinct.len(), keys.len());
}
