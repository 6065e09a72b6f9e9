//! The numbers of rows and of deposits, which providers print as their ids.

use super::row_id::RowId;
use super::settlement::{Class, Key};
use super::view::View;
use crate::sandbox::generate::calendar::Day;
use crate::sandbox::money::Currency;

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

/// The number of combinations of class and currency for which a day has deposit numbers.
const KEYS_OF_A_DAY: i64 = 256;

/// The number of a deposit, a batch or a payout.
pub(super) fn deposit_number(view: &View, (day, class, currency): Key) -> i64 {
    let class = i64::from(class == Class::Bank);
    let index = Currency::codes().position(|code| code == currency.code()).unwrap_or(0);
    let key = class * 128 + i64::try_from(index).unwrap_or(0);
    (i64::from(day) * KEYS_OF_A_DAY + key) * 100 + i64::from(view.merchant.id.0)
}

/// The day of the deposit or the payout with this number.
pub(super) fn day_of_deposit(number: i64) -> Option<Day> {
    Day::try_from(number / 100 / KEYS_OF_A_DAY).ok()
}
