//! A small merchant with credentials at all five providers and with all kinds of follow-ups.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use crate::support::{Server, scenario};

/// The trade of a merchant, and the current time.
#[derive(Clone, Copy, Debug)]
pub(super) struct World {
    seed: u64,
    /// Length of the window in days.
    days: i64,
    /// Unix seconds.
    now: i64,
    volume: u8,
    settlement_days: u8,
    /// Reserve as a fraction of sales, and a monthly fee.
    reserve: bool,
    page_size: u16,
    /// Subscriptions, corrections, amendments and all that follows from them on every day.
    busy: bool,
}

/// A strategy for any seed and moment.
pub(super) fn world() -> impl Strategy<Value = World> {
    // Within a year from 2026-01-01, and sometimes exactly at the time of a settlement.
    let second = prop_oneof![Just(8 * 3600), Just(0), 0..86_400_i64];
    let now = (0..365_i64, second).prop_map(|(day, second)| 1_767_225_600 + day * 86_400 + second);
    // Mostly as usual, sometimes as long as a scenario can have it.
    let lag = prop_oneof![3 => 1..5_u8, 1 => 5..=30_u8];
    (any::<u64>(), 6..24_i64, now, 0..6_u8, lag, any::<bool>(), 3..400_u16).prop_map(
        |(seed, days, now, volume, settlement_days, reserve, page_size)| World {
            seed: seed >> 1,
            days,
            now,
            volume,
            settlement_days,
            reserve,
            page_size,
            busy: false,
        },
    )
}

impl World {
    fn at(&self) -> Timestamp {
        Timestamp::from_second(self.now).unwrap()
    }

    /// Last day of the window, which is the day of the clock.
    pub(super) fn last(&self) -> Date {
        self.at().to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// First day of the window.
    pub(super) fn first(&self) -> Date {
        self.last() - self.days.days()
    }

    /// The same world with subscriptions, corrections and amendments on every day.
    pub(super) fn busy(self) -> Self {
        Self { busy: true, ..self }
    }

    /// The same world with a window that begins so many days earlier.
    pub(super) fn with_longer_window(self, days: i64) -> Self {
        Self { days: self.days + days, ..self }
    }

    /// A server with this merchant alone.
    pub(super) async fn serve(&self) -> Server {
        let default = include_str!("../../../scenarios/default.toml");
        let (_, merchant) = default.split_once("name = \"everywhere\"").unwrap();
        let (credentials, _) = merchant.split_once("[merchant.trade]").unwrap();
        let (subscriptions, corrected, amended) =
            if self.busy { (9000, 300, 300) } else { (300, 3, 0) };
        let (reserve, monthly) = if self.reserve { (500, 1995) } else { (0, 0) };
        let Self { seed, days, volume, settlement_days, page_size, .. } = self;
        let now = self.at();
        Server::with(scenario(&format!(
            r#"
seed = {seed}
days = {days}
[clock]
mode = "frozen"
now = "{now}"
[settings.begateway]
page_size = {page_size}
[settings.wepay]
latency_transactions = "0s"
latency_reconciliation = "0s"
[[merchant]]
name = "everywhere"{credentials}
[merchant.trade]
volume = {volume}
names = "unicode"
currencies = {{ USD = 80, EUR = 10, KWD = 10 }}
bank = 250
alternative = 150
authorized_first = 250
refunded = 250
charged_back = 150
rejected = 250
test = 50
subscriptions = {subscriptions}
corrected = {corrected}
amended = {amended}
settlement_days = {settlement_days}
reserve_rate = {reserve}
month_end_fee = {monthly}
"#
        )))
        .await
    }
}
