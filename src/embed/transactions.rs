//! Transactions of a space, for programs that embed the server.

use axum::http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::calls::{Error, with_query};
use super::clock::Instant;
use super::space::Space;
use crate::sandbox::facts::{DisputeOutcome, Named};

/// The merchant of a payment unless it names one: it sells in USD through all five providers.
const DEFAULT_MERCHANT: &str = "everywhere";

/// A transaction as it stands at one instant. Amounts are minor units: 12345 USD is $123.45.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Transaction {
    /// Its id in the sandbox; providers show ids of their own.
    pub id: i64,
    /// The merchant of the scenario.
    pub merchant: String,
    /// `payment`, `authorization`, `refund`, `chargeback` and so on.
    pub kind: String,
    /// `captured`, `declined` and so on.
    pub status: String,
    /// `card`, `ach` and so on.
    pub method: String,
    /// Minor units, never negative.
    pub amount: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// Minor units.
    pub fee: i64,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When its money arrived.
    pub settled_at: Option<Timestamp>,
    /// The transaction that it follows: for a refund, the payment.
    pub parent: Option<i64>,
    /// The merchant's own order number.
    pub order: String,
    /// All other members of `GET /_admin/transactions/{id}`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A payment to add.
///
/// ```
/// # let sandtill = sandtill::Sandtill::start(sandtill::Options::default())?;
/// use sandtill::NewPayment;
///
/// let payment = NewPayment::new(12345, "USD").merchant("everywhere").set("order", "A-1");
/// let payment = sandtill.transactions().add(payment)?;
/// assert_eq!((payment.amount, payment.status.as_str(), payment.order.as_str()), (12345, "captured", "A-1"));
/// # Ok::<(), sandtill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct NewPayment(Map<String, Value>);

impl NewPayment {
    /// A captured payment of the merchant `everywhere` at the time of the clock, in minor units.
    #[must_use]
    pub fn new(amount: i64, currency: &str) -> Self {
        let payment = Self(Map::new()).merchant(DEFAULT_MERCHANT);
        payment.set("amount", amount).set("currency", currency)
    }

    /// Another merchant of the scenario.
    #[must_use]
    pub fn merchant(self, name: &str) -> Self {
        self.set("merchant", name)
    }

    /// When it is made.
    #[must_use]
    pub fn at(self, at: impl Into<Instant>) -> Self {
        self.set("at", at.into().0)
    }

    /// Another status: `authorized`, `pending`, `declined`.
    #[must_use]
    pub fn status(self, status: &str) -> Self {
        self.set("status", status)
    }

    /// Any other member of `POST /_admin/transactions`, such as `order`, `card` or `visible_at`.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }
}

/// Something that is done to a transaction, with an amount or an instant.
///
/// ```
/// # let sandtill = sandtill::Sandtill::start(sandtill::Options::default().frozen_at("2026-03-14T12:00:00Z"))?;
/// use sandtill::{Action, NewPayment};
///
/// let transactions = sandtill.transactions();
/// let payment = transactions.add(NewPayment::new(12345, "USD").at("2026-03-14T09:00:00Z"))?;
/// let refund = Action::new("refund").amount(2345).at("2026-03-14T10:00:00Z");
/// let refund = transactions.act(payment.id, refund)?;
/// assert_eq!((refund.amount, refund.parent), (2345, Some(payment.id)));
/// # Ok::<(), sandtill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Action {
    name: String,
    body: Map<String, Value>,
}

impl Action {
    /// An action of the admin API: `capture`, `refund`, `void`, `chargeback`, `settle`, `amend` and others.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), body: Map::new() }
    }

    /// A part of the amount, in minor units.
    #[must_use]
    pub fn amount(self, amount: i64) -> Self {
        self.set("amount", amount)
    }

    /// When it happens: not before the payment, not after now.
    #[must_use]
    pub fn at(self, at: impl Into<Instant>) -> Self {
        self.set("at", at.into().0)
    }

    /// Any other member of the call, such as `fee` of `amend`.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.body.insert(name.to_owned(), value.into());
        self
    }
}

#[derive(Deserialize)]
struct List {
    transactions: Vec<Transaction>,
}

/// The transactions of a space. [`Space::transactions`] returns them.
#[derive(Debug)]
pub struct Transactions<'a>(pub(super) &'a Space);

