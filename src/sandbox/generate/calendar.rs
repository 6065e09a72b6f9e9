//! Days as numbers, weekdays and business days. All in UTC; time zones exist only in providers.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

/// Days since 2010-01-01.
pub type Day = u32;

/// 2010-01-01T00:00:00Z in Unix seconds.
pub const EPOCH: i64 = 1_262_304_000;
/// Seconds in a day.
pub const DAY: i64 = 86_400;

/// The day that contains an instant (Unix seconds); day 0 for every instant before 2010.
#[must_use]
pub fn day_of(second: i64) -> Day {
    Day::try_from(second.saturating_sub(EPOCH).div_euclid(DAY)).unwrap_or(0)
}

/// The first second of a day, in Unix seconds.
#[must_use]
pub fn start_of(day: Day) -> i64 {
    EPOCH + i64::from(day) * DAY
}

/// The calendar date of a day.
#[must_use]
pub fn date_of(day: Day) -> Date {
    Timestamp::from_second(start_of(day)).map_or(Date::MAX, |at| Offset::UTC.to_datetime(at).date())
}

/// A day after every date that `Date` can hold.
const LAST: Day = 4_000_000;

/// The day of a date; day 0 for every date before 2010.
#[must_use]
pub fn day_of_date(date: Date) -> Day {
    if date.year() < 2010 {
        return 0;
    }
    Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).map_or(LAST, |at| day_of(at.as_second()))
}

/// The weekday: Monday is 0, Sunday is 6.
#[must_use]
pub fn weekday(day: Day) -> u32 {
    // 2010-01-01 was a Friday.
    (day + 4) % 7
}

/// Whether banks are open: Monday to Friday. Public holidays are not modelled.
#[must_use]
pub fn is_business_day(day: Day) -> bool {
    weekday(day) < 5
}

/// The day `days` business days after `day`; with 0 the day itself or the next business day.
#[must_use]
pub fn business_days_after(day: Day, days: u32) -> Day {
    let mut day = day;
    for _ in 0..days {
        day += 1;
        while !is_business_day(day) {
            day += 1;
        }
    }
    while !is_business_day(day) {
        day += 1;
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        day_of(text.parse::<Timestamp>().unwrap().as_second())
    }

    #[test]
    fn business_days_skip_weekends() {
        // 2026-11-20 is a Friday.
        assert_eq!(weekday(day("2026-11-20T00:00:00Z")), 4);
        assert_eq!(
            business_days_after(day("2026-11-20T12:00:00Z"), 2),
            day("2026-11-24T00:00:00Z")
        );
        assert_eq!(
            business_days_after(day("2026-11-21T12:00:00Z"), 0),
            day("2026-11-23T00:00:00Z")
        );
    }

    #[test]
    fn a_day_begins_at_midnight_utc() {
        assert_eq!(start_of(day("2026-03-14T23:59:59Z")), 1_773_446_400);
        assert_eq!(day_of(0), 0);
    }
}
