//! The state of subscriptions and of their payments at the instant of a view. A subscription is visible
//! from its creation on. It is suspended when all attempts at one payment have failed, and it has ended
//! when its last payment has succeeded. Subscriptions that began too long before the window to reach into
//! it are not visible, and neither are payments planned before the window.

use std::ops::Range;

use super::person::Person;
use super::transaction::Transaction;
use super::view::View;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::generate::card::{BankAccount, Card};
use crate::sandbox::generate::subscription::{FINISH, Payment, begun};

pub use crate::sandbox::generate::subscription::{
    Frequency, MAX_SUBSCRIPTION_DAYS, Subscription, WalletProblem,
};

/// Number of days for which future payments of the schedule are known.
pub const AHEAD: Day = 60;

/// The state of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Payments are still to come.
    Active {
        /// The day of the next try.
        next: Day,
    },
    /// All tries at a payment have failed.
    Suspended {
        /// The day of the last of them.
        on: Day,
        /// The day the next payment would have been planned for.
        next: Option<Day>,
    },
    /// All payments have been made.
    Ended,
}

/// Where a scheduled payment stands.
#[derive(Clone, Copy, Debug)]
pub enum SubscriptionState<'a> {
    /// Nothing was tried yet.
    Waiting,
    /// The last try failed; there may be more.
    Failed(Transaction<'a>),
    /// A try succeeded.
    Paid(Transaction<'a>),
}

/// A scheduled payment at the view's moment.
#[derive(Clone, Copy, Debug)]
pub struct ScheduledPayment<'a> {
    /// Which of the subscription's payments, from 0.
    pub number: u16,
    /// The day it was planned for.
    pub day: Day,
    /// Minor units.
    pub amount: i64,
    /// Minor units, beside the amount.
    pub secondary: i64,
    /// Where it stands.
    pub state: SubscriptionState<'a>,
}

/// The subscriptions created on these days that are there at the view's moment, by creation.
pub fn subscriptions(view: &View, days: Range<Day>) -> impl Iterator<Item = Subscription> + use<> {
    let from = days.start.max(view.first.saturating_sub(MAX_SUBSCRIPTION_DAYS));
    let to = days.end.min(calendar::day_of(view.now) + 1);
    let trade = &view.merchant.trade;
    let all = (from..to).flat_map(|day| begun(view.key(), trade, day));
    let mut all: Vec<_> = all.filter(|it| it.created_at <= view.now).collect();
    all.sort_by_key(|it| (it.created_at, it.number));
    all.into_iter()
}

/// The subscriptions whose plans reach to the view's moment: everything but what ended long ago.
pub fn current(view: &View) -> impl Iterator<Item = Subscription> + use<> {
    let today = calendar::day_of(view.now);
    subscriptions(view, today.saturating_sub(MAX_SUBSCRIPTION_DAYS)..today + 1)
}

/// Where a subscription stands at the view's moment.
#[must_use]
pub fn standing(view: &View, subscription: &Subscription) -> Standing {
    for payment in subscription.payments() {
        for attempt in 0..payment.tries {
            if done_at(subscription, &payment, attempt) > view.now {
                return Standing::Active { next: payment.day + Day::from(attempt) };
            }
        }
        if !payment.succeeds() {
            let on = payment.day + Day::from(payment.tries) - 1;
            let next = subscription.planned.get(usize::from(payment.number) + 1).copied();
            return Standing::Suspended { on, next };
        }
    }
    Standing::Ended
}

fn done_at(subscription: &Subscription, payment: &Payment, attempt: u8) -> i64 {
    subscription.try_at(payment, attempt) + i64::from(FINISH)
}

/// The trouble that the wallet of a subscription is in at the view's moment, and since which day.
#[must_use]
pub fn trouble(view: &View, subscription: &Subscription) -> Option<(Day, WalletProblem)> {
    subscription.trouble.filter(|(from, _)| calendar::start_of(*from) <= view.now)
}

/// The payments of a subscription that are planned for these days, as far as they are known: not
/// before the window, at most [`AHEAD`] days ahead, and nothing beyond a suspension.
pub fn payments<'a>(
    view: &'a View,
    subscription: &Subscription,
    days: Range<Day>,
) -> Vec<ScheduledPayment<'a>> {
    let ahead = calendar::day_of(view.now) + AHEAD + 1;
    let days = days.start.max(view.first)..days.end.min(ahead);
    if !subscription.planned.iter().any(|day| days.contains(day)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let (mut known, mut suspended) = (0, false);
    for payment in subscription.payments() {
        if payment.day >= days.end {
            return found;
        }
        known += 1;
        let done = (0..payment.tries)
            .take_while(|attempt| done_at(subscription, &payment, *attempt) <= view.now)
            .last();
        suspended = !payment.succeeds() && done == payment.tries.checked_sub(1);
        let row = done.and_then(|attempt| {
            let day = payment.day + Day::from(attempt);
            view.scheduled(day, subscription.scheduled(&payment, attempt))
        });
        let state = match (done, row) {
            (None, _) => SubscriptionState::Waiting,
            // Its tries lie before the window.
            (Some(_), None) => continue,
            (Some(attempt), Some(row)) if payment.declined(attempt).is_none() => {
                SubscriptionState::Paid(row)
            }
            (Some(_), Some(row)) => SubscriptionState::Failed(row),
        };
        if days.contains(&payment.day) {
            let Payment { number, day, amount, secondary, .. } = payment;
            found.push(ScheduledPayment { number, day, amount, secondary, state });
        }
    }
    if !suspended {
        // A suspension to come is not known yet, so what is planned behind it still stands.
        found.extend(planned(subscription, known, &days));
    }
    found
}

fn planned<'v>(
    subscription: &Subscription,
    known: usize,
    days: &Range<Day>,
) -> impl Iterator<Item = ScheduledPayment<'v>> {
    let last = subscription.planned.len().saturating_sub(1);
    let rest = subscription.planned.iter().copied().enumerate().skip(known);
    rest.filter(|(_, day)| days.contains(day)).map(move |(index, day)| ScheduledPayment {
        number: u16::try_from(index).unwrap_or(u16::MAX),
        day,
        amount: if index == last { subscription.last_amount } else { subscription.amount },
        secondary: if index == last { subscription.last_secondary } else { subscription.secondary },
        state: SubscriptionState::Waiting,
    })
}

/// Who pays for a subscription.
#[must_use]
pub fn person(view: &View, subscription: &Subscription) -> Person<'static> {
    Person::of(subscription.key, view.merchant.trade.names, None)
}

/// The card a subscription is paid with, where it is one.
#[must_use]
pub fn card(view: &View, subscription: &Subscription) -> Option<Card> {
    (!subscription.bank).then(|| Card::of(subscription.key, &view.merchant.trade, subscription.day))
}

/// The bank account a subscription is paid from, where it is one.
#[must_use]
pub fn bank_account(subscription: &Subscription) -> Option<BankAccount> {
    subscription.bank.then(|| BankAccount::of(subscription.key))
}

/// The subscription that a row is a payment of.
#[must_use]
pub fn of(row: &Transaction<'_>) -> Option<Subscription> {
    let scheduled = row.scheduled()?;
    let view = row.view();
    let mut all = begun(view.key(), &view.merchant.trade, scheduled.day);
    all.nth(usize::from(scheduled.number))
}

/// The scheduled payment that a row is a try of.
pub(super) fn payment_of(row: &Transaction<'_>) -> Option<Payment> {
    let scheduled = row.scheduled()?;
    of(row)?.payments().nth(usize::from(scheduled.payment))
}
