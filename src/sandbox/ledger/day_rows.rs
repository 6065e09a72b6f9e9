//! The packed storage of generated rows: one array per day, 20 bytes per row. A row is always read as a
//! whole, so its values are stored together.

#![expect(
    clippy::cast_possible_truncation,
    reason = "packing: every value is masked or known to fit the bits it gets"
)]
use strum::VariantArray;

use crate::sandbox::facts::Decline;
use crate::sandbox::facts::{Kind, Method, Outcome};
use crate::sandbox::generate::calendar::{Day, start_of};
use crate::sandbox::generate::original::LifecycleEvent;
use crate::sandbox::generate::schedule::Scheduled;

/// A generated row that is a follow-up of an original transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct FollowUp {
    /// Index of the row in its day.
    pub(super) row: u32,
    /// The day of the original transaction.
    pub(super) day: Day,
    /// The number of the original transaction among the originals of that day.
    pub(super) original: u32,
    /// The kind of the row that the follow-up refers to.
    pub(super) of: Kind,
    pub(super) reason: u8,
    /// The key from which the details of the original transaction are drawn.
    pub(super) key: u64,
}

/// The unpacked values of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub(super) kind: Kind,
    pub(super) method: Method,
    pub(super) outcome: Outcome,
    pub(super) decline: Decline,
    pub(super) currency: u8,
    pub(super) test: bool,
    pub(super) corrected: bool,
    /// Whether the row has follow-ups, on this or on later days.
    pub(super) has_follow_ups: bool,
    pub(super) second: u32,
    pub(super) amount: i64,
    pub(super) fee: i64,
    pub(super) finish: u32,
    pub(super) settle: u16,
}

/// A future event together with those values of its original transaction that the follow-up row needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct FutureEvent {
    pub(super) event: LifecycleEvent,
    pub(super) method: Method,
    pub(super) currency: u8,
    pub(super) key: u64,
}

/// The rows of one day in time order.
#[derive(Debug, Default)]
pub(super) struct DayRows {
    pub(super) day: Day,
    /// The key of the day: the details of an original transaction are drawn from it and from its number.
    pub(super) key: u64,
    pub(super) rows: Box<[Packed]>,
    /// The follow-ups of the day, ascending by row.
    pub(super) follow_ups: Box<[FollowUp]>,
    /// The scheduled payments, ascending by the number of the original transaction.
    pub(super) scheduled: Box<[(u32, Scheduled)]>,
    /// The numbers of the original transactions that equal the one before them, ascending.
    pub(super) lookalikes: Box<[u32]>,
    /// The earliest and the latest day on which a row of this day is settled.
    pub(super) settled: Option<(Day, Day)>,
    /// The latest instant at which the outcome of a row becomes known, in Unix seconds.
    pub(super) finished: i64,
}

/// A row as it is stored. Amounts have 46 bits, which the largest generated price needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    /// The second of the day (17 bits) and the upper 15 bits of the amount.
    second: u32,
    amount: u32,
    fee: u32,
    /// Seconds until the outcome is known (18 bits, all set for never) and the upper 14 bits of the fee.
    finish: u32,
    /// From the lowest bit: kind (3), method (2), outcome (2), currency (5), decline (4), test (1),
    /// corrected (1), has follow-ups (1), days until the settlement (13, all set for never).
    bits: u32,
}

/// Marks a row without settlement; no settlement takes this many days.
const NEVER_SETTLED: u32 = 0x1fff;

/// Splits a number below 2^46 into 32 lower bits and the bits above. Every packed amount and fee is below.
fn halves(value: i64) -> (u32, u32) {
    let half = |bits: i64| u32::try_from(bits & 0xffff_ffff).unwrap_or(0);
    (half(value), half(value >> 32))
}

pub(super) fn pack(row: &Stored) -> Packed {
    let bits = row.kind as u32
        | (row.method as u32) << 3
        | (row.outcome as u32) << 5
        | u32::from(row.currency & 31) << 7
        | (row.decline as u32 & 15) << 12
        | u32::from(row.test) << 16
        | u32::from(row.corrected) << 17
        | u32::from(row.has_follow_ups) << 18
        | u32::from(row.settle).min(NEVER_SETTLED) << 19;
    let ((amount, amount_above), (fee, fee_above)) = (halves(row.amount), halves(row.fee));
    Packed {
        second: row.second | amount_above << 17,
        amount,
        fee,
        finish: row.finish.min(NEVER_FINISHED) | fee_above << 18,
        bits,
    }
}

/// Marks an outcome that never becomes known: all 18 bits are set, and no real duration is that long.
const NEVER_FINISHED: u32 = 0x3_ffff;

/// Mask of the 17 bits that hold the second of the day.
const SECONDS: u32 = 0x1_ffff;

fn wide(upper: u32, lower: u32) -> i64 {
    i64::from(upper) << 32 | i64::from(lower)
}

impl Packed {
    /// The second of the day, UTC.
    fn second(&self) -> u32 {
        self.second & SECONDS
    }

    /// Days until the row is settled; [`u16::MAX`] for never.
    fn settle(&self) -> u16 {
        match self.bits >> 19 {
            NEVER_SETTLED => u16::MAX,
            days => days as u16,
        }
    }

