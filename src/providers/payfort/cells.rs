//! The values of cells: a ledger row in the vendor's words and numbers.

use std::fmt::Write;

use super::codes::Code;
use super::row_context::RowContext;
use crate::sandbox::facts::Decline;
use crate::sandbox::facts::{Kind, Method, Status};
use crate::sandbox::generate::calendar;
use crate::sandbox::generate::card::Card;
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::ledger::{RowId, Transaction, View};
use crate::sandbox::merchant::Brand;
use crate::wire::text::push_digits;

/// Purposes of the random draws of this provider; each cell has its own, so that draws are independent.
mod purpose {
    pub(super) const CHANNEL: u64 = 16;
    pub(super) const AUTHORIZATION: u64 = 17;
    pub(super) const TOKEN: u64 = 18;
    pub(super) const INSTALLMENTS: u64 = 19;
    pub(super) const WALLET: u64 = 20;
    pub(super) const LINK: u64 = 21;
    pub(super) const SADAD: u64 = 22;
    pub(super) const ACQUIRER: u64 = 23;
}

/// The acquirer's name, the same for every merchant of the sandbox.
pub(super) const ACQUIRER: &str = "SANDTILL ACQUIRING";

/// The values of `payment_option` that a filter accepts.
pub(super) const PAYMENT_OPTIONS: &[&str] =
    &["MASTERCARD", "VISA", "AMEX", "SADAD", "NAPS", "KNET", "MADA", "MEEZA"];
/// The values of `channel`, in the vendor's spelling.
pub(super) const CHANNELS: &[&str] =
    &["MOTO", "Trusted", "Merchant Page", "Redirection", "eTerminal", "Recurring"];
/// The values of `operation`.
pub(super) const OPERATIONS: &[&str] =
    &["AUTHORIZATION", "PURCHASE", "VOID_AUTHORIZATION", "CAPTURE", "REFUND"];
/// The values of `digital_wallet`.
pub(super) const WALLETS: &[&str] = &["MASTERPASS", "VISA_CHECKOUT", "APPLE_PAY"];

/// The shift of the numbers in a `fort_id` from one merchant to the next.
const SHIFT: u32 = 907;
/// Numbers that the five digits in a `fort_id` have room for.
const MODULUS: u32 = 100_000;

/// Appends the `fort_id`: the creation time in Unix seconds (ten digits), the number of the row within
/// its day (five digits), and the last part of the row id (three digits), which tells added rows from the
/// generated row before them. The number within the day is shifted per merchant, so that merchants have
/// different ids.
pub(super) fn push_fort_id(row: &Transaction<'_>, text: &mut String) {
    let id = row.id();
    let shift = u32::from(row.view().merchant.id.0) * SHIFT;
    let index = (id.number() + shift) % MODULUS;
    push_digits(text, row.created_at.unsigned_abs(), 10);
    push_digits(text, u64::from(index), 5);
    push_digits(text, u64::from(id.sub() % 1000), 3);
}

/// The Unix second at the beginning of a `fort_id`; `None` if the text is not a `fort_id`.
pub(super) fn second_of_fort_id(text: &str) -> Option<i64> {
    let digits = text.len() == 18 && text.bytes().all(|byte| byte.is_ascii_digit());
    let (second, _) = text.split_at_checked(10).filter(|_| digits)?;
    second.parse().ok()
}

/// The rows of a view that can have this `fort_id`: one at most, unless a merchant has 100,000 rows in one
/// second.
pub(super) fn rows_of_fort_id(view: &View, text: &str) -> Vec<RowId> {
    let Some(second) = second_of_fort_id(text) else { return Vec::new() };
    let digits =
        |at: std::ops::Range<usize>| text.get(at).and_then(|text| text.parse::<u32>().ok());
    let (Some(index), Some(sub)) = (digits(10..15), digits(15..18)) else { return Vec::new() };
    let shift = u32::from(view.merchant.id.0) * SHIFT;
    let number = (index + MODULUS - shift % MODULUS) % MODULUS;
    let day = calendar::day_of(second);
    let sub = u16::try_from(sub).unwrap_or(0);
    // The five digits do not tell numbers apart that differ by 100,000; the second does.
    let numbers = (number..RowId::MAX_NUMBER).step_by(MODULUS as usize);
    let ids = numbers.map(|number| RowId::new(day, number, sub));
    ids.filter(|id| view.get(*id).is_some_and(|row| row.created_at == second)).collect()
}

pub(super) fn operation(kind: Kind) -> &'static str {
    match kind {
        Kind::Payment => "PURCHASE",
        Kind::Authorization => "AUTHORIZATION",
        Kind::Capture => "CAPTURE",
        Kind::Void => "VOID_AUTHORIZATION",
        Kind::Refund => "REFUND",
        // The vendor has no operation for these; such rows are not shown.
        Kind::Chargeback | Kind::ChargebackReversal | Kind::Reject | Kind::Notice => "",
    }
}

