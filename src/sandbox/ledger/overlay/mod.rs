//! What a space adds to the generated ledger of one merchant: pinned rows, added rows, and what was done
//! to rows. Plain data in persistent maps: a copy costs nothing, and a change to a copy costs the depth
//! of a tree.
//!
//! Every change has a number, the version it made. Whoever remembers a version sees the rows and patches
//! up to it, so a report that was prepared goes on showing what there was.

mod written;

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Serialize};

use super::row_id::RowId;
use crate::sandbox::facts::{Decline, Kind, Method, Outcome};
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::generate::card::Card;
use crate::sandbox::money::Currency;
use crate::sandbox::spelling;

/// A row that was pinned by the scenario or added by a test. Instants are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddedRow {
    /// What it is.
    pub kind: Kind,
    /// How it is paid.
    pub method: Method,
    /// How it ends.
    pub outcome: Outcome,
    /// Why it is declined; meaningless otherwise.
    pub decline: Decline,
    /// When it was created.
    pub created_at: i64,
    /// When its outcome is known; [`NEVER`](crate::sandbox::facts::NEVER) when never.
    #[serde(with = "spelling::never")]
    pub finished_at: i64,
    /// When its money is settled; [`NEVER`](crate::sandbox::facts::NEVER) when never.
    #[serde(with = "spelling::never")]
    pub settled_at: i64,
    /// When it was corrected by hand.
    pub corrected_at: Option<i64>,
    /// Minor units.
    pub amount: i64,
    /// Of amount and fee.
    pub currency: Currency,
    /// Minor units.
    pub fee: i64,
    /// Whether it is a test transaction.
    pub test: bool,
    /// What it happened to: the payment itself or its capture; `None` for a payment.
    pub of: Option<Kind>,
    /// The payment it goes back to; `None` for a payment.
    pub root: Option<RowId>,
    /// Index into the reasons of its kind.
    pub reason: u8,
    /// What the short streams are drawn from.
    #[serde(with = "spelling::key")]
    pub key: u64,
    /// The card, where it is not left to the draw.
    pub card: Option<Card>,
    /// The customer's first name, where it is not left to the draw.
    pub first_name: Option<String>,
    /// The customer's last name, where it is not left to the draw.
    pub last_name: Option<String>,
    /// The customer's e-mail address, where it is not left to the draw.
    pub email: Option<String>,
    /// The merchant's own order number, where it is not left to the draw.
    pub order: Option<String>,
    /// What was bought, where it is not left to the draw.
    pub description: Option<String>,
    /// The row word for word at a provider (by slug), as JSON text.
    pub wire: std::collections::BTreeMap<String, String>,
}

/// What was done by hand to a row that exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// From here on the generated rest of its life does not happen.
    pub cut_at: Option<i64>,
    /// It is settled at this instant instead of when it would have been.
    pub settled_at: Option<i64>,
}

/// A row of a provider's report that is no transaction, word for word (only in `docs-samples`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedRow {
    /// Slug of the provider.
    pub provider: String,
    /// The provider's name for the report.
    pub report: String,
    /// The instant that the provider's date filter looks at.
    pub at: i64,
    /// JSON text.
    pub wire: String,
}

/// A row and the version that it came with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Versioned {
    since: u64,
    row: AddedRow,
}

/// What was done to a row, from which version on; the last one is in force.
type PatchHistory = Arc<[(u64, Patch)]>;

/// Everything that one space added for one merchant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "written::Overlay", try_from = "written::Overlay")]
pub struct Overlay {
    rows: OrdMap<RowId, Arc<Versioned>>,
    /// The rows that happened to a payment.
    children: OrdMap<RowId, Arc<[RowId]>>,
    patches: OrdMap<RowId, PatchHistory>,
    /// Generated rows that are settled at another instant than the generator says.
    resettled: OrdSet<RowId>,
    /// The row that was added last.
    newest: Option<RowId>,
    /// Rows of reports that are no transactions.
    pinned_rows: Arc<[PinnedRow]>,
    /// Providers that a row has words for.
    pinned_at: Arc<BTreeSet<String>>,
    /// The earliest instant at which anything differs from what was generated.
    differs_from: Option<i64>,
    /// How many changes there were.
    version: u64,
}

