//! Reporting lag: from when on the reports of a provider show a row.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::View;
use super::rows::Axis;
use super::transaction::Transaction;
use crate::sandbox::facts::NEVER;
use crate::sandbox::generate::calendar::Day;

/// Purpose of the random draw of a row's own delay.
const DELAY: u64 = 48;

/// How far the reports of one provider are behind the ledger. Lengths of time are seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reporting {
    /// Reports show everything as it was this long ago.
    pub lag: i64,
    /// The longest additional delay of a row's first appearance; each row has its own.
    pub jitter: i64,
    /// The wall time at which new rows appear, once a day; `None` if they appear at any time.
    pub daily: Option<Daily>,
    /// The days of creation (UTC) whose rows are missing, ascending.
    pub missing: Vec<Day>,
    /// The instant (Unix seconds) from which on the missing days are shown; [`NEVER`] if they are not.
    pub until: i64,
}

impl Reporting {
    /// The longest time in seconds from a row to its first appearance; missing days can take longer.
    #[must_use]
    pub fn longest(&self) -> i64 {
        let daily = if self.daily.is_some() { LONGEST_DAY } else { 0 };
        self.lag.saturating_add(self.jitter).saturating_add(daily)
    }
}

impl Default for Reporting {
    /// No lag.
    fn default() -> Self {
        Self { lag: 0, jitter: 0, daily: None, missing: Vec::new(), until: NEVER }
    }
}

/// A wall time in a time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daily {
    /// The wall time.
    pub time: Time,
    /// The time zone.
    pub zone: TimeZone,
}

impl Daily {
    /// The first occurrence of the wall time at or after an instant, in Unix seconds. A wall time that a
    /// change of the zone's offset skips occurs right after the change; one that it repeats occurs once.
    fn next(&self, at: i64) -> i64 {
        let Ok(instant) = Timestamp::from_second(at) else { return at };
        let today = instant.to_zoned(self.zone.clone()).date();
        let on = |date: jiff::civil::Date| date.to_datetime(self.time).to_zoned(self.zone.clone());
        let days = [Ok(today), today.tomorrow()].into_iter().flatten();
        let seconds = days.filter_map(|date| Some(on(date).ok()?.timestamp().as_second()));
        seconds.into_iter().find(|second| *second >= at).unwrap_or(at)
    }
}

/// Seconds between two occurrences of a wall time at most: a zone can skip a whole day.
const LONGEST_DAY: i64 = 49 * 3600;

/// The earliest instant at which reports show an added row, in Unix seconds: one instant for all providers,
/// or one for each slug.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum VisibleAt {
    /// At every provider.
    Everywhere(i64),
    /// At these providers.
    At(BTreeMap<String, i64>),
}

impl VisibleAt {
    fn of(&self, provider: &str) -> Option<i64> {
        match self {
            Self::Everywhere(at) => Some(*at),
            Self::At(each) => each.get(provider).copied(),
        }
    }
}

/// A provider as far as its reports can lag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reporter {
    /// The slug of the provider.
    pub provider: &'static str,
    /// The instant of a row from which its delay is counted: creation or payment.
    pub counts_from: Axis,
}

/// Decides which rows the reports of a provider show at an instant.
#[derive(Clone, Debug)]
pub struct Visibility {
    /// The provider.
    pub reporter: Reporter,
    /// The rules in force.
    pub rules: Arc<Reporting>,
    /// The instant of the request (Unix seconds), without the lag.
    pub now: i64,
}

impl PartialEq for Visibility {
    fn eq(&self, other: &Self) -> bool {
        (self.reporter, self.now) == (other.reporter, other.now)
            && (Arc::ptr_eq(&self.rules, &other.rules) || self.rules == other.rules)
    }
}

impl Visibility {
    /// Whether the reports show a row of the ledger.
    pub(super) fn shows(&self, row: &Transaction<'_>) -> bool {
        let rules = &*self.rules;
        let is_old = self.base(row).saturating_add(rules.longest()) <= self.now;
        let is_plain = rules.missing.is_empty() && row.visible_at().is_none();
        (is_old && is_plain) || self.from(row) <= self.now
    }

