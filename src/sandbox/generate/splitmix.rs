//! The generator for the values of one row. Each row begins a dozen streams, so beginning one has to cost nothing.

use std::convert::Infallible;

use rand::TryRng;
use rand::rand_core::utils::fill_bytes_via_next_word;

/// `SplitMix64` by Sebastiano Vigna (<https://prng.di.unimi.it/splitmix64.c>); for 32 bits the faster mixing
/// function of his `DSI utilities`.
#[derive(Clone, Debug)]
pub struct SplitMix(u64);

/// The odd number nearest to 2^64 divided by the golden ratio.
const PHI: u64 = 0x9e37_79b9_7f4a_7c15;

impl SplitMix {
    /// The generator that begins with this state.
    #[must_use]
    #[inline]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(PHI);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next 32 bits. They are not part of those that [`Self::bits`] would give.
    #[inline]
    pub fn half(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(PHI);
        let mixed = (self.0 ^ (self.0 >> 33)).wrapping_mul(0x62a9_d9ed_7997_05f5);
        let mixed = (mixed ^ (mixed >> 28)).wrapping_mul(0xcb24_d0a5_c88c_35b3);
        // The upper half of 64 bits always fits.
        u32::try_from(mixed >> 32).unwrap_or(0)
    }
}

impl TryRng for SplitMix {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.half())
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.bits())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        fill_bytes_via_next_word(bytes, || self.try_next_u64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_reference_implementation() {
        // The first numbers that splitmix64.c gives for this seed, as rand_xoshiro's tests list them.
        let mut numbers = SplitMix::new(1_477_776_061_723_855_037);
        let first: Vec<u64> = (0..4).map(|_| numbers.bits()).collect();
        assert_eq!(
            first,
            [
                1_985_237_415_132_408_290,
                2_979_275_885_539_914_483,
                13_511_426_838_097_143_398,
                8_488_337_342_461_049_707
            ]
        );
    }
}