impl Overlay {
    /// How many changes there were.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How many rows were added.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// Every added row with its id, in the order of time.
    pub fn rows(&self) -> impl Iterator<Item = (RowId, &AddedRow)> {
        self.rows.iter().map(|(id, it)| (*id, &it.row))
    }

    /// An added row.
    #[must_use]
    pub fn row(&self, id: RowId) -> Option<&AddedRow> {
        self.row_at(id, u64::MAX)
    }

    /// An added row, if it was there at this version.
    pub(super) fn row_at(&self, id: RowId, version: u64) -> Option<&AddedRow> {
        self.rows.get(&id).filter(|it| it.since <= version).map(|it| &it.row)
    }

    /// Ids of added rows within a range that were there at this version, in rising order.
    pub(super) fn ids_at(
        &self,
        ids: std::ops::Range<RowId>,
        version: u64,
    ) -> impl DoubleEndedIterator<Item = RowId> {
        let rows = (ids.start < ids.end).then(|| self.rows.range(ids));
        rows.into_iter().flatten().filter(move |it| it.1.since <= version).map(|it| *it.0)
    }

    /// Ids of generated rows within a range that are settled at another instant than the generator says,
    /// in rising order.
    pub(super) fn resettled(
        &self,
        ids: std::ops::Range<RowId>,
    ) -> impl DoubleEndedIterator<Item = RowId> {
        let rows = (ids.start < ids.end).then(|| self.resettled.range(ids));
        rows.into_iter().flatten().copied()
    }

    /// What was added to a payment, whenever it happens.
    pub fn children_of(&self, payment: RowId) -> impl Iterator<Item = (RowId, &AddedRow)> {
        let ids = self.child_ids(payment).iter();
        ids.filter_map(|id| Some((*id, self.row(*id)?)))
    }

    /// Ids of what was added to a payment.
    pub(super) fn child_ids(&self, payment: RowId) -> &[RowId] {
        self.children.get(&payment).map_or(&[], |ids| ids)
    }

    /// Whether anything was done to a row.
    pub(super) fn has_patches(&self) -> bool {
        !self.patches.is_empty()
    }

    /// Ids of the rows that something was done to.
    pub fn patched(&self) -> impl Iterator<Item = RowId> {
        self.patches.keys().copied()
    }

    /// What was done to a row.
    #[must_use]
    pub fn patch(&self, id: RowId) -> Option<Patch> {
        self.patch_at(id, u64::MAX)
    }

    /// What was done to a row up to this version.
    pub(super) fn patch_at(&self, id: RowId, version: u64) -> Option<Patch> {
        if self.patches.is_empty() {
            return None;
        }
        let history = self.patches.get(&id)?.iter().rev();
        history.into_iter().find(|it| it.0 <= version).map(|it| it.1)
    }

    /// Rows of a provider's report that are no transactions, as the scenario pins them.
    pub fn pinned_rows(&self) -> &[PinnedRow] {
        &self.pinned_rows
    }

    /// Takes over the rows of reports that the scenario pins, which are no part of what is written down.
    pub fn pin(&mut self, rows: Arc<[PinnedRow]>) {
        self.pinned_rows = rows;
    }

    /// Whether a row has words for this provider.
    pub(super) fn has_pinned(&self, provider: &str) -> bool {
        self.pinned_at.contains(provider)
    }

    /// Whether a day (with what comes before it) is as it was generated.
    pub(super) fn is_generated(&self, day: Day) -> bool {
        self.differs_from.is_none_or(|at| day < calendar::day_of(at))
    }

