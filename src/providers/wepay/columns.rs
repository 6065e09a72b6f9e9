//! The columns of both CSV files. No header line and no sample of either was ever published; they are
//! a choice.

use csv::Writer;

use super::ids::{self, IdOf};
use super::job::Report;
use super::withdrawal::Withdrawal;
use crate::sandbox::Sandbox;
use crate::sandbox::ledger::settlement::{Line, LineKind};
use crate::sandbox::ledger::{Kind, Transaction};
use crate::sandbox::money::{Currency, Money};
use crate::wire::text::push_decimal;
use crate::wire::time::{push_civil, utc};

/// Columns of a `merchant_transactions` file.
pub(super) const TRANSACTIONS: [&str; 17] = [
    "transaction_id",
    "transaction_type",
    "create_time",
    "payment_id",
    "checkout_id",
    "reference_id",
    "account_id",
    "currency",
    "gross",
    "app_fee",
    "processing_fee",
    "net",
    "payer_name",
    "payer_email",
    "short_description",
    "long_description",
    "state",
];

/// Columns of a reconciliation file.
pub(super) const RECONCILIATION: [&str; 16] = [
    "withdrawal_id",
    "transaction_id",
    "transaction_type",
    "create_time",
    "payment_id",
    "checkout_id",
    "reference_id",
    "currency",
    "gross",
    "app_fee",
    "processing_fee",
    "net",
    "payer_name",
    "payer_email",
    "short_description",
    "long_description",
];

/// `2026-03-14 15:09:26`, UTC.
fn time(at: i64) -> String {
    let mut text = String::with_capacity(19);
    push_civil(&mut text, utc(at), ' ');
    text
}

fn amount(minor: i64, currency: Currency) -> String {
    let mut text = Vec::with_capacity(16);
    push_decimal(&mut text, Money { minor, currency }.decimal());
    String::from_utf8(text).unwrap_or_default()
}

/// What both files say about a row.
struct Said {
    transaction_id: String,
    transaction_type: &'static str,
    create_time: String,
    payment_id: String,
    checkout_id: String,
    reference_id: String,
}

impl Said {
    fn of(sandbox: &Sandbox, row: &Transaction<'_>) -> Self {
        let scenario = &sandbox.scenario;
        let root = row.root();
        let checkout_id = format!("C{}", ids::of_row(scenario, IdOf::Checkout, &root));
        let own = |prefix, what| format!("{prefix}{}", ids::of_row(scenario, what, row));
        let (transaction_type, transaction_id) = match row.kind {
            Kind::Refund => ("refund", own("RF", IdOf::Refund)),
            // A bank debit that came back is forced back like a chargeback, and has no prefix of its
            // own.
            Kind::Chargeback | Kind::Reject => ("chargeback", own("CBK", IdOf::Chargeback)),
            Kind::Payment | Kind::Authorization | Kind::Capture | Kind::Void | Kind::Notice => {
                ("payment", checkout_id.clone())
            }
        };
        Self {
            transaction_id,
            transaction_type,
            create_time: time(row.created_at),
            payment_id: format!("C{}", ids::of_row(scenario, IdOf::Payment, &root)),
            checkout_id,
            reference_id: row.order().to_string(),
        }
    }
}

fn long_description(row: &Transaction<'_>) -> String {
    let what = match row.kind {
        Kind::Refund => "Refund of",
        Kind::Chargeback => "Chargeback of",
        Kind::Reject => "Returned bank debit of",
        Kind::Payment | Kind::Authorization | Kind::Capture | Kind::Void | Kind::Notice => {
            "Payment for"
        }
    };
    format!("{what} {}, order {}", row.description(), row.order())
}

