//! The clock of a space as data: frozen, or running with an offset to real time.

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use serde::{Deserialize, Serialize};

use super::event::Event;
use crate::sandbox::clock::{EARLIEST, LATEST, Mode};

/// The clock of one space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Frozen at this instant.
    Frozen(Timestamp),
    /// Running as fast as real time; the value is sandbox time minus real time.
    Running(SignedDuration),
}

impl Clock {
    /// A clock that shows `now` at the real instant `real_now`. `now` is limited to `EARLIEST`..=`LATEST`.
    #[must_use]
    pub fn new(mode: Mode, now: Timestamp, real_now: Timestamp) -> Self {
        let now = now.clamp(EARLIEST, LATEST);
        match mode {
            Mode::Frozen => Self::Frozen(now),
            Mode::Running => Self::Running(now.duration_since(real_now)),
        }
    }

    /// The instant that the clock shows at the real instant `real_now`, limited to `EARLIEST`..=`LATEST`.
    #[must_use]
    pub fn at(self, real_now: Timestamp) -> Timestamp {
        match self {
            Self::Frozen(now) => now,
            Self::Running(offset) => {
                real_now.saturating_add(offset).unwrap_or(LATEST).clamp(EARLIEST, LATEST)
            }
        }
    }

    /// Whether it is frozen or running.
    #[must_use]
    pub fn mode(self) -> Mode {
        match self {
            Self::Frozen(_) => Mode::Frozen,
            Self::Running(_) => Mode::Running,
        }
    }

    /// The event that sets the clock to another mode, another instant, or both. `None` keeps the mode, or the
    /// instant shown at `real_now`. A running clock that is frozen without an instant stops at a whole
    /// second.
    #[must_use]
    pub fn set(self, mode: Option<Mode>, now: Option<Timestamp>, real_now: Timestamp) -> Event {
        let stops = mode == Some(Mode::Frozen) && self.mode() == Mode::Running;
        let shown = self.at(real_now);
        let kept = if stops { whole_second(shown) } else { shown };
        let clock = Self::new(mode.unwrap_or(self.mode()), now.unwrap_or(kept), real_now);
        Event::ClockSet { clock, resumes: None }
    }
}

/// The first whole second at or after an instant. Rounding up keeps past events in the past.
#[must_use]
pub fn whole_second(at: Timestamp) -> Timestamp {
    let up = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil);
    at.round(up).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn set(clock: Clock, mode: Option<Mode>, now: Option<&str>, real_now: &str) -> Clock {
        match clock.set(mode, now.map(at), at(real_now)) {
            Event::ClockSet { clock, .. } => clock,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_frozen_clock_stands_and_jumps_both_ways() {
        let clock = Clock::Frozen(at("2026-01-31T12:00:00Z"));
        let real_now = "2026-11-29T00:00:00Z";
        for to in ["2026-02-01T00:00:00Z", "2020-01-01T00:00:00Z"] {
            let moved = set(clock, None, Some(to), real_now);
            assert_eq!(moved, Clock::Frozen(at(to)));
        }
        assert_eq!(
            set(clock, None, Some("1999-01-01T00:00:00Z"), real_now),
            Clock::Frozen(EARLIEST)
        );
    }

    #[test]
    fn a_running_clock_keeps_its_distance_and_stops_at_a_whole_second() {
        let start = at("2026-11-29T00:00:00Z");
        let clock = Clock::new(Mode::Running, at("2026-01-31T12:00:00Z"), start);
        assert_eq!(clock.at(at("2026-11-29T01:00:00Z")), at("2026-01-31T13:00:00Z"));
        let stopped = set(clock, Some(Mode::Frozen), None, "2026-11-29T00:00:00.25Z");
        assert_eq!(stopped, Clock::Frozen(at("2026-01-31T12:00:01Z")));
        // An instant with a fraction of a second that was set explicitly is not rounded.
        let frozen = Clock::Frozen(at("2026-01-31T12:00:00.5Z"));
        assert_eq!(set(frozen, Some(Mode::Frozen), None, "2026-11-29T00:00:00Z"), frozen);
    }

    #[test]
    fn a_second_is_whole_and_not_before_what_has_happened() {
        assert_eq!(whole_second(at("2026-01-31T12:00:00Z")), at("2026-01-31T12:00:00Z"));
        let next = at("2026-01-31T12:00:01Z");
        assert_eq!(whole_second(at("2026-01-31T12:00:00.000000001Z")), next);
        assert_eq!(whole_second(at("2026-01-31T12:00:00.999999999Z")), next);
    }
}
