//! The amendments that actions made, by row.

use std::sync::Arc;

use super::super::amendment::Amendment;
use super::{Overlay, RowId};

/// The amendments of a row with the versions that made them, in the order in which they were made.
pub(super) type AmendmentHistory = Arc<[(u64, Amendment)]>;

impl Overlay {
    /// Whether any row was amended.
    pub(in super::super) fn has_amendments(&self) -> bool {
        !self.amendments.is_empty()
    }

    /// The ids of the amended rows, in ascending order.
    pub fn amended_ids(&self) -> impl Iterator<Item = RowId> {
        self.amendments.keys().copied()
    }

    /// The amendments of a row up to a version.
    pub(in super::super) fn amendments_at(
        &self,
        id: RowId,
        version: u64,
    ) -> impl Iterator<Item = &Amendment> {
        let all = self.amendments.get(&id).into_iter().flat_map(|history| history.iter());
        all.filter(move |it| it.0 <= version).map(|it| &it.1)
    }

    /// The number of amendments of a row.
    #[must_use]
    pub fn amendment_count(&self, id: RowId) -> usize {
        self.amendments.get(&id).map_or(0, |history| history.len())
    }

    /// The amount that an action gave a row last, whatever the instant; `None` if none did.
    #[must_use]
    pub fn amended_amount(&self, id: RowId) -> Option<i64> {
        self.amendments_at(id, u64::MAX).filter_map(|it| it.amount).last()
    }

    /// Adds an amendment of a row.
    pub fn amend(&mut self, id: RowId, amendment: Amendment) {
        if let Some(at) = amendment.settled_at {
            self.change_patch(id, |patch| patch.settled_at = Some(at));
        }
        self.version += 1;
        self.amend_since(id, amendment, self.version);
    }

    pub(super) fn amend_since(&mut self, id: RowId, amendment: Amendment, since: u64) {
        // The settlement that an amendment moves away was still to come when it was made.
        self.differ_from(amendment.at.min(amendment.made_at));
        let history = self.amendments.get(&id).map_or(&[][..], |history| history);
        let history = [history, &[(since, amendment)]].concat();
        self.amendments.insert(id, history.into());
    }
}
