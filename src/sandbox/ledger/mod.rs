//! What was paid: the generated books, what a space adds to them, and views of both at a moment.
//!
//! A [`Ledger`] belongs to a space. [`Ledger::view`] gives one merchant's rows at an instant; a view
//! does not change while a request reads it. There is no query language: a view narrows by merchant,
//! a span on a time axis, and from a row onwards or backwards; what a provider calls a filter is the
//! provider's.

mod book;
mod columns;
pub mod dispute;
mod gap;
mod mark;
mod memo;
mod overlay;
pub mod person;
mod rows;
pub mod settlement;
mod stretch;
pub mod subscription;
mod transaction;
mod view;

use std::sync::{Arc, PoisonError, RwLock};

pub use book::Book;
pub use mark::Mark;
pub use overlay::{Added, Overlay, Patch, PinnedRow};
pub use rows::{Axis, Rows};
pub use transaction::{Kind, Method, NEVER, OrderRef, Outcome, RowId, Status, Transaction};
pub use view::View;

use self::gap::Gap;
use super::generate::calendar::Day;
use super::merchant::{Merchant, MerchantId};

/// A merchant with its generated book.
#[derive(Clone, Debug)]
pub struct Shelf {
    /// Who it is.
    pub merchant: Arc<Merchant>,
    /// What is generated for it.
    pub book: Arc<Book>,
}

/// What happened to the money in one space.
#[derive(Debug)]
pub struct Ledger {
    shelves: Arc<[Shelf]>,
    /// The first day of the window; it stays where it was when the space was made.
    first: Day,
    // A `std` lock: it is held to copy or swap a pointer, never across an `.await`.
    overlays: RwLock<Vec<Arc<Overlay>>>,
}

impl Ledger {
    /// A ledger over generated books with what the scenario pins.
    #[must_use]
    pub fn new(shelves: Arc<[Shelf]>, first: Day) -> Self {
        let overlays = shelves.iter().map(|_| Arc::default()).collect();
        Self { shelves, first, overlays: RwLock::new(overlays) }
    }

    /// The first day that has rows of its own.
    #[must_use]
    pub fn first_day(&self) -> Day {
        self.first
    }

    /// The merchants, in the order of the scenario.
    pub fn merchants(&self) -> impl Iterator<Item = &Arc<Merchant>> {
        self.shelves.iter().map(|shelf| &shelf.merchant)
    }

    /// One merchant.
    #[must_use]
    pub fn merchant(&self, id: MerchantId) -> Option<&Arc<Merchant>> {
        self.shelves.get(usize::from(id.0)).map(|shelf| &shelf.merchant)
    }

    /// What a merchant's rows are at `now` (Unix seconds); `None` for an unknown merchant.
    #[must_use]
    pub fn view(&self, merchant: MerchantId, now: i64) -> Option<View> {
        let shelf = self.shelves.get(usize::from(merchant.0))?;
        let overlay = self.overlay(merchant)?;
        Some(View::new(shelf, overlay, self.first, now))
    }

    /// What the space has added for a merchant.
    #[must_use]
    pub fn overlay(&self, merchant: MerchantId) -> Option<Arc<Overlay>> {
        let overlays = self.overlays.read().unwrap_or_else(PoisonError::into_inner);
        overlays.get(usize::from(merchant.0)).cloned()
    }

    /// Replaces what the space has added for a merchant: for snapshots.
    pub fn restore(&self, merchant: MerchantId, overlay: Overlay) {
        self.edit(merchant, |current| *current = overlay);
    }

    /// Changes what the space has added for a merchant. Readers see all of the change or none.
    pub fn edit<T>(
        &self,
        merchant: MerchantId,
        change: impl FnOnce(&mut Overlay) -> T,
    ) -> Option<T> {
        let mut overlays = self.overlays.write().unwrap_or_else(PoisonError::into_inner);
        let overlay = overlays.get_mut(usize::from(merchant.0))?;
        Some(change(Arc::make_mut(overlay)))
    }

    /// Adds a row and says which id it got; `None` when the merchant is unknown or no id is left
    /// between the generated rows before and behind it.
    pub fn add(&self, merchant: MerchantId, added: Added) -> Option<RowId> {
        let shelf = self.shelves.get(usize::from(merchant.0))?;
        let gap = Gap::at(&shelf.book, self.first, added.created_at);
        self.edit(merchant, |overlay| {
            let id = gap.free(overlay)?;
            overlay.insert(id, added);
            Some(id)
        })?
    }
}
