//! The terms of subscriptions: how many subscriptions begin on a day, and on which days each is paid.

use jiff::civil::Date;

use super::amount::price;
use super::calendar::{self, Day};
use super::card::Card;
use super::schedule::{Scheduled, key};
use super::stream::{Draw, mix};
use super::subscription::{Frequency, MAX_SUBSCRIPTION_DAYS, Subscription, WalletProblem};
use crate::sandbox::merchant::Trade;
use crate::sandbox::money::Currency;

/// Maximum number of subscriptions that begin on one day; their number is part of the ids that providers
/// print.
const MAX_PAYMENTS: u32 = 250;

/// Purposes of the random draws for terms.
mod purpose {
    pub(super) const COUNT: u64 = 33;
    pub(super) const TERMS: u64 = 34;
}

/// The terms of the subscriptions that begin on a day.
pub(super) fn terms_of(
    merchant_key: u64,
    trade: &Trade,
    day: Day,
) -> impl Iterator<Item = Terms> + '_ {
    let count = if trade.subscriptions == 0 {
        0
    } else {
        let part = Draw::new(mix(merchant_key, u64::from(day)), purpose::COUNT)
            .permille(trade.subscriptions % 1000);
        (trade.subscriptions / 1000 + u32::from(part)).min(MAX_PAYMENTS)
    };
    (0..u16::try_from(count).unwrap_or(0)).map(move |number| {
        let scheduled = Scheduled { day, number, payment: 0, attempt: 0 };
        Terms::draw(trade, scheduled, key(merchant_key, trade, scheduled))
    })
}

/// The values that decide when a subscription is paid. They suffice to see that a subscription has no
/// payment on a day, which is true for most, before more values are drawn.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    day: Day,
    number: u16,
    key: u64,
    bank: bool,
    frequency: Frequency,
    /// The first and the last day for which a payment can be planned.
    first: Day,
    end: Day,
    /// The day of the month of a monthly payment, 1 to 28.
    day_of_month: u8,
    draw: Draw,
}

impl Terms {
    fn draw(trade: &Trade, subscription: Scheduled, key: u64) -> Self {
        let Scheduled { day, number, .. } = subscription;
        let mut draw = Draw::new(key, purpose::TERMS);
        let bank = draw.permille(trade.bank);
        let day_of_month = 1 + small(draw.below(28));
        let first_of_pair = 1 + small(draw.below(14));
        let frequency = match draw.below(100) {
            0..15 => Frequency::Days(pick(&mut draw, [5, 10, 30])),
            15..40 => Frequency::Weeks(pick(&mut draw, [1, 2, 4])),
            40..80 => Frequency::Months(pick(&mut draw, [1, 1, 3])),
            _ => Frequency::TwiceMonthly(first_of_pair, first_of_pair + 14),
        };
        let first = day + 1 + draw.below(7);
        let end = day + 45 + draw.below(300);
        Self { day, number, key, bank, frequency, first, end, day_of_month, draw }
    }

    /// Whether a payment can be planned for one of these days, each given with its day of the month.
    pub(super) fn may_plan(&self, days: &[(Day, i8)]) -> bool {
        days.iter().filter(|(day, _)| (self.first..=self.end).contains(day)).any(
            |(day, of_month)| {
                let is = |wanted: u8| i8::try_from(wanted) == Ok(*of_month);
                match self.frequency {
                    Frequency::Days(days) => (day - self.first).is_multiple_of(u32::from(days)),
                    Frequency::Weeks(weeks) => {
                        (day - self.first).is_multiple_of(u32::from(weeks) * 7)
                    }
                    Frequency::Months(_) => is(self.day_of_month),
                    Frequency::TwiceMonthly(one, other) => is(one) || is(other),
                }
            },
        )
    }

    fn plan(&self) -> Vec<Day> {
        let every = |days: u32| (self.first..=self.end).step_by(days.max(1) as usize).collect();
        let on = |days: &[u8]| on_days_of_month(self.first, self.end, days);
        match self.frequency {
            Frequency::Days(days) => every(u32::from(days)),
            Frequency::Weeks(weeks) => every(u32::from(weeks) * 7),
            Frequency::Months(months) => {
                on(&[self.day_of_month]).into_iter().step_by(usize::from(months.max(1))).collect()
            }
            Frequency::TwiceMonthly(one, other) => on(&[one, other]),
        }
    }

    /// The complete subscription: draws the values that are not drawn yet.
    pub(super) fn subscription(mut self, trade: &Trade) -> Subscription {
        let planned = self.plan();
        let draw = &mut self.draw;
        let created_at = calendar::start_of(self.day) + i64::from(draw.below(86_400));
        let currency = trade.currencies.first().map_or(Currency::USD, |it| it.0);
        let amount = price(draw, trade.median, currency);
        let secondary = if draw.below(5) == 0 { amount / 50 } else { 0 };
        let (mut last_amount, mut last_secondary) = (amount, secondary);
        if draw.below(4) == 0 {
            last_amount = (amount / 2).max(1);
            last_secondary = secondary / 2;
        }
        let alert_before = draw.below(2) == 0;
        let alert_after = draw.below(3) > 0;
        let trouble = self.trouble(trade);
        Subscription {
            day: self.day,
            number: self.number,
            created_at,
            key: self.key,
            bank: self.bank,
            amount,
            secondary,
            last_amount,
            last_secondary,
            frequency: self.frequency,
            alert_before,
            alert_after,
            trouble,
            planned,
        }
    }

    /// The day from which the wallet cannot be charged: its card expires, or another problem occurs.
    fn trouble(&mut self, trade: &Trade) -> Option<(Day, WalletProblem)> {
        let occurs = self.draw.below(100) < 7;
        let on = self.day + 1 + self.draw.below(self.end - self.day);
        let problem = match (self.bank, self.draw.below(2)) {
            (true, _) => WalletProblem::Closed,
            (false, 0) => WalletProblem::Lost,
            (false, _) => WalletProblem::Stolen,
        };
        let event = occurs.then_some((on, problem));
        if self.bank {
            return event;
        }
        let card = Card::of(self.key, trade, self.day);
        // A card is valid until the end of its month of expiry.
        let year = i16::try_from(card.exp_year).unwrap_or(i16::MAX);
        let month = i8::try_from(card.exp_month).unwrap_or(12);
        let last = Date::new(year, month, 1).map(Date::last_of_month);
        let expires = last.map_or(Day::MAX, |last| calendar::day_of_date(last) + 1);
        match event {
            Some(event) if event.0 < expires => Some(event),
            _ if expires <= self.day + MAX_SUBSCRIPTION_DAYS => {
                Some((expires, WalletProblem::Expired))
            }
            _ => None,
        }
    }
}

fn small(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(1)
}

fn pick(draw: &mut Draw, choices: [u8; 3]) -> u8 {
    let index = draw.below(3) as usize;
    choices.get(index).copied().unwrap_or(30)
}

/// The days from `first` to `end` whose day of the month is one of `days`.
pub(super) fn on_days_of_month(first: Day, end: Day, days: &[u8]) -> Vec<Day> {
    let mut found = Vec::new();
    let mut month = calendar::date_of(first).first_of_month();
    loop {
        let start = calendar::day_of_date(month);
        if start > end {
            return found;
        }
        for day in days {
            let day = start + Day::from(*day) - 1;
            if (first..=end).contains(&day) {
                found.push(day);
            }
        }
        match month.checked_add(jiff::Span::new().months(1)) {
            Ok(next) => month = next,
            Err(_) => return found,
        }
    }
}
