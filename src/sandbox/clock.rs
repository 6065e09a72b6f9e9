//! Real time: the only place that reads it or sleeps. The clock of a space is data, in
//! [`state::clock`](super::state::clock).

use std::time::Duration;

use jiff::Timestamp;

/// Whether the clock of a space moves by itself.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    serde::Deserialize,
    serde::Serialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Mode {
    /// The clock stands still until a request moves it.
    Frozen,
    /// The clock moves as fast as real time.
    Running,
}

/// The earliest instant that a clock can show: the days in row ids are counted from here.
pub const EARLIEST: Timestamp = Timestamp::constant(1_262_304_000, 0); // 2010-01-01
/// The latest instant that a clock can show.
pub const LATEST: Timestamp = Timestamp::constant(4_102_444_800, 0); // 2100-01-01

/// The longest time for which a request or an answer may be made to wait, in milliseconds of real time (ten
/// minutes).
pub const MAX_WAIT_MS: u64 = 600_000;

/// The present instant of the wall clock, real time.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one reader of real time")]
pub fn real_now() -> Timestamp {
    Timestamp::now()
}

/// Sleeps in real time, independent of the clock of any space.
#[expect(clippy::disallowed_methods, reason = "the one place that really waits")]
pub async fn real_sleep(wait: Duration) {
    tokio::time::sleep(wait).await;
}

/// Measures real time from [`Stopwatch::start`] on.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(tokio::time::Instant);

impl Stopwatch {
    /// Starts a measurement.
    #[must_use]
    pub fn start() -> Self {
        Self(tokio::time::Instant::now())
    }

    /// Real time since the start.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
