//! The month-end fee: on which day it is taken, and in which months it is given back.

use super::view::View;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::generate::stream::{Draw, mix};

/// Purpose of the random draw of the refund of a month-end fee.
const ADJUSTMENT: u64 = 32;

/// Whether anything is ever generated for the merchant.
pub(super) fn trades(view: &View) -> bool {
    view.merchant.trade.volume > 0 || view.merchant.trade.subscriptions > 0
}

/// The first business day of the month of a day.
pub(super) fn opening_day(day: Day) -> Day {
    let before = Day::try_from(calendar::date_of(day).day() - 1).unwrap_or(0);
    calendar::business_days_after(day.saturating_sub(before), 0)
}

/// The day in the month of `day` on which the month-end fee is refunded; `None` in most months.
pub(super) fn adjusted_on(view: &View, day: Day) -> Option<Day> {
    let carried_over = opening_day(day);
    let mut draw = Draw::new(mix(view.key(), u64::from(carried_over)), ADJUSTMENT);
    draw.permille(150).then(|| calendar::business_days_after(carried_over, 3 + draw.below(12)))
}
