//! Parsing of filter values: integers, decimals, days and instants.

use std::ops::Range;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::sandbox::generate::calendar::DAY;
use crate::sandbox::money::Decimal;
use crate::wire::wall_clock::{WallSpan, WallTime};

/// Parses an integer. A number outside of the 64-bit range becomes the nearest 64-bit number, which no row
/// has.
pub(super) fn parse_integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nearest = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    Some(text.parse().unwrap_or(nearest))
}

/// A decimal in units of 10⁻¹⁸, so that `630`, `630.0` and `630.00` are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Exact(i128);

const SCALE: usize = 18;

impl Exact {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction = fraction.trim_end_matches('0');
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || !plain(fraction) || digits.trim_matches('.').is_empty() {
            return None;
        }
        // Nineteen digits before the point are enough for every amount, and they fit into `i128`.
        if whole.trim_start_matches('0').len() > 19 || fraction.len() > SCALE {
            return None;
        }
        let digits: i128 = format!("{whole}{fraction:0<SCALE$}").parse().ok()?;
        Some(Self(sign * digits))
    }
}

impl From<Decimal> for Exact {
    fn from(decimal: Decimal) -> Self {
        let exponent = u32::from(decimal.exponent).min(18);
        Self(i128::from(decimal.minor) * 10_i128.pow(18 - exponent))
    }
}

/// The value of a date filter. Instants are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// A day in the merchant's time zone, as a half-open range.
    Day(Range<i64>),
    /// A wall-clock time, to the second.
    Second(WallTime),
    /// An instant that was given as a number of days before or after now.
    Relative(i64),
}

impl When {
    /// Parses `2020-01-10`, `2020-01-10 13:30:00` or `-2` (days relative to `now`).
    pub(super) fn parse(text: &str, zone: &TimeZone, now: i64) -> Option<Self> {
        let text = text.trim();
        if let Some(date) = parse_date(text) {
            return day(date, zone).map(Self::Day);
        }
        if text == "0" || (text.starts_with(['-', '+']) && text.len() < 7) {
            let days = parse_integer(text)?;
            return Some(Self::Relative(now.saturating_add(days.saturating_mul(DAY))));
        }
        parse_time(text, zone).map(Self::Second)
    }

    /// What the operand `from` accepts up to what the operand `to` with the value of `to` accepts; the end
    /// without a value is open.
    pub(super) fn span(from: Option<Self>, to: Option<Self>) -> WallSpan {
        let bound = |end: Option<Self>| end.map(Self::into_bound);
        WallSpan::between(bound(from), bound(to))
    }

    fn into_bound(self) -> WallTime {
        match self {
            Self::Day(day) => WallTime::once(day.start, day.end),
            Self::Second(time) => time,
            Self::Relative(second) => WallTime::once(second, second),
        }
    }

    /// The day that contains the value, as a half-open range; `None` if it cannot be represented.
    pub(super) fn day(&self, zone: &TimeZone) -> Option<Range<i64>> {
        match self {
            Self::Day(day) => Some(day.clone()),
            Self::Second(WallTime { start: second, .. }) | Self::Relative(second) => {
                day(crate::wire::time::civil(*second, zone).date(), zone)
            }
        }
    }
}

fn day(date: Date, zone: &TimeZone) -> Option<Range<i64>> {
    let next = date.tomorrow().ok()?;
    Some(second(date.at(0, 0, 0, 0), zone)?..second(next.at(0, 0, 0, 0), zone)?)
}

fn second(at: DateTime, zone: &TimeZone) -> Option<i64> {
    wall_time(at, zone).map(|time| time.start)
}

fn wall_time(at: DateTime, zone: &TimeZone) -> Option<WallTime> {
    let time = WallTime::of(at, zone)?;
    // Instants less than a day before the last representable one are refused, so that sums cannot
    // overflow.
    let latest = Timestamp::from_second(time.end).ok()?;
    latest.checked_add(SignedDuration::from_secs(DAY)).ok()?;
    Some(time)
}

/// Parses `2020-01-10 13:30:00` in a time zone. `T` instead of the space is accepted, and seconds are
/// optional.
fn parse_time(text: &str, zone: &TimeZone) -> Option<WallTime> {
    let (date, time) = text.split_once([' ', 'T'])?;
    let mut parts = time.split(':');
    let mut part = || two_digits(parts.next()?);
    let (hour, minute) = (part()?, part()?);
    let seconds = if time.len() == 5 { 0 } else { part()? };
    if parts.next().is_some() {
        return None;
    }
    let time = Time::new(hour, minute, seconds, 0).ok()?;
    wall_time(DateTime::from_parts(parse_date(date)?, time), zone)
}

/// The first instant (Unix seconds) at which clocks show a time that is written as in [`parse_time`].
pub(super) fn parse_second(text: &str, zone: &TimeZone) -> Option<i64> {
    parse_time(text, zone).map(|time| time.start)
}

fn parse_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let year = parts.next().filter(|it| it.len() == 4 && plain(it))?.parse().ok()?;
    let (month, day) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    if parts.next().is_some() {
        return None;
    }
    Date::new(year, month, day).ok()
}

fn two_digits(text: &str) -> Option<i8> {
    if text.len() == 2 && plain(text) { text.parse().ok() } else { None }
}

fn plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_compare_by_value() {
        let amount = Exact::from(Decimal { minor: 63000, exponent: 2 });
        for text in ["630", "630.0", "630.00", "+630.000", " 0630 "] {
            assert_eq!(Exact::parse(text), Some(amount), "{text}");
        }
        assert!(Exact::parse("-0.01") < Exact::parse("0"));
        assert!(Exact::parse("9223372036854775807.99").is_some());
        for text in
            ["", ".", "-", "1,5", "1e3", "12345678901234567890", "x", "0.1234567890123456789"]
        {
            assert_eq!(Exact::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_and_instants_are_those_of_the_zone() {
        let tbilisi = TimeZone::get("Asia/Tbilisi").unwrap();
        let parse = |text| When::parse(text, &tbilisi, 1_000_000);
        // date -d '2025-01-24 00:00:00 +04:00' +%s
        let day = 1_737_662_400..1_737_748_800;
        assert_eq!(parse("2025-01-24"), Some(When::Day(day.clone())));
        for (text, second) in
            [("2025-01-24 00:00:00", day.start), ("2025-01-24T00:01", day.start + 60)]
        {
            assert_eq!(
                parse(text),
                Some(When::Second(WallTime::once(second, second + 1))),
                "{text}"
            );
        }
        assert_eq!(parse("2025-01-24 12:00:00").unwrap().day(&tbilisi), Some(day));
        assert_eq!(parse("-2"), Some(When::Relative(1_000_000 - 172_800)));
        assert_eq!(parse("0"), Some(When::Relative(1_000_000)));
        for text in ["", "2", "yesterday", "2025-02-30", "2025-1-1", "2025-01-24 25:00:00", "-x"] {
            assert_eq!(parse(text), None, "{text}");
        }
        for text in ["9999-12-31", "-99999999999999999999", "2025-01-01 00:00:00:00"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
