//! The payments of subscriptions that are due on a day.

use super::calendar::{self, Day};
use super::stream::mix;
use super::subscription::{MAX_SUBSCRIPTION_DAYS, TRIES};
use super::terms::terms_of;
use crate::sandbox::facts::Decline;
use crate::sandbox::merchant::Trade;

/// Identifies the attempt at a scheduled payment that a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scheduled {
    /// The day on which the subscription began.
    pub day: Day,
    /// The number of the subscription among those that began on that day.
    pub number: u16,
    /// The number of the payment within the subscription, from 0.
    pub payment: u16,
    /// The number of the attempt at that payment, from 0.
    pub attempt: u8,
}

/// An attempt at a subscription's payment on a day.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// Second of the day, UTC.
    pub second: u32,
    /// The key of the subscription, from which the card and the customer are drawn.
    pub key: u64,
    /// Minor units.
    pub amount: i64,
    /// The reason of the decline; `None` if the attempt succeeds.
    pub declined: Option<Decline>,
    /// Whether it is paid from a bank account.
    pub bank: bool,
    /// The attempt that it is.
    pub scheduled: Scheduled,
}

/// The subscription payments that are attempted on a day, in no particular order.
#[must_use]
pub fn due(merchant_key: u64, trade: &Trade, day: Day) -> Vec<Due> {
    let mut due = Vec::new();
    if trade.subscriptions == 0 {
        return due;
    }
    let first = |attempt: u8| day.saturating_sub(Day::from(attempt));
    let near: [_; TRIES as usize] = [0, 1, 2, 3].map(first);
    let near = near.map(|day| (day, calendar::date_of(day).day()));
    for start_day in day.saturating_sub(MAX_SUBSCRIPTION_DAYS)..day {
        for terms in terms_of(merchant_key, trade, start_day).filter(|it| it.may_plan(&near)) {
            let subscription = terms.subscription(trade);
            let payments = subscription.payments().take_while(|payment| payment.day <= day);
            let open = payments.filter(|it| day < it.day + Day::from(it.tries));
            due.extend(open.map(|payment| {
                let attempt = u8::try_from(day - payment.day).unwrap_or(0);
                let second = subscription.try_at(&payment, attempt) - calendar::start_of(day);
                Due {
                    second: u32::try_from(second).unwrap_or(0),
                    key: subscription.key,
                    amount: payment.amount,
                    declined: payment.declined(attempt),
                    bank: subscription.bank,
                    scheduled: subscription.scheduled(&payment, attempt),
                }
            }));
        }
    }
    due
}

/// The key from which the details of a subscription's payments are drawn.
#[must_use]
pub fn key(merchant_key: u64, _trade: &Trade, scheduled: Scheduled) -> u64 {
    let start_day = u64::from(scheduled.day) << 16 | u64::from(scheduled.number);
    mix(merchant_key ^ 0x5ab5_c819_7105_0000, start_day)
}
