//! A row with everything its cells are read from, so that cells need not know the columns.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use jiff::tz::Offset;

use crate::sandbox::ledger::Transaction;
use crate::sandbox::ledger::person::Person;
use crate::wire::text::push_digits;
use crate::wire::time::{push_civil, utc};

/// A row of a report.
#[derive(Debug)]
pub(super) struct RowContext<'a> {
    /// The operation.
    pub(super) row: Transaction<'a>,
    /// The original transaction: the purchase or authorization that `row` follows, or `row` itself.
    pub(super) original: Transaction<'a>,
    offset: Offset,
    /// The payer; generated for the first cell that needs it.
    person: OnceCell<Person<'a>>,
    /// Cells that the scenario fixes, by column name.
    pinned: Option<BTreeMap<String, serde_json::Value>>,
}

impl<'a> RowContext<'a> {
    /// Dates of the row are printed in `offset`.
    pub(super) fn of(row: Transaction<'a>, offset: Offset) -> Self {
        let original = if row.kind.is_original() { row } else { row.root() };
        let pinned = row.pinned("payfort").and_then(|json| serde_json::from_str(json).ok());
        Self { row, original, offset, person: OnceCell::new(), pinned }
    }

    /// The payer.
    pub(super) fn person(&self) -> &Person<'a> {
        self.person.get_or_init(|| self.original.person())
    }

    /// The cell that the scenario fixes for a column.
    pub(super) fn pinned(&self, column: &str) -> Option<&serde_json::Value> {
        self.pinned.as_ref()?.get(column)
    }

    /// Appends an instant (Unix seconds) in the offset of the report.
    pub(super) fn push_time(&self, second: i64, text: &mut String) {
        let at = utc(second.saturating_add(i64::from(self.offset.seconds())));
        let seconds = self.offset.seconds();
        let (sign, away) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
        push_civil(text, at, 'T');
        text.push(sign);
        push_digits(text, u64::from(away / 3600), 2);
        text.push(':');
        push_digits(text, u64::from(away / 60 % 60), 2);
    }
}
