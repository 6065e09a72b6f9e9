//! The reports: for each, the rows that it shows and its columns in wire order.

mod cards;
mod chargebacks;
mod orders;
mod reimbursements;
mod settlements;
mod successes;
mod values;

pub(super) use chargebacks::is_of_dispute;
pub(super) use values::{TRANSACTION_OFFSET, order_status, settled};

use super::columns::Column;
use super::quirks::Quirks;
use crate::sandbox::ledger::Transaction;

/// A report of the vendor's list.
#[derive(Debug)]
pub(super) struct Report {
    /// Its `report_id`.
    pub(super) id: i64,
    /// Fields; a request must filter at least one of them.
    pub(super) mandatory: &'static [&'static str],
    /// Whether the report shows a row.
    pub(super) shows: fn(&Transaction<'_>) -> bool,
    columns: &'static [Column],
    /// The time column that orders the rows; without one they have the order of their creation.
    order: Option<&'static str>,
    /// Further names of columns in filters: (alias, name of the column).
    aliases: &'static [(&'static str, &'static str)],
}

const ALL: &[Report] = &[
    settlements::REPORT,
    chargebacks::REPORT,
    successes::REPORT,
    orders::REPORT,
    reimbursements::REPORT,
];

/// The report with this id; `None` for other ids, for which Flitt says that there is no access.
pub(super) fn find(id: &str) -> Option<&'static Report> {
    let id: i64 = id.parse().ok()?;
    ALL.iter().find(|report| report.id == id)
}

impl Report {
    /// The columns in wire order.
    pub(super) fn columns(&self, quirks: Quirks) -> Vec<&'static Column> {
        self.columns.iter().filter(|column| quirks.wide_745 || !column.wide).collect()
    }

    /// The time column that orders the rows, newest first, if it is not the time of creation.
    pub(super) fn order_column(&self) -> Option<&'static Column> {
        let name = self.order?;
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column that a filter names, by name or by alias.
    pub(super) fn column(&self, name: &str, quirks: Quirks) -> Option<&'static Column> {
        let alias = self.aliases.iter().find(|alias| alias.0 == name);
        let name = alias.map_or(name, |alias| alias.1);
        let mut columns = self.columns.iter();
        columns.find(|column| column.name == name && (quirks.wide_745 || !column.wide))
    }
}

/// The reports of the ready commands, each with the date column that the command filters.
pub(super) const EXAMPLES: &[(i64, &str)] = &[
    (745, "order_timestart"),
    (403, "tran_time"),
    (500, "chargeback_createtime"),
    (528, "tran_timestart"),
    (969, "tran_timeend"),
];
