//! The clock of a space, for programs that embed the server.

use std::time::Duration;

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::calls::{Error, with_query};
use super::space::Space;

/// An instant as the calls take it: RFC 3339 text such as `2026-03-14T12:00:00Z`, or a [`Timestamp`].
#[derive(Clone, Debug)]
pub struct Instant(pub(super) String);

impl From<&str> for Instant {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<Timestamp> for Instant {
    fn from(instant: Timestamp) -> Self {
        Self(instant.to_string())
    }
}

/// How far [`Clock::advance`] goes.
///
/// A text is a length of time such as `90s`, `36h` or `7d`; a [`Duration`] is one as well; a [`Timestamp`] is
/// the instant to go to. [`Step::to`] takes an instant as text, [`Step::until`] what to wait for.
///
/// ```
/// # let sandtill = sandtill::Sandtill::start(sandtill::Options::default().frozen_at("2026-03-14T12:00:00Z"))?;
/// use std::time::Duration;
///
/// use sandtill::Step;
///
/// let clock = sandtill.clock();
/// clock.advance("36h")?;
/// clock.advance(Duration::from_secs(90))?;
/// let payment = sandtill.transactions().pay(12345, "USD")?;
/// clock.advance(Step::until(&format!("settled:{}", payment.id)))?;
/// let advanced = clock.advance(Step::to("2026-03-20T00:00:00Z"))?;
/// assert_eq!(advanced.now.to_string(), "2026-03-20T00:00:00Z");
/// # Ok::<(), sandtill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Step {
    name: &'static str,
    value: String,
}

impl Step {
    /// Goes to an instant, not before now.
    pub fn to(at: impl Into<Instant>) -> Self {
        Self { name: "to", value: at.into().0 }
    }

    /// Goes on until something happens: `next` (the next thing due), or, with an id, `settled:17` (the transaction
    /// is settled), `deposit:17` (the deposit, or that of the transaction, is at the bank), `visible:17` (the
    /// reports of all providers show the transaction).
    #[must_use]
    pub fn until(what: &str) -> Self {
        Self { name: "until", value: what.to_owned() }
    }
}

impl From<&str> for Step {
    fn from(length: &str) -> Self {
        Self { name: "by", value: length.to_owned() }
    }
}

impl From<Duration> for Step {
    fn from(length: Duration) -> Self {
        let length = SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX);
        Self { name: "by", value: length.to_string() }
    }
}

impl From<Timestamp> for Step {
    fn from(to: Timestamp) -> Self {
        Self::to(to)
    }
}

/// What the clock shows after [`Clock::advance`], and what happened on the way.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Advanced {
    /// The new time.
    pub now: Timestamp,
    /// What fell due, in order.
    pub happened: Vec<Happened>,
}

/// An occurrence that fell due.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Happened {
    /// When it happened, sandbox time.
    pub at: Timestamp,
    /// Description in one sentence.
    pub what: String,
    /// `paid`, `settled`, `deposit_sent`, `deposit_paid`, `visible`; none for a callback that was sent.
    pub kind: Option<String>,
    /// The id of the transaction or the deposit.
    pub id: Option<i64>,
}

#[derive(Deserialize)]
struct Forecast {
    due: Vec<Happened>,
}

#[derive(Deserialize)]
struct Shown {
    now: Timestamp,
}

/// The clock of a space; all times of the sandbox follow from it. [`Space::clock`] returns it.
#[derive(Debug)]
pub struct Clock<'a>(pub(super) &'a Space);

impl Clock<'_> {
    /// The time that the clock shows.
    ///
    /// # Errors
    ///
    /// If the server has ended.
    pub fn now(&self) -> Result<Timestamp, Error> {
        self.0.calls().call(Method::GET, "/clock", &Value::Null).map(|it: Shown| it.now)
    }

    /// Stops the clock at an instant, forward or back. Nothing that falls due in between happens.
    ///
    /// # Errors
    ///
    /// If it is no instant of the clock, or the clock is being advanced.
    pub fn freeze(&self, at: impl Into<Instant>) -> Result<Timestamp, Error> {
        self.put(Some("frozen"), Some(at.into()))
    }

    /// Stops the clock where it is.
    ///
    /// # Errors
    ///
    /// If the clock is being advanced.
    pub fn stop(&self) -> Result<Timestamp, Error> {
        self.put(Some("frozen"), None)
    }

    /// Lets the clock run on from the time that it shows.
    ///
    /// # Errors
    ///
    /// If the clock is being advanced.
    pub fn run(&self) -> Result<Timestamp, Error> {
        self.put(Some("running"), None)
    }

    fn put(&self, mode: Option<&str>, now: Option<Instant>) -> Result<Timestamp, Error> {
        let body = json!({"mode": mode, "now": now.map(|it| it.0)});
        self.0.calls().call(Method::PUT, "/clock", &body).map(|it: Shown| it.now)
    }

    /// What will fall due up to an instant if nothing is done until then, the next thing first. Of the rows, those
    /// that were added or changed; callbacks and reports have the kinds `callback` and `report`.
    ///
    /// # Errors
    ///
    /// If it is no instant, or one in the past.
    pub fn due(&self, to: impl Into<Instant>) -> Result<Vec<Happened>, Error> {
        let path = with_query("/clock/due", &[("to", &to.into().0)]);
        self.0.calls().call(Method::GET, &path, &Value::Null).map(|it: Forecast| it.due)
    }

    /// Moves the clock forward and does all that falls due on the way, in order.
    ///
    /// It returns after the receivers of callbacks have answered, and blocks the thread: a test whose receiver
    /// runs on the same thread must await [`Self::advance_async`] instead.
    ///
    /// # Errors
    ///
    /// If the step is no length of time or an instant in the past.
    pub fn advance(&self, step: impl Into<Step>) -> Result<Advanced, Error> {
        self.0.calls().call(Method::POST, "/clock/advance", &body(step.into()))
    }

    /// Like [`Self::advance`], without blocking the thread.
    ///
    /// # Errors
    ///
    /// If the step is no length of time or an instant in the past.
    pub async fn advance_async(&self, step: impl Into<Step>) -> Result<Advanced, Error> {
        self.0.calls().call_async(Method::POST, "/clock/advance", &body(step.into())).await
    }
}

fn body(step: Step) -> Value {
    Value::Object(Map::from_iter([(step.name.to_owned(), Value::String(step.value))]))
}
