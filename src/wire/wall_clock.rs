//! Bounds that are wall-clock times without an offset, as instants. A wall-clock time that comes twice, or
//! never, because clocks change, has no single instant.

use std::ops::Range;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// What a wall-clock time means as a bound of a range. All instants are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WallTime {
    /// The first instant at which clocks show this time or a later one; the moment of the change if clocks
    /// skip this time.
    pub start: i64,
    /// Instants after `start` at which clocks show an earlier time again; mostly empty.
    earlier_again: Range<i64>,
    /// The first instant after the last second at which clocks show this time or an earlier one.
    pub end: i64,
    /// Instants before `end` at which clocks show a later time already; mostly empty.
    later_already: Range<i64>,
}

impl WallTime {
    /// The meaning of a time in a zone; `None` if the instants cannot be represented.
    #[must_use]
    pub fn of(at: DateTime, zone: &TimeZone) -> Option<Self> {
        let ambiguous = zone.to_ambiguous_timestamp(at);
        let earlier = ambiguous.earlier().ok()?;
        // Asked for only if there is a change of clocks around `at`.
        let change = || Some(zone.following(earlier).next()?.timestamp().as_second());
        let first = earlier.as_second();
        match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => Some(Self::once(first, first + 1)),
            AmbiguousOffset::Gap { .. } => change().map(|change| Self::once(change, change)),
            AmbiguousOffset::Fold { .. } => {
                let (change, second) = (change()?, ambiguous.later().ok()?.as_second());
                Some(Self {
                    start: first,
                    earlier_again: change..second,
                    end: second + 1,
                    later_already: first + 1..change,
                })
            }
        }
    }

    /// The bound of a range from `start` to, not including, `end`.
    #[must_use]
    pub fn once(start: i64, end: i64) -> Self {
        Self { start, earlier_again: 0..0, end, later_already: 0..0 }
    }
}

/// The instants at which clocks show a time between two bounds, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WallSpan {
    /// All of them lie in this range (Unix seconds).
    pub span: Range<i64>,
    /// These do not.
    without: [Range<i64>; 2],
}

impl WallSpan {
    /// The instants from `from` to `to`; a bound that is absent does not limit them.
    #[must_use]
    pub fn between(from: Option<WallTime>, to: Option<WallTime>) -> Self {
        let (start, earlier) =
            from.map_or((i64::MIN, 0..0), |from| (from.start, from.earlier_again));
        let (end, later) = to.map_or((i64::MAX, 0..0), |to| (to.end, to.later_already));
        Self { span: start..end, without: [earlier, later] }
    }

    /// Whether an instant is one of them.
    #[must_use]
    pub fn contains(&self, at: i64) -> bool {
        self.span.contains(&at) && self.without.iter().all(|range| !range.contains(&at))
    }

    /// Whether `span` alone says which instants they are.
    #[must_use]
    pub fn is_contiguous(&self) -> bool {
        self.without.iter().all(Range::is_empty)
    }
}

impl From<Range<i64>> for WallSpan {
    fn from(span: Range<i64>) -> Self {
        Self { span, without: [0..0, 0..0] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::time::civil;

    fn at(text: &str) -> DateTime {
        text.parse().unwrap()
    }

    /// Compares every minute of three days around a change with the times that clocks show.
    fn matches_the_clock(zone: &str, day: i64, bounds: [&str; 2]) {
        let zone = TimeZone::get(zone).unwrap();
        let [from, to] = bounds.map(at);
        let span = WallSpan::between(WallTime::of(from, &zone), WallTime::of(to, &zone));
        for minute in 0..3 * 1440 {
            let second = day + minute * 60;
            let shown = civil(second, &zone);
            assert_eq!(span.contains(second), from <= shown && shown <= to, "{bounds:?} {shown}");
        }
    }

    #[test]
    fn an_instant_is_in_if_its_wall_time_is() {
        // New York, 2026-03-07 and 2026-10-31, 00:00 UTC: clocks change on the second day.
        let (spring, autumn) = (1_772_841_600, 1_793_404_800);
        for bounds in [
            ["2026-03-08 01:00", "2026-03-08 01:59"],
            ["2026-03-08 02:00", "2026-03-08 02:59"],
            ["2026-03-08 02:30", "2026-03-08 04:00"],
            ["2026-03-08 00:00", "2026-03-08 02:30"],
        ] {
            matches_the_clock("America/New_York", spring, bounds);
        }
        for bounds in [
            ["2026-11-01 00:00", "2026-11-01 00:59"],
            ["2026-11-01 01:00", "2026-11-01 01:59"],
            ["2026-11-01 01:00", "2026-11-01 01:29"],
            ["2026-11-01 01:30", "2026-11-01 01:59"],
            ["2026-11-01 01:20", "2026-11-01 01:40"],
            ["2026-11-01 00:00", "2026-11-01 01:15"],
            ["2026-11-01 01:45", "2026-11-01 23:59"],
        ] {
            matches_the_clock("America/New_York", autumn, bounds);
        }
    }

    #[test]
    fn a_skipped_bound_is_the_moment_of_the_change() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let skipped = WallTime::of(at("2026-03-08 02:30"), &zone).unwrap();
        // 2026-03-08T07:00:00Z.
        assert_eq!((skipped.start, skipped.end), (1_772_953_200, 1_772_953_200));
        let whole = WallSpan::from(0..10);
        assert!(whole.is_contiguous() && whole.contains(0) && !whole.contains(10));
    }
}
