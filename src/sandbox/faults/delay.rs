//! How long a fault holds up an answer: fixed, uniform or log-normal.

use std::time::Duration;

use crate::sandbox::clock::MAX_WAIT_MS;
use crate::sandbox::generate::stream::Draw;

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
    pub(in crate::sandbox) fn draw(self, draw: &mut Draw) -> Duration {
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
