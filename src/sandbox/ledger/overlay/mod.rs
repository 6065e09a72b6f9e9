//! The overlay: pinned rows, added rows and patches that a space adds to the generated ledger of one
//! merchant.
//!
//! It is plain data in persistent maps: a copy is free, and a change to a copy costs the depth of a tree.
//! Every change increments the version. A reader with a stored version sees the rows and patches up to it,
//! so a prepared report does not change.

mod amended;
mod fated;
mod retired;
mod row;
mod written;

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Serialize};

use self::amended::AmendmentHistory;
use self::fated::FateHistory;
pub use self::fated::{MAX_FATED, MAX_FATES};
pub use self::row::{AddedRow, Patch, PinnedRow, Verdict};
use super::row_id::RowId;
use crate::sandbox::generate::calendar::{self, Day};

/// A row and the version that added it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Versioned {
    since: u64,
    row: AddedRow,
}

/// The patches of a row with the versions that made them; the last one applies.
type PatchHistory = Arc<[(u64, Patch)]>;

/// All rows and patches that one space added for one merchant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "written::Overlay", try_from = "written::Overlay")]
pub struct Overlay {
    rows: OrdMap<RowId, Arc<Versioned>>,
    /// The ids of the added follow-ups by original transaction.
    children: OrdMap<RowId, Arc<[RowId]>>,
    patches: OrdMap<RowId, PatchHistory>,
    amendments: OrdMap<RowId, AmendmentHistory>,
    /// By number of the deposit.
    fates: OrdMap<i64, FateHistory>,
    /// Generated rows whose settlement instant was changed.
    resettled: OrdSet<RowId>,
    /// The row that was added last.
    newest: Option<RowId>,
    /// Pinned report rows that are not transactions.
    pinned_rows: Arc<[PinnedRow]>,
    /// The providers for which any row has an exact text.
    pinned_at: Arc<BTreeSet<String>>,
    /// The earliest instant (Unix seconds) at which the rows differ from the generated ones.
    differs_from: Option<i64>,
    /// Whether a row has an instant of its own from which on reports show it.
    has_visible_at: bool,
    /// Ids of rows that were there before the space went back to an earlier point.
    retired: OrdSet<RowId>,
    /// The number of changes so far.
    version: u64,
}

impl Overlay {
    /// The number of changes so far.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The number of added rows.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// All added rows with their ids, in time order.
    pub fn rows(&self) -> impl Iterator<Item = (RowId, &AddedRow)> {
        self.rows.iter().map(|(id, it)| (*id, &it.row))
    }

    /// The added row with this id.
    #[must_use]
    pub fn row(&self, id: RowId) -> Option<&AddedRow> {
        self.row_at(id, u64::MAX)
    }

    /// The added row with this id, if it existed at this version.
    pub(super) fn row_at(&self, id: RowId, version: u64) -> Option<&AddedRow> {
        self.rows.get(&id).filter(|it| it.since <= version).map(|it| &it.row)
    }

    /// The ids of added rows within a range that existed at this version, in ascending order.
    pub(super) fn ids_at(
        &self,
        ids: std::ops::Range<RowId>,
        version: u64,
    ) -> impl DoubleEndedIterator<Item = RowId> {
        let rows = (ids.start < ids.end).then(|| self.rows.range(ids));
        rows.into_iter().flatten().filter(move |it| it.1.since <= version).map(|it| *it.0)
    }

    /// The ids of generated rows within a range whose settlement instant was changed, in ascending order.
    pub(super) fn resettled(
        &self,
        ids: std::ops::Range<RowId>,
    ) -> impl DoubleEndedIterator<Item = RowId> {
        let rows = (ids.start < ids.end).then(|| self.resettled.range(ids));
        rows.into_iter().flatten().copied()
    }

    /// The rows that were added to a payment, also those after the present instant.
    pub fn children_of(&self, payment: RowId) -> impl Iterator<Item = (RowId, &AddedRow)> {
        let ids = self.child_ids(payment).iter();
        ids.filter_map(|id| Some((*id, self.row(*id)?)))
    }

    /// The ids of the rows that were added to a payment.
    pub(super) fn child_ids(&self, payment: RowId) -> &[RowId] {
        self.children.get(&payment).map_or(&[], |ids| ids)
    }

    /// Whether any row has a patch.
    pub(super) fn has_patches(&self) -> bool {
        !self.patches.is_empty()
    }

