//! A handle of one space of the embedded server, with its expectations.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::{Calls, Error};
use super::clock::Clock;
use super::deposits::Deposits;
use super::faults::Faults;
use super::history::History;
use super::journal::{Journal, Requests, Waited};
use super::provider::Provider;
use super::reporting::Reporting;
use super::transactions::Transactions;

/// Refused requests that the text of a failed expectation lists.
const MAX_SHOWN: usize = 10;

/// A world of its own on the server: clock, journal, faults, reports, tokens and added transactions.
///
/// [`Sandtill`](super::Sandtill) is the handle of the default space, [`Sandtill::space`](super::Sandtill::space)
/// makes others. The space stays when its handle is dropped; [`Self::end`] ends it.
#[derive(Debug)]
pub struct Space {
    calls: Calls,
    url: String,
    name: String,
    /// What [`Self::expect`] was told and nobody has verified yet.
    expected: Mutex<Vec<Requests>>,
}

/// A callback with its attempts.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Callback {
    /// Its number in this space.
    pub id: u64,
    /// The short name of the provider.
    pub provider: String,
    /// The merchant of the report.
    pub merchant: String,
    /// The event that it tells.
    pub event: String,
    /// `due`, `delivered` and so on.
    pub state: String,
    /// When the first attempt was planned.
    pub due: Timestamp,
    /// When the next attempt is planned.
    pub next: Option<Timestamp>,
    /// The attempts so far, oldest first.
    pub attempts: Vec<Attempt>,
}

/// An attempt to deliver a callback.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Attempt {
    /// Sandbox time.
    pub at: Timestamp,
    /// The status that the receiver answered; none with a `problem`.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub problem: Option<String>,
}

#[derive(Deserialize)]
struct Callbacks {
    callbacks: Vec<Callback>,
}

impl Space {
    pub(super) fn new(calls: Calls, name: &str) -> Self {
        let url = calls.url();
        Self { calls, url, name: name.to_owned(), expected: Mutex::default() }
    }

    pub(super) fn calls(&self) -> &Calls {
        &self.calls
    }

    /// The base URL of the space, such as `http://127.0.0.1:40123/@t1`, without a slash at the end. All paths
    /// of the providers are below it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name of the space; empty for the default space.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A provider with its URL and the credentials of its home merchant, by its short name (`begateway`).
    ///
    /// # Errors
    ///
    /// If there is no such provider, or the scenario has no merchant there.
    pub fn provider(&self, name: &str) -> Result<Provider, Error> {
        Provider::of(self, name)
    }

