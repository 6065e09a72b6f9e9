//! The transactions of a merchant: generated rows, the rows and patches that a space adds, and views of
//! both at an instant.
//!
//! A [`View`] shows the rows of one merchant at one instant and is immutable. [`Additions`] is what a space
//! adds.

mod additions;
mod amendment;
pub mod batch;
mod corrections;
mod day_builder;
mod day_cursor;
mod day_rows;
mod deposit_cache;
pub mod deposit_summary;
mod details;
pub mod dispute;
pub mod fates;
mod generated_ledger;
mod id_allocator;
mod line_kind;
mod month_end;
mod numbering;
mod overlay;
pub mod payout;
pub mod person;
mod reporting;
mod row_id;
mod rows;
pub mod settlement;
pub mod subscription;
mod transaction;
mod view;

use std::sync::Arc;

pub use additions::Additions;
pub use amendment::Amendment;
pub use corrections::{corrections_due, next_settlement};
pub use details::OrderRef;
pub use generated_ledger::GeneratedLedger;
pub use overlay::{AddedRow, MAX_FATED, MAX_FATES, Overlay, Patch, PinnedRow, Verdict};
pub use reporting::{Daily, Reporter, Reporting, Visibility, VisibleAt};
pub use row_id::RowId;
pub use rows::{Axis, Rows};
pub use transaction::Transaction;
pub use view::View;

use super::merchant::Merchant;

/// A merchant together with its generated ledger.
#[derive(Clone, Debug)]
pub struct MerchantLedger {
    /// The merchant: name, id, currencies and credentials.
    pub merchant: Arc<Merchant>,
    /// The rows that the generator makes for the merchant.
    pub generated: Arc<GeneratedLedger>,
}
