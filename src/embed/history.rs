//! The history of a space and the ways back into it, for programs that embed the server.

use axum::http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::{Error, with_query};
use super::space::Space;

/// Something that was done in a space, or happened there.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// Its number in this space.
    pub id: u64,
    /// When it happened, sandbox time.
    pub at: Timestamp,
    /// `transaction_added`, `clock_set` and so on.
    pub kind: String,
    /// What belongs to that kind.
    pub details: Value,
}

#[derive(Deserialize)]
struct Events {
    events: Vec<Event>,
    last: u64,
}

/// The history of a space. [`Space::history`] returns it.
///
/// ```
/// # let sandtill = sandtill::Sandtill::start(sandtill::Options::default().frozen_at("2026-03-14T12:00:00Z"))?;
/// let payment = sandtill.transactions().pay(12345, "USD")?;
/// let before = sandtill.history().last()?;
/// sandtill.transactions().chargeback(payment.id, None)?;
/// sandtill.history().rewind(before)?;
/// assert_eq!(sandtill.transactions().get(payment.id)?.status, "captured");
/// # Ok::<(), sandtill::Error>(())
/// ```
#[derive(Debug)]
pub struct History<'a>(pub(super) &'a Space);

impl History<'_> {
    /// The events behind the one with this number, oldest first; 0 for those from the beginning; the first 1000.
    ///
    /// # Errors
    ///
    /// If the server has ended.
    pub fn events(&self, since: u64) -> Result<Vec<Event>, Error> {
        self.page(since, "1000").map(|it| it.events)
    }

    /// The number of the newest event.
    ///
    /// # Errors
    ///
    /// If the server has ended.
    pub fn last(&self) -> Result<u64, Error> {
        self.page(0, "1").map(|it| it.last)
    }

    /// Makes the space what it was behind the event with this number, earlier or later.
    ///
    /// # Errors
    ///
    /// If the history has no such event.
    pub fn rewind(&self, to: u64) -> Result<(), Error> {
        let body = json!({"to": to});
        self.0.calls().call(Method::POST, "/history/rewind", &body).map(|_: Value| ())
    }

    fn page(&self, since: u64, limit: &str) -> Result<Events, Error> {
        let path = with_query("/history", &[("since", &since.to_string()), ("limit", limit)]);
        self.0.calls().call(Method::GET, &path, &Value::Null)
    }
}
