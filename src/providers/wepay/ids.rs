//! Ids that look random, as those of the vendor: a keyed permutation of a rising number.

use crate::sandbox::digest;
use crate::sandbox::facts::Kind;
use crate::sandbox::generate::stream::mix;
use crate::sandbox::ledger::{Transaction, View};
use crate::sandbox::scenario::Scenario;
use crate::sandbox::truth::IdKeys;

/// The lowest id of each kind. Ids of the vendor have at least nine digits.
const LOWEST: i64 = 100_000_000;

/// Number of bits of the numbers of deposits and of report jobs.
const NARROW: u32 = 30;

/// The kind of object of an id. The same number has a different id for each kind.
#[derive(Clone, Copy, Debug)]
pub(super) enum IdOf {
    Checkout,
    Payment,
    Refund,
    Chargeback,
    ChargebackReversal,
    Withdrawal,
    Report,
}

impl IdOf {
    fn key(self, seed: u64) -> u64 {
        let name: &[u8] = match self {
            Self::Checkout => b"checkout",
            Self::Payment => b"payment",
            Self::Refund => b"refund",
            Self::Chargeback => b"chargeback",
            Self::ChargebackReversal => b"chargeback reversal",
            Self::Withdrawal => b"withdrawal",
            Self::Report => b"report",
        };
        digest::key(&[b"wepay ids", &seed.to_be_bytes(), name])
    }
}

/// The permutation keys of the kinds that rows have ids of, computed once for a whole file.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowKeys {
    checkout: u64,
    payment: u64,
    refund: u64,
    chargeback: u64,
    reversal: u64,
}

impl RowKeys {
    /// The keys in a scenario with this seed.
    pub(super) fn of(seed: u64) -> Self {
        Self {
            checkout: IdOf::Checkout.key(seed),
            payment: IdOf::Payment.key(seed),
            refund: IdOf::Refund.key(seed),
            chargeback: IdOf::Chargeback.key(seed),
            reversal: IdOf::ChargebackReversal.key(seed),
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

    /// Prefix and number of a `transaction_id`. A payment has the number of its checkout, and so has the first
    /// capture; a later one has a number of its own. A returned bank debit is listed as a chargeback and has no
    /// prefix of its own.
    pub(super) fn transaction(
        &self,
        row: &Transaction<'_>,
        root: &Transaction<'_>,
    ) -> (&'static str, i64) {
        match row.kind {
            Kind::Refund => ("RF", of_row(self.refund, row)),
            Kind::Chargeback | Kind::Reject => ("CBK", of_row(self.chargeback, row)),
            Kind::ChargebackReversal => ("RCBK", of_row(self.reversal, row)),
            Kind::Capture if is_later_capture(row, root) => ("C", self.checkout(row)),
            Kind::Payment | Kind::Authorization | Kind::Capture | Kind::Void | Kind::Notice => {
                ("C", self.checkout(root))
            }
        }
    }

    /// The row with this prefix and number in a `transaction_id`; of a payment, the original transaction, or a
    /// later capture.
    pub(super) fn find<'a>(
        &self,
        view: &'a View,
        prefix: &str,
        id: i64,
    ) -> Option<Transaction<'a>> {
        let key = match prefix {
            "RF" => self.refund,
            "CBK" => self.chargeback,
            "RCBK" => self.reversal,
            _ => self.checkout,
        };
        let row = view.find(row_number(key, view, id)?)?;
        let is_fit = match prefix {
            "RF" => row.kind == Kind::Refund,
            "CBK" => matches!(row.kind, Kind::Chargeback | Kind::Reject),
            "RCBK" => row.kind == Kind::ChargebackReversal,
            _ => row.kind.is_original() || is_later_capture(&row, &row.root()),
        };
        is_fit.then_some(row)
    }
}

/// Whether a row is a capture of money of which another capture took a part before.
fn is_later_capture(row: &Transaction<'_>, root: &Transaction<'_>) -> bool {
    // The generator captures once, and what it captured comes first.
    row.kind == Kind::Capture
        && row.id().sub() != 0
        && root.first_capture().is_some_and(|first| first.id() != row.id())
}

impl From<RowKeys> for IdKeys {
    fn from(keys: RowKeys) -> Self {
        [keys.checkout, keys.payment, keys.refund, keys.chargeback, keys.reversal]
    }
}

impl From<IdKeys> for RowKeys {
    fn from([checkout, payment, refund, chargeback, reversal]: IdKeys) -> Self {
        Self { checkout, payment, refund, chargeback, reversal }
    }
}

/// The id of a deposit or a report job from its number.
pub(super) fn of_number(scenario: &Scenario, kind: IdOf, number: u64) -> i64 {
    let id = Permutation { key: kind.key(scenario.seed), bits: NARROW }.apply(number);
    i64::try_from(id).unwrap_or(0) + LOWEST
}

/// The number of an id; `None` for an id that no number has.
pub(super) fn number_of(scenario: &Scenario, kind: IdOf, id: i64) -> Option<u64> {
    let id = u64::try_from(id.checked_sub(LOWEST)?).ok()?;
    (id < 1 << NARROW).then(|| Permutation { key: kind.key(scenario.seed), bits: NARROW }.undo(id))
}

/// The id of a row under a key.
fn of_row(key: u64, row: &Transaction<'_>) -> i64 {
    let number = u64::try_from(row.number()).unwrap_or(0);
    let slots = row.view().slots();
    if row.id().sub() != 0 {
        let bits = wide(slots);
        let id = Permutation { key, bits }.apply(number);
        return i64::try_from((1 << bits) + id).unwrap_or(i64::MAX);
    }
    // The last three digits are 0 for every generated row. Without them ids are as long as the vendor's.
    let index = number / 100_000 * 100 + number % 100;
    let id = Permutation { key, bits: narrow(slots) }.apply(index);
    i64::try_from(id).unwrap_or(0) + LOWEST
}

/// The number of the row with this id; `None` for an id that no number has.
fn row_number(key: u64, view: &View, id: i64) -> Option<i64> {
    let (narrow, wide) = (narrow(view.slots()), wide(view.slots()));
    let id = u64::try_from(id).ok()?;
    let number = match id.checked_sub(1 << wide) {
        Some(id) if id < 1 << wide => Permutation { key, bits: wide }.undo(id),
        Some(_) => return None,
        None => {
            let id = id.checked_sub(LOWEST.unsigned_abs()).filter(|id| *id < 1 << narrow)?;
            let index = Permutation { key, bits: narrow }.undo(id);
            index / 100 * 100_000 + index % 100
        }
    };
    i64::try_from(number).ok()
}

/// Number of bits of the numbers of generated rows; even.
fn narrow(slots: u64) -> u32 {
    // Days up to the year 2099 fit in 15 bits and a hundred merchants in 7.
    let bits = 22 + slots.max(1).ilog2() + 1;
    bits + bits % 2
}

/// Number of bits of the numbers of rows that were added behind a generated one; even. 50, or more for a merchant
/// whose rows of a day need more.
fn wide(slots: u64) -> u32 {
    // 1000 numbers behind each generated row need 10 bits.
    (narrow(slots) + 10).max(50)
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
