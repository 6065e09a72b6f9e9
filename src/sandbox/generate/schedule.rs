//! The payments that subscriptions bring to a day.

use super::birth::Decline;
use super::calendar::Day;
use crate::sandbox::merchant::Trade;

/// Which scheduled payment of which subscription a transaction is a try of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scheduled {
    /// The day the subscription began.
    pub day: Day,
    /// Its number among those that began that day.
    pub number: u16,
    /// Which of its payments, from 0.
    pub payment: u16,
    /// Which try at that payment, from 0.
    pub attempt: u8,
}

/// A payment that a subscription brings to a day.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// Second of the day.
    pub second: u32,
    /// What the payment is drawn from: the card and the person of its subscription.
    pub key: u64,
    /// Minor units.
    pub amount: u32,
    /// Why it is declined, if it is.
    pub declined: Option<Decline>,
    /// Whether it is drawn from a bank account.
    pub bank: bool,
    /// Where it comes from.
    pub scheduled: Scheduled,
}

/// What falls due on a day, in no particular order.
#[must_use]
pub fn due(_merchant_key: u64, _trade: &Trade, _day: Day) -> Vec<Due> {
    Vec::new()
}

/// What the payments of a subscription are drawn from.
#[must_use]
pub fn key(merchant_key: u64, _trade: &Trade, scheduled: Scheduled) -> u64 {
    let began = u64::from(scheduled.day) << 16 | u64::from(scheduled.number);
    super::stream::mix(merchant_key ^ 0x5ab5_c819_7105_0000, began)
}
