//! Generates the original transactions of a day and the later lifecycle events of each.

use rand::Rng;

use super::amount::price;
use super::calendar::{self, DAY, Day};
use super::schedule::{self, Due, Scheduled};
use super::stream::{self, Draw, below, mix};
use super::subscription;
use crate::sandbox::facts::{Decline, Kind, Method, NEVER, Outcome};
use crate::sandbox::merchant::Trade;
use crate::sandbox::money::{Currency, share};

/// Days after its creation in which a payment can still change: refunds, disputes, rejects.
pub const LIFECYCLE_DAYS: Day = 45;

/// Maximum number of payments on one day; the number of a row has to fit into its id.
const MAX_PER_DAY: u32 = 800_000;

/// A generated original transaction: a payment or an authorization.
#[derive(Clone, Copy, Debug)]
pub struct Original {
    /// Second of the day, UTC.
    pub second: u32,
    /// The key from which all its other values are drawn.
    pub key: u64,
    /// A payment or an authorization.
    pub kind: Kind,
    /// The payment method.
    pub method: Method,
    /// The final outcome.
    pub outcome: Outcome,
    /// The reason of a decline; not used for other outcomes.
    pub decline: Decline,
    /// Index of its currency in the trade's list.
    pub currency: u8,
    /// Minor units.
    pub amount: i64,
    /// Minor units; the provider takes the fee at settlement.
    pub fee: i64,
    /// Seconds until its outcome is known; [`u32::MAX`] for never.
    pub finish: u32,
    /// Days until it is settled; [`u16::MAX`] for never.
    pub settle: u16,
    /// Whether it is a test transaction.
    pub test: bool,
    /// Whether it is marked as corrected by hand later.
    pub corrected: bool,
    /// Whether it equals the original transaction before it and has the same key.
    pub lookalike: bool,
    /// The attempt at a scheduled payment that it is; `None` for other payments.
    pub scheduled: Option<Scheduled>,
}

/// A later event of an original transaction; it becomes a row of the day on which it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LifecycleEvent {
    /// Number of the original transaction among the originals of its day.
    pub original: u32,
    /// The instant of the event, Unix seconds.
    pub at: i64,
    /// The kind of the row that the event becomes.
    pub kind: Kind,
    /// The kind of the row that it refers to: the payment itself or its capture.
    pub of: Kind,
    /// Amount in minor units.
    pub amount: i64,
    /// Fee in minor units.
    pub fee: i64,
    /// Index of the reason; the table depends on the kind.
    pub reason: u8,
}

/// Purposes of the random draws for a row.
mod purpose {
    pub(super) const ORIGINAL: u64 = 1;
    pub(super) const LIFECYCLE: u64 = 2;
    pub(super) const LOOKALIKE: u64 = 50;
    pub(super) const LOOKALIKE_LIFECYCLE: u64 = 51;
}

/// Relative weight of each hour (UTC) in the volume of a day.
const HOURS: [u32; 24] =
    [10, 7, 5, 4, 4, 6, 12, 22, 34, 44, 52, 58, 62, 58, 54, 52, 54, 60, 68, 72, 66, 50, 32, 18];

/// Volume of each weekday in percent of the average day, Monday first.
const WEEKDAYS: [u32; 7] = [97, 94, 98, 103, 116, 108, 84];

/// The number of payments that are attempted on a day, without subscriptions.
fn volume(stream: &mut impl Rng, trade: &Trade, day: Day) -> u32 {
    if trade.exact {
        return trade.volume.min(MAX_PER_DAY);
    }
    let weekday = WEEKDAYS.get(calendar::weekday(day) as usize).copied().unwrap_or(100);
    let noise = 90 + below(stream.next_u32(), 21);
    let scaled = u64::from(trade.volume) * u64::from(weekday) * u64::from(noise);
    // Rounded at random, so that small volumes keep their average.
    let rounded = (scaled + u64::from(below(stream.next_u32(), 10_000))) / 10_000;
    u32::try_from(rounded).unwrap_or(MAX_PER_DAY).min(MAX_PER_DAY)
}