    /// The ids of the rows that have a patch.
    pub fn patched(&self) -> impl Iterator<Item = RowId> {
        self.patches.keys().copied()
    }

    /// The patch of a row that applies now.
    #[must_use]
    pub fn patch(&self, id: RowId) -> Option<Patch> {
        self.patch_at(id, u64::MAX)
    }

    /// The patch of a row that applied at this version.
    pub(super) fn patch_at(&self, id: RowId, version: u64) -> Option<Patch> {
        if self.patches.is_empty() {
            return None;
        }
        let history = self.patches.get(&id)?.iter().rev();
        history.into_iter().find(|it| it.0 <= version).map(|it| it.1)
    }

    /// Pinned report rows that are not transactions.
    pub fn pinned_rows(&self) -> &[PinnedRow] {
        &self.pinned_rows
    }

    /// Sets the pinned report rows, which the scenario gives and a snapshot does not contain.
    pub fn pin(&mut self, rows: Arc<[PinnedRow]>) {
        self.pinned_rows = rows;
    }

    /// Whether a row has an instant of its own from which on reports show it.
    #[must_use]
    pub fn has_visible_at(&self) -> bool {
        self.has_visible_at
    }

    /// Whether any row has an exact text for this provider.
    pub(super) fn has_pinned(&self, provider: &str) -> bool {
        self.pinned_at.contains(provider)
    }

    /// Whether a day and all days before it are as they were generated.
    pub(super) fn is_generated(&self, day: Day) -> bool {
        self.differs_from.is_none_or(|at| day < calendar::day_of(at))
    }

    /// The earliest instant (Unix seconds) at which the rows differ from the generated ones; `None` if
    /// nothing was added.
    pub(super) fn differs_from(&self) -> Option<i64> {
        self.differs_from
    }

    /// Whether both overlays show the same rows and patches because one is a copy of the other.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.version == other.version
            && self.rows.ptr_eq(&other.rows)
            && self.patches.ptr_eq(&other.patches)
            && self.amendments.ptr_eq(&other.amendments)
            && self.fates.ptr_eq(&other.fates)
    }

    /// The row that was added last.
    pub(super) fn newest(&self) -> Option<RowId> {
        self.newest
    }

    /// Adds a row at an id. A follow-up is also listed under its original transaction.
    pub fn insert(&mut self, id: RowId, row: AddedRow) {
        self.version += 1;
        self.insert_at(id, row, self.version);
    }

    fn insert_at(&mut self, id: RowId, row: AddedRow, since: u64) {
        if let Some(root) = row.root {
            let mut children = self.child_ids(root).to_vec();
            // A clock that was moved back can add a row before the existing ones.
            children.insert(children.partition_point(|other| *other < id), id);
            self.children.insert(root, children.into());
        }
        if let Some(unknown) = row.wire.keys().find(|it| !self.pinned_at.contains(*it)) {
            let all = self.pinned_at.iter().chain([unknown]).chain(row.wire.keys());
            self.pinned_at = Arc::new(all.cloned().collect());
        }
        self.has_visible_at |= row.visible_at.is_some();
        self.differ_from(row.created_at.min(row.finished_at).min(row.settled_at));
        self.rows.insert(id, Arc::new(Versioned { since, row }));
        self.newest = Some(id);
    }

    /// Changes the patch of a row, or creates one.
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
        let verdict = patch.verdict.map(|verdict| verdict.at);
        let changed = patch.cut_at.into_iter().chain(patch.settled_at).chain(verdict);
        changed.for_each(|at| self.differ_from(at));
    }

    fn differ_from(&mut self, at: i64) {
        self.differs_from = Some(self.differs_from.map_or(at, |other| other.min(at)));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::sandbox::facts::{Decline, Kind, Method, NEVER, Outcome};
    use crate::sandbox::money::Currency;

    /// A payment of 5.00 USD of this instant (Unix seconds).
    pub(in super::super) fn row(created_at: i64) -> AddedRow {
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
            parent: None,
            reason: 0,
            key: 0,
            card: None,
            first_name: None,
            last_name: None,
            email: None,
            order: None,
            description: None,
            wire: std::collections::BTreeMap::new(),
            visible_at: None,
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
        // A copied map would hold every row once more. With a shared map, only the few rows beside a change
        // are in several maps.
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
