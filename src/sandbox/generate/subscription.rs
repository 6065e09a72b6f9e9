//! Subscriptions, their planned payments and the outcome of each payment: pure functions of (seed,
//! merchant, day). A subscription lasts at most [`MAX_SUBSCRIPTION_DAYS`] days, so a day depends only on
//! that many earlier days.

use super::calendar::{self, DAY, Day};
use super::schedule::Scheduled;
use super::stream::{Draw, mix};
use super::terms::terms_of;
use crate::sandbox::facts::Decline;
use crate::sandbox::merchant::Trade;

/// The longest time in days from the start of a subscription to its last attempt.
pub const MAX_SUBSCRIPTION_DAYS: Day = 370;
/// Attempts at one scheduled payment: the first, and one on each of the next three days.
pub const TRIES: u8 = 4;
/// Seconds until the outcome of an attempt is known.
pub const FINISH: u32 = 3;

/// Purposes of the random draws for subscriptions.
mod purpose {
    pub(super) const TRY: u64 = 35;
}

/// The interval between the payments of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// Every n days, n >= 5, so that the attempts at one payment end before the next payment.
    Days(u8),
    /// Every n weeks.
    Weeks(u8),
    /// Every n months, on the same day of the month (at most 28).
    Months(u8),
    /// On two days of each month, a fortnight apart.
    TwiceMonthly(u8, u8),
}

/// The reason why a wallet can no longer be charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalletProblem {
    /// The card has expired.
    Expired,
    /// The card was reported lost.
    Lost,
    /// The card was reported stolen.
    Stolen,
    /// The bank account was closed.
    Closed,
}

impl WalletProblem {
    fn decline(self) -> Decline {
        match self {
            Self::Expired => Decline::ExpiredCard,
            Self::Lost => Decline::LostCard,
            Self::Stolen => Decline::StolenCard,
            Self::Closed => Decline::DoNotHonor,
        }
    }
}

/// A subscription with all its planned payments. Amounts are minor units of the trade's first currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The day on which it began.
    pub day: Day,
    /// Its number among the subscriptions that began on that day.
    pub number: u16,
    /// The instant of creation, Unix seconds.
    pub created_at: i64,
    /// The key from which its card, bank account and customer are drawn.
    pub key: u64,
    /// Whether it is paid from a bank account; otherwise with a card.
    pub bank: bool,
    /// The amount of every payment except the last.
    pub amount: i64,
    /// The convenience fee in addition to the amount; it is never deposited.
    pub secondary: i64,
    /// The amount of the last payment.
    pub last_amount: i64,
    /// The convenience fee of the last payment.
    pub last_secondary: i64,
    /// The interval between its payments.
    pub frequency: Frequency,
    /// Whether the customer is notified before each payment.
    pub alert_before: bool,
    /// Whether the customer is notified after each payment.
    pub alert_after: bool,
    /// The day from which its wallet cannot be charged, and the reason.
    pub trouble: Option<(Day, WalletProblem)>,
    /// The days for which its payments are planned, ascending; at least one.
    pub planned: Vec<Day>,
}

/// A scheduled payment with the outcome of all its attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The number of the payment within its subscription, from 0.
    pub number: u16,
    /// The day for which it is planned, which is the day of the first attempt.
    pub day: Day,
    /// Minor units.
    pub amount: i64,
    /// The convenience fee in minor units, in addition to the amount.
    pub secondary: i64,
    /// The reason of the decline for each attempt; the first approved attempt is the last one.
    declines: [Option<Decline>; TRIES as usize],
    /// The number of attempts, at least one.
    pub tries: u8,
}

impl Payment {
    /// The reason of the decline of an attempt; `None` if it succeeds or does not take place.
    #[must_use]
    pub fn declined(&self, attempt: u8) -> Option<Decline> {
        self.declines.get(usize::from(attempt)).copied().flatten()
    }

    /// Whether one of its attempts succeeds.
    #[must_use]
    pub fn succeeds(&self) -> bool {
        self.declined(self.tries.saturating_sub(1)).is_none()
    }
}

/// The subscriptions that begin on a day.
pub fn begun(
    merchant_key: u64,
    trade: &Trade,
    day: Day,
) -> impl Iterator<Item = Subscription> + '_ {
    terms_of(merchant_key, trade, day).map(|terms| terms.subscription(trade))
}