    /// Whether both show the same rows and patches because one is a copy of the other.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.version == other.version
            && self.rows.ptr_eq(&other.rows)
            && self.patches.ptr_eq(&other.patches)
    }

    /// The row that was added last.
    pub(super) fn newest(&self) -> Option<RowId> {
        self.newest
    }

    /// Puts a row where its id says. A child is listed under its payment.
    pub fn insert(&mut self, id: RowId, row: AddedRow) {
        self.version += 1;
        self.insert_at(id, row, self.version);
    }

    fn insert_at(&mut self, id: RowId, row: AddedRow, since: u64) {
        if let Some(root) = row.root {
            let mut children = self.child_ids(root).to_vec();
            // A clock that was put back adds a row before those there are.
            children.insert(children.partition_point(|other| *other < id), id);
            self.children.insert(root, children.into());
        }
        if let Some(unknown) = row.wire.keys().find(|it| !self.pinned_at.contains(*it)) {
            let all = self.pinned_at.iter().chain([unknown]).chain(row.wire.keys());
            self.pinned_at = Arc::new(all.cloned().collect());
        }
        self.differ_from(row.created_at.min(row.finished_at).min(row.settled_at));
        self.rows.insert(id, Arc::new(Versioned { since, row }));
        self.newest = Some(id);
    }

    /// Changes what was done to a row.
    pub fn change_patch(&mut self, id: RowId, change: impl FnOnce(&mut Patch)) {
        let mut patch = self.patch(id).unwrap_or_default();
        change(&mut patch);
        self.version += 1;
        self.patch_since(id, patch, self.version);
    }

    fn patch_since(&mut self, id: RowId, patch: Patch, since: u64) {
        let history = self.patches.get(&id).map_or(&[][..], |history| history);
        if history.last().is_some_and(|last| last.1 == patch) {
            return;
        }
        let history = [history, &[(since, patch)]].concat();
        self.patches.insert(id, history.into());
        if patch.settled_at.is_some() && id.sub() == 0 {
            self.resettled.insert(id);
        }
        patch.cut_at.into_iter().chain(patch.settled_at).for_each(|at| self.differ_from(at));
    }

    fn differ_from(&mut self, at: i64) {
        self.differs_from = Some(self.differs_from.map_or(at, |other| other.min(at)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::facts::NEVER;

    fn row(created_at: i64) -> AddedRow {
        AddedRow {
            kind: Kind::Payment,
            method: Method::Card,
            outcome: Outcome::Approved,
            decline: Decline::DoNotHonor,
            created_at,
            finished_at: created_at,
            settled_at: NEVER,
            corrected_at: None,
            amount: 500,
            currency: Currency::USD,
            fee: 0,
            test: false,
            of: None,
            root: None,
            reason: 0,
            key: 0,
            card: None,
            first_name: None,
            last_name: None,
            email: None,
            order: None,
            description: None,
            wire: std::collections::BTreeMap::new(),
        }
    }

    fn id(number: u32) -> RowId {
        RowId::new(5000, number, 1)
    }

    #[test]
    fn a_copy_stays_as_it_was_and_shares_all_but_what_is_changed() {
        let mut overlay = Overlay::default();
        for number in 1..=2000 {
            overlay.insert(id(number), row(i64::from(number)));
        }
        let mut copies = Vec::new();
        for number in 2001..=2100 {
            copies.push(overlay.clone());
            overlay.insert(id(number), row(i64::from(number)));
            overlay.change_patch(id(number), |patch| patch.settled_at = Some(7));
        }
        for (copy, count) in copies.iter().zip(2000..) {
            assert_eq!(copy.row_count(), count);
            assert_eq!(copy.patched().count(), count - 2000);
        }
        // A copied map would hold every row once more. Of a shared one only the few rows that stand beside
        // a change are in several maps.
        let holders = |number: u32| Arc::strong_count(&overlay.rows[&id(number)]);
        assert!((1..=1500).all(|number| holders(number) == 1));
        let all: usize = (1..=2100).map(|number| holders(number) - 1).sum();
        assert!(all < 100 * 200, "{all} rows were copied for 100 changes of a map of 2000");
    }

    #[test]
    fn a_version_shows_what_there_was_when_it_was_the_last() {
        let mut overlay = Overlay::default();
        overlay.insert(id(1), row(10));
        let before = overlay.version();
        overlay.change_patch(id(1), |patch| patch.settled_at = Some(20));
        overlay.insert(id(2), row(30));
        let all = || RowId::MIN..RowId::MAX;
        assert_eq!(overlay.ids_at(all(), before).collect::<Vec<_>>(), [id(1)]);
        assert_eq!(overlay.patch_at(id(1), before), None);
        assert_eq!(overlay.ids_at(all(), overlay.version()).count(), 2);
        assert_eq!(overlay.patch(id(1)).unwrap().settled_at, Some(20));
    }
}
