//! How many rows are stored: one block a day, 20 bytes a row. A row is always looked at whole, so what
//! belongs to one stands together.

#![expect(
    clippy::cast_possible_truncation,
    reason = "packing: every value is masked or known to fit the bits it gets"
)]

use crate::sandbox::facts::Decline;
use crate::sandbox::facts::{Kind, Method, Outcome};
use crate::sandbox::generate::birth::{Birth, Spawn};
use crate::sandbox::generate::calendar::{DAY, Day, start_of};
use crate::sandbox::generate::schedule::Scheduled;
use crate::sandbox::merchant::Trade;

/// A generated row that happened to a payment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kid {
    /// Its number in its day.
    pub(super) row: u32,
    /// The day of its payment.
    pub(super) day: Day,
    /// The number of its payment among the births of that day.
    pub(super) birth: u32,
    /// What it happened to.
    pub(super) of: Kind,
    pub(super) reason: u8,
    /// What its payment is drawn from.
    pub(super) key: u64,
}

/// What is stored of a row, unpacked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub(super) kind: Kind,
    pub(super) method: Method,
    pub(super) outcome: Outcome,
    pub(super) decline: Decline,
    pub(super) currency: u8,
    pub(super) test: bool,
    pub(super) corrected: bool,
    /// Whether anything ever happens to it: a payment with rows of its own in later days.
    pub(super) lively: bool,
    pub(super) second: u32,
    pub(super) amount: i64,
    pub(super) fee: i64,
    pub(super) finish: u32,
    pub(super) settle: u16,
}

/// A payment with the spawns that lie in later days, kept until those days are made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed {
    pub(super) spawn: Spawn,
    pub(super) method: Method,
    pub(super) currency: u8,
    pub(super) key: u64,
}

/// The rows of one day in the order of time.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) day: Day,
    /// What the payments born this day are drawn from, together with their numbers.
    pub(super) key: u64,
    rows: Box<[Packed]>,
    /// Rows that happened to payments, by row.
    pub(super) kids: Box<[Kid]>,
    /// Scheduled payments by the number of the birth.
    pub(super) scheduled: Box<[(u32, Scheduled)]>,
    /// Earliest and latest day that anything here is settled.
    pub(super) settled: Option<(Day, Day)>,
    /// Latest instant at which an outcome becomes known.
    pub(super) finished: i64,
}

/// A row as it is stored. Amounts have 46 bits, which the largest generated price needs.
#[derive(Clone, Copy, Debug)]
struct Packed {
    /// The second of the day (17 bits), and the upper 15 bits of the amount.
    second: u32,
    amount: u32,
    fee: u32,
    /// Seconds until the outcome is known (18 bits, all of them set for never), and the upper 14 bits of
    /// the fee.
    finish: u32,
    /// From the lowest: kind (3), method (2), outcome (2), currency (5), decline (4), test (1),
    /// corrected (1), lively (1), days until it is settled (13, all of them set for never).
    bits: u32,
}

/// More days than anything takes to be settled.
const NEVER_SETTLED: u32 = 0x1fff;

/// The lower and the upper half of a number below 2^46, which no packed amount or fee reaches.
fn halves(value: i64) -> (u32, u32) {
    let half = |bits: i64| u32::try_from(bits & 0xffff_ffff).unwrap_or(0);
    (half(value), half(value >> 32))
}

