//! The reports of one provider about one merchant at one instant: from rows to what is told, and from ids
//! back to rows.

use std::collections::BTreeMap;

use super::row_mapping::{IdKeys, ReportedRow, RowMapping};
use crate::sandbox::ledger::{RowId, Transaction, View};

/// Tells the rows of a view as a provider's reports do.
#[derive(Clone, Debug)]
pub struct RowMapper {
    /// How the provider tells rows.
    pub row_mapping: &'static RowMapping,
    /// The rows.
    pub view: View,
    keys: IdKeys,
    /// Rows whose exact text the scenario gives, by the id in that text.
    pinned: BTreeMap<String, RowId>,
}

impl RowMapper {
    /// A mapper for the rows of a view at the provider with this slug, in a scenario with this seed.
    #[must_use]
    pub fn new(row_mapping: &'static RowMapping, provider: &str, seed: u64, view: View) -> Self {
        let mut mapper =
            Self { row_mapping, view, keys: (row_mapping.keys)(seed), pinned: BTreeMap::new() };
        if mapper.view.has_pinned(provider) {
            let rows = mapper.view.overlay().rows();
            let exact = rows.filter(|(_, row)| row.wire.contains_key(provider));
            let named = exact.filter_map(|(id, _)| {
                let reported = mapper.map(&mapper.view.get(id)?)?;
                Some((reported.id, id))
            });
            mapper.pinned = named.collect();
        }
        mapper
    }

    /// The same reports at another instant (Unix seconds).
    #[must_use]
    pub fn at(&self, now: i64) -> Self {
        Self { view: self.view.at(now), ..self.clone() }
    }

    /// What the reports tell of a row now; `None` if they do not show it.
    #[must_use]
    pub fn map(&self, row: &Transaction<'_>) -> Option<ReportedRow> {
        (self.row_mapping.map)(&self.keys, row)
    }

    /// The visible rows with this id in a report, whether the report shows them or not.
    #[must_use]
    pub fn locate(&self, report: &str, id: &str) -> Vec<Transaction<'_>> {
        if let Some(row) = self.pinned.get(id).and_then(|id| self.view.get(*id)) {
            return vec![row];
        }
        let ids = (self.row_mapping.locate)(&self.keys, &self.view, report, id);
        ids.into_iter().filter_map(|id| self.view.get(id)).collect()
    }
}
