//! Which of the hard things of this trade the answers of a space have contained, and in which request first.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use strum::VariantArray;

use crate::sandbox::facts::{Kind, Status};
use crate::sandbox::generate::calendar::DAY;
use crate::sandbox::ledger::{Transaction, fates};

/// Something that importers get wrong. The order is that of the list.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::IntoStaticStr,
    strum::VariantNames,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
#[repr(u8)]
pub enum Hard {
    /// A currency without decimals.
    ZeroDecimals,
    /// A currency with three decimals.
    ThreeDecimals,
    /// A payment that failed.
    Declined,
    /// A row that is not final yet.
    Pending,
    /// A capture of less than was reserved.
    PartialCapture,
    /// Reserved money that was released.
    Voided,
    /// A refund of a part.
    PartialRefund,
    /// A refund of a payment that was settled before.
    RefundAfterSettlement,
    /// A chargeback.
    Chargeback,
    /// A chargeback of a part.
    PartialChargeback,
    /// A dispute that the merchant won, so that the money came back.
    WonDispute,
    /// A row whose deposit failed or came back.
    FailedDeposit,
    /// A payment that equals another one.
    Lookalike,
    /// A bank debit that came back.
    BankReject,
    /// A row in the first second of a UTC day.
    RowAtMidnight,
    /// A day of 23 hours in the zone of the request.
    ShortDay,
    /// A day of 25 hours in the zone of the request.
    LongDay,
    /// A text beyond ASCII.
    Unicode,
    /// An id that 32 bits do not hold.
    LongId,
    /// A row that the reports showed later than it happened.
    LateRow,
    /// A range without rows.
    EmptyAnswer,
    /// A last page that is full.
    FullLastPage,
    /// Rows of the same range over several pages.
    SeveralPages,
    /// 429 with `Retry-After`.
    TooManyRequests,
    /// 401 after an answer with rows.
    UnauthorizedMidway,
    /// A 5xx.
    ServerError,
    /// An answer that ended before its end.
    CutAnswer,
    /// A connection that was closed or reset without an answer.
    NoAnswer,
    /// An answer that no parser accepts.
    BrokenAnswer,
    /// A slow answer.
    SlowAnswer,
    /// An answer that is compressed.
    Compressed,
    /// What stands between client and provider answered.
    GatewayPage,
    /// A report that ends properly and lacks rows.
    ShortReport,
    /// A row that is there twice.
    RepeatedRow,
    /// A row that was left out.
    SkippedRow,
    /// Rows in another order.
    ShuffledRows,
    /// Rows with another schema.
    NewSchema,
    /// Rows that came in between two pages.
    RowsInBetween,
    /// A notification that came twice.
    DuplicateNotification,
    /// A notification that was sent again because it was not accepted.
    RepeatedNotification,
}

impl Hard {
    /// What it is, in a few words.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::ZeroDecimals => "a currency without decimals",
            Self::ThreeDecimals => "a currency with three decimals",
            Self::Declined => "a payment that failed",
            Self::Pending => "a row that is not final yet",
            Self::PartialCapture => "a capture of less than was reserved",
            Self::Voided => "reserved money that was released",
            Self::PartialRefund => "a refund of a part",
            Self::RefundAfterSettlement => "a refund of a payment that was settled before",
            Self::Chargeback => "a chargeback",
            Self::PartialChargeback => "a chargeback of a part",
            Self::WonDispute => "a dispute that was won",
            Self::FailedDeposit => "a row whose deposit failed or came back",
            Self::Lookalike => "a payment that equals another one",
            Self::BankReject => "a bank debit that came back",
            Self::RowAtMidnight => "a row in the first second of a UTC day",
            Self::ShortDay => "a day of 23 hours in the zone of the request",
            Self::LongDay => "a day of 25 hours in the zone of the request",
            Self::Unicode => "a text beyond ASCII",
            Self::LongId => "an id that 32 bits do not hold",
            Self::LateRow => "a row that was shown later than it happened",
            Self::EmptyAnswer => "a range without rows",
            Self::FullLastPage => "a last page that is full",
            Self::SeveralPages => "rows of one question on several pages",
            Self::TooManyRequests => "429 with Retry-After",
            Self::UnauthorizedMidway => "401 after an answer with rows",
            Self::ServerError => "a 5xx",
            Self::CutAnswer => "an answer that ended before its end",
            Self::NoAnswer => "a connection that ended without an answer",
            Self::BrokenAnswer => "an answer that no parser accepts",
            Self::SlowAnswer => "a slow answer",
            Self::Compressed => "an answer that is compressed",
            Self::GatewayPage => "an answer of what stands in between",
            Self::ShortReport => "a report that ends properly and lacks rows",
            Self::RepeatedRow => "a row that is there twice",
            Self::SkippedRow => "a row that was left out",
            Self::ShuffledRows => "rows in another order",
            Self::NewSchema => "rows with another schema",
            Self::RowsInBetween => "rows that came in between two pages",
            Self::DuplicateNotification => "a notification that came twice",
            Self::RepeatedNotification => "a notification that was sent again",
        }
    }

    fn bit(self) -> u64 {
        1 << (self as u8)
    }
}

/// A set of hard things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HardSet(u64);

impl HardSet {
    /// Adds a thing if a condition holds.
    pub fn add(&mut self, hard: Hard, is_there: bool) {
        if is_there {
            self.0 |= hard.bit();
        }
    }

