//! How the reports of a provider tell the rows of the ledger, as a value of plain functions.

use std::borrow::Cow;

use crate::sandbox::ledger::{Axis, RowId, Transaction, View};
use crate::sandbox::money::{Currency, Decimal};

/// The keys under which a provider makes ids that look random; zeros if it makes none.
pub type IdKeys = [u64; 5];

/// How a provider's reports tell rows: which rows, under which ids, with which amounts, fees and statuses.
#[derive(Clone, Copy, Debug)]
pub struct RowMapping {
    /// The names of the reports that an id can belong to, the one that is meant without a name first. One
    /// empty name if ids are unique over all reports.
    pub reports: &'static [&'static str],
    /// The instant by which the reports select rows.
    pub axis: Axis,
    /// How amounts are written.
    pub spelling: Spelling,
    /// The names of the columns on the wire.
    pub columns: Columns,
    /// The keys of ids in a scenario with this seed.
    pub keys: fn(seed: u64) -> IdKeys,
    /// What the reports tell of a row now; `None` if they do not show it.
    pub map: for<'a> fn(&IdKeys, &Transaction<'a>) -> Option<ReportedRow>,
    /// The rows that have this id in this report. More than one row if the provider gives several rows one
    /// id. A row can be unknown, or be one that the reports do not show.
    pub locate: fn(&IdKeys, &View, report: &str, id: &str) -> Vec<RowId>,
    /// Whether a text has the form of the provider's ids.
    pub is_id: fn(&str) -> bool,
}

impl RowMapping {
    /// Whether the reports tell fees.
    #[must_use]
    pub fn has_fee(&self) -> bool {
        !self.columns.fee.is_empty()
    }
}

/// The names of columns on the wire; empty for a value that the reports do not tell.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    /// The id of a row.
    pub id: &'static str,
    /// The amount.
    pub amount: &'static str,
    /// The fee.
    pub fee: &'static str,
    /// The status.
    pub status: &'static str,
}

/// How amounts are written on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As a whole number of minor units.
    Minor,
    /// As a decimal with the digits of its currency, and at least this many.
    Decimal(u8),
}

impl Spelling {
    /// The digits after the point in an amount of this currency.
    #[must_use]
    pub fn digits(self, currency: Currency) -> u8 {
        match self {
            Self::Minor => 0,
            Self::Decimal(at_least) => currency.exponent().max(at_least),
        }
    }

    /// An amount in minor units as it is written.
    #[must_use]
    pub fn write(self, minor: i64, currency: Currency) -> String {
        let exponent = self.digits(currency);
        let more = u32::from(exponent.saturating_sub(currency.exponent()));
        Decimal { minor: minor.saturating_mul(10_i64.pow(more)), exponent }.to_string()
    }
}

/// What the reports of a provider tell of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedRow {
    /// The report that tells it, one of [`RowMapping::reports`].
    pub report: &'static str,
    /// The provider's id.
    pub id: String,
    /// Whether the amount is written with a minus sign.
    pub is_negative: bool,
    /// Minor units, never negative.
    pub amount: i64,
    /// Minor units; `None` if it is not told, or not yet.
    pub fee: Option<i64>,
    /// The provider's word; empty if no status is told.
    pub status: Cow<'static, str>,
}

impl ReportedRow {
    /// What is told of a row whose amount has no sign and that has neither fee nor status.
    #[must_use]
    pub fn of(report: &'static str, id: String, row: &Transaction<'_>) -> Self {
        let (amount, status) = (row.amount, Cow::Borrowed(""));
        Self { report, id, is_negative: false, amount, fee: None, status }
    }
}
