//! Translation of ledger facts to beGateway's values: statuses, types, messages, brands and codes.

use crate::sandbox::facts::Decline;
use crate::sandbox::facts::{Kind, Method};
use crate::sandbox::generate::card::ThreeDs;
use crate::sandbox::ledger::Transaction;
use crate::sandbox::merchant::Brand;

/// The gateway of every transaction, as in the vendor's sample.
pub(super) const GATEWAY_ID: i64 = 312;

/// The same as text.
pub(super) const GATEWAY: &str = "312";

/// The status of a transaction. An authorization stays successful after its capture or void.
pub(super) fn status(row: &Transaction<'_>) -> &'static str {
    if row.finished_at().is_none() {
        return match row.method {
            Method::Card => "incomplete",
            Method::Bank | Method::Alternative if row.is_abandoned() => "incomplete",
            Method::Bank | Method::Alternative => "pending",
        };
    }
    if row.is_done() {
        "successful"
    } else if row.decline().is_some() {
        "failed"
    } else if row.is_abandoned() {
        "incomplete"
    } else {
        "expired"
    }
}

/// Whether a row was paid through ERIP, the settlement system of Belarus: alternative payments in its
/// currency.
pub(super) fn is_erip(row: &Transaction<'_>) -> bool {
    row.method == Method::Alternative && row.currency.code() == "BYN"
}

/// The type of a transaction, which is also the name of its details object.
pub(super) fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Payment => "payment",
        Kind::Authorization => "authorization",
        Kind::Capture => "capture",
        Kind::Void => "void",
        Kind::Refund => "refund",
        // beGateway has no type for rejected bank debits and for won disputes; a chargeback is the closest.
        Kind::Chargeback | Kind::ChargebackReversal | Kind::Reject | Kind::Notice => "chargeback",
    }
}

/// Every type that [`type_of`] gives.
pub(super) const TYPES: [&str; 6] =
    ["payment", "authorization", "capture", "void", "refund", "chargeback"];

/// What the merchant gains or loses by a row, minor units.
pub(super) fn net(row: &Transaction<'_>) -> i64 {
    if row.gross() == 0 { 0 } else { row.gross() - row.fee }
}

/// What the provider keeps of a row, minor units; 0 while the row moves no money.
pub(super) fn fee(row: &Transaction<'_>) -> i64 {
    if row.gross() == 0 { 0 } else { row.fee }
}

/// The message of a transaction.
pub(super) fn message(row: &Transaction<'_>, status: &str) -> Option<&'static str> {
    match status {
        "incomplete" => None,
        "pending" => Some("Waiting"),
        "successful" => Some("Successfully processed"),
        "failed" if row.kind == Kind::Authorization => Some("Authorization was declined"),
        "failed" => Some("Payment was declined"),
        _ => Some("Payment was expired"),
    }
}

/// The message of the details object.
pub(super) fn details_message(row: &Transaction<'_>, status: &str) -> Option<&'static str> {
    match status {
        "successful" => Some(match row.kind {
            Kind::Payment => "Payment was approved",
            Kind::Authorization => "Authorization was approved",
            Kind::Capture => "Capture was approved",
            Kind::Void => "Void was approved",
            Kind::Refund => "Refund was approved",
            Kind::ChargebackReversal => "Chargeback was reversed",
            Kind::Chargeback | Kind::Reject | Kind::Notice => "Chargeback was processed",
        }),
        "failed" => Some(row.decline().map_or("Internal decline", decline_text)),
        other => message(row, other),
    }
}

fn decline_text(decline: Decline) -> &'static str {
    match decline {
        Decline::DoNotHonor => "Do not honor",
        Decline::InsufficientFunds => "Insufficient funds",
        Decline::ExpiredCard => "Expired card",
        Decline::InvalidCard => "Invalid card number",
        Decline::InvalidCvv => "Invalid CVV2",
        Decline::LimitExceeded => "Exceeds withdrawal amount limit",
        Decline::StolenCard => "Stolen card",
        Decline::LostCard => "Lost card",
        Decline::SuspectedFraud => "Suspected fraud",
        Decline::AuthenticationFailed => "3-D Secure authentication failed",
        Decline::IssuerUnavailable => "Issuer unavailable",
        Decline::CallIssuer => "Refer to card issuer",
    }
}

/// The issuer's response code (ISO 8583, field 39).
pub(super) fn bank_code(row: &Transaction<'_>) -> Option<&'static str> {
    if row.is_done() {
        return Some("00");
    }
    Some(match row.decline()? {
        Decline::DoNotHonor | Decline::AuthenticationFailed => "05",
        Decline::InsufficientFunds => "51",
        Decline::ExpiredCard => "54",
        Decline::InvalidCard => "14",
        Decline::InvalidCvv => "82",
        Decline::LimitExceeded => "61",
        Decline::StolenCard => "43",
        Decline::LostCard => "41",
        Decline::SuspectedFraud => "59",
        Decline::IssuerUnavailable => "91",
        Decline::CallIssuer => "01",
    })
}

/// Status and message of 3-D Secure.
pub(super) fn three_ds(three_ds: ThreeDs) -> (&'static str, &'static str) {
    match three_ds {
        ThreeDs::Started => ("incomplete", "Authentication Available"),
        ThreeDs::Authenticated => ("successful", "Authentication Successful"),
        ThreeDs::Attempted => ("successful", "Authentication Attempted"),
        ThreeDs::Failed => ("failed", "Authentication Failed"),
    }
}

/// Electronic commerce indicator and `pa_status`, once 3-D Secure has a result.
pub(super) fn eci_and_pa_status(three_ds: ThreeDs) -> Option<(&'static str, &'static str)> {
    match three_ds {
        ThreeDs::Started => None,
        ThreeDs::Authenticated => Some(("05", "Y")),
        ThreeDs::Attempted => Some(("06", "A")),
        ThreeDs::Failed => Some(("07", "N")),
    }
}

/// The brand, lower case.
pub(super) fn brand(brand: Brand) -> &'static str {
    match brand {
        Brand::Visa => "visa",
        Brand::Mastercard => "master",
        Brand::Amex => "amex",
        Brand::Discover => "discover",
        Brand::Jcb => "jcb",
        Brand::Diners => "dinersclub",
        Brand::Mada => "mada",
        Brand::Meeza => "meeza",
    }
}

/// The product, upper case.
pub(super) fn product(brand: Brand) -> &'static str {
    match brand {
        Brand::Visa => "VISA",
        Brand::Mastercard => "MASTERCARD",
        Brand::Amex => "AMEX",
        Brand::Discover => "DISCOVER",
        Brand::Jcb => "JCB",
        Brand::Diners => "DINERS",
        Brand::Mada => "MADA",
        Brand::Meeza => "MEEZA",
    }
}

/// The reason of a refund or chargeback.
pub(super) fn reason(row: &Transaction<'_>) -> &'static str {
    match row.kind {
        Kind::Refund => "Requested by customer",
        Kind::Reject => "Returned by bank",
        Kind::ChargebackReversal => "Dispute won by merchant",
        Kind::Payment
        | Kind::Authorization
        | Kind::Capture
        | Kind::Void
        | Kind::Chargeback
        | Kind::Notice => match row.reason() % 4 {
            0 => "Fraud",
            1 => "Merchandise not received",
            2 => "Not as described",
            _ => "Cancelled recurring transaction",
        },
    }
}
