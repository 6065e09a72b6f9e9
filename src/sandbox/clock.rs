//! Sandbox time: one clock that runs, stands still, jumps; and the only reader of real time.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use tokio::sync::watch;

/// Whether time passes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Time stands until somebody moves it.
    Frozen,
    /// Time passes as fast as outside.
    Running,
}

/// The earliest instant a clock can show: ids count days from here.
pub const EARLIEST: Timestamp = Timestamp::constant(1_262_304_000, 0); // 2010-01-01
/// The latest instant a clock can show.
pub const LATEST: Timestamp = Timestamp::constant(4_102_444_800, 0); // 2100-01-01

#[derive(Clone, Copy, Debug)]
enum State {
    Frozen(Timestamp),
    /// Sandbox time minus real time.
    Running(SignedDuration),
}

/// A handle on the time of one space; clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    // A `std` lock: it is held to copy a few bytes, never across an `.await`.
    state: Arc<RwLock<State>>,
    moved: watch::Sender<u64>,
}

impl Clock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn frozen(now: Timestamp) -> Self {
        Self::of(State::Frozen(now.clamp(EARLIEST, LATEST)))
    }

    /// A clock that runs, from `now` or, without one, on real time.
    #[must_use]
    pub fn running(now: Option<Timestamp>) -> Self {
        let offset = now.map_or(SignedDuration::ZERO, |now| {
            now.clamp(EARLIEST, LATEST).duration_since(real_now())
        });
        Self::of(State::Running(offset))
    }

    fn of(state: State) -> Self {
        Self { state: Arc::new(RwLock::new(state)), moved: watch::Sender::new(0) }
    }

    /// The instant it is in the sandbox.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self.state() {
            State::Frozen(now) => now,
            State::Running(offset) => {
                real_now().saturating_add(offset).unwrap_or(LATEST).clamp(EARLIEST, LATEST)
            }
        }
    }

    /// Whether it runs.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match self.state() {
            State::Frozen(_) => Mode::Frozen,
            State::Running(_) => Mode::Running,
        }
    }

    /// Jumps to `now`, forwards or backwards, and goes on as before.
    pub fn jump(&self, now: Timestamp) {
        self.set(self.mode(), now);
    }

    /// Changes whether time passes, keeping the instant; a clock that ran stops at a whole second.
    pub fn switch(&self, mode: Mode) {
        let now = self.now();
        let stops = mode == Mode::Frozen && self.mode() == Mode::Running;
        self.set(mode, if stops { whole_second(now) } else { now });
    }

    /// Changes both at once.
    pub fn set(&self, mode: Mode, now: Timestamp) {
        let now = now.clamp(EARLIEST, LATEST);
        let state = match mode {
            Mode::Frozen => State::Frozen(now),
            Mode::Running => State::Running(now.duration_since(real_now())),
        };
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        self.moved.send_modify(|moves| *moves = moves.wrapping_add(1));
    }

    /// Returns when sandbox time has reached `due`, by itself or because somebody moved it; at once
    /// when it has already. Under a frozen clock it waits for the move.
    pub async fn sleep_until(&self, due: Timestamp) {
        let mut moved = self.moved.subscribe();
        loop {
            let now = self.now();
            if now >= due {
                return;
            }
            let wait = match self.mode() {
                Mode::Frozen => Duration::from_secs(86_400),
                Mode::Running => due.duration_since(now).unsigned_abs(),
            };
            // The sender lives as long as the clock, so a failed wait cannot happen; a time-out is
            // the ordinary end of the wait.
            let _ = tokio::time::timeout(wait, moved.changed()).await;
        }
    }

    /// Wakes whenever the clock is moved or switched.
    #[must_use]
    pub fn moves(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    fn state(&self) -> State {
        *self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first whole second from an instant on: rounded up, so that nothing that has happened lies ahead.
#[must_use]
pub fn whole_second(at: Timestamp) -> Timestamp {
    let up = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil);
    at.round(up).unwrap_or(at)
}

/// What the wall clock outside says; for the journal and for nothing that a report shows.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one reader of real time")]
pub fn real_now() -> Timestamp {
    Timestamp::now()
}

/// Waits in real time, whatever the sandbox's clock does: for delays that a fault asks for.
#[expect(clippy::disallowed_methods, reason = "the one place that really waits")]
pub async fn real_sleep(wait: Duration) {
    tokio::time::sleep(wait).await;
}

/// Measures real durations.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(tokio::time::Instant);

impl Stopwatch {
    /// Begins to measure.
    #[must_use]
    pub fn start() -> Self {
        Self(tokio::time::Instant::now())
    }

    /// Real time since it was started.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_frozen_clock_stands_and_jumps_both_ways() {
        let clock = Clock::frozen(at("2026-01-31T12:00:00Z"));
        assert_eq!(clock.now(), clock.now());
        clock.jump(at("2026-02-01T00:00:00Z"));
        assert_eq!(clock.now(), at("2026-02-01T00:00:00Z"));
        clock.jump(at("2020-01-01T00:00:00Z"));
        assert_eq!(clock.now(), at("2020-01-01T00:00:00Z"));
    }

    #[test]
    fn freezing_keeps_the_instant() {
        let clock = Clock::running(Some(at("2026-01-31T12:00:00Z")));
        clock.switch(Mode::Frozen);
        assert_eq!(clock.now(), clock.now());
        assert!(clock.now() >= at("2026-01-31T12:00:00Z"));
        assert_eq!(clock.now().subsec_nanosecond(), 0);
    }

    #[test]
    fn a_second_is_whole_and_not_before_what_has_happened() {
        assert_eq!(whole_second(at("2026-01-31T12:00:00Z")), at("2026-01-31T12:00:00Z"));
        let next = at("2026-01-31T12:00:01Z");
        assert_eq!(whole_second(at("2026-01-31T12:00:00.000000001Z")), next);
        assert_eq!(whole_second(at("2026-01-31T12:00:00.999999999Z")), next);
        // What somebody has set to the nanosecond stays there.
        let said = at("2026-01-31T12:00:00.5Z");
        let clock = Clock::frozen(said);
        clock.switch(Mode::Frozen);
        assert_eq!(clock.now(), said);
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_is_moved() {
        let clock = Clock::frozen(at("2026-01-31T12:00:00Z"));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(at("2026-02-01T00:00:00Z")).await }
        });
        tokio::task::yield_now().await;
        clock.jump(at("2026-02-02T00:00:00Z"));
        sleeper.await.unwrap();
    }
}