/// The statuses of an operation that succeeded and of one that failed.
fn statuses(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Payment => ("14", "13"),
        Kind::Authorization => ("02", "03"),
        Kind::Capture => ("04", "05"),
        Kind::Void => ("08", "09"),
        Kind::Refund => ("06", "07"),
        Kind::Chargeback | Kind::ChargebackReversal | Kind::Reject | Kind::Notice => ("00", "00"),
    }
}

/// Status and response code of an operation. An authorization keeps the code of a successful
/// authorization after capture or void, because the capture or void is a row of its own.
pub(super) fn code(row: &Transaction<'_>) -> Code {
    let (success, failure) = statuses(row.kind);
    if row.is_done() {
        return Code::new(success, "000");
    }
    if let Some(decline) = row.decline() {
        return Code::new(failure, decline_message(decline));
    }
    match row.status() {
        // On hold until the customer completes 3-D Secure.
        Status::Incomplete => Code::new("20", "064"),
        Status::Pending => Code::new("19", "065"),
        Status::Expired => Code::new(failure, "778"),
        Status::Declined => Code::new(failure, "666"),
        Status::Authorized | Status::Captured | Status::Voided => Code::new(success, "000"),
    }
}

fn decline_message(decline: Decline) -> &'static str {
    match decline {
        Decline::InsufficientFunds => "029",
        Decline::ExpiredCard => "012",
        Decline::InvalidCard => "016",
        Decline::LimitExceeded => "058",
        Decline::SuspectedFraud => "785",
        Decline::AuthenticationFailed => "030",
        Decline::IssuerUnavailable => "054",
        Decline::DoNotHonor
        | Decline::InvalidCvv
        | Decline::StolenCard
        | Decline::LostCard
        | Decline::CallIssuer => "666",
    }
}

/// The answer of the acquirer and its processor: code (ISO 8583), message, processor response. Empty if
/// the operation did not reach the acquirer.
pub(super) fn acquirer(row: &Transaction<'_>) -> (&'static str, &'static str, &'static str) {
    if row.method != Method::Card {
        return ("", "", "");
    }
    if row.is_done() {
        return ("00", "Approved", "APPROVED");
    }
    let Some(decline) = row.decline() else { return ("", "", "") };
    let (code, message) = match decline {
        // Declined before the request to the acquirer.
        Decline::AuthenticationFailed | Decline::SuspectedFraud => return ("", "", ""),
        Decline::DoNotHonor => ("05", "Do not honor"),
        Decline::InsufficientFunds => ("51", "Insufficient funds"),
        Decline::ExpiredCard => ("54", "Expired card"),
        Decline::InvalidCard => ("14", "Invalid card number"),
        Decline::InvalidCvv => ("82", "CVV validation error"),
        Decline::LimitExceeded => ("61", "Exceeds withdrawal amount limit"),
        Decline::StolenCard => ("43", "Stolen card"),
        Decline::LostCard => ("41", "Lost card"),
        Decline::IssuerUnavailable => ("91", "Issuer or switch inoperative"),
        Decline::CallIssuer => ("01", "Refer to card issuer"),
    };
    (code, message, "DECLINED")
}

/// The answer of the scheme (code, message) for a payment option other than a card; empty for cards.
pub(super) fn third_party(row: &Transaction<'_>) -> (&'static str, &'static str) {
    if row.method == Method::Card {
        return ("", "");
    }
    match row.status() {
        Status::Authorized | Status::Captured | Status::Voided => ("00", "CAPTURED"),
        Status::Declined => ("05", "NOT CAPTURED"),
        Status::Expired => ("68", "TIMED OUT"),
        Status::Incomplete | Status::Pending => ("", ""),
    }
}

