//! Amendments: a row tells another amount, fee or description from some instant on, as if it had always
//! been so.
//!
//! Money that was paid out stays as it was; the difference is a line of the next deposit.

use serde::{Deserialize, Serialize};

use super::View;
use super::row_id::RowId;
use super::transaction::{Origin, Transaction};
use crate::sandbox::facts::{Kind, NEVER, Outcome};
use crate::sandbox::generate::calendar::DAY;
use crate::sandbox::generate::stream::{Draw, mix};

/// Purpose of the random draws of an amendment.
const AMENDED: u64 = 49;

/// The longest time, in seconds, between the outcome of a generated row and its amendment.
pub(super) const LATEST_AMENDMENT: i64 = 10 * DAY + 3600;

/// An amendment of a row by an action. Instants are Unix seconds, amounts are minor units; `None` leaves a
/// value as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    /// The instant from which on reports tell the new values.
    pub at: i64,
    /// The instant at which it was made; what was paid out by then is not affected.
    pub made_at: i64,
    /// The new amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// The new fee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<i64>,
    /// The new description; only original transactions have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The new instant of the settlement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<i64>,
}

/// A change of a row's values: a drawn one, or the effect of an [`Amendment`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'a> {
    at: i64,
    made_at: i64,
    amount: Option<i64>,
    fee: Option<i64>,
    description: Option<&'a str>,
}

impl<'a> From<&'a Amendment> for Change<'a> {
    fn from(amendment: &'a Amendment) -> Self {
        Self {
            at: amendment.at,
            made_at: amendment.made_at,
            amount: amendment.amount,
            fee: amendment.fee,
            description: amendment.description.as_deref(),
        }
    }
}

/// The amount and the fee of a row at some time, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Values {
    pub(super) amount: i64,
    pub(super) fee: i64,
}

impl Values {
    fn changed(self, change: &Change<'_>) -> Self {
        Self { amount: change.amount.unwrap_or(self.amount), fee: change.fee.unwrap_or(self.fee) }
    }
}

/// The difference that an amendment makes after the money of a row was paid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Correction {
    /// The instant of the amendment, Unix seconds.
    pub(super) made_at: i64,
    /// Minor units that the merchant gets, or gives back if negative.
    pub(super) amount: i64,
}

impl View {
    /// Whether any row can have amendments.
    pub(super) fn has_amendments(&self) -> bool {
        self.merchant.trade.amended > 0 || self.overlay.has_amendments()
    }

    /// The ids of the rows that actions have amended.
    pub(super) fn amended_ids(&self) -> impl Iterator<Item = RowId> {
        self.overlay.amended_ids()
    }

    /// A row, which still has its first values, with those of the instant of the view.
    pub(super) fn amended<'a>(&'a self, mut row: Transaction<'a>) -> Transaction<'a> {
        if !self.has_amendments() {
            return row;
        }
        let changes = self.changes(&row).filter(|change| change.at <= self.now);
        let values = changes.fold(row.first, |values, change| values.changed(&change));
        (row.amount, row.fee) = (values.amount, values.fee);
        row
    }

    /// All changes of a row, also future ones, in the order in which they were made.
    fn changes<'a>(&'a self, row: &Transaction<'a>) -> impl Iterator<Item = Change<'a>> + use<'a> {
        let by_hand = self.overlay.amendments_at(row.id, self.version).map(Change::from);
        self.drawn(row).into_iter().chain(by_hand)
    }

    /// The change that was drawn for a generated row.
    fn drawn<'a>(&'a self, row: &Transaction<'a>) -> Option<Change<'a>> {
        let trade = &self.merchant.trade;
        let takes = row.kind.sign() > 0 && row.outcome == Outcome::Approved && !row.test;
        if trade.amended == 0 || !takes || row.finished == NEVER {
            return None;
        }
        let (root, is_alone) = match row.origin {
            Origin::Original { has_follow_ups, .. } => (row.id, !has_follow_ups),
            Origin::FollowUp { day, original, .. } => {
                (self.generated.row_of_original(day, original), false)
            }
            Origin::Added(_) => return None,
        };
        let mut draw = Draw::new(mix(row.key, u64::from(row.kind == Kind::Capture)), AMENDED);
        if !draw.permille(trade.amended) {
            return None;
        }
        let at = row.finished + 3600 + i64::from(draw.below(10 * 86_400));
        // An action on the payment ends the generated rest of its life.
        if self.cut_at(root).is_some_and(|cut| at >= cut) {
            return None;
        }
        let none = Change { at, made_at: at, amount: None, fee: None, description: None };
        let (choice, up, size) = (draw.below(3), draw.below(2) == 0, draw.below(1000));
        let Values { amount, fee } = row.first;
        let part = |of: i64| 1 + of / 10 * i64::from(size) / 1000;
        match choice {
            0 if is_alone && amount >= 20 && row.scheduled().is_none() => {
                let lower = (amount - part(amount)).max(fee).max(1);
                let other = if up { amount + part(amount) } else { lower };
                (other != amount).then_some(Change { amount: Some(other), ..none })
            }
            1 if row.kind == Kind::Payment => {
                let other = super::person::description(mix(row.key, AMENDED), trade.names);
                Some(Change { description: Some(other), ..none })
            }
            _ => {
                let higher = (fee + part(fee)).min(amount);
                let other = if up { higher } else { (fee - part(fee)).max(0) };
                (other != fee).then_some(Change { fee: Some(other), ..none })
            }
        }
    }
}

impl<'a> Transaction<'a> {
    /// The latest amendment by the instant of the view, in Unix seconds; `None` if there was none.
    pub(super) fn amended_at(&self) -> Option<i64> {
        if !self.view.has_amendments() {
            return None;
        }
        self.view.changes(self).map(|change| change.at).filter(|at| *at <= self.now()).max()
    }

    /// The last amendment, past or future, in Unix seconds; `None` if there is none.
    pub(super) fn last_amendment(&self) -> Option<i64> {
        if !self.view.has_amendments() {
            return None;
        }
        self.view.changes(self).map(|change| change.at).max()
    }

    /// The amended description; only original transactions have one.
    pub(super) fn amended_description(&self) -> Option<&'a str> {
        if !self.view.has_amendments() {
            return None;
        }
        let changes = self.view.changes(self).filter(|change| change.at <= self.now());
        changes.filter_map(|change| change.description).last()
    }

    /// Whether the money of the row was paid out before a change was made.
    fn is_paid_before(&self, change: &Change<'_>) -> bool {
        self.settled <= change.made_at
    }

    /// Amount and fee with which the row was settled, or will be.
    pub(super) fn paid_out(&self) -> Values {
        if !self.view.has_amendments() {
            return self.first;
        }
        let before = self.view.changes(self).filter(|change| !self.is_paid_before(change));
        // A change that reports tell later than the view is still to come.
        before.fold(self.first, |values, change| values.changed(&change))
    }

    /// What was owed after the money of the row was paid out, in the order of the amendments.
    pub(super) fn corrections(&self) -> Vec<Correction> {
        let mut values = self.paid_out();
        let mut corrections = Vec::new();
        if self.test || self.outcome != Outcome::Approved || self.settled == NEVER {
            return corrections;
        }
        for change in self.view.changes(self).filter(|change| self.is_paid_before(change)) {
            let now = values.changed(&change);
            let amount = self.kind.sign() * (now.amount - values.amount) - (now.fee - values.fee);
            if amount != 0 {
                corrections.push(Correction { made_at: change.made_at, amount });
            }
            values = now;
        }
        corrections
    }
}