impl Subscription {
    /// Its payments up to the first one with only failed attempts, which suspends the subscription.
    pub fn payments(&self) -> impl Iterator<Item = Payment> + '_ {
        let mut suspended = false;
        let planned = (0_u16..).zip(&self.planned);
        planned.map_while(move |(number, day)| {
            if suspended {
                return None;
            }
            let payment = self.payment(number, *day);
            suspended = !payment.succeeds();
            Some(payment)
        })
    }

    fn payment(&self, number: u16, day: Day) -> Payment {
        let mut declines = [None; TRIES as usize];
        let mut tries = 0;
        for (attempt, decline) in (0..TRIES).zip(&mut declines) {
            *decline = self.decline(number, attempt, day + Day::from(attempt));
            tries = attempt + 1;
            if decline.is_none() {
                break;
            }
        }
        let last = usize::from(number) + 1 == self.planned.len();
        let (amount, secondary) = if last {
            (self.last_amount, self.last_secondary)
        } else {
            (self.amount, self.secondary)
        };
        Payment { number, day, amount, secondary, declines, tries }
    }

    fn draw(&self, payment: u16, attempt: u8) -> Draw {
        let which = u64::from(payment) << 8 | u64::from(attempt);
        Draw::new(mix(self.key, which), purpose::TRY)
    }

    fn decline(&self, payment: u16, attempt: u8, day: Day) -> Option<Decline> {
        if let Some((_, trouble)) = self.trouble.filter(|(from, _)| *from <= day) {
            return Some(trouble.decline());
        }
        // Banks accept a debit first and return it later, so an attempt by bank is never declined.
        let parts = match (self.bank, attempt) {
            (true, _) => 0,
            (false, 0) => 80,
            (false, _) => 700,
        };
        let mut draw = self.draw(payment, attempt);
        draw.below(7200);
        let declined = draw.permille(parts);
        let reason = draw.weighted(&REASONS).copied();
        reason.filter(|_| declined)
    }

    /// The instant of an attempt, Unix seconds: between 09:00 and 11:00 UTC.
    #[must_use]
    pub fn try_at(&self, payment: &Payment, attempt: u8) -> i64 {
        let second = 9 * 3600 + self.draw(payment.number, attempt).below(7200);
        calendar::start_of(payment.day) + i64::from(attempt) * DAY + i64::from(second)
    }

    /// The identifier of an attempt.
    #[must_use]
    pub fn scheduled(&self, payment: &Payment, attempt: u8) -> Scheduled {
        Scheduled { day: self.day, number: self.number, payment: payment.number, attempt }
    }
}

/// The reasons why the card of a subscription is declined, with their weights.
const REASONS: [(Decline, u32); 4] = [
    (Decline::InsufficientFunds, 60),
    (Decline::DoNotHonor, 25),
    (Decline::LimitExceeded, 10),
    (Decline::IssuerUnavailable, 5),
];

#[cfg(test)]
mod tests {
    use super::super::schedule::due;
    use super::super::terms::on_days_of_month;
    use super::*;

    fn trade() -> Trade {
        Trade { subscriptions: 2500, bank: 200, ..Trade::default() }
    }

    #[test]
    fn every_try_of_every_payment_falls_due_once_on_its_day() {
        let trade = trade();
        let (from, to) = (5900, 5960);
        let mut expected = Vec::new();
        for start_day in from - MAX_SUBSCRIPTION_DAYS..to {
            for subscription in begun(9, &trade, start_day) {
                assert!(
                    subscription.planned.is_sorted_by(|a, b| a < b && b - a >= Day::from(TRIES))
                );
                for payment in subscription.payments() {
                    let last = payment.day + Day::from(payment.tries) - 1;
                    assert!(
                        payment.day > start_day && last <= start_day + MAX_SUBSCRIPTION_DAYS,
                        "{subscription:?}"
                    );
                    for attempt in 0..payment.tries {
                        let day = payment.day + Day::from(attempt);
                        if (from..to).contains(&day) {
                            expected.push((day, subscription.scheduled(&payment, attempt)));
                        }
                    }
                }
            }
        }
        let mut found: Vec<_> = (from..to)
            .flat_map(|day| due(9, &trade, day).into_iter().map(move |due| (day, due.scheduled)))
            .collect();
        expected.sort_unstable();
        found.sort_unstable();
        assert!(found.len() > 1000);
        assert_eq!(found, expected);
    }

    #[test]
    fn all_frequencies_and_troubles_and_suspensions_occur() {
        let all: Vec<_> =
            (5000..5400).flat_map(|day| begun(3, &trade(), day).collect::<Vec<_>>()).collect();
        let frequency = |test: fn(Frequency) -> bool| all.iter().any(|it| test(it.frequency));
        assert!(frequency(|it| matches!(it, Frequency::Days(_))));
        assert!(frequency(|it| matches!(it, Frequency::Weeks(_))));
        assert!(frequency(|it| matches!(it, Frequency::Months(_))));
        assert!(frequency(|it| matches!(it, Frequency::TwiceMonthly(..))));
        for trouble in [
            WalletProblem::Expired,
            WalletProblem::Lost,
            WalletProblem::Stolen,
            WalletProblem::Closed,
        ] {
            assert!(
                all.iter().any(|it| it.trouble.is_some_and(|it| it.1 == trouble)),
                "{trouble:?}"
            );
        }
        let failing = |it: &&Subscription| it.payments().any(|payment| !payment.succeeds());
        let share = all.iter().filter(failing).count() * 100 / all.len();
        assert!((5..40).contains(&share), "{share}");
        assert!(begun(3, &Trade::default(), 5000).next().is_none());
    }

    #[test]
    fn months_keep_their_days() {
        let day = |text: &str| calendar::day_of_date(text.parse().unwrap());
        let (from, to) = (day("2026-01-10"), day("2026-04-15"));
        let monthly = on_days_of_month(from, to, &[28]);
        assert_eq!(monthly, ["2026-01-28", "2026-02-28", "2026-03-28"].map(day));
        let twice = on_days_of_month(from, day("2026-03-01"), &[5, 19]);
        assert_eq!(twice, ["2026-01-19", "2026-02-05", "2026-02-19"].map(day));
    }
}
