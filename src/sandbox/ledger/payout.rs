//! Payouts: what leaves for the merchant's bank account on one day, all deposits of the day together.
//!
//! A day whose deposits sum to less than zero pays nothing out: what is owed comes off the next payout, whose
//! lines then include those of the days before it that paid nothing, and those of a payout that failed.

use std::collections::BTreeMap;
use std::ops::Range;

use super::fates::{self, Failure};
use super::numbering::{day_of_deposit, deposit_number};
use super::settlement::{self, Class, Deposit, DepositLine};
use super::view::View;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::merchant::Trade;
use crate::sandbox::money::Currency;

/// A transfer to the merchant's bank account: the deposits of one day in one currency, and those of earlier
/// days that were not enough for a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// Positive, ascending with the day, unique over all merchants.
    pub number: i64,
    /// The day on which it is sent off, UTC.
    pub day: Day,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// The instant of the transfer, Unix seconds.
    pub initiated_at: i64,
    /// The instant at which the bank books it, Unix seconds.
    pub effective_at: i64,
    /// That it failed or came back, with any of the deposits of its day; its money leaves with a later one.
    pub failure: Option<Failure>,
    /// Minor units, always positive: the sum of its deposits.
    pub amount: i64,
    /// Its deposits, the oldest first.
    deposits: Vec<Deposit>,
}

impl Payout {
    /// The number of lines of its deposits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.deposits.iter().map(Deposit::own_len).sum()
    }

    /// Whether it has no lines; a payout without lines is never created.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lines of its deposits, the oldest deposit first.
    pub fn lines<'a>(&'a self, view: &'a View) -> impl Iterator<Item = DepositLine<'a>> + 'a {
        let lines = self.deposits.iter().flat_map(|deposit| settlement::lines(view, deposit));
        // The deposits of a payout that failed are among its own again.
        lines.filter(|line| line.returns.is_none())
    }
}

/// Days that an undelayed payout takes at most.
const LONGEST_WAY: Day = 7;

/// Days whose payouts are computed together, from one opening balance.
const BLOCK: Day = 32;

/// The payouts of `days` that exist at the instant of the view, by day and currency.
#[must_use]
pub fn payouts(view: &View, days: Range<Day>) -> Vec<Payout> {
    walk(view, days).0
}

/// The payout with this number; `None` if it does not exist at the instant of the view.
#[must_use]
pub fn payout(view: &View, number: i64) -> Option<Payout> {
    let day = day_of_deposit(number)?;
    payouts(view, day..day.checked_add(1)?).into_iter().find(|it| it.number == number)
}

/// The payouts that were sent off and are not at the bank at the instant of the view.
#[must_use]
pub fn on_the_way(view: &View) -> Vec<Payout> {
    let today = calendar::day_of(view.now);
    // One that was delayed can be older.
    let fated = view.overlay.fated().filter_map(day_of_deposit).min();
    let from = fated.map_or(today, |day| day.min(today)).min(today.saturating_sub(LONGEST_WAY));
    let mut payouts = payouts(view, from..today.saturating_add(1));
    payouts.retain(|payout| payout.effective_at > view.now && payout.failure.is_none());
    payouts
}

/// Minor units by currency that no payout contains at the instant of the view: below zero what was not enough
/// for one, above zero what came back.
#[must_use]
pub fn balances(view: &View) -> BTreeMap<Currency, i64> {
    let today = calendar::day_of(view.now);
    let open = walk(view, today..today.saturating_add(1)).1;
    open.into_iter().map(|(currency, deposits)| (currency, sum(&deposits))).collect()
}

/// Deposits that were not paid out yet.
type Open = BTreeMap<Currency, Vec<Deposit>>;

