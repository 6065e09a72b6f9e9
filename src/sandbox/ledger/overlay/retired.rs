//! Ids of rows that a space has left behind by going back to an earlier point: they are given out no more.

use super::{Overlay, RowId};

impl Overlay {
    /// Continues an earlier overlay of the same merchant: versions go on, and ids of its rows are not given
    /// out again.
    pub(in crate::sandbox::ledger) fn count_on(&mut self, earlier: &Self) {
        self.version = self.version.max(earlier.version);
        let gone = earlier.rows.keys().chain(&earlier.retired);
        let gone = gone.filter(|id| !self.rows.contains_key(*id)).copied();
        self.retired = gone.collect::<imbl::OrdSet<RowId>>().union(self.retired.clone());
    }

    /// Whether an id is that of no row, and never was.
    pub(in crate::sandbox::ledger) fn is_free(&self, id: RowId) -> bool {
        !self.rows.contains_key(&id) && !self.retired.contains(&id)
    }
}
