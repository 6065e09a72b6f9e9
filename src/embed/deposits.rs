//! Deposits of a space, for programs that embed the server.

use axum::http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::calls::{Error, with_query};
use super::space::Space;

/// What is transferred to the bank account of a merchant on a day, of a class and a currency. Amounts are minor
/// units.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Deposit {
    /// Its id in the sandbox.
    pub id: i64,
    /// The merchant of the scenario.
    pub merchant: String,
    /// ISO 4217 code.
    pub currency: String,
    /// `on_the_way`, `paid`, `failed`, `returned` or `owed`.
    pub status: String,
    /// The sum of its lines.
    pub amount: i64,
    /// When it was sent off.
    pub initiated_at: Option<Timestamp>,
    /// When the bank books it; none if it failed or came back.
    pub effective_at: Option<Timestamp>,
    /// All other members of `GET /_admin/deposits`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct List {
    deposits: Vec<Deposit>,
}

/// The deposits of a space. [`Space::deposits`] returns them.
///
/// ```
/// # let sandtill = sandtill::Sandtill::start(sandtill::Options::default().frozen_at("2026-03-14T12:00:00Z"))?;
/// let deposits = sandtill.deposits();
/// let found = deposits.list(&[("merchant", "everywhere"), ("status", "on_the_way")])?;
/// let failed = deposits.fail(found[0].id)?;
/// assert_eq!(failed.status, "failed");
/// # Ok::<(), sandtill::Error>(())
/// ```
#[derive(Debug)]
pub struct Deposits<'a>(pub(super) &'a Space);

impl Deposits<'_> {
    /// Deposits, newest first; 100 unless `limit` says another number. Filters are those of
    /// `GET /_admin/deposits`: `merchant`, `currency`, `status`, `from`, `to`.
    ///
    /// # Errors
    ///
    /// If a filter or its value does not exist.
    pub fn list(&self, filters: &[(&str, &str)]) -> Result<Vec<Deposit>, Error> {
        let path = with_query("/deposits", filters);
        self.0.calls().call(Method::GET, &path, &Value::Null).map(|it: List| it.deposits)
    }

    /// Has the transfer fail; the money comes with a later deposit.
    ///
    /// # Errors
    ///
    /// If there is no such deposit, or it is at the bank already.
    pub fn fail(&self, id: i64) -> Result<Deposit, Error> {
        self.act(id, "fail", &json!({}))
    }

    /// Has the bank send it back; the money comes with a later deposit.
    ///
    /// # Errors
    ///
    /// If there is no such deposit, or it was never sent off.
    pub fn send_back(&self, id: i64) -> Result<Deposit, Error> {
        self.act(id, "return", &json!({}))
    }

    /// Has it be late by a length of time such as `36h` or `2d`.
    ///
    /// # Errors
    ///
    /// If there is no such deposit, it is at the bank already, or the text is no length of time.
    pub fn delay(&self, id: i64, by: &str) -> Result<Deposit, Error> {
        self.act(id, "delay", &json!({"by": by}))
    }

    fn act(&self, id: i64, does: &str, body: &Value) -> Result<Deposit, Error> {
        self.0.calls().call(Method::POST, &format!("/deposits/{id}/{does}"), body)
    }
}
