//! Checks that the reports of the five providers agree: each is compared with beGateway's
//! movements, and all money with its destination.

mod epicpay;
mod flitt;
mod payouts;
mod totals;
mod wepay;

pub(super) use payouts::currency_of;

use std::collections::BTreeMap;

use super::moves::{Move, Order, orders, second, text};
use super::wires::Reports;

/// Asserts that two providers report the same rows in any order; the message shows the rows that
/// only one of them has.
#[track_caller]
fn assert_same_rows(
    action: &str,
    left: impl Iterator<Item = String>,
    right: impl Iterator<Item = String>,
) {
    let (mut left, mut right): (Vec<_>, Vec<_>) = (left.collect(), right.collect());
    left.sort();
    right.sort();
    if left != right {
        let without = |all: &[String], others: &[String]| {
            let mut rest = others.to_vec();
            let mut only = all.to_vec();
            only.retain(|it| match rest.iter().position(|other| other == it) {
                Some(index) => {
                    rest.swap_remove(index);
                    false
                }
                None => true,
            });
            only
        };
        panic!(
            "{action}: only on the left {:#?}, only on the right {:#?}",
            without(&left, &right),
            without(&right, &left)
        );
    }
}

/// Runs all checks on the reports of one moment.
pub(super) fn tie_out(reports: &Reports) {
    rows_tie_out(reports);
    payouts::deposits(reports);
    payouts::withdrawal_lines(reports);
    totals::totals(reports);
}

/// Runs the checks that hold although rows were amended after they were paid out.
pub(super) fn rows_tie_out(reports: &Reports) {
    let orders = orders(&reports.begateway);
    begateway(reports, &orders);
    payfort(reports);
    flitt::orders(reports, &orders);
    flitt::movements(reports, &orders);
    epicpay::activity(reports);
    epicpay::disputes(reports, &orders);
    epicpay::batches(reports);
    wepay::lines(reports);
    payouts::withdrawals(reports);
}

/// Only captured money is returned, only authorized money is captured, and the merchant gets the
/// amount without the fee.
fn begateway(reports: &Reports, orders: &BTreeMap<&str, Order<'_>>) {
    for it in &reports.begateway {
        let net = if it.sign() == 0 { 0 } else { it.sign() * it.amount - it.fee };
        assert_eq!(it.net, net, "{it:?}");
        assert_eq!(it.paid.is_some(), it.status == "successful", "{it:?}");
        assert!(it.fee >= 0 && (it.settled.is_none() || it.sign() != 0), "{it:?}");
    }
    for order in orders.values() {
        let count = |kind: &str| order.parts.iter().filter(|it| it.kind == kind).count();
        let taken = order.taken();
        assert!(order.reversed() <= taken && order.forced_back() <= taken, "{order:?}");
        assert!(count("void") <= 1 && (count("void") == 0 || count("capture") == 0), "{order:?}");
        assert!(count("capture") == 0 || taken <= order.root.amount, "{order:?}");
        let held = order.root.kind == "authorization" && order.root.status == "successful";
        assert!(held || count("capture") + count("void") == 0, "{order:?}");
        // No money is returned before it was captured.
        let begun = order.taker().map_or("9", |it| it.paid.as_deref().unwrap());
        let gone = order.parts.iter().filter(|it| it.sign() == -1);
        assert!(gone.clone().all(|it| it.created.as_str() >= begun), "{order:?}");
    }
}

/// PayFort shows each movement except those without a PayFort operation.
fn payfort(reports: &Reports) {
    let code = |it: &Move| {
        let (success, failure, operation) = match it.kind.as_str() {
            "payment" => ("14", "13", "PURCHASE"),
            "authorization" => ("02", "03", "AUTHORIZATION"),
            "capture" => ("04", "05", "CAPTURE"),
            "void" => ("08", "09", "VOID_AUTHORIZATION"),
            _ => ("06", "07", "REFUND"),
        };
        let status = match it.status.as_str() {
            "successful" => success,
            "incomplete" => "20",
            "pending" => "19",
            _ => failure,
        };
        format!("{operation} {status}")
    };
    let moves = reports.begateway.iter().filter(|it| it.kind != "chargeback");
    let moves = moves.map(|it| {
        format!("{} {} {} {} {}", it.order, code(it), it.amount, it.currency, it.created)
    });
    let rows = reports.payfort.iter().map(|row| {
        let cell = |name| text(row, name);
        let (order, operation) = (cell("merchant_reference"), cell("operation"));
        let (amount, currency) = (cell("amount"), cell("currency"));
        let at = second(cell("transaction_date"));
        // The status may be a response code, whose first two digits are the status.
        format!("{order} {operation} {} {amount} {currency} {at}", &cell("status")[..2])
    });
    assert_same_rows("beGateway and PayFort", moves, rows);
}
