//! Flitt: compares the state of each order, and the movements of money.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::moves::{Move, Order, minor, optional, text};
use super::super::wires::Reports;
use super::assert_same_rows;

/// Report 745 has the state of each order; reports 403 and 969 repeat it for captured orders.
pub(super) fn orders(reports: &Reports, orders: &BTreeMap<&str, Order<'_>>) {
    let label = |order: &Order<'_>| match order.root.status.as_str() {
        "incomplete" => "created",
        "pending" => "processing",
        "failed" => "declined",
        "expired" => "expired",
        _ if order.is_voided() => "reversed",
        _ if order.taken() > 0 && order.reversed() >= order.taken() => "reversed",
        _ => "approved",
    };
    let rows = |report: i64| reports.flitt[&report].iter();
    let expected = orders.values().map(|order| {
        let root = order.root;
        let settled = order.settled();
        let (fee, net) = (settled.as_ref().map(|it| it.0), settled.as_ref().map(|it| it.1));
        let day = settled.map(|it| it.2);
        format!(
            "{} {} {} {} {} {} {} {} {fee:?} {net:?} {day:?}",
            root.id,
            root.order,
            label(order),
            root.amount,
            order.taken(),
            order.reversed(),
            root.currency,
            root.created
        )
    });
    let money = |row: &Value, key: &str| minor(text(row, key), text(row, "currency"));
    let maybe =
        |row: &Value, key: &str| optional(row, key).map(|it| minor(&it, text(row, "currency")));
    let shown = rows(745).map(|row| {
        format!(
            "{} {} {} {} {} {} {} {} {:?} {:?} {:?}",
            row["payment_id"],
            text(row, "order_id"),
            text(row, "order_status"),
            money(row, "amount"),
            money(row, "actual_amount"),
            money(row, "reversal_amount"),
            text(row, "currency"),
            text(row, "order_timestart"),
            maybe(row, "fee"),
            maybe(row, "settlement_amount"),
            optional(row, "settlement_date").map(|it| it[..10].to_owned()),
        )
    });
    assert_same_rows("beGateway and Flitt 745", expected, shown);
    for report in [403, 969] {
        let columns =
            ["payment_id", "order_id", "order_status", "actual_amount", "fee", "settlement_amount"];
        let cells = |row: &Value| columns.map(|name| row[name].to_string()).join(" ");
        let taken = rows(745).filter(|row| money(row, "actual_amount") > 0);
        let compared = format!("Flitt 745 and {report}");
        assert_same_rows(&compared, taken.map(cells), rows(report).map(cells));
    }
}

/// Report 528 shows captures and refunds, report 500 chargebacks; a payout is the amount without
/// the fee.
pub(super) fn movements(reports: &Reports, orders: &BTreeMap<&str, Order<'_>>) {
    let order_of: BTreeMap<String, String> = reports.flitt[&403]
        .iter()
        .map(|row| (row["transaction_id"].to_string(), text(row, "order_id").to_owned()))
        .collect();
    let paid = |net: Option<i64>| net.map_or(String::new(), |net| net.to_string());
    let (mut expected, mut disputed) = (Vec::new(), Vec::new());
    for (name, order) in orders.iter().filter(|it| it.1.taken() > 0) {
        let payout = |it: &Move| paid(it.settled.as_ref().map(|_| it.net));
        let created = &order.root.created;
        let net = paid(order.settled().map(|it| it.1));
        expected.push(format!("{name} purchase {} {created} {net}", order.taken()));
        let moved = |it: &&&Move| it.amount > 0 && (it.sign() == -1 || it.is_won());
        for part in order.parts.iter().filter(moved) {
            let (amount, at, payout) = (part.amount, &part.created, payout(part));
            if part.is_chargeback() || part.is_won() {
                disputed.push(format!("{name} {amount} {at} {payout}"));
            } else {
                expected.push(format!("{name} reverse {amount} {at} {payout}"));
            }
        }
    }
    let payout = |row: &Value| {
        let currency = text(row, "currency");
        assert_eq!(row["payout_date"].is_null(), row["payout_amoun"].is_null(), "{row}");
        paid(optional(row, "payout_amoun").map(|it| minor(&it, currency)))
    };
    let shown = reports.flitt[&528].iter().map(|row| {
        let parent = &row["parent_tran_id"];
        let tran = if parent.is_null() { &row["tran_id"] } else { parent };
        let amount = minor(text(row, "actual_amount"), text(row, "currency"));
        let (kind, at) = (text(row, "tran_type"), text(row, "tran_timestart"));
        format!("{} {kind} {amount} {at} {}", order_of[&tran.to_string()], payout(row))
    });
    assert_same_rows("beGateway and Flitt 528", expected.into_iter(), shown);
    let shown = reports.flitt[&500].iter().map(|row| {
        let amount = minor(text(row, "amount"), text(row, "currency"));
        let at = text(row, "chargeback_createtime");
        format!("{} {amount} {at} {}", order_of[&row["tran_id"].to_string()], payout(row))
    });
    assert_same_rows("beGateway and Flitt 500", disputed.into_iter(), shown);
}