    fn unpack(&self) -> Stored {
        let bits = self.bits;
        Stored {
            kind: Kind::VARIANTS.get((bits & 7) as usize).copied().unwrap_or(Kind::Payment),
            method: match bits >> 3 & 3 {
                0 => Method::Card,
                1 => Method::Bank,
                _ => Method::Alternative,
            },
            outcome: match bits >> 5 & 3 {
                0 => Outcome::Approved,
                1 => Outcome::Declined,
                2 => Outcome::Abandoned,
                _ => Outcome::Expired,
            },
            decline: Decline::from_index(bits >> 12 & 15),
            currency: (bits >> 7 & 31) as u8,
            test: bits >> 16 & 1 == 1,
            corrected: bits >> 17 & 1 == 1,
            has_follow_ups: bits >> 18 & 1 == 1,
            second: self.second(),
            amount: wide(self.second >> 17, self.amount),
            fee: wide(self.finish >> 18, self.fee),
            finish: match self.finish & NEVER_FINISHED {
                NEVER_FINISHED => u32::MAX,
                seconds => seconds,
            },
            settle: self.settle(),
        }
    }
}

impl DayRows {
    pub(super) fn len(&self) -> u32 {
        self.rows.len() as u32
    }

    /// The unpacked row with this index; `None` past the end.
    pub(super) fn row(&self, number: u32) -> Option<Stored> {
        self.rows.get(number as usize).map(Packed::unpack)
    }

    /// Days from this day to the settlement of a row; `None` for never and past the end.
    pub(super) fn settles_after(&self, number: u32) -> Option<u16> {
        let row = self.rows.get(number as usize)?;
        Some(row.settle()).filter(|days| *days != u16::MAX)
    }

    /// The index of the first row at or after an instant (Unix seconds).
    pub(super) fn first_at(&self, at: i64) -> u32 {
        let second = at - start_of(self.day);
        self.rows.partition_point(|row| i64::from(row.second()) < second) as u32
    }

    /// The row index of an original transaction, given its number.
    pub(super) fn row_of_original(&self, original: u32) -> u32 {
        // The follow-up with index k stands after `row - k` original transactions.
        let before = {
            let (mut low, mut high) = (0, self.follow_ups.len());
            while low < high {
                let middle = (low + high) / 2;
                let originals = self
                    .follow_ups
                    .get(middle)
                    .map_or(0, |follow_up| follow_up.row - middle as u32);
                if originals <= original { low = middle + 1 } else { high = middle }
            }
            low
        };
        original + before as u32
    }

    /// The number of follow-ups before this row.
    pub(super) fn follow_ups_before(&self, number: u32) -> usize {
        self.follow_ups.partition_point(|follow_up| follow_up.row < number)
    }

    /// The follow-up at a row (`Ok`), or the number of the original transaction at that row (`Err`).
    pub(super) fn follow_up_or_original(&self, number: u32) -> Result<&FollowUp, u32> {
        let before = self.follow_ups_before(number);
        match self.follow_ups.get(before) {
            Some(follow_up) if follow_up.row == number => Ok(follow_up),
            _ => Err(number - before as u32),
        }
    }

    /// The scheduled payment that an original transaction is an attempt of.
    pub(super) fn scheduled_of(&self, original: u32) -> Option<Scheduled> {
        let index = self.scheduled.binary_search_by_key(&original, |entry| entry.0).ok()?;
        self.scheduled.get(index).map(|entry| entry.1)
    }

    /// Whether an original transaction equals the one before it.
    pub(super) fn is_lookalike(&self, original: u32) -> bool {
        self.lookalikes.binary_search(&original).is_ok()
    }

    /// The follow-up row of an event, given the day of its original transaction.
    pub(super) fn follow_up_of(&self, event: &LifecycleEvent, day: Day) -> Option<&FollowUp> {
        let second = event.at - start_of(self.day);
        // A search among the follow-ups, whose rows ascend with time: searching the rows first and the
        // follow-ups second would read twice as much.
        let is_before = |follow_up: &FollowUp| {
            let row = self.rows.get(follow_up.row as usize);
            row.is_some_and(|row| i64::from(row.second()) < second)
        };
        let from = self.follow_ups.partition_point(is_before);
        self.follow_ups.get(from..)?.iter().find(|follow_up| {
            follow_up.day == day
                && follow_up.original == event.original
                && self.row(follow_up.row).is_some_and(|row| row.kind == event.kind)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::generate::amount::LARGEST;

    #[test]
    fn a_row_is_stored_without_loss() {
        let plain = Stored {
            kind: Kind::Notice,
            method: Method::Alternative,
            outcome: Outcome::Expired,
            decline: Decline::CallIssuer,
            currency: 31,
            test: true,
            corrected: true,
            has_follow_ups: true,
            second: 86_399,
            amount: LARGEST,
            fee: LARGEST,
            finish: 2 * 86_400,
            settle: 8000,
        };
        let never = Stored { finish: u32::MAX, settle: u16::MAX, amount: 0, fee: 1 << 32, ..plain };
        for row in [plain, never] {
            assert_eq!(format!("{:?}", pack(&row).unpack()), format!("{row:?}"));
        }
    }
}
