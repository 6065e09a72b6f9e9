//! What a space adds to the generated ledger: pinned rows, added rows, and what was done to rows.

use std::collections::BTreeMap;

use super::person::Card;
use super::transaction::{Kind, Method, Outcome, RowId};
use crate::sandbox::generate::birth::Decline;
use crate::sandbox::money::Currency;

/// A row that was pinned by the scenario or added by a test. Instants are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// What it is.
    pub kind: Kind,
    /// How it is paid.
    pub method: Method,
    /// How it ends.
    pub outcome: Outcome,
    /// Why it is declined; meaningless otherwise.
    pub decline: Decline,
    /// When it was created.
    pub created_at: i64,
    /// When its outcome is known; [`super::NEVER`] when never.
    pub finished_at: i64,
    /// When its money is settled; [`super::NEVER`] when never.
    pub settled_at: i64,
    /// When it was corrected by hand.
    pub corrected_at: Option<i64>,
    /// Minor units.
    pub amount: i64,
    /// Of amount and fee.
    pub currency: Currency,
    /// Minor units.
    pub fee: i64,
    /// Whether it is a test transaction.
    pub test: bool,
    /// What it happened to: the payment itself or its capture; `None` for a payment.
    pub of: Option<Kind>,
    /// The payment it goes back to; `None` for a payment.
    pub root: Option<RowId>,
    /// Index into the reasons of its kind.
    pub reason: u8,
    /// What the short streams are drawn from.
    pub key: u64,
    /// The card, where it is not left to the draw.
    pub card: Option<Card>,
    /// The customer's first name, where it is not left to the draw.
    pub first_name: Option<String>,
    /// The customer's last name, where it is not left to the draw.
    pub last_name: Option<String>,
    /// The customer's e-mail address, where it is not left to the draw.
    pub email: Option<String>,
    /// The merchant's own order number, where it is not left to the draw.
    pub order: Option<String>,
    /// What was bought, where it is not left to the draw.
    pub description: Option<String>,
    /// The row word for word at a provider (by slug), as JSON text.
    pub wire: BTreeMap<String, String>,
}

/// What was done by hand to a row that exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// From here on the generated rest of its life does not happen.
    pub cut_at: Option<i64>,
    /// It is settled at this instant instead of when it would have been.
    pub settled_at: Option<i64>,
}

/// A row of a provider's report that is no transaction, word for word (only in `docs-samples`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedRow {
    /// Slug of the provider.
    pub provider: String,
    /// The provider's name for the report.
    pub report: String,
    /// The instant that the provider's date filter looks at.
    pub at: i64,
    /// JSON text.
    pub wire: String,
}

/// Everything that one space added for one merchant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overlay {
    pub(super) rows: BTreeMap<RowId, Added>,
    pub(super) children: BTreeMap<RowId, Vec<RowId>>,
    pub(super) patches: BTreeMap<RowId, Patch>,
    /// The row that was added last.
    pub(super) newest: Option<RowId>,
    /// Rows of reports that are no transactions.
    pub pinned_rows: Vec<PinnedRow>,
    /// Counts changes, so that a cache can tell whether it still holds.
    pub version: u64,
}

impl Overlay {
    /// Every added row with its id, in the order of time.
    pub fn rows(&self) -> impl Iterator<Item = (RowId, &Added)> {
        self.rows.iter().map(|(id, added)| (*id, added))
    }

    /// Everything done to rows that exist.
    pub fn patches(&self) -> impl Iterator<Item = (RowId, Patch)> {
        self.patches.iter().map(|(id, patch)| (*id, *patch))
    }

    /// An added row.
    #[must_use]
    pub fn row(&self, id: RowId) -> Option<&Added> {
        self.rows.get(&id)
    }

    /// What was added to a payment, whenever it happens.
    pub fn children_of(&self, root: RowId) -> impl Iterator<Item = (RowId, &Added)> {
        let ids = self.children.get(&root).into_iter().flatten();
        ids.filter_map(|id| Some((*id, self.rows.get(id)?)))
    }

    /// Puts a row where its id says. A child is listed under its payment.
    pub fn insert(&mut self, id: RowId, added: Added) {
        if let Some(root) = added.root {
            let children = self.children.entry(root).or_default();
            // A clock that was put back adds a row before those there are.
            let place = children.partition_point(|other| *other < id);
            children.insert(place, id);
        }
        self.rows.insert(id, added);
        self.newest = Some(id);
        self.version += 1;
    }

    /// Changes what was done to a row.
    pub fn patch(&mut self, id: RowId, change: impl FnOnce(&mut Patch)) {
        change(self.patches.entry(id).or_default());
        self.version += 1;
    }
}
