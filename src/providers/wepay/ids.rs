//! Ids that look random, as the vendor's do: keyed permutations of numbers that rise.

use crate::sandbox::digest;
use crate::sandbox::generate::stream::mix;
use crate::sandbox::ledger::Transaction;
use crate::sandbox::scenario::Scenario;

/// The lowest id of each kind; the vendor's have nine digits or more.
const LOWEST: i64 = 100_000_000;

/// Bits that numbers of deposits and of report jobs have room in.
const NARROW: u32 = 30;
/// Bits that numbers of rows have room in that were added behind a generated one.
const WIDE: u32 = 50;

/// What an id is the id of; the same number gets different ids.
#[derive(Clone, Copy, Debug)]
pub(super) enum IdOf {
    Checkout,
    Payment,
    Refund,
    Chargeback,
    Withdrawal,
    Report,
}

impl IdOf {
    fn key(self, scenario: &Scenario) -> u64 {
        let name: &[u8] = match self {
            Self::Checkout => b"checkout",
            Self::Payment => b"payment",
            Self::Refund => b"refund",
            Self::Chargeback => b"chargeback",
            Self::Withdrawal => b"withdrawal",
            Self::Report => b"report",
        };
        digest::key(&[b"wepay ids", &scenario.seed.to_be_bytes(), name])
    }
}

/// The keys of what rows have ids for, worked out once for a whole file.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowKeys {
    checkout: u64,
    payment: u64,
    refund: u64,
    chargeback: u64,
}

impl RowKeys {
    pub(super) fn of(scenario: &Scenario) -> Self {
        Self {
            checkout: IdOf::Checkout.key(scenario),
            payment: IdOf::Payment.key(scenario),
            refund: IdOf::Refund.key(scenario),
            chargeback: IdOf::Chargeback.key(scenario),
        }
    }

    /// The id of the checkout of a payment.
    pub(super) fn checkout(&self, root: &Transaction<'_>) -> i64 {
        of_row(self.checkout, root)
    }

    /// The id of a payment.
    pub(super) fn payment(&self, root: &Transaction<'_>) -> i64 {
        of_row(self.payment, root)
    }

    /// The id of a refund.
    pub(super) fn refund(&self, row: &Transaction<'_>) -> i64 {
        of_row(self.refund, row)
    }

    /// The id of what was forced back.
    pub(super) fn chargeback(&self, row: &Transaction<'_>) -> i64 {
        of_row(self.chargeback, row)
    }
}

/// The id of a deposit or a report job from its number.
pub(super) fn of_number(scenario: &Scenario, kind: IdOf, number: u64) -> i64 {
    let id = Permutation { key: kind.key(scenario), bits: NARROW }.apply(number);
    i64::try_from(id).unwrap_or(0) + LOWEST
}

/// The number that has this id, if any can.
pub(super) fn number_of(scenario: &Scenario, kind: IdOf, id: i64) -> Option<u64> {
    let id = u64::try_from(id.checked_sub(LOWEST)?).ok()?;
    (id < 1 << NARROW).then(|| Permutation { key: kind.key(scenario), bits: NARROW }.undo(id))
}

/// The id of a row under a key.
fn of_row(key: u64, row: &Transaction<'_>) -> i64 {
    let number = u64::try_from(row.number()).unwrap_or(0);
    if row.id().sub() != 0 {
        let id = Permutation { key, bits: WIDE }.apply(number);
        return i64::try_from((1 << WIDE) + id).unwrap_or(i64::MAX);
    }
    // Without the three digits that are 0 for every generated row, ids have as many as the vendor's.
    let index = number / 100_000 * 100 + number % 100;
    // Days up to the year 2100 fit in 15 bits and a hundred merchants in 7.
    let bits = 22 + row.view().slots().max(1).ilog2() + 1;
    let id = Permutation { key, bits: bits + bits % 2 }.apply(index);
    i64::try_from(id).unwrap_or(0) + LOWEST
}

/// A permutation of the numbers below 2^`bits` (even): a Feistel network.
struct Permutation {
    key: u64,
    bits: u32,
}

const ROUNDS: u64 = 6;

impl Permutation {
    fn round(&self, round: u64, half: u64) -> u64 {
        mix(self.key ^ round, half) & self.mask()
    }

    fn mask(&self) -> u64 {
        (1 << (self.bits / 2)) - 1
    }

    fn apply(&self, number: u64) -> u64 {
        let (mut left, mut right) = (number >> (self.bits / 2) & self.mask(), number & self.mask());
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ self.round(round, right));
        }
        left << (self.bits / 2) | right
    }

    fn undo(&self, id: u64) -> u64 {
        let (mut left, mut right) = (id >> (self.bits / 2) & self.mask(), id & self.mask());
        for round in (0..ROUNDS).rev() {
            (left, right) = (right ^ self.round(round, left), left);
        }
        left << (self.bits / 2) | right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permutation_visits_every_number_once() {
        let permutation = Permutation { key: 7, bits: 10 };
        let mut ids: Vec<u64> = (0..1024).map(|number| permutation.apply(number)).collect();
        assert!(!ids.is_sorted());
        for (number, id) in (0..).zip(&ids) {
            assert_eq!(permutation.undo(*id), number);
        }
        ids.sort_unstable();
        assert!(ids.into_iter().eq(0..1024));
    }
}
