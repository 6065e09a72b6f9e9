//! The values of cells: a ledger row in Flitt's words and numbers, for all reports.

use std::borrow::Cow;

use crate::sandbox::facts::Decline;
use crate::sandbox::facts::{Kind, Method, Status};
use crate::sandbox::generate::calendar;
use crate::sandbox::ledger::{OrderRef, Transaction};
use crate::sandbox::money::{Currency, Decimal, share};
use crate::wire::table::Cell;

/// Difference between a row's number as a transaction and its number as a payment. The last two digits of
/// a number are the merchant's position in the scenario; adding 50 keeps the two kinds of number disjoint.
pub(in super::super) const TRANSACTION_OFFSET: i64 = 10_000_000_050;

/// Purpose of the random draw for `checkout_url`; `cards.rs` uses 16 and 17.
const CHECKOUT: u64 = 18;

/// Whether a row is an order: a payment or an authorization. No report shows test transactions.
pub(super) fn is_order(it: &Transaction<'_>) -> bool {
    it.kind.is_original() && !it.test
}

/// Whether a row is an order with a captured amount.
pub(super) fn is_taken(it: &Transaction<'_>) -> bool {
    is_order(it) && it.captured() > 0
}

pub(super) fn payment_id<'a>(it: &Transaction<'a>) -> Cell<'a> {
    Cell::Integer(it.number())
}

pub(super) fn tran_id<'a>(it: &Transaction<'a>) -> Cell<'a> {
    Cell::Integer(it.number().saturating_add(TRANSACTION_OFFSET))
}

/// An amount in minor units as a decimal with two digits after the point, or more if the currency has
/// more.
pub(super) fn money<'a>(minor: i64, currency: Currency) -> Cell<'a> {
    let exponent = currency.exponent().max(2);
    let more = u32::from(exponent - currency.exponent());
    Cell::Decimal(Decimal { minor: minor.saturating_mul(10_i64.pow(more)), exponent })
}

pub(super) fn owned<'a>(text: String) -> Cell<'a> {
    Cell::Text(Cow::Owned(text))
}

pub(super) fn digits<'a>(before: &'static str, number: u64, width: usize) -> Cell<'a> {
    Cell::Digits { before, number, width }
}

pub(super) fn optional(text: Option<&str>) -> Cell<'_> {
    text.map_or(Cell::Null, Cell::text)
}

pub(super) fn time<'a>(at: Option<i64>) -> Cell<'a> {
    at.map_or(Cell::Null, Cell::Time)
}

pub(super) fn currency<'a>(it: &Transaction<'a>) -> Cell<'a> {
    Cell::text(it.currency.code())
}

/// The captured amount of an order; refunds do not change it.
pub(super) fn actual_amount<'a>(it: &Transaction<'a>) -> Cell<'a> {
    money(it.captured(), it.currency)
}

/// The amount (minor units) that was returned to the customer without a dispute.
fn reversed(it: &Transaction<'_>) -> i64 {
    let mut sum = 0;
    it.for_each_child(|child| {
        if is_reversal(&child) {
            sum += child.amount;
        }
    });
    sum
}

/// Whether a row is a completed refund or bank reject.
pub(super) fn is_reversal(it: &Transaction<'_>) -> bool {
    matches!(it.kind, Kind::Refund | Kind::Reject) && it.is_done()
}

pub(super) fn reversal_amount<'a>(it: &Transaction<'a>) -> Cell<'a> {
    money(reversed(it), it.currency)
}

/// The status of an order. A partly refunded order stays `approved`.
pub(in super::super) fn order_status(it: &Transaction<'_>) -> &'static str {
    match it.status() {
        Status::Incomplete => "created",
        Status::Pending => "processing",
        Status::Authorized => "approved",
        Status::Captured => {
            let back = reversed(it);
            if back > 0 && back >= it.captured() { "reversed" } else { "approved" }
        }
        Status::Declined => "declined",
        Status::Expired => "expired",
        Status::Voided => "reversed",
    }
}

pub(super) fn payment_system(method: Method) -> &'static str {
    match method {
        Method::Card => "card",
        Method::Bank => "opb",
        Method::Alternative => "wallets",
    }
}

pub(super) fn sender_email<'a>(it: &Transaction<'a>) -> Cell<'a> {
    Cell::Email(it.payer_email())
}

pub(super) fn order_id<'a>(it: &Transaction<'a>) -> Cell<'a> {
    match it.order() {
        OrderRef::Given(order) => Cell::text(order),
        OrderRef::Drawn(number) => digits("ORD-", number.unsigned_abs(), 1),
    }
}

pub(super) fn order_desc<'a>(it: &Transaction<'a>) -> Cell<'a> {
    Cell::text(it.description())
}

/// The merchant's own data; always an empty list, because generated orders have none.
pub(super) fn merchant_data<'a>(_: &Transaction<'a>) -> Cell<'a> {
    Cell::text("[]")
}

/// The settlement of an order.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Settled {
    /// Time of the settlement, in Unix seconds.
    pub(in super::super) at: i64,
    /// Fee in minor units.
    pub(in super::super) fee: i64,
}

