//! Real time: the only reader of it, and the only sleeper. What a space's own clock shows is data
//! ([`state::clock`](super::state::clock)).

use std::time::Duration;

use jiff::Timestamp;

/// Whether time passes by itself.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
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

/// The longest that anybody is made to wait, in milliseconds of real time.
pub const MAX_WAIT_MS: u64 = 600_000;

/// What the wall clock outside says.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one reader of real time")]
pub fn real_now() -> Timestamp {
    Timestamp::now()
}

/// Waits in real time, whatever the sandbox's clock does.
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
