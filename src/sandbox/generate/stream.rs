//! The random generators: `ChaCha8` for the values of a day, [`SplitMix`] for the values of one row.
//!
//! Both are named because `StdRng` and `SmallRng` can change between releases of rand, and then every
//! golden answer would change.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::calendar::Day;
use super::splitmix::SplitMix;
use crate::sandbox::digest;

/// The key from which all generators of a merchant are seeded.
#[must_use]
pub fn merchant_key(seed: u64, merchant: &str) -> u64 {
    digest::key(&[b"sandtill ledger", &seed.to_be_bytes(), merchant.as_bytes()])
}

/// Combines two keys; the order of the arguments matters.
#[must_use]
#[inline]
pub fn mix(left: u64, right: u64) -> u64 {
    SplitMix::new(left.rotate_left(23) ^ right.wrapping_mul(0x9e37_79b9_7f4a_7c15)).bits()
}

/// The generator for a whole day of a merchant.
#[must_use]
pub fn day_stream(merchant_key: u64, day: Day) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(mix(merchant_key, u64::from(day)))
}

/// A stream of random values for one purpose of one row.
#[derive(Clone, Debug)]
pub struct Draw(SplitMix);

impl Draw {
    /// The stream of `key` for `purpose`; the streams of different purposes are independent.
    #[must_use]
    #[inline]
    pub fn new(key: u64, purpose: u64) -> Self {
        Self(SplitMix::new(mix(key, purpose)))
    }

    /// A uniform value of 64 bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0.bits()
    }

    /// A uniform value below `bound`; 0 if `bound` is 0.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        below(self.0.half(), bound)
    }

    /// True with a probability of `parts` in 1000.
    pub fn permille(&mut self, parts: u32) -> bool {
        self.below(1000) < parts
    }

    /// One of the choices, chosen by weight; `None` if all weights are 0.
    pub fn weighted<'a, T>(&mut self, choices: &'a [(T, u32)]) -> Option<&'a T> {
        let total = choices.iter().map(|choice| choice.1).sum();
        let mut left = self.below(total);
        choices.iter().find_map(|(choice, weight)| {
            if left < *weight {
                return Some(choice);
            }
            left -= weight;
            None
        })
    }

    /// The generator itself, for the crate `fake`.
    pub fn rng(&mut self) -> &mut SplitMix {
        &mut self.0
    }
}

/// Scales a uniform 32-bit value to a value below `bound`; 0 if `bound` is 0.
#[must_use]
#[inline]
pub fn below(draw: u32, bound: u32) -> u32 {
    u32::try_from((u64::from(draw) * u64::from(bound)) >> 32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn streams_are_what_they_were_in_the_first_release() {
        // Golden values: every id and amount of every scenario follows from these three numbers.
        insta::assert_snapshot!(
            format!(
                "{:x} {:x} {:x}",
                merchant_key(42, "everywhere"),
                day_stream(1, 2).next_u64(),
                Draw::new(1, 2).bits()
            ),
            @"9df56e8ed28a2bc8 744ad1d348afea50 35389e0ba4c7e0e1"
        );
    }

    #[test]
    fn weights_are_respected_at_their_ends() {
        let mut draw = Draw::new(7, 7);
        for _ in 0..100 {
            assert_eq!(draw.weighted(&[('a', 0), ('b', 5), ('c', 0)]), Some(&'b'));
        }
        assert_eq!(draw.weighted::<char>(&[]), None);
    }
}
