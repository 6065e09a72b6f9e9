//! What a right import of a provider's reports holds, from the ledger and never from what was printed.
//!
//! A provider says by its [`RowMapping`] which rows its reports show and how they read there. Everything else
//! here is the same for all providers.

mod amount;
pub mod coverage;
mod finding;
mod reconcile;
mod row_mapper;
mod row_mapping;
mod scope;

pub use amount::Written;
pub use finding::{Finding, FindingKind, ImportedRow, MAX_FINDINGS, Unreadable};
pub use reconcile::{Reconciled, Reconciliation};
pub use row_mapper::RowMapper;
pub use row_mapping::{Columns, IdKeys, ReportedRow, RowMapping, Spelling};
pub use scope::{Group, Scope, Summary, axis_name};