    /// The instant from which the delay of a row is counted.
    fn base(&self, row: &Transaction<'_>) -> i64 {
        match self.reporter.counts_from {
            Axis::Paid => row.finished,
            Axis::Created | Axis::Settled => row.created_at,
        }
    }

    /// The instant from which on the reports show a row, past or future; [`NEVER`] if they do not.
    #[must_use]
    pub fn from(&self, row: &Transaction<'_>) -> i64 {
        let rules = &*self.rules;
        let own = match u32::try_from(rules.jitter) {
            Ok(jitter) if jitter > 0 => i64::from(row.draw(DELAY).below(jitter.saturating_add(1))),
            _ => 0,
        };
        let mut at = self.base(row).saturating_add(rules.lag).saturating_add(own);
        if let Some(daily) = &rules.daily {
            at = daily.next(at);
        }
        if rules.missing.binary_search(&row.day()).is_ok() {
            at = at.max(rules.until);
        }
        at.max(row.visible_at().and_then(|it| it.of(self.reporter.provider)).unwrap_or(at))
    }
}

impl Transaction<'_> {
    /// Whether the reports of the view show the row later than it happened.
    #[must_use]
    pub fn is_late(&self) -> bool {
        let is_late = |rules: &Visibility| rules.from(self) > rules.base(self);
        self.view().visibility.as_ref().is_some_and(is_late)
    }
}

impl View {
    /// The view of a provider's reports at the instant of this view: everything as it was before the lag,
    /// and without the rows that the reports do not show yet.
    #[must_use]
    pub fn reported(self, reporter: Reporter, rules: Arc<Reporting>) -> Self {
        let (now, lag) = (self.now, rules.lag);
        let visibility = Some(Visibility { reporter, rules, now });
        Self { now: now.saturating_sub(lag), visibility, ..self }
    }

    /// The ledger at the instant of the request: no row is hidden, and nothing lags.
    #[must_use]
    pub fn truth(self) -> Self {
        Self { now: self.requested_at(), visibility: None, ..self }
    }

    /// The same instant as this view, without hidden rows.
    pub(super) fn with_hidden(&self) -> Cow<'_, Self> {
        match self.visibility {
            Some(_) => Cow::Owned(Self { visibility: None, ..self.clone() }),
            None => Cow::Borrowed(self),
        }
    }

    /// The instant of the request (Unix seconds); the instant of the view is earlier by the reporting lag.
    #[must_use]
    pub fn requested_at(&self) -> i64 {
        self.visibility.as_ref().map_or(self.now, |it| it.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(daily: &str, zone: &str, at: &str) -> String {
        let daily = Daily { time: daily.parse().unwrap(), zone: TimeZone::get(zone).unwrap() };
        let at: Timestamp = at.parse().unwrap();
        Timestamp::from_second(daily.next(at.as_second())).unwrap().to_string()
    }

    #[test]
    fn a_wall_time_comes_once_a_day_whatever_the_zone_does() {
        for (daily, zone, at, expected) in [
            ("06:00", "UTC", "2026-03-14T05:59:59Z", "2026-03-14T06:00:00Z"),
            ("06:00", "UTC", "2026-03-14T06:00:00Z", "2026-03-14T06:00:00Z"),
            ("06:00", "UTC", "2026-03-14T06:00:01Z", "2026-03-15T06:00:00Z"),
            // London is at +01:00 from 2026-03-29T01:00Z on.
            ("06:00", "Europe/London", "2026-03-28T06:00:01Z", "2026-03-29T05:00:00Z"),
            // 02:30 does not exist in Berlin on 2026-03-29 and exists twice on 2026-10-25.
            ("02:30", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"),
            ("02:30", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
            ("02:30", "Europe/Berlin", "2026-10-25T00:30:01Z", "2026-10-26T01:30:00Z"),
        ] {
            assert_eq!(next(daily, zone, at), expected, "{daily} {zone} {at}");
        }
    }
}
