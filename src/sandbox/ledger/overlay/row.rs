//! The rows that a space adds to the ledger, and what it changes in the rows that are there.

use serde::{Deserialize, Serialize};

use super::super::reporting::VisibleAt;
use super::RowId;
use crate::sandbox::facts::{Decline, DisputeOutcome, Kind, Method, Outcome};
use crate::sandbox::generate::card::Card;
use crate::sandbox::money::Currency;
use crate::sandbox::spelling;

/// A row that the scenario pinned or an action added. Instants are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddedRow {
    /// Payment, authorization, capture, refund, chargeback and so on.
    pub kind: Kind,
    /// The payment method.
    pub method: Method,
    /// The final outcome.
    pub outcome: Outcome,
    /// The reason of a decline; not used for other outcomes.
    pub decline: Decline,
    /// The instant of creation.
    pub created_at: i64,
    /// The instant at which the outcome becomes known; [`NEVER`](crate::sandbox::facts::NEVER) if it does
    /// not.
    #[serde(with = "spelling::never")]
    pub finished_at: i64,
    /// The instant of the settlement; [`NEVER`](crate::sandbox::facts::NEVER) if there is none.
    #[serde(with = "spelling::never")]
    pub settled_at: i64,
    /// The instant of a correction by hand.
    pub corrected_at: Option<i64>,
    /// The amount in minor units.
    pub amount: i64,
    /// The currency of the amount and of the fee.
    pub currency: Currency,
    /// The fee in minor units.
    pub fee: i64,
    /// Whether it is a test transaction.
    pub test: bool,
    /// The kind of the row that it refers to: the payment or its capture; `None` for an original
    /// transaction.
    pub of: Option<Kind>,
    /// The id of the original transaction; `None` for an original transaction.
    pub root: Option<RowId>,
    /// The id of the very row that it refers to, if the payment can have several of that kind: the capture
    /// that is refunded, the chargeback that is reversed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RowId>,
    /// Index into the reasons of its kind.
    pub reason: u8,
    /// The key from which the details are drawn.
    #[serde(with = "spelling::key")]
    pub key: u64,
    /// The card; `None` if it is drawn.
    pub card: Option<Card>,
    /// The customer's first name; `None` if it is drawn.
    pub first_name: Option<String>,
    /// The customer's last name; `None` if it is drawn.
    pub last_name: Option<String>,
    /// The customer's e-mail address; `None` if it is drawn.
    pub email: Option<String>,
    /// The merchant's own order number; `None` if it is derived.
    pub order: Option<String>,
    /// The description of the goods; `None` if it is drawn.
    pub description: Option<String>,
    /// The exact row by slug of the provider, as JSON text.
    pub wire: std::collections::BTreeMap<String, String>,
    /// The earliest instant at which reports show it; `None` if the reporting lag alone decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible_at: Option<VisibleAt>,
}

/// A change of an existing row by an action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// The instant (Unix seconds) from which on the generated lifecycle events do not happen.
    pub cut_at: Option<i64>,
    /// The instant (Unix seconds) of the settlement, in place of the generated one.
    pub settled_at: Option<i64>,
    /// How the dispute about a chargeback ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// The end of the dispute about a chargeback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Who won.
    pub outcome: DisputeOutcome,
    /// The instant at which it ended, Unix seconds.
    pub at: i64,
}

/// A row of a provider's report that is not a transaction, as exact text (only in `docs-samples`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedRow {
    /// Slug of the provider.
    pub provider: String,
    /// The provider's name for the report.
    pub report: String,
    /// The instant that the provider's date filter is compared with, in Unix seconds.
    pub at: i64,
    /// The row as JSON text.
    pub wire: String,
}