/// The word for where a payment stands.
fn state(row: &Transaction<'_>) -> &'static str {
    if row.kind.sign() < 0 {
        return if row.settled_at().is_some() { "released" } else { "captured" };
    }
    let root = row.root();
    let forced_back = |child: &Transaction<'_>| {
        matches!(child.kind, Kind::Chargeback | Kind::Reject) && child.is_done()
    };
    if root.children().iter().any(forced_back) {
        "charged back"
    } else if root.refunded() >= row.amount {
        "refunded"
    } else if row.settled_at().is_some() {
        "released"
    } else {
        "captured"
    }
}

pub(super) fn write_row(
    file: &mut Writer<Vec<u8>>,
    sandbox: &Sandbox,
    report: &Report,
    row: &Transaction<'_>,
) {
    let said = Said::of(sandbox, row);
    let person = row.person();
    let _ = file.write_record([
        said.transaction_id.as_str(),
        said.transaction_type,
        &said.create_time,
        &said.payment_id,
        &said.checkout_id,
        &said.reference_id,
        &report.asked.object_id.to_string(),
        row.currency.code(),
        &amount(row.gross(), row.currency),
        &amount(0, row.currency),
        &amount(-row.fee, row.currency),
        &amount(row.gross() - row.fee, row.currency),
        &person.name(),
        &person.email(),
        row.description(),
        &long_description(row),
        state(row),
    ]);
}

/// A withdrawal takes away what it pays out.
pub(super) fn write_withdrawal(
    file: &mut Writer<Vec<u8>>,
    report: &Report,
    withdrawal: &Withdrawal,
) {
    let deposit = &withdrawal.deposit;
    let _ = file.write_record([
        format!("W{}", withdrawal.id).as_str(),
        "withdrawal",
        &time(deposit.initiated_at),
        "",
        "",
        "",
        &report.asked.object_id.to_string(),
        deposit.currency.code(),
        &amount(-deposit.amount, deposit.currency),
        &amount(0, deposit.currency),
        &amount(0, deposit.currency),
        &amount(-deposit.amount, deposit.currency),
        "",
        "",
        "Withdrawal",
        "Withdrawal to bank account",
        withdrawal.state(),
    ]);
}

pub(super) fn write_line(
    file: &mut Writer<Vec<u8>>,
    sandbox: &Sandbox,
    withdrawal: &Withdrawal,
    line: &Line<'_>,
) {
    let id = format!("W{}", withdrawal.id);
    let currency = withdrawal.deposit.currency;
    if let Some(row) = &line.row {
        let said = Said::of(sandbox, row);
        let person = row.person();
        let _ = file.write_record([
            id.as_str(),
            &said.transaction_id,
            said.transaction_type,
            &said.create_time,
            &said.payment_id,
            &said.checkout_id,
            &said.reference_id,
            currency.code(),
            &amount(line.amount, currency),
            &amount(0, currency),
            &amount(-line.fee, currency),
            &amount(line.amount - line.fee, currency),
            &person.name(),
            &person.email(),
            row.description(),
            &long_description(row),
        ]);
        return;
    }
    let (kind, text) = match line.kind {
        // The fees stand beside the rows they are for.
        LineKind::Fee => return,
        LineKind::Reserve => ("reserve", "Held in reserve"),
        LineKind::ReserveRelease => ("reserve_release", "Released from reserve"),
        LineKind::MonthEndFee => ("monthly_fee", "Monthly fee"),
        // Only the first of these comes without a row.
        LineKind::Adjustment
        | LineKind::Sale
        | LineKind::Refund
        | LineKind::Chargeback
        | LineKind::Reject => ("adjustment", "Adjustment"),
    };
    let fee = line.kind == LineKind::MonthEndFee;
    let (gross, processing_fee) = if fee { (0, line.amount) } else { (line.amount, 0) };
    let _ = file.write_record([
        id.as_str(),
        "",
        kind,
        &time(withdrawal.deposit.initiated_at),
        "",
        "",
        "",
        currency.code(),
        &amount(gross, currency),
        &amount(0, currency),
        &amount(processing_fee, currency),
        &amount(line.amount, currency),
        "",
        "",
        text,
        text,
    ]);
}
