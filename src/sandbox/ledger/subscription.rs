//! The state of subscriptions and of their payments at the instant of a view.
//!
//! A subscription is visible from its creation on. It is suspended when all attempts at one payment have
//! failed, and it has ended when its last payment has succeeded. Subscriptions that began too long before
//! the window to reach into it are not visible, and neither are payments planned before the window.

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
    /// More payments are planned.
    Active {
        /// The day of the next attempt.
        next: Day,
    },
    /// All attempts at one payment have failed.
    Suspended {
        /// The day of the last failed attempt.
        on: Day,
        /// The day for which the next payment would have been planned.
        next: Option<Day>,
    },
    /// All payments have succeeded.
    Ended,
}

/// The state of one scheduled payment.
#[derive(Clone, Copy, Debug)]
pub enum SubscriptionState<'a> {
    /// No attempt was made yet.
    Waiting,
    /// The last attempt failed; more attempts can follow.
    Failed(Transaction<'a>),
    /// An attempt succeeded.
    Paid(Transaction<'a>),
}

/// A scheduled payment at the instant of the view.
#[derive(Clone, Copy, Debug)]
pub struct ScheduledPayment<'a> {
    /// The number of the payment within its subscription, from 0.
    pub number: u16,
    /// The day for which it was planned, UTC.
    pub day: Day,
    /// Minor units.
    pub amount: i64,
    /// Convenience fee in minor units, collected in addition to the amount.
    pub secondary: i64,
    /// Its state at the instant of the view.
    pub state: SubscriptionState<'a>,
}

/// The subscriptions created on `days` that exist at the instant of the view, in order of creation.
pub fn subscriptions(view: &View, days: Range<Day>) -> impl Iterator<Item = Subscription> + use<> {
    let from = days.start.max(view.first.saturating_sub(MAX_SUBSCRIPTION_DAYS));
    let to = days.end.min(calendar::day_of(view.now) + 1);
    let trade = &view.merchant.trade;
    let all = (from..to).flat_map(|day| begun(view.key(), trade, day));
    let mut all: Vec<_> = all.filter(|it| it.created_at <= view.now).collect();
    all.sort_by_key(|it| (it.created_at, it.number));
    all.into_iter()
}

/// The subscriptions that can still have payments at the instant of the view; those that ended long ago are
/// omitted.
pub fn current(view: &View) -> impl Iterator<Item = Subscription> + use<> {
    let today = calendar::day_of(view.now);
    subscriptions(view, today.saturating_sub(MAX_SUBSCRIPTION_DAYS)..today + 1)
}

/// The state of a subscription at the instant of the view.
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

/// The problem of the subscription's wallet at the instant of the view, and the day on which it began.
#[must_use]
pub fn trouble(view: &View, subscription: &Subscription) -> Option<(Day, WalletProblem)> {
    subscription.trouble.filter(|(from, _)| calendar::start_of(*from) <= view.now)
}

/// The known payments of a subscription that are planned for `days`: none before the window, none more than
/// [`AHEAD`] days ahead, and none after a suspension.
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
            // The attempts are before the window.
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
        // A future suspension is not known yet, so the payments planned after it are still shown.
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

/// The customer of a subscription.
#[must_use]
pub fn person(view: &View, subscription: &Subscription) -> Person<'static> {
    Person::of(subscription.key, view.merchant.trade.names, None)
}

/// The card of a subscription; `None` if it is paid from a bank account.
#[must_use]
pub fn card(view: &View, subscription: &Subscription) -> Option<Card> {
    (!subscription.bank).then(|| Card::of(subscription.key, &view.merchant.trade, subscription.day))
}

/// The bank account of a subscription; `None` if it is paid with a card.
#[must_use]
pub fn bank_account(subscription: &Subscription) -> Option<BankAccount> {
    subscription.bank.then(|| BankAccount::of(subscription.key))
}

/// The subscription whose payment a row is; `None` for other rows.
#[must_use]
pub fn of(row: &Transaction<'_>) -> Option<Subscription> {
    let scheduled = row.scheduled()?;
    let view = row.view();
    let mut all = begun(view.key(), &view.merchant.trade, scheduled.day);
    all.nth(usize::from(scheduled.number))
}

/// The scheduled payment that a row is an attempt of.
pub(super) fn payment_of(row: &Transaction<'_>) -> Option<Payment> {
    let scheduled = row.scheduled()?;
    of(row)?.payments().nth(usize::from(scheduled.payment))
}