/// The payment option. Bank debits are `NAPS`; other payments without a card have the scheme of their
/// currency. Card brands that the vendor does not list keep their own names.
pub(super) fn payment_option(original: &Transaction<'_>) -> &'static str {
    match (original.method, original.card().map(|card| card.brand)) {
        (Method::Bank, _) => "NAPS",
        (Method::Alternative, _) | (Method::Card, None) => match original.currency.code() {
            "KWD" => "KNET",
            "QAR" => "NAPS",
            _ => "SADAD",
        },
        (Method::Card, Some(brand)) => match brand {
            Brand::Visa => "VISA",
            Brand::Mastercard => "MASTERCARD",
            Brand::Amex => "AMEX",
            Brand::Mada => "MADA",
            Brand::Meeza => "MEEZA",
            Brand::Discover => "DISCOVER",
            Brand::Jcb => "JCB",
            Brand::Diners => "DINERS",
        },
    }
}

pub(super) fn channel(original: &Transaction<'_>) -> &'static str {
    if original.is_recurring() {
        return "Recurring";
    }
    if original.method != Method::Card {
        return "Redirection";
    }
    match original.draw(purpose::CHANNEL).below(100) {
        0..48 => "Redirection",
        48..86 => "Merchant Page",
        86..94 => "Trusted",
        94..97 => "eTerminal",
        _ => "MOTO",
    }
}

pub(super) fn eci(original: &Transaction<'_>) -> &'static str {
    match channel(original) {
        "Recurring" => "RECURRING",
        "MOTO" => "MOTO",
        _ => "ECOMMERCE",
    }
}

pub(super) fn yes_no(yes: bool) -> &'static str {
    if yes { "YES" } else { "NO" }
}

pub(super) fn fraud(row: &Transaction<'_>) -> &'static str {
    yes_no(row.decline() == Some(Decline::SuspectedFraud))
}

pub(super) fn has_installments(original: &Transaction<'_>) -> bool {
    original.kind == Kind::Payment
        && original.method == Method::Card
        && original.draw(purpose::INSTALLMENTS).permille(40)
}

pub(super) fn digital_wallet(original: &Transaction<'_>) -> &'static str {
    let Some(card) = original.card() else { return "" };
    match (original.draw(purpose::WALLET).below(100), card.brand) {
        (0..12, _) => "APPLE_PAY",
        (12..14, Brand::Visa) => "VISA_CHECKOUT",
        (12..14, Brand::Mastercard) => "MASTERPASS",
        _ => "",
    }
}

pub(super) fn authorization_code(context: &RowContext<'_>, text: &mut String) {
    if context.row.is_done() && context.row.method == Method::Card {
        let digits = context.row.draw(purpose::AUTHORIZATION).below(1_000_000);
        let _ = write!(text, "{digits:06}");
    }
}

pub(super) fn customer_name(context: &RowContext<'_>, text: &mut String) {
    let person = context.person();
    text.push_str(person.first);
    text.push(' ');
    text.push_str(person.last);
}

pub(super) fn customer_ip(context: &RowContext<'_>, text: &mut String) {
    let [a, b, c, d] = context.person().ip();
    let _ = write!(text, "{a}.{b}.{c}.{d}");
}

/// Whether the full card number has 19 digits; true for one of the two BIN ranges of MEEZA.
fn is_long(card: &Card) -> bool {
    card.bin == 981_895
}

pub(super) fn card_number(context: &RowContext<'_>, text: &mut String) {
    if let Some(card) = context.original.card() {
        let stars = if is_long(&card) { "*********" } else { "******" };
        push_digits(text, card.bin.into(), 6);
        text.push_str(stars);
        push_digits(text, card.last4.into(), 4);
    }
}

/// Appends the BIN: six digits, or eight if the card number has 19 digits.
pub(super) fn card_bin(context: &RowContext<'_>, text: &mut String) {
    if let Some(card) = context.original.card() {
        let more = if is_long(&card) { "05" } else { "" };
        let _ = write!(text, "{:06}{more}", card.bin);
    }
}

/// Appends the expiry date as `YYMM`.
pub(super) fn expiry_date(context: &RowContext<'_>, text: &mut String) {
    if let Some(card) = context.original.card() {
        let _ = write!(text, "{:02}{:02}", card.exp_year % 100, card.exp_month);
    }
}

/// Appends the card token. Recurring payments have one, and 30 % of the other card payments.
pub(super) fn token_name(context: &RowContext<'_>, text: &mut String) {
    let mut draw = context.original.draw(purpose::TOKEN);
    if context.original.card().is_some() && (draw.permille(300) || context.original.is_recurring())
    {
        let _ = write!(text, "{:016x}", draw.bits());
    }
}

/// The merchant's number at the acquirer.
pub(super) fn acquirer_mid(context: &RowContext<'_>, text: &mut String) {
    if context.row.method == Method::Card {
        let digits = Draw::new(context.row.view().key(), purpose::ACQUIRER).below(1_000_000_000);
        let _ = write!(text, "2{digits:09}");
    }
}

pub(super) fn sadad_olp(context: &RowContext<'_>, text: &mut String) {
    if payment_option(&context.original) == "SADAD" {
        let number = context.original.draw(purpose::SADAD).below(10_000);
        let _ = write!(text, "SDTLOLP_{number:04}");
    }
}

pub(super) fn sadad_transaction_id(context: &RowContext<'_>, text: &mut String) {
    if payment_option(&context.original) == "SADAD" {
        let _ = write!(text, "{}", context.original.number());
    }
}

/// The number of the payment link; `None` for payments that were not made through a payment link.
fn link(original: &Transaction<'_>) -> Option<u32> {
    let mut draw = original.draw(purpose::LINK);
    let by_link = original.method == Method::Card && channel(original) == "Redirection";
    (by_link && draw.permille(60)).then(|| draw.below(100_000_000))
}

/// Appends the id of the payment link. It has the form of a `fort_id`; the link was created one minute to
/// about one hour before the payment.
pub(super) fn payment_link_id(context: &RowContext<'_>, text: &mut String) {
    if let Some(number) = link(&context.original) {
        let made = context.original.created_at - 60 - i64::from(number % 3600);
        let _ = write!(text, "{made:010}{number:08}");
    }
}

pub(super) fn invoice_id(context: &RowContext<'_>, text: &mut String) {
    if link(&context.original).is_some() {
        let day = calendar::day_of(context.original.created_at);
        let _ = write!(text, "INV-{day}-{}", context.original.id().number());
    }
}