fn pack(row: &Stored) -> Packed {
    let bits = row.kind as u32
        | (row.method as u32) << 3
        | (row.outcome as u32) << 5
        | u32::from(row.currency & 31) << 7
        | (row.decline as u32 & 15) << 12
        | u32::from(row.test) << 16
        | u32::from(row.corrected) << 17
        | u32::from(row.lively) << 18
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

/// All bits of the seconds until an outcome is known: more than anything takes.
const NEVER_FINISHED: u32 = 0x3_ffff;

/// All bits of the second of a day.
const SECONDS: u32 = 0x1_ffff;

fn wide(upper: u32, lower: u32) -> i64 {
    i64::from(upper) << 32 | i64::from(lower)
}

impl Packed {
    /// The second of the day.
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
            kind: Kind::ALL.get((bits & 7) as usize).copied().unwrap_or(Kind::Payment),
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
            lively: bits >> 18 & 1 == 1,
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

impl Block {
    pub(super) fn len(&self) -> u32 {
        self.rows.len() as u32
    }

    /// What is stored of a row; `None` past the end.
    pub(super) fn row(&self, number: u32) -> Option<Stored> {
        self.rows.get(number as usize).map(Packed::unpack)
    }

    /// Days from the block's until a row is settled; `None` for never and past the end.
    pub(super) fn settles_after(&self, number: u32) -> Option<u16> {
        let row = self.rows.get(number as usize)?;
        Some(row.settle()).filter(|days| *days != u16::MAX)
    }

    /// The number of the first row at or after an instant.
    pub(super) fn first_at(&self, at: i64) -> u32 {
        let second = at - start_of(self.day);
        self.rows.partition_point(|row| i64::from(row.second()) < second) as u32
    }

    /// The row that a birth has.
    pub(super) fn row_of_birth(&self, birth: u32) -> u32 {
        // Kid number k stands behind `row - k` births.
        let before = {
            let (mut low, mut high) = (0, self.kids.len());
            while low < high {
                let middle = (low + high) / 2;
                let births = self.kids.get(middle).map_or(0, |kid| kid.row - middle as u32);
                if births <= birth { low = middle + 1 } else { high = middle }
            }
            low
        };
        birth + before as u32
    }

    /// How many rows before this one happened to payments.
    pub(super) fn kids_before(&self, number: u32) -> usize {
        self.kids.partition_point(|kid| kid.row < number)
    }

    /// The kid at a row, or the number of the birth that it is.
    pub(super) fn kid_or_birth(&self, number: u32) -> Result<&Kid, u32> {
        let before = self.kids_before(number);
        match self.kids.get(before) {
            Some(kid) if kid.row == number => Ok(kid),
            _ => Err(number - before as u32),
        }
    }

    /// The scheduled payment that a birth is a try of.
    pub(super) fn scheduled_of(&self, birth: u32) -> Option<Scheduled> {
        let place = self.scheduled.binary_search_by_key(&birth, |entry| entry.0).ok()?;
        self.scheduled.get(place).map(|entry| entry.1)
    }

    /// The kid that happened to this payment at this instant, and its row.
    pub(super) fn kid_of(&self, spawn: &Spawn, day: Day) -> Option<&Kid> {
        let second = spawn.at - start_of(self.day);
        // Straight among the kids, whose rows rise with time: two searches would look at twice as much.
        let is_before = |kid: &Kid| {
            let row = self.rows.get(kid.row as usize);
            row.is_some_and(|row| i64::from(row.second()) < second)
        };
        let from = self.kids.partition_point(is_before);
        self.kids.get(from..)?.iter().find(|kid| {
            kid.day == day
                && kid.birth == spawn.birth
                && self.row(kid.row).is_some_and(|row| row.kind == spawn.kind)
        })
    }
}

/// Collects the rows of a day.
#[derive(Debug, Default)]
pub(super) struct Builder {
    births: Vec<(Stored, Option<Scheduled>)>,
}

impl Builder {
    /// Takes the next birth of the day, and whether anything ever happens to it.
    pub(super) fn birth(&mut self, birth: &Birth, lively: bool) {
        let row = Stored {
            kind: birth.kind,
            method: birth.method,
            outcome: birth.outcome,
            decline: birth.decline,
            currency: birth.currency,
            test: birth.test,
            corrected: birth.corrected,
            lively,
            second: birth.second,
            amount: birth.amount,
            fee: birth.fee,
            finish: birth.finish,
            settle: birth.settle,
        };
        self.births.push((row, birth.scheduled));
    }

    /// Merges births and what happens to earlier payments into the block of the day.
    pub(super) fn finish(
        self,
        (day, key): (Day, u64),
        trade: &Trade,
        mut seeds: Vec<(Day, Seed)>,
    ) -> Block {
        let start = start_of(day);
        seeds.sort_unstable_by_key(|(day, seed)| (seed.spawn.at, *day, seed.spawn.birth));
        let mut block = Block { day, key, finished: start + DAY, ..Block::default() };
        let total = self.births.len() + seeds.len();
        let mut rows: Vec<Stored> = Vec::with_capacity(total);
        let mut kids = Vec::with_capacity(seeds.len());
        let mut scheduled = Vec::new();
        let mut seeds = seeds.into_iter().peekable();
        for (number, (row, source)) in (0_u32..).zip(self.births) {
            while let Some((from, seed)) =
                seeds.next_if(|(_, seed)| seed.spawn.at - start < i64::from(row.second))
            {
                kids.push(kid(rows.len() as u32, from, &seed));
                rows.push(stored(trade, day, &seed));
            }
            if let Some(source) = source {
                scheduled.push((number, source));
            }
            rows.push(row);
        }
        for (from, seed) in seeds {
            kids.push(kid(rows.len() as u32, from, &seed));
            rows.push(stored(trade, day, &seed));
        }
        block.kids = kids.into();
        block.scheduled = scheduled.into();
        block.rows = rows.iter().map(pack).collect();
        for row in rows {
            if row.finish != u32::MAX {
                let finished = start + i64::from(row.second) + i64::from(row.finish);
                block.finished = block.finished.max(finished);
            }
            if row.settle != u16::MAX {
                let settled = day + Day::from(row.settle);
                let (low, high) = block.settled.unwrap_or((settled, settled));
                block.settled = Some((low.min(settled), high.max(settled)));
            }
        }
        block
    }
}

fn kid(row: u32, day: Day, seed: &Seed) -> Kid {
    Kid {
        row,
        day,
        birth: seed.spawn.birth,
        of: seed.spawn.of,
        reason: seed.spawn.reason,
        key: seed.key,
    }
}

fn stored(trade: &Trade, day: Day, seed: &Seed) -> Stored {
    let spawn = &seed.spawn;
    let settle = match spawn.kind {
        Kind::Capture => crate::sandbox::generate::birth::settle(trade, day, day),
        Kind::Refund | Kind::Chargeback | Kind::Reject => {
            crate::sandbox::generate::birth::settle_back(day)
        }
        Kind::Payment | Kind::Authorization | Kind::Void | Kind::Notice => u16::MAX,
    };
    Stored {
        kind: spawn.kind,
        method: seed.method,
        outcome: Outcome::Approved,
        decline: Decline::DoNotHonor,
        currency: seed.currency,
        test: false,
        corrected: false,
        lively: false,
        second: u32::try_from(spawn.at - start_of(day)).unwrap_or(0),
        amount: spawn.amount,
        fee: spawn.fee,
        finish: 0,
        settle,
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
            lively: true,
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
