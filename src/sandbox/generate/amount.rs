//! Generated prices: a log-normal distribution with a heavy tail around a median, and usual price endings.

use super::stream::Draw;
use crate::sandbox::money::Currency;

/// Quantiles of a log-normal distribution (σ = 0.85) around 1000, at (i + ½) / 64.
const QUANTILES: [u32; 64] = [
    128, 185, 224, 256, 286, 313, 339, 364, 388, 412, 436, 459, 482, 505, 529, 552, 575, 599, 623,
    648, 672, 698, 723, 749, 776, 803, 831, 860, 890, 920, 951, 983, 1017, 1051, 1087, 1124, 1163,
    1203, 1245, 1288, 1334, 1383, 1433, 1487, 1544, 1604, 1669, 1738, 1812, 1892, 1979, 2074, 2179,
    2296, 2427, 2576, 2748, 2950, 3194, 3499, 3900, 4470, 5416, 7806,
];

/// The largest generated amount in minor units: a stored row has 46 bits for it. The largest possible
/// median in the currency with the smallest minor unit stays below.
pub(in crate::sandbox) const LARGEST: i64 = (1 << 46) - 1;

/// A price in minor units, at least 1, around `median` US cents.
pub(crate) fn price(draw: &mut Draw, median: u32, currency: Currency) -> i64 {
    let low = draw.below(64);
    let between = |index: u32| u64::from(QUANTILES.get(index as usize).copied().unwrap_or(7806));
    let (from, to) = (between(low), between((low + 1).min(63)));
    let mut factor = from + (to - from) * u64::from(draw.below(1000)) / 1000;
    // One in two hundred amounts is 3 to 10 times as large as the curve gives.
    if draw.below(200) == 0 {
        factor *= 3 + u64::from(draw.below(8));
    }
    let raw = u64::from(median) * factor / 1000 * u64::from(currency.per_us_cent()) / 1000;
    let ended = ending(draw, raw.max(1), currency.exponent());
    i64::try_from(ended).unwrap_or(LARGEST).clamp(1, LARGEST)
}

/// Rounds most amounts to one of the usual endings (.99, .00, .50).
fn ending(draw: &mut Draw, raw: u64, exponent: u8) -> u64 {
    let unit = 10_u64.pow(u32::from(exponent));
    let kind = draw.below(100);
    if exponent == 0 {
        return if kind < 70 { raw.div_ceil(10) * 10 } else { raw };
    }
    let whole = raw.div_ceil(unit) * unit;
    match kind {
        0..45 => whole - unit / 100,
        45..70 => whole,
        70..80 => whole - unit / 2,
        _ => raw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_lie_around_the_median_with_a_tail() {
        for code in ["USD", "JPY", "KWD", "LBP"] {
            let currency = Currency::parse(code).unwrap();
            let mut draw = Draw::new(1, 1);
            let mut prices: Vec<i64> =
                (0..4001).map(|_| price(&mut draw, 3500, currency)).collect();
            prices.sort_unstable();
            let expected = 3500 * i64::from(currency.per_us_cent()) / 1000;
            assert!(prices[2000] > expected / 2 && prices[2000] < expected * 2, "{code}");
            assert!(prices[4000] > prices[2000] * 8, "{code} has no tail");
            assert!(prices[0] >= 1, "{code}");
        }
    }
}
