//! The rows of an import, and what can be wrong with them.

use super::amount::Written;
use super::row_mapping::ReportedRow;
use crate::sandbox::ledger::RowId;
use crate::sandbox::money::Currency;

/// The findings of one reconciliation that are kept; more are counted.
pub const MAX_FINDINGS: usize = 10_000;

/// What is wrong with a row of an import.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::IntoStaticStr,
    strum::VariantNames,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum FindingKind {
    /// A row of the truth is not in the import.
    Missing,
    /// A row of the import is not in the truth.
    Unexpected,
    /// A row is there more than once.
    Duplicate,
    /// The amount is another one.
    AmountMismatch,
    /// The currency is another one.
    CurrencyMismatch,
    /// The status is another one.
    StatusMismatch,
    /// The fee is another one.
    FeeMismatch,
    /// A difference that is right: what the reports do not show yet.
    Expected,
}

/// A row of an import. Values that are `None` are not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedRow {
    /// The report that the id belongs to; empty if the import does not say.
    pub report: String,
    /// The provider's id.
    pub id: String,
    /// The amount.
    pub amount: Option<Written>,
    /// The fee.
    pub fee: Option<Written>,
    /// The currency.
    pub currency: Option<Currency>,
    /// The provider's word.
    pub status: Option<String>,
}

/// A difference between an import and the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub kind: FindingKind,
    /// The provider's id.
    pub id: String,
    /// The report that tells the row, if ids alone do not say.
    pub report: String,
    /// The row of the ledger, if the id leads to one.
    pub row: Option<RowId>,
    /// The right value as the provider writes it.
    pub expected: Option<String>,
    /// The value of the import as it was written.
    pub received: Option<String>,
    /// What can be said from the ledger alone; empty if nothing.
    pub text: String,
}

/// A value that cannot be read, and the field of the row in which it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// `amount` or `fee`.
    pub field: &'static str,
    /// What is wrong and what is wanted.
    pub problem: String,
}

impl Finding {
    /// A finding about a row.
    pub(super) fn of(kind: FindingKind, reported: &ReportedRow, row: RowId) -> Self {
        Self {
            kind,
            id: reported.id.clone(),
            report: reported.report.to_owned(),
            row: Some(row),
            expected: None,
            received: None,
            text: String::new(),
        }
    }
}