impl Transactions<'_> {
    /// Adds a captured payment of the merchant `everywhere`; the amount is in minor units. [`Self::add`] takes
    /// all else that a payment can have.
    ///
    /// # Errors
    ///
    /// If the amount or the currency is not possible.
    pub fn pay(&self, amount: i64, currency: &str) -> Result<Transaction, Error> {
        self.add(NewPayment::new(amount, currency))
    }

    /// Adds a payment.
    ///
    /// # Errors
    ///
    /// If the payment is not possible: an unknown merchant, an instant before the ledger's first day.
    pub fn add(&self, payment: NewPayment) -> Result<Transaction, Error> {
        self.0.calls().call(Method::POST, "/transactions", &Value::Object(payment.0))
    }

    /// One transaction as it stands now.
    ///
    /// # Errors
    ///
    /// If there is none with this id.
    pub fn get(&self, id: i64) -> Result<Transaction, Error> {
        self.0.calls().call(Method::GET, &format!("/transactions/{id}"), &Value::Null)
    }

    /// Transactions, newest first; 100 unless `limit` says another number. Filters are those of
    /// `GET /_admin/transactions`: `merchant`, `kind`, `status`, `currency`, `order`, `from`, `to`.
    ///
    /// # Errors
    ///
    /// If a filter or its value does not exist.
    pub fn list(&self, filters: &[(&str, &str)]) -> Result<Vec<Transaction>, Error> {
        let path = with_query("/transactions", filters);
        self.0.calls().call(Method::GET, &path, &Value::Null).map(|it: List| it.transactions)
    }

    /// Gives money back: minor units, or `None` for the whole. Returns the refund.
    ///
    /// # Errors
    ///
    /// If there is no such transaction, or less is left of it.
    pub fn refund(&self, id: i64, amount: impl Into<Option<i64>>) -> Result<Transaction, Error> {
        self.in_part(id, "refund", amount.into())
    }

    /// Has money forced back by the bank: minor units, or `None` for the whole. Returns the chargeback.
    ///
    /// # Errors
    ///
    /// If there is no such transaction, or less is left of it.
    pub fn chargeback(
        &self,
        id: i64,
        amount: impl Into<Option<i64>>,
    ) -> Result<Transaction, Error> {
        self.in_part(id, "chargeback", amount.into())
    }

    /// Takes reserved money: minor units, or `None` for the whole. Returns the capture.
    ///
    /// # Errors
    ///
    /// If there is no such authorization, or less is left of it.
    pub fn capture(&self, id: i64, amount: impl Into<Option<i64>>) -> Result<Transaction, Error> {
        self.in_part(id, "capture", amount.into())
    }

    /// Releases reserved money. Returns the void.
    ///
    /// # Errors
    ///
    /// If there is no such authorization.
    pub fn void(&self, id: i64) -> Result<Transaction, Error> {
        self.in_part(id, "void", None)
    }

    /// Has the money of a payment arrive. Returns the payment.
    ///
    /// # Errors
    ///
    /// If there is no such payment, or it has arrived.
    pub fn settle(&self, id: i64) -> Result<Transaction, Error> {
        self.in_part(id, "settle", None)
    }

    /// Ends the newest dispute about a payment, or that about a chargeback. A dispute that is won brings the money
    /// back as a row of its own, which is returned; one that is lost returns the chargeback.
    ///
    /// # Errors
    ///
    /// If there is no such transaction, or no dispute about it that is open.
    pub fn dispute(&self, id: i64, outcome: DisputeOutcome) -> Result<Transaction, Error> {
        self.act(id, Action::new("dispute").set("outcome", outcome.name()))
    }

    /// Does something to a transaction. Returns the new transaction, or the changed one.
    ///
    /// # Errors
    ///
    /// If there is no such transaction or action, or it is not possible.
    pub fn act(&self, id: i64, action: Action) -> Result<Transaction, Error> {
        let path = format!("/transactions/{id}/{}", action.name);
        self.0.calls().call(Method::POST, &path, &Value::Object(action.body))
    }

    fn in_part(&self, id: i64, name: &str, amount: Option<i64>) -> Result<Transaction, Error> {
        let action = Action::new(name);
        self.act(id, amount.into_iter().fold(action, Action::amount))
    }
}
