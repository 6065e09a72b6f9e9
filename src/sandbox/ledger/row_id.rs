//! The id of a row, unique within its merchant.

use std::fmt;

use crate::sandbox::generate::calendar::Day;

/// The serialized parts of an id: day, number in the day, position after that row.
type RowIdParts = (Day, u32, u16);

/// The id of a row, unique within its merchant: day, number in the day, and a last part that is 0 for
/// generated rows and counts the rows that were added after one.
///
/// Ids ascend with the instant of creation.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(into = "RowIdParts", try_from = "RowIdParts")]
pub struct RowId(u64);

impl RowId {
    /// The lowest possible id.
    pub const MIN: Self = Self(0);
    /// The highest possible id.
    pub const MAX: Self = Self(u64::MAX);

    /// The first number that no row of a day can have.
    pub const MAX_NUMBER: u32 = 1 << 20;

    /// Creates an id from its parts.
    #[must_use]
    pub fn new(day: Day, number: u32, sub: u16) -> Self {
        let number = u64::from(number) & 0xf_ffff;
        Self(u64::from(day) << 32 | number << 12 | u64::from(sub) & 0xfff)
    }

    /// The day of creation, UTC.
    #[must_use]
    pub fn day(self) -> Day {
        Day::try_from(self.0 >> 32).unwrap_or(Day::MAX)
    }

    /// The number of the generated row in its day, or of the generated row before an added row.
    #[must_use]
    pub fn number(self) -> u32 {
        u32::try_from(self.0 >> 12 & 0xf_ffff).unwrap_or(0)
    }

    /// 0 for a generated row, otherwise the position among the rows added after one.
    #[must_use]
    pub fn sub(self) -> u16 {
        u16::try_from(self.0 & 0xfff).unwrap_or(0)
    }

    /// The next id above this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Whether the other id follows without a gap: the next generated row of the day, or the next row added
    /// behind the same one.
    #[must_use]
    pub fn is_before(self, other: Self) -> bool {
        let step = if self.sub() == 0 && other.sub() == 0 { 1 << 12 } else { 1 };
        self.day() == other.day() && self.0.checked_add(step) == Some(other.0)
    }

    /// All 64 bits, as input of random draws.
    pub(super) fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{},{},{}]", self.day(), self.number(), self.sub())
    }
}

impl From<RowId> for RowIdParts {
    fn from(id: RowId) -> Self {
        (id.day(), id.number(), id.sub())
    }
}

impl TryFrom<RowIdParts> for RowId {
    type Error = String;

    fn try_from(parts: RowIdParts) -> Result<Self, String> {
        let (day, number, sub) = parts;
        let id = Self::new(day, number, sub);
        let is_good = RowIdParts::from(id) == parts && sub < 1000;
        is_good.then_some(id).ok_or_else(|| format!("no row can have the id {parts:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_no_row_can_have_are_refused() {
        for parts in [(0, 0, 0), (6172, 26, 889), (6172, 26, 999)] {
            let id = RowId::try_from(parts).unwrap();
            assert_eq!((id.day(), id.number(), id.sub()), parts);
        }
        for parts in [(6172, 26, 1000), (6172, 1 << 21, 0), (6172, u32::MAX, 0)] {
            assert!(RowId::try_from(parts).is_err(), "{parts:?}");
        }
    }
}