/// A random second of the day, weighted by hour.
fn second_of_day(draw: u32, hours: u32) -> u32 {
    let mut left = u64::from(draw) * u64::from(hours);
    for (hour, weight) in (0..24).zip(HOURS) {
        let width = u64::from(weight) << 32;
        if left < width {
            let within = left * 3600 / width;
            return hour * 3600 + u32::try_from(within).unwrap_or(0);
        }
        left -= width;
    }
    86_399
}

/// Calls `each` with every original transaction of a day and its number, in time order.
pub fn originals(key: u64, trade: &Trade, day: Day, mut each: impl FnMut(u32, &Original)) {
    let mut stream = stream::day_stream(key, day);
    let count = volume(&mut stream, trade, day);
    let (hours, day_key) = (HOURS.iter().sum(), day_key(key, day));
    let due = schedule::due(key, trade, day);
    // The lower 32 bits of an entry are the index of the subscription payment, or all set for none.
    let mut seconds: Vec<u64> = (0..count)
        .map(|_| u64::from(second_of_day(stream.next_u32(), hours)) << 32 | u64::from(u32::MAX))
        .collect();
    seconds.extend((0_u64..).zip(&due).map(|(index, due)| u64::from(due.second) << 32 | index));
    seconds.sort_unstable();
    let mut before: Option<Original> = None;
    for (number, entry) in (0_u32..).zip(seconds) {
        let second = u32::try_from(entry >> 32).unwrap_or(0);
        let index = usize::try_from(entry & u64::from(u32::MAX)).unwrap_or(usize::MAX);
        let original = match due.get(index) {
            Some(due) => scheduled(trade, day, due),
            None => {
                let own = self::key(day_key, number);
                let twin = before.filter(|it| has_lookalike(trade, it, own));
                twin.map_or_else(
                    || ordinary(trade, day, second, own),
                    |twin| Original { lookalike: true, corrected: false, ..twin },
                )
            }
        };
        each(number, &original);
        before = Some(original);
    }
}

/// Whether the payment behind an original transaction, whose own key would be `next`, equals it.
fn has_lookalike(trade: &Trade, original: &Original, next: u64) -> bool {
    let is_plain = original.kind == Kind::Payment
        && original.method == Method::Card
        && original.outcome == Outcome::Approved
        && original.scheduled.is_none()
        && !original.test
        && !original.lookalike;
    trade.lookalikes > 0
        && is_plain
        && Draw::new(next, purpose::LOOKALIKE).permille(trade.lookalikes)
}

/// The key of a day, from which the keys of its original transactions are derived.
#[must_use]
pub fn day_key(merchant_key: u64, day: Day) -> u64 {
    mix(merchant_key, u64::from(day) << 8 | 1)
}

/// The key of the original transaction with this number on its day.
#[must_use]
pub fn key(day_key: u64, number: u32) -> u64 {
    mix(day_key, u64::from(number))
}

