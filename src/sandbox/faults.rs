//! What can go wrong, and how often: the meaning of a fault rule. Which rules are in force, and what they
//! have done, is [`state::faults`](super::state::faults).

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::clock::MAX_WAIT_MS;
use super::generate::stream::Draw;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Fault {
    /// The answer comes later.
    Delay(Delay),
    /// The provider answers with the error it knows by this code.
    Error(String),
    /// An HTTP status from somebody between client and provider.
    Status(u16),
    /// The provider says there were too many requests.
    Throttle,
    /// The connection is closed instead of an answer.
    Empty,
    /// The connection is reset instead of an answer.
    Reset,
    /// The connection is closed after so many bytes of the body, or in its middle.
    Truncate(Option<u64>),
    /// The body takes so long, piece by piece.
    Drip(Duration),
    /// The body is no longer what a parser takes.
    BrokenJson,
    /// The provider says that the token or the credentials are no longer good.
    ExpiredToken,
    /// A callback comes twice.
    Duplicate,
    /// A callback comes so much later (sandbox time).
    Late(SignedDuration),
    /// A callback comes after the next one.
    Reorder,
    /// A callback never comes.
    Drop,
}

impl Fault {
    /// Whether it is about our callbacks and not about answers.
    #[must_use]
    pub fn is_of_callbacks(&self) -> bool {
        self.alteration().is_some()
    }

    /// What it does to a callback; `None` for faults of answers.
    #[must_use]
    pub fn alteration(&self) -> Option<Alteration> {
        match self {
            Self::Duplicate => Some(Alteration::Duplicate),
            Self::Late(wait) => Some(Alteration::Late(*wait)),
            Self::Reorder => Some(Alteration::Reorder),
            Self::Drop => Some(Alteration::Drop),
            Self::Delay(_)
            | Self::Error(_)
            | Self::Status(_)
            | Self::Throttle
            | Self::Empty
            | Self::Reset
            | Self::Truncate(_)
            | Self::Drip(_)
            | Self::BrokenJson
            | Self::ExpiredToken => None,
        }
    }
}

/// How much later an answer comes, in milliseconds of real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// Always the same.
    Fixed(u64),
    /// Anything between, both included.
    Uniform(u64, u64),
    /// Half of them below the median, with a long tail; sigma in thousandths.
    LogNormal {
        /// The middle.
        median: u64,
        /// The spread of the logarithm, in thousandths.
        sigma: u32,
    },
}

impl Delay {
    /// One delay.
    pub(super) fn draw(self, draw: &mut Draw) -> Duration {
        let ms = match self {
            Self::Fixed(ms) => ms,
            Self::Uniform(least, most) => {
                let span = u32::try_from(most.saturating_sub(least)).unwrap_or(u32::MAX);
                least + u64::from(draw.below(span.saturating_add(1)))
            }
            Self::LogNormal { median, sigma } => {
                scaled(median, i64::from(sigma) * normal(draw) / 1000)
            }
        };
        Duration::from_millis(ms.min(MAX_WAIT_MS))
    }
}

/// A standard normal draw in 65536ths: the sum of twelve uniform ones less six.
fn normal(draw: &mut Draw) -> i64 {
    (0..12).map(|_| i64::from(draw.below(65_536))).sum::<i64>() - 6 * 65_536
}

/// `value` times e to the power of `exponent` 65536ths, without floating point.
fn scaled(value: u64, exponent: i64) -> u64 {
    // 2^(1/2), 2^(1/4), … in 2^32nds.
    const ROOTS: [u64; 8] = [
        6_074_000_999,
        5_107_605_667,
        4_683_695_047,
        4_485_123_979,
        4_389_014_827,
        4_341_736_220,
        4_318_291_986,
        4_306_615_742,
    ];
    // e^x is 2^(x / ln 2); 94548 / 65536 is 1 / ln 2.
    let power = exponent * 94_548 / 65_536;
    let (whole, mut part) = (power >> 16, power & 0xffff);
    let mut result = u128::from(value) << 32;
    for root in ROOTS {
        part <<= 1;
        if part & 0x1_0000 != 0 {
            result = (result * u128::from(root)) >> 32;
            part &= 0xffff;
        }
    }
    let shift = u32::try_from(whole.unsigned_abs()).unwrap_or(64).min(64);
    let result = if whole < 0 { result >> shift } else { result << shift.min(30) };
    u64::try_from(result >> 32).unwrap_or(u64::MAX)
}

/// What a fault does to a callback before its first attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alteration {
    /// It is sent twice.
    Duplicate,
    /// It is sent so much later.
    Late(SignedDuration),
    /// It is sent behind the callback that comes after it, where there is one.
    Reorder,
    /// It is never sent, and never again.
    Drop,
}

/// How often a rule strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Every matching request.
    Always,
    /// The next so many matching requests.
    Times(u64),
    /// Every n-th matching request.
    Every(u64),
    /// With this probability, in millionths.
    Chance(u32),
}

/// A rule: which requests, how often, what.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Slug of the provider; `None` for all of them.
    pub provider: Option<String>,
    /// The provider's operation; `None` for all of them.
    pub operation: Option<String>,
    /// How often.
    pub when: When,
    /// What.
    pub fault: Fault,
}

impl Rule {
    /// Whether it is about requests to this operation.
    #[must_use]
    pub fn is_about(&self, provider: &str, operation: &str) -> bool {
        let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|it| it == is);
        same(&self.provider, provider) && same(&self.operation, operation)
    }

    /// Whether it strikes the matching request with this number, from 1.
    pub(super) fn strikes(&self, key: u64, ordinal: u64) -> bool {
        match self.when {
            When::Always => true,
            When::Times(times) => ordinal <= times,
            When::Every(every) => ordinal.is_multiple_of(every.max(1)),
            When::Chance(millionths) => Draw::new(key, ordinal).below(1_000_000) < millionths,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_e_are_those_of_any_calculator() {
        for (exponent, expected) in
            [(0, 1_000_000), (65_536, 2_718_281), (-65_536, 367_879), (98_304, 4_481_689)]
        {
            let got = scaled(1_000_000, exponent);
            assert!(got.abs_diff(expected) * 200 < expected, "e^{exponent}: {got}");
        }
    }

    #[test]
    fn half_of_log_normal_delays_lie_below_the_median() {
        let delay = Delay::LogNormal { median: 1000, sigma: 500 };
        let below = (0..1000)
            .filter(|n| delay.draw(&mut Draw::new(1, *n)) < Duration::from_millis(1000))
            .count();
        assert!((450..550).contains(&below), "{below}");
        // One sigma above: 84 % lie below 1000·e^0.5.
        let below = (0..1000)
            .filter(|n| delay.draw(&mut Draw::new(1, *n)) < Duration::from_millis(1649))
            .count();
        assert!((810..870).contains(&below), "{below}");
    }
}