/// The settlement of an order; `None` until its whole captured amount is settled.
pub(in super::super) fn settled(it: &Transaction<'_>) -> Option<Settled> {
    if it.kind != Kind::Authorization {
        return it.settled_at().map(|at| Settled { at, fee: it.fee });
    }
    let (mut all, mut open) = (None, false);
    it.for_each_child(|child| {
        if child.kind != Kind::Capture {
            return;
        }
        match child.settled_at() {
            None => open = true,
            Some(at) => {
                let before: Settled = all.unwrap_or(Settled { at, fee: 0 });
                all = Some(Settled { at: before.at.max(at), fee: before.fee + child.fee });
            }
        }
    });
    all.filter(|_| !open)
}

pub(super) fn fee<'a>(it: &Transaction<'a>) -> Cell<'a> {
    settled(it).map_or(Cell::Null, |settled| money(settled.fee, it.currency))
}

pub(super) fn settlement_amount<'a>(it: &Transaction<'a>) -> Cell<'a> {
    settled(it).map_or(Cell::Null, |settled| money(it.captured() - settled.fee, it.currency))
}

pub(super) fn settlement_currency<'a>(it: &Transaction<'a>) -> Cell<'a> {
    settled(it).map_or(Cell::Null, |_| currency(it))
}

pub(super) fn settlement_date<'a>(it: &Transaction<'a>) -> Cell<'a> {
    time(settled(it).map(|settled| settled.at))
}

/// The number of the payout that contains an order; there is one per day, merchant and currency.
pub(super) fn batch(it: &Transaction<'_>) -> Option<i64> {
    let day = i64::from(calendar::day_of(settled(it)?.at));
    let merchant = i64::from(it.view().merchant.id.0);
    let currency = Currency::codes().position(|code| code == it.currency.code())?;
    Some(2_000_000_000 + (day * 100 + merchant) * 100 + i64::try_from(currency).ok()?)
}

/// Response code and text for a failed order, from the vendor's list of response codes.
pub(super) fn response(it: &Transaction<'_>) -> Option<(i64, &'static str)> {
    if it.status() == Status::Expired {
        return Some((1052, "Order has expired"));
    }
    let decline = it.decline()?;
    if it.method != Method::Card && decline != Decline::InsufficientFunds {
        return Some((1000, "General decline"));
    }
    Some(match decline {
        Decline::DoNotHonor => (1004, "Do not honor"),
        Decline::InsufficientFunds => (1037, "Decline, not sufficient funds"),
        Decline::ExpiredCard => (1025, "Invalid card expiry date"),
        Decline::InvalidCard => (1015, "Invalid card number"),
        Decline::InvalidCvv => (1003, "Invalid CVV2 code"),
        Decline::LimitExceeded => (1040, "Transaction amount exceeds card internet limit"),
        Decline::StolenCard => (1042, "Stolen card"),
        Decline::LostCard => (1044, "Lost card"),
        Decline::SuspectedFraud => (1051, "Declined by antifraud"),
        Decline::AuthenticationFailed => (1024, "3DSecure authentication failed"),
        Decline::IssuerUnavailable => (1000, "General decline"),
        Decline::CallIssuer => (1064, "Call your bank"),
    })
}

/// The name of the tariff; null until the order is settled, like the fee.
pub(super) fn fee_name<'a>(it: &Transaction<'a>) -> Cell<'a> {
    optional(settled(it).map(|_| "Acquiring fee"))
}

pub(super) fn fee_type<'a>(it: &Transaction<'a>) -> Cell<'a> {
    let fixed = it.view().merchant.trade.fee_fixed > 0;
    optional(settled(it).map(|_| if fixed { "percent+fix" } else { "percent" }))
}

/// The rate of the fee in percent, with three digits after the point.
pub(super) fn fee_percent_value<'a>(it: &Transaction<'a>) -> Cell<'a> {
    let hundredths = i64::from(it.view().merchant.trade.fee_rate);
    settled(it).map_or(Cell::Null, |_| thousandths(hundredths * 10))
}

/// The fixed part of the fee in units of the currency, with three digits after the point.
pub(super) fn fee_fix_value<'a>(it: &Transaction<'a>) -> Cell<'a> {
    let minor = i64::from(it.view().merchant.trade.fee_fixed);
    let unit = 10_i64.pow(u32::from(it.currency.exponent()));
    settled(it).map_or(Cell::Null, |_| thousandths(share(minor, 1000, unit)))
}

fn thousandths<'a>(minor: i64) -> Cell<'a> {
    Cell::Decimal(Decimal { minor, exponent: 3 })
}

/// The URL of the page on which the customer paid.
pub(super) fn checkout_url<'a>(it: &Transaction<'a>) -> Cell<'a> {
    let mut draw = it.draw(CHECKOUT);
    let (high, middle, low) = (draw.bits(), draw.bits(), draw.bits() >> 32);
    owned(format!(
        "https://pay.flitt.com/merchants/default/index.html?token={high:016x}{middle:016x}{low:08x}"
    ))
}