/// A payment that belongs to no subscription.
fn ordinary(trade: &Trade, day: Day, second: u32, key: u64) -> Original {
    let mut draw = Draw::new(key, purpose::ORIGINAL);
    let method = {
        let pick = draw.below(1000);
        if pick < trade.bank {
            Method::Bank
        } else if pick < trade.bank + trade.alternative {
            Method::Alternative
        } else {
            Method::Card
        }
    };
    let first = method == Method::Card && draw.permille(trade.authorized_first);
    let kind = if first { Kind::Authorization } else { Kind::Payment };
    let currency = pick_currency(&mut draw, trade);
    let unit = trade.currencies.get(usize::from(currency)).map(|choice| choice.0);
    let amount = price(&mut draw, trade.median, unit.unwrap_or(Currency::USD));
    let decline = draw.weighted(&Decline::WEIGHTS).copied().unwrap_or(Decline::DoNotHonor);
    let pick = draw.below(1000);
    let outcome = if pick < trade.declined {
        Outcome::Declined
    } else if pick < trade.declined + trade.incomplete {
        if method == Method::Alternative { Outcome::Expired } else { Outcome::Abandoned }
    } else {
        Outcome::Approved
    };
    let finish = match (outcome, method) {
        (Outcome::Abandoned, _) => u32::MAX,
        // An unpaid invoice or voucher expires after one day.
        (Outcome::Expired, _) => 86_400,
        (_, Method::Card) => 2 + draw.below(60),
        (_, Method::Bank) => 5 + draw.below(120),
        (_, Method::Alternative) => 30 + draw.below(5400),
    };
    let test = draw.permille(trade.test);
    let corrected = outcome == Outcome::Approved && draw.permille(trade.corrected);
    let original = Original {
        second,
        key,
        kind,
        method,
        outcome,
        decline,
        currency,
        amount,
        fee: 0,
        finish,
        settle: u16::MAX,
        test,
        corrected,
        lookalike: false,
        scheduled: None,
    };
    priced(trade, day, original)
}

fn pick_currency(draw: &mut Draw, trade: &Trade) -> u8 {
    let total = trade.currencies.iter().map(|choice| choice.1).sum();
    let mut left = draw.below(total);
    for (index, choice) in (0_u8..).zip(&trade.currencies) {
        if left < choice.1 {
            return index;
        }
        left -= choice.1;
    }
    0
}

/// A payment of a subscription.
fn scheduled(trade: &Trade, day: Day, due: &Due) -> Original {
    let original = Original {
        second: due.second,
        key: due.key,
        kind: Kind::Payment,
        method: if due.bank { Method::Bank } else { Method::Card },
        outcome: if due.declined.is_some() { Outcome::Declined } else { Outcome::Approved },
        decline: due.declined.unwrap_or(Decline::DoNotHonor),
        currency: 0,
        amount: due.amount,
        fee: 0,
        finish: subscription::FINISH,
        settle: u16::MAX,
        test: false,
        corrected: false,
        lookalike: false,
        scheduled: Some(due.scheduled),
    };
    priced(trade, day, original)
}

/// Sets the fee and the settlement of a payment that succeeds.
fn priced(trade: &Trade, day: Day, mut original: Original) -> Original {
    if original.outcome == Outcome::Approved && original.kind == Kind::Payment && !original.test {
        original.fee = fee(trade, original.amount);
        let paid = day + (original.second.saturating_add(original.finish)) / 86_400;
        original.settle = settle(trade, day, paid);
    }
    original
}

/// The fee of a payment in minor units: proportional and fixed part, never more than the payment.
#[must_use]
pub fn fee(trade: &Trade, amount: i64) -> i64 {
    let rate = share(amount, i64::from(trade.fee_rate), 10_000);
    rate.saturating_add(i64::from(trade.fee_fixed)).clamp(0, amount.max(0))
}

/// Days from `day` to the settlement of money that is paid on day `paid`.
#[must_use]
pub fn settle(trade: &Trade, day: Day, paid: Day) -> u16 {
    let settled = calendar::business_days_after(paid, trade.settlement_days.max(1));
    u16::try_from(settled - day).unwrap_or(u16::MAX)
}