    /// Adds all things of another set.
    pub fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether a thing is in the set.
    #[must_use]
    pub fn has(self, hard: Hard) -> bool {
        self.0 & hard.bit() != 0
    }

    /// What is hard about a row.
    #[must_use]
    pub fn of_row(row: &Transaction<'_>) -> Self {
        let mut set = Self::default();
        let exponent = row.currency.exponent();
        set.add(Hard::ZeroDecimals, exponent == 0);
        set.add(Hard::ThreeDecimals, exponent == 3);
        set.add(Hard::RowAtMidnight, row.created_at.rem_euclid(DAY) == 0);
        set.add(Hard::Unicode, !row.description().is_ascii());
        set.add(Hard::LateRow, row.is_late());
        set.add(Hard::LongId, row.number() > i64::from(u32::MAX));
        set.add(Hard::FailedDeposit, fates::has_failed(row));
        set.add(Hard::Lookalike, row.is_lookalike());
        set.add(Hard::RepeatedRow, row.is_repeated());
        match row.kind {
            Kind::Payment | Kind::Authorization => {
                let status = row.status();
                set.add(Hard::Declined, status == Status::Declined);
                set.add(Hard::Pending, matches!(status, Status::Pending | Status::Incomplete));
                set.add(Hard::Voided, status == Status::Voided);
            }
            Kind::Capture => set.add(Hard::PartialCapture, row.amount < row.root().amount),
            Kind::Void => set.add(Hard::Voided, true),
            Kind::Refund => {
                set.add(Hard::PartialRefund, row.amount < row.root().captured());
                let parent = row.parent().and_then(|parent| parent.settled_at());
                let is_late = parent.is_some_and(|at| at < row.created_at);
                set.add(Hard::RefundAfterSettlement, is_late);
            }
            Kind::Chargeback => {
                set.add(Hard::Chargeback, true);
                set.add(Hard::PartialChargeback, row.amount < row.root().captured());
            }
            Kind::ChargebackReversal => set.add(Hard::WonDispute, true),
            Kind::Reject => set.add(Hard::BankReject, true),
            Kind::Notice => {}
        }
        set
    }
}

/// What was met and the journal entry in which it was first; `None` for a notification.
type Met = BTreeMap<Hard, Option<u64>>;

/// The hard things that the answers of a space have contained since it began anew.
#[derive(Debug, Default)]
pub struct Coverage {
    met: Mutex<Met>,
    /// The same as bits, to find out without the lock that nothing is new.
    bits: AtomicU64,
    /// The first journal entry that counts.
    from: AtomicU64,
}

impl Coverage {
    fn lock(&self) -> MutexGuard<'_, Met> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records what an answer contained.
    pub fn meet(&self, set: HardSet, entry: Option<u64>) {
        let is_old = entry.is_some_and(|entry| entry < self.from.load(Ordering::Relaxed));
        if is_old || set.0 & !self.bits.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut met = self.lock();
        for hard in Hard::VARIANTS.iter().filter(|hard| set.has(**hard)) {
            met.entry(*hard).or_insert(entry);
        }
        self.bits.fetch_or(set.0, Ordering::Relaxed);
    }

    /// Everything, whether it was met, and the entry in which it was first; `None` for a notification.
    #[must_use]
    pub fn list(&self) -> Vec<(Hard, bool, Option<u64>)> {
        let met = self.lock();
        let of = |hard: &Hard| (*hard, met.contains_key(hard), met.get(hard).copied().flatten());
        Hard::VARIANTS.iter().map(of).collect()
    }

    /// Begins anew; entries below `entry` no longer count.
    pub fn begin(&self, entry: u64) {
        let mut met = self.lock();
        met.clear();
        self.bits.store(0, Ordering::Relaxed);
        self.from.store(entry, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(all: &[Hard]) -> HardSet {
        let mut set = HardSet::default();
        all.iter().for_each(|hard| set.add(*hard, true));
        set
    }

    #[test]
    fn the_first_entry_stays_and_a_reset_begins_anew() {
        let coverage = Coverage::default();
        coverage.meet(set(&[Hard::Declined, Hard::Voided]), Some(3));
        coverage.meet(set(&[Hard::Declined, Hard::LongId]), Some(5));
        let met = |coverage: &Coverage| -> Vec<(Hard, Option<u64>)> {
            let list = coverage.list().into_iter();
            list.filter(|it| it.1).map(|(hard, _, entry)| (hard, entry)).collect()
        };
        let all = [(Hard::Declined, Some(3)), (Hard::Voided, Some(3)), (Hard::LongId, Some(5))];
        assert_eq!(met(&coverage), all);
        coverage.begin(7);
        coverage.meet(set(&[Hard::Declined]), Some(6));
        assert_eq!(met(&coverage), [], "an answer that began before the reset");
        coverage.meet(set(&[Hard::Declined]), Some(7));
        assert_eq!(met(&coverage), [(Hard::Declined, Some(7))]);
    }

    #[test]
    fn every_thing_has_a_bit_of_its_own() {
        let bits: u64 = Hard::VARIANTS.iter().map(|hard| hard.bit()).fold(0, |all, bit| {
            assert_eq!(all & bit, 0);
            all | bit
        });
        assert_eq!(bits.count_ones() as usize, Hard::VARIANTS.len());
    }
}