/// The payouts of `days`, and the deposits that are not paid out at their end.
///
/// A day does not depend on where the window begins or on the range that is asked for: days are divided
/// into blocks, and each block opens with the balance that [`lookback`] days before it lead to. Once a space
/// has added something, blocks go on from each other, so that nothing that was added is forgotten.
fn walk(view: &View, days: Range<Day>) -> (Vec<Payout>, Open) {
    let end = days.end.min(calendar::day_of(view.now).saturating_add(1));
    let mut from = days.start.max(view.first);
    let (mut payouts, mut open) = (Vec::new(), Open::new());
    while from < end {
        let block = from / BLOCK * BLOCK;
        let changed = view.overlay.differs_from().map(calendar::day_of);
        let (origin, to) = match changed.filter(|day| *day < block + BLOCK) {
            Some(day) => (block.min(day / BLOCK * BLOCK), end),
            None => (block, end.min(block + BLOCK)),
        };
        let (some, rest) = chain(view, origin, from..to);
        payouts.extend(some);
        (open, from) = (rest, to);
    }
    (payouts, open)
}

/// The payouts of `days`, computed from a balance of zero some time before the day `origin`.
fn chain(view: &View, origin: Day, days: Range<Day>) -> (Vec<Payout>, Open) {
    let start = match lookback(&view.merchant.trade) {
        // Without debts each day stands alone.
        0 if view.overlay.is_generated(days.end) => days.start,
        lookback => origin.saturating_sub(lookback),
    };
    let earlier = View { first: view.first.min(start), ..view.clone() };
    let deposits = if days.end == days.start + 1 && start == days.start {
        // One day is cached.
        settlement::deposits(view, days.clone())
    } else {
        settlement::deposits(&earlier, start..days.end)
    };
    let (mut payouts, mut open) = (Vec::new(), Open::new());
    // Payouts that failed, with the days on which their money leaves again.
    let mut failed: Vec<(Day, Currency, Vec<Deposit>)> = Vec::new();
    let mut deposits = deposits.into_iter().peekable();
    while let Some(deposit) = deposits.next() {
        let (day, is_last) = (deposit.day, |next: &Deposit| next.day != deposit.day);
        let closes = deposits.peek().is_none_or(is_last);
        open.entry(deposit.currency).or_default().push(deposit);
        if !closes {
            continue;
        }
        for (_, currency, back) in failed.extract_if(.., |it| it.0 <= day) {
            open.entry(currency).or_default().splice(0..0, back);
        }
        for (currency, of_currency) in &mut open {
            if of_currency.last().is_some_and(|it| it.day == day) && sum(of_currency) > 0 {
                let deposits = std::mem::take(of_currency);
                let Some(payout) = paid(view, (day, *currency), deposits) else { continue };
                if let Some(failure) = payout.failure {
                    let back = fates::comes_back_on(day, failure.at);
                    failed.push((back, *currency, payout.deposits.clone()));
                }
                payouts.push(payout);
            }
        }
    }
    for (_, currency, back) in failed {
        open.entry(currency).or_default().splice(0..0, back);
    }
    payouts.retain(|payout| days.contains(&payout.day));
    open.retain(|_, deposits| !deposits.is_empty());
    (payouts, open)
}

fn paid(view: &View, (day, currency): (Day, Currency), deposits: Vec<Deposit>) -> Option<Payout> {
    let last = deposits.last()?;
    let of_day = || deposits.iter().filter(|it| it.day == day);
    let failures = of_day().filter_map(|it| it.failure);
    Some(Payout {
        number: deposit_number(view, (day, Class::Card, currency)),
        day,
        currency,
        initiated_at: of_day().map(|it| it.initiated_at).min().unwrap_or(last.initiated_at),
        effective_at: of_day().map(|it| it.effective_at).max().unwrap_or(last.effective_at),
        failure: failures.max_by_key(|failure| failure.at),
        amount: sum(&deposits),
        deposits,
    })
}

fn sum(deposits: &[Deposit]) -> i64 {
    deposits.iter().fold(0, |sum, deposit| sum.saturating_add(deposit.own_amount()))
}

/// Days before a block at which the balance is taken to be zero: so many that a merchant with this trade
/// has sold enough to make up for what it owed. 0 if the merchant never owes anything.
fn lookback(trade: &Trade) -> Day {
    let returns = [trade.refunded, trade.charged_back, trade.rejected, trade.month_end_fee];
    if trade.exact || returns.iter().all(|share| *share == 0) {
        return 0;
    }
    (6400 / trade.volume.saturating_add(1)).clamp(14, 128)
}
