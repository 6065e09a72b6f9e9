//! What was paid: the generated books, what a space adds to them, and views of both at a moment.
//!
//! [`Additions`] is what a space adds. A [`View`] is one merchant's rows at an instant; it does not change
//! while a request reads it. There is no query language: a view narrows by merchant, a span on a time
//! axis, and from a row onwards or backwards; what a provider calls a filter is the provider's.

mod additions;
pub mod batch;
mod day_cursor;
mod day_rows;
mod deposit_cache;
mod details;
pub mod dispute;
mod generated_ledger;
mod id_allocator;
mod overlay;
pub mod person;
mod row_id;
mod rows;
pub mod settlement;
pub mod subscription;
mod transaction;
mod view;

use std::sync::Arc;

pub use additions::Additions;
pub use details::OrderRef;
pub use generated_ledger::GeneratedLedger;
pub use overlay::{AddedRow, Overlay, Patch, PinnedRow};
pub use row_id::RowId;
pub use rows::{Axis, Rows};
pub use transaction::Transaction;
pub use view::View;

use super::merchant::Merchant;

/// A merchant with its generated book.
#[derive(Clone, Debug)]
pub struct MerchantLedger {
    /// Who it is.
    pub merchant: Arc<Merchant>,
    /// What is generated for it.
    pub generated: Arc<GeneratedLedger>,
}