/// Calls `each` with every lifecycle event of an original transaction, in time order.
pub fn lifecycle(
    trade: &Trade,
    day: Day,
    number: u32,
    original: &Original,
    mut each: impl FnMut(LifecycleEvent),
) {
    if trade.exact || original.outcome != Outcome::Approved || original.test {
        return;
    }
    // Two payments that look alike have lives of their own.
    let purpose =
        if original.lookalike { purpose::LOOKALIKE_LIFECYCLE } else { purpose::LIFECYCLE };
    let mut draw = Draw::new(original.key ^ u64::from(original.second), purpose);
    let paid_at = calendar::start_of(day) + i64::from(original.second) + i64::from(original.finish);
    let event = |at, kind, of, amount, fee, reason| LifecycleEvent {
        original: number,
        at,
        kind,
        of,
        amount,
        fee,
        reason,
    };
    if original.method == Method::Bank {
        return bank_lifecycle(trade, &mut draw, paid_at, original, |at, kind, reason| {
            let amount = if kind == Kind::Reject { original.amount } else { 0 };
            each(event(at, kind, Kind::Payment, amount, 0, reason));
        });
    }
    let (of, from, amount) = if original.kind == Kind::Authorization {
        let pick = draw.below(100);
        if pick < 10 {
            let at = paid_at + 600 + i64::from(draw.below(3 * 86_400));
            each(event(at, Kind::Void, Kind::Authorization, original.amount, 0, 0));
        }
        if pick < 15 {
            // The authorization is voided, or it lapses without a row.
            return;
        }
        let at = paid_at + 1800 + i64::from(draw.below(4 * 86_400));
        let amount = if pick < 25 { part(&mut draw, original.amount) } else { original.amount };
        each(event(at, Kind::Capture, Kind::Authorization, amount, fee(trade, amount), 0));
        (Kind::Capture, at, amount)
    } else {
        (Kind::Payment, paid_at, original.amount)
    };
    if draw.permille(trade.refunded) {
        refunds(&mut draw, from, amount, |at, part| each(event(at, Kind::Refund, of, part, 0, 0)));
    } else if original.method == Method::Card && draw.permille(trade.charged_back) {
        let at = from + 5 * DAY + i64::from(draw.below(33 * 86_400));
        let reason = u8::try_from(draw.below(8)).unwrap_or(0);
        each(event(at, Kind::Chargeback, of, amount, i64::from(trade.chargeback_fee), reason));
    }
}

/// Draws one or two refunds of at most `amount` minor units in total after the instant `from`.
fn refunds(draw: &mut Draw, from: i64, amount: i64, mut each: impl FnMut(i64, i64)) {
    let partly = draw.below(10) < 3;
    let mut at = from + 900 + early_in(draw, 21 * 86_400);
    let first = if partly { part(draw, amount) } else { amount };
    each(at, first);
    let left = amount - first;
    if left > 1 && draw.below(4) == 0 {
        at += 3600 + early_in(draw, 10 * 86_400);
        each(at, part(draw, left));
    }
}

/// The later events of a bank payment: rejects within business days, and a few notices of change.
fn bank_lifecycle(
    trade: &Trade,
    draw: &mut Draw,
    paid_at: i64,
    original: &Original,
    mut each: impl FnMut(i64, Kind, u8),
) {
    let later = |draw: &mut Draw, least: u32| {
        let day = calendar::day_of(paid_at);
        let back = calendar::business_days_after(day, least + draw.below(3));
        // Banks report returns in the morning, from 07:00 UTC on.
        calendar::start_of(back) + 7 * 3600 + i64::from(draw.below(1800))
    };
    if original.amount > 0 && draw.permille(trade.rejected) {
        let at = later(draw, 2);
        each(at, Kind::Reject, u8::try_from(draw.below(10)).unwrap_or(0));
    } else if draw.permille(trade.rejected / 3) {
        let at = later(draw, 1);
        each(at, Kind::Notice, u8::try_from(draw.below(4)).unwrap_or(0));
    }
}

/// A part of an amount: between a tenth and nine tenths, at least 1.
fn part(draw: &mut Draw, amount: i64) -> i64 {
    let tenths = 1 + draw.below(9);
    (amount * i64::from(tenths) / 10).clamp(1, amount.max(1))
}

/// A random number of seconds below `most`; small values are much more frequent.
fn early_in(draw: &mut Draw, most: u32) -> i64 {
    let limit = draw.below(most);
    i64::from(draw.below(limit))
}

const _: () = assert!(NEVER == i64::MAX);

/// Days from `day` until the provider takes refunded money from the merchant: until the next business day.
#[must_use]
pub fn settle_back(day: Day) -> u16 {
    u16::try_from(calendar::business_days_after(day, 1) - day).unwrap_or(1)
}