    /// The transactions: look, add, refund and so on.
    #[must_use]
    pub fn transactions(&self) -> Transactions<'_> {
        Transactions(self)
    }

    /// The deposits: look, have them fail, come back or be late.
    #[must_use]
    pub fn deposits(&self) -> Deposits<'_> {
        Deposits(self)
    }

    /// How far the reports of the providers are behind the ledger.
    #[must_use]
    pub fn reporting(&self) -> Reporting<'_> {
        Reporting(self)
    }

    /// The history: what was done, and the way back.
    #[must_use]
    pub fn history(&self) -> History<'_> {
        History(self)
    }

    /// Another space of this name that begins as a copy of this one.
    ///
    /// # Errors
    ///
    /// If the name is none or is taken, or there are too many spaces.
    pub fn fork(&self, name: &str) -> Result<Self, Error> {
        let default = self.calls.of_default_space();
        let body = json!({"name": name, "fork": self.name});
        let _: Value = default.call(Method::POST, "/spaces", &body)?;
        Ok(Self::new(self.calls.of_space(name), name))
    }

    /// The faults: make something go wrong.
    #[must_use]
    pub fn faults(&self) -> Faults<'_> {
        Faults(self)
    }

    /// The clock: stop it, move it.
    #[must_use]
    pub fn clock(&self) -> Clock<'_> {
        Clock(self)
    }

    /// The journal: what was asked, and how it was answered.
    #[must_use]
    pub fn journal(&self) -> Journal<'_> {
        Journal(self)
    }

    /// The callbacks, oldest first; the first 1000.
    ///
    /// # Errors
    ///
    /// If the server has ended.
    pub fn callbacks(&self) -> Result<Vec<Callback>, Error> {
        let found = self.calls.call(Method::GET, "/callbacks?limit=1000", &Value::Null);
        found.map(|it: Callbacks| it.callbacks)
    }

    /// Any call of the admin API, by its path below `/_admin`; [`Value::Null`] for no body.
    ///
    /// ```
    /// # let sandtill = sandtill::Sandtill::start(sandtill::Options::default())?;
    /// use serde_json::Value;
    ///
    /// let health = sandtill.admin("GET", "/health", &Value::Null)?;
    /// assert_eq!(health["scenario"], "default");
    /// # Ok::<(), sandtill::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the call is refused.
    pub fn admin(&self, method: &str, path: &str, body: &Value) -> Result<Value, Error> {
        let known = Method::from_bytes(method.as_bytes());
        let known = known.map_err(|_| Error::Invalid(format!("`{method}` is no HTTP method")))?;
        self.calls.call(known, path, body)
    }

    /// Expects requests that arrive from now on, and checks when this handle is dropped that they came.
    ///
    /// If they did not, the drop panics with what is missing, the most similar request and the requests that
    /// were refused; it does not while the thread panics already. [`Self::verify`] checks earlier.
    ///
    /// ```should_panic
    /// # let sandtill = sandtill::Sandtill::start(sandtill::Options::default())?;
    /// use sandtill::Requests;
    ///
    /// sandtill.expect(Requests::of("flitt").operation("report").exactly(2))?;
    /// // Here an importer runs. This one asks nothing, so the test fails at its end.
    /// # Ok::<(), sandtill::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the provider or the outcome does not exist.
    pub fn expect(&self, wanted: Requests) -> Result<(), Error> {
        let wanted = wanted.since(self.journal().last()?);
        // The call also says whether all conditions exist.
        let _: Waited =
            self.calls.call(Method::POST, "/journal/wait", &wanted.body(Duration::ZERO))?;
        self.expected().push(wanted);
        Ok(())
    }

    /// Checks now what [`Self::expect`] was told, and forgets it.
    ///
    /// # Errors
    ///
    /// [`Error::Unmet`] with the text that the drop would panic with.
    pub fn verify(&self) -> Result<(), Error> {
        let expected = std::mem::take(&mut *self.expected());
        let mut unmet = String::new();
        for wanted in &expected {
            let waited: Result<Waited, Error> =
                self.calls.call(Method::POST, "/journal/wait", &wanted.body(Duration::ZERO));
            let found = waited.map_err(|err| err.to_string()).and_then(Waited::found);
            if let Err(why) = found {
                unmet.push_str(&format!("\n- {}: {why}", wanted.describe()));
            }
        }
        if unmet.is_empty() {
            return Ok(());
        }
        let space = match self.name.as_str() {
            "" => "the default space".to_owned(),
            name => format!("the space `{name}`"),
        };
        let refused = self.refused_since(&expected);
        Err(Error::Unmet(format!("requests to {space} were not as expected:{unmet}{refused}")))
    }

    /// The refused requests since the first expectation, with their reasons, a line each.
    fn refused_since(&self, expected: &[Requests]) -> String {
        let since = expected.iter().map(Requests::begin).min().unwrap_or(0).to_string();
        let filters = [("outcome", "refused"), ("since", since.as_str())];
        let mut refused = self.journal().entries(&filters).unwrap_or_default();
        if refused.is_empty() {
            return String::new();
        }
        refused.truncate(MAX_SHOWN);
        let mut text = "\nrefused requests, newest first:".to_owned();
        for entry in refused {
            let reason = entry.reason.unwrap_or_default();
            let mistake = entry.likely_mistake.map(|it| format!(" (likely: {it})"));
            let mistake = mistake.unwrap_or_default();
            let line = format!(
                "\n- {}: {} {}: {reason}{mistake}",
                entry.id, entry.provider, entry.operation
            );
            text.push_str(&line);
        }
        text
    }

    fn expected(&self) -> std::sync::MutexGuard<'_, Vec<Requests>> {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a right import of a range must hold now, as `GET /_admin/truth` answers it. `to` is exclusive; a
    /// bare date is a whole UTC day.
    ///
    /// # Errors
    ///
    /// If provider, merchant or range do not exist.
    pub fn truth(
        &self,
        provider: &str,
        merchant: &str,
        range: (&str, &str),
    ) -> Result<Value, Error> {
        let query =
            [("provider", provider), ("merchant", merchant), ("from", range.0), ("to", range.1)];
        let path = super::calls::with_query("/truth", &query);
        self.calls.call(Method::GET, &path, &Value::Null)
    }

    /// Compares imported rows (objects with `id`, `amount` and more) with the truth, as `POST /_admin/reconcile`
    /// answers it; its `findings` say what differs and why.
    ///
    /// # Errors
    ///
    /// If provider, merchant or range do not exist, or a row cannot be read.
    pub fn reconcile(
        &self,
        provider: &str,
        merchant: &str,
        range: (&str, &str),
        rows: &[Value],
    ) -> Result<Value, Error> {
        let body = json!({
            "provider": provider,
            "merchant": merchant,
            "from": range.0,
            "to": range.1,
            "rows": rows,
        });
        self.calls.call(Method::POST, "/reconcile", &body)
    }

    /// Resets the space to its scenario as it was loaded.
    ///
    /// # Errors
    ///
    /// If the server has ended.
    pub fn reset(&self) -> Result<(), Error> {
        self.calls.call(Method::POST, "/reset", &Value::Null).map(|_: Value| ())
    }

    /// Checks the expectations, then ends the space with all that is in it. The default space is reset instead.
    ///
    /// # Errors
    ///
    /// If expected requests did not come.
    pub fn end(self) -> Result<(), Error> {
        let verified = self.verify();
        let ended = match self.name.as_str() {
            "" => self.reset(),
            name => {
                let path = format!("/spaces/{name}");
                // By way of the default space, because this one is what goes.
                let calls = self.calls.of_default_space();
                calls.call(Method::DELETE, &path, &Value::Null).map(|_: Value| ())
            }
        };
        verified.and(ended)
    }
}

/// Panics if expected requests did not come, unless the thread panics already.
#[expect(clippy::panic, reason = "a failed expectation has to fail the test that is ending")]
pub(super) fn demand(verified: Result<(), Error>) {
    if let Err(unmet) = verified
        && !std::thread::panicking()
    {
        panic!("{unmet}");
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        demand(self.verify());
    }
}
