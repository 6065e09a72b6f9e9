//! The numbers of rows, which providers print as their ids.

use super::row_id::RowId;
use super::view::View;
use crate::sandbox::generate::calendar::Day;

impl View {
    /// The number of a row as providers print it: positive, ascending with time, unique over all merchants.
    #[must_use]
    pub fn number_of(&self, id: RowId) -> i64 {
        let index = i64::from(id.day()) * self.generated.slots() + i64::from(id.number());
        (index * 1000 + i64::from(id.sub())) * 100 + i64::from(self.merchant.id.0)
    }

    /// How many generated rows a day has numbers for: a power of ten.
    #[must_use]
    pub fn slots(&self) -> u64 {
        u64::try_from(self.generated.slots()).unwrap_or(0)
    }

    /// The highest id whose number is at most `number`; `None` if `number` is below the first one.
    #[must_use]
    pub fn id_at_most(&self, number: i64) -> Option<RowId> {
        let whole = number.checked_sub(i64::from(self.merchant.id.0))?.div_euclid(100);
        if whole < 0 {
            return None;
        }
        let (index, sub) = (whole / 1000, whole % 1000);
        let day = Day::try_from(index / self.generated.slots()).unwrap_or(Day::MAX);
        let number = u32::try_from(index % self.generated.slots()).ok()?;
        Some(RowId::new(day, number, u16::try_from(sub).ok()?))
    }
}
