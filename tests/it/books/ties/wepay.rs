//! WePay: compares the lines of its transaction report with the movements.

use super::super::moves::minor;
use super::super::wires::Reports;
use super::assert_same_rows;
use crate::drivers::wepay::Line;

/// Minor units in a column of a line.
pub(super) fn money(line: &Line, key: &str) -> i64 {
    minor(&line[key], &line["currency"])
}

/// Each WePay line has the same movement together with its fee.
pub(super) fn lines(reports: &Reports) {
    let moved = reports.begateway.iter().filter(|it| it.sign() != 0 && it.amount != 0).map(|it| {
        let kind = match it.sign() {
            1 if it.is_won() => "chargeback_reversal",
            1 => "payment",
            _ => it.kind.as_str(),
        };
        let gross = it.sign() * it.amount;
        let currency = &it.currency;
        format!("{} {kind} {gross} {} {} {currency} {}", it.order, -it.fee, it.net, it.created)
    });
    let lines = reports.lines.iter().filter(|line| line["transaction_type"] != "withdrawal");
    let lines = lines.map(|line| {
        assert_eq!(money(line, "app_fee"), 0);
        format!(
            "{} {} {} {} {} {} {}",
            line["reference_id"],
            line["transaction_type"],
            money(line, "gross"),
            money(line, "processing_fee"),
            money(line, "net"),
            line["currency"],
            line["create_time"]
        )
    });
    assert_same_rows("beGateway and WePay merchant_transactions", moved, lines);
}
