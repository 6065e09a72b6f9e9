//! The cells about the card of an order; they are null if it has no card.

use super::values::{digits, optional, owned};
use crate::sandbox::generate::card::{Card, ThreeDs};
use crate::sandbox::ledger::Transaction;
use crate::sandbox::merchant::Brand;
use crate::wire::table::Cell;

/// Purposes of the random draws of this provider; each cell has its own, so that draws are independent.
mod purpose {
    pub(super) const RRN: u64 = 16;
    pub(super) const APPROVAL: u64 = 17;
}

/// Whether the issuer approved the payment.
fn has_approved_card(it: &Transaction<'_>) -> bool {
    it.is_done() && it.has_card()
}

pub(super) fn approval_code<'a>(it: &Transaction<'a>) -> Cell<'a> {
    if !has_approved_card(it) {
        return Cell::Null;
    }
    digits("", it.draw(purpose::APPROVAL).below(1_000_000).into(), 6)
}

/// The retrieval reference number (RRN), twelve digits.
pub(super) fn rrn(it: &Transaction<'_>) -> Option<i64> {
    if !has_approved_card(it) {
        return None;
    }
    let number = it.draw(purpose::RRN).bits() % 900_000_000_000;
    i64::try_from(number).ok().map(|number| number + 100_000_000_000)
}

pub(super) fn masked_card<'a>(it: &Transaction<'a>) -> Cell<'a> {
    it.card().map_or(Cell::Null, |Card { bin, last4, .. }| Cell::MaskedCard { bin, last4 })
}

pub(super) fn card_bin<'a>(it: &Transaction<'a>) -> Cell<'a> {
    it.card().map_or(Cell::Null, |card| digits("", card.bin.into(), 6))
}

/// The ECI: 5 for full 3-D Secure authentication, 6 for an attempt, 7 for none.
pub(super) fn eci(it: &Transaction<'_>) -> Option<&'static str> {
    if !has_approved_card(it) {
        return None;
    }
    Some(match it.three_ds() {
        Some(ThreeDs::Authenticated) => "05",
        Some(ThreeDs::Attempted) => "06",
        Some(ThreeDs::Started | ThreeDs::Failed) | None => "07",
    })
}

pub(super) fn card_brand<'a>(it: &Transaction<'a>) -> Cell<'a> {
    optional(it.card().map(|card| match card.brand {
        Brand::Visa => "VISA",
        Brand::Mastercard => "MasterCard",
        Brand::Amex => "AMEX",
        Brand::Discover => "Discover",
        Brand::Jcb => "JCB",
        Brand::Diners => "DINERS",
        Brand::Mada => "MADA",
        Brand::Meeza => "MEEZA",
    }))
}

pub(super) fn payer_country<'a>(it: &Transaction<'a>) -> Cell<'a> {
    optional(it.card().map(|card| card.country))
}

pub(super) fn bank_name<'a>(it: &Transaction<'a>) -> Cell<'a> {
    optional(it.card().map(|card| card.issuer))
}

pub(super) fn card_expire_date<'a>(it: &Transaction<'a>) -> Cell<'a> {
    it.card()
        .map_or(Cell::Null, |card| owned(format!("{:02}/{:04}", card.exp_month, card.exp_year)))
}
