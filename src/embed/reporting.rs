//! How far the reports of a provider are behind the ledger, for programs that embed the server.

use axum::http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::calls::Error;
use super::clock::Instant;
use super::space::Space;

/// How late the reports of a provider tell rows. Without a call they tell everything at once.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Lag {
    /// Everything is told as it was this long ago: `2h`.
    pub lag: Option<String>,
    /// Each row shows up later by a length of its own, at most this one.
    pub jitter: Option<String>,
    /// New rows show once a day at this wall time: `06:00 Europe/London`.
    pub daily: Option<String>,
    /// Days of creation (UTC, `2026-03-14`) whose rows are missing.
    pub missing: Option<Vec<String>>,
    /// The instant from which on the missing days are there.
    pub until: Option<Timestamp>,
}

impl Lag {
    /// Everything is told as it was this long ago.
    #[must_use]
    pub fn of(length: &str) -> Self {
        Self { lag: Some(length.to_owned()), ..Self::default() }
    }

    /// Besides, each row shows up later by a length of its own, at most this one.
    #[must_use]
    pub fn jitter(self, length: &str) -> Self {
        Self { jitter: Some(length.to_owned()), ..self }
    }

    /// New rows show once a day at this wall time.
    #[must_use]
    pub fn daily(self, time: &str) -> Self {
        Self { daily: Some(time.to_owned()), ..self }
    }

    /// A day of creation whose rows are missing.
    #[must_use]
    pub fn missing(mut self, day: &str) -> Self {
        self.missing.get_or_insert_default().push(day.to_owned());
        self
    }
}

/// The lag of the providers in a space. [`Space::reporting`] returns it.
///
/// ```
/// # let sandtill = sandtill::Sandtill::start(sandtill::Options::default())?;
/// use sandtill::Lag;
///
/// let set = sandtill.reporting().set("begateway", &Lag::of("2h").jitter("6h"))?;
/// assert_eq!(set.jitter.as_deref(), Some("6h"));
/// sandtill.reporting().set("begateway", &Lag::default())?;
/// # Ok::<(), sandtill::Error>(())
/// ```
#[derive(Debug)]
pub struct Reporting<'a>(pub(super) &'a Space);

impl Reporting<'_> {
    /// The lag of a provider's reports.
    ///
    /// # Errors
    ///
    /// If there is no such provider.
    pub fn of(&self, provider: &str) -> Result<Lag, Error> {
        self.0.calls().call(Method::GET, &format!("/reporting/{provider}"), &Value::Null)
    }

    /// Replaces the lag of a provider's reports as a whole.
    ///
    /// # Errors
    ///
    /// If there is no such provider, or a text is no length of time, wall time or day.
    pub fn set(&self, provider: &str, lag: &Lag) -> Result<Lag, Error> {
        let body = json!(lag);
        self.0.calls().call(Method::PUT, &format!("/reporting/{provider}"), &body)
    }

    /// Has the missing days of a provider be there from an instant on.
    ///
    /// # Errors
    ///
    /// If there is no such provider, or it is no instant.
    pub fn missing_until(&self, provider: &str, at: impl Into<Instant>) -> Result<Lag, Error> {
        let mut body = json!(self.of(provider)?);
        if let Some(members) = body.as_object_mut() {
            members.insert("until".to_owned(), Value::String(at.into().0));
        }
        self.0.calls().call(Method::PUT, &format!("/reporting/{provider}"), &body)
    }
}
