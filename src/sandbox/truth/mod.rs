//! What a right import of a provider's reports holds, from the ledger and never from what was printed.
//!
//! A provider says by its [`Telling`] which rows its reports show and how they read there. Everything else
//! here is the same for all providers.

mod amount;
pub mod coverage;
mod finding;
mod reconcile;
mod scope;
mod teller;
mod telling;

pub use amount::Written;
pub use finding::{Finding, FindingKind, ImportedRow, MAX_FINDINGS, Unreadable};
pub use reconcile::{Reconciled, Reconciliation};
pub use scope::{Group, Scope, Summary, axis_name};
pub use teller::Teller;
pub use telling::{Columns, IdKeys, Spelling, Telling, Told};
