//! The meaning of a fault rule: what goes wrong, and how often. The rules in force and their counters are in
//! [`state::faults`](super::state::faults).

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::clock::MAX_WAIT_MS;
use super::generate::stream::Draw;

/// What goes wrong. The first ten kinds concern answers to requests, the last four concern callbacks.
#[derive(Clone, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Fault {
    /// The answer is delayed.
    Delay(Delay),
    /// The provider answers with its own error that has this code.
    Error(String),
    /// An answer with this HTTP status, as a proxy between client and provider would give it.
    Status(u16),
    /// The provider answers that there were too many requests.
    Throttle,
    /// The connection is closed without an answer.
    Empty,
    /// The connection is reset (TCP RST) without an answer.
    Reset,
    /// The connection is closed after this number of bytes of the body; after half of it for `None`.
    Truncate(Option<u64>),
    /// The body is sent in small pieces and takes this long in all, real time.
    Drip(Duration),
    /// The body is damaged, so that a JSON parser refuses it.
    BrokenJson,
    /// The provider answers that the token or the credentials have expired.
    ExpiredToken,
    /// A callback is sent twice.
    Duplicate,
    /// A callback is sent this much later than planned, sandbox time.
    Late(SignedDuration),
    /// A callback is sent after the callback that follows it.
    Reorder,
    /// A callback is never sent.
    Drop,
}

impl Fault {
    /// Whether the fault concerns callbacks and not answers.
    #[must_use]
    pub fn is_of_callbacks(&self) -> bool {
        self.alteration().is_some()
    }

    /// The effect on a callback; `None` for faults of answers.
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

/// The delay of an answer, in milliseconds of real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// Always the same delay.
    Fixed(u64),
    /// A uniform distribution between both values, which are included.
    Uniform(u64, u64),
    /// A log-normal distribution: half of the delays are below the median, with a long tail above.
    LogNormal {
        /// The median, in milliseconds.
        median: u64,
        /// The standard deviation of the logarithm, in thousandths.
        sigma: u32,
    },
}

impl Delay {
    /// Draws one delay, at most `MAX_WAIT_MS`.
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

/// A standard normal draw in units of 1/65536: the sum of twelve uniform draws minus six.
fn normal(draw: &mut Draw) -> i64 {
    (0..12).map(|_| i64::from(draw.below(65_536))).sum::<i64>() - 6 * 65_536
}

/// `value` times e to the power of `exponent` / 65536, without floating point.
fn scaled(value: u64, exponent: i64) -> u64 {
    // 2^(1/2), 2^(1/4), … in units of 1/2^32.
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
    // e^x is 2^(x / ln 2), and 1 / ln 2 is 94548 / 65536.
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

/// The change that a fault makes to a callback before its first attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alteration {
    /// It is sent twice.
    Duplicate,
    /// It is sent this much later, sandbox time.
    Late(SignedDuration),
    /// It is sent after the callback that follows it; without a following one it is sent as planned.
    Reorder,
    /// It is never sent.
    Drop,
}

/// How often a rule applies to the requests (or callbacks) that match it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// To every matching request.
    Always,
    /// To the first n matching requests after the rule was added.
    Times(u64),
    /// To every n-th matching request.
    Every(u64),
    /// To each matching request with this probability, in millionths.
    Chance(u32),
}

/// A fault rule: which requests it matches, how often it applies, what goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Slug of the provider; `None` for all providers.
    pub provider: Option<String>,
    /// The provider's operation; `None` for all operations.
    pub operation: Option<String>,
    /// How often it applies.
    pub when: When,
    /// What goes wrong.
    pub fault: Fault,
}

impl Rule {
    /// Whether the rule matches requests to this operation.
    #[must_use]
    pub fn is_about(&self, provider: &str, operation: &str) -> bool {
        let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|it| it == is);
        same(&self.provider, provider) && same(&self.operation, operation)
    }

    /// Whether the rule applies to the matching request with this number, from 1. `key` seeds the draws of a
    /// rule with a probability.
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
        // One sigma above the median, 1000·e^0.5 = 1649 ms: 84 % of the delays lie below.
        let below = (0..1000)
            .filter(|n| delay.draw(&mut Draw::new(1, *n)) < Duration::from_millis(1649))
            .count();
        assert!((810..870).contains(&below), "{below}");
    }
}
