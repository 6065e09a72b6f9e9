//! The journal of a space, for programs that embed the server.

use std::fmt::Write;
use std::time::Duration;

use axum::http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::calls::{Error, with_query};
use super::space::Space;

/// A request to a provider, and how it was answered.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct JournalEntry {
    /// Its number in this space.
    pub id: u64,
    /// Sandbox time.
    pub at: Timestamp,
    /// The short name of the provider; empty if the path belongs to none.
    pub provider: String,
    /// What a client calls it, such as `report`.
    pub operation: String,
    /// The merchant whose credentials came.
    pub merchant: Option<String>,
    /// `answered`, `refused` or `faulted`.
    pub outcome: String,
    /// The HTTP status; 0 if no answer was sent.
    pub status: u16,
    /// Why it was refused.
    pub reason: Option<String>,
    /// The most likely mistake behind the refusal.
    pub likely_mistake: Option<String>,
    /// Why the answer is empty or not the provider's own.
    pub note: Option<String>,
    /// The ids of the fault rules that struck.
    pub fault: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub target: String,
}

/// Which requests are expected, and how many of them: at least one, unless a number is said.
///
/// ```
/// use sandtill::Requests;
///
/// let tokens = Requests::of("flitt").operation("token").exactly(1);
/// let no_refusal = Requests::any().outcome("refused").never();
/// ```
#[derive(Clone, Debug)]
pub struct Requests(Map<String, Value>);

impl Requests {
    /// Requests to a provider, by its short name.
    #[must_use]
    pub fn of(provider: &str) -> Self {
        Self::any().with("provider", provider)
    }

    /// Requests to any path.
    #[must_use]
    pub fn any() -> Self {
        Self(Map::new())
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Of this operation, such as `report`.
    #[must_use]
    pub fn operation(self, name: &str) -> Self {
        self.with("operation", name)
    }

    /// With the credentials of this merchant.
    #[must_use]
    pub fn merchant(self, name: &str) -> Self {
        self.with("merchant", name)
    }

    /// `answered`, `refused` or `faulted`.
    #[must_use]
    pub fn outcome(self, outcome: &str) -> Self {
        self.with("outcome", outcome)
    }

    /// Answered with this HTTP status.
    #[must_use]
    pub fn status(self, status: u16) -> Self {
        self.with("status", status)
    }

    /// With this text in path, query or body.
    #[must_use]
    pub fn containing(self, text: &str) -> Self {
        self.with("contains", text)
    }

    /// This many or more.
    #[must_use]
    pub fn at_least(mut self, count: u64) -> Self {
        self.0.remove("exactly");
        self.with("at_least", count)
    }

    /// This many, no more and no fewer.
    #[must_use]
    pub fn exactly(mut self, count: u64) -> Self {
        self.0.remove("at_least");
        self.with("exactly", count)
    }

    /// None at all.
    #[must_use]
    pub fn never(self) -> Self {
        self.exactly(0)
    }

    /// Only those after the journal entry with this number.
    #[must_use]
    pub fn since(self, entry: u64) -> Self {
        self.with("since", entry)
    }

    /// The body of a wait of this length (real time).
    pub(super) fn body(&self, timeout: Duration) -> Value {
        let mut body = self.0.clone();
        let ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        body.insert("timeout_ms".to_owned(), json!(ms));
        Value::Object(body)
    }

    /// The entry after which they count.
    pub(super) fn begin(&self) -> u64 {
        self.0.get("since").and_then(Value::as_u64).unwrap_or(0)
    }

    /// The conditions in one line, such as `provider flitt, exactly 1`.
    pub(super) fn describe(&self) -> String {
        let mut parts = Vec::new();
        for (name, value) in self.0.iter().filter(|(name, _)| *name != "since") {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            parts.push(format!("{} {value}", name.replace('_', " ")));
        }
        if parts.is_empty() { "requests".to_owned() } else { parts.join(", ") }
    }
}

/// The answer of a wait.
#[derive(Debug, Deserialize)]
pub(super) struct Waited {
    matched: bool,
    #[serde(default)]
    entries: Vec<JournalEntry>,
    #[serde(default)]
    why: String,
    closest: Option<Closest>,
    #[serde(default)]
    truncated: bool,
}

/// The most similar request that did not match.
#[derive(Debug, Deserialize)]
struct Closest {
    entry: JournalEntry,
    because: Vec<String>,
}

impl Waited {
    /// The requests that matched, newest first, or why the condition did not hold.
    pub(super) fn found(self) -> Result<Vec<JournalEntry>, String> {
        if self.matched {
            return Ok(self.entries);
        }
        let mut text = self.why;
        if let Some(Closest { entry, because }) = self.closest {
            let JournalEntry { id, method, target, .. } = entry;
            let because = because.join(", ");
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "; the most similar request is {id} ({method} {target}), but {because}"
            );
        }
        if self.truncated {
            text.push_str("; older requests are not in the journal any more");
        }
        Err(text)
    }
}

#[derive(Deserialize)]
struct List {
    entries: Vec<JournalEntry>,
    last: u64,
}

/// The journal of a space: what was asked, and how it was answered. [`Space::journal`] returns it.
#[derive(Debug)]
pub struct Journal<'a>(pub(super) &'a Space);

impl Journal<'_> {
    /// Entries, newest first; 100 unless `limit` says another number. Filters are those of
    /// `GET /_admin/journal`: `provider`, `operation`, `outcome`, `merchant`, `since`.
    ///
    /// # Errors
    ///
    /// If a filter or its value does not exist.
    pub fn entries(&self, filters: &[(&str, &str)]) -> Result<Vec<JournalEntry>, Error> {
        self.list(filters).map(|it| it.entries)
    }

    /// The refused requests, newest first, each with its reason and the likely mistake.
    ///
    /// # Errors
    ///
    /// If the server has ended.
    pub fn refused(&self) -> Result<Vec<JournalEntry>, Error> {
        self.entries(&[("outcome", "refused")])
    }

    /// One entry whole: request, answer and explanation, as `GET /_admin/journal/{id}` answers it.
    ///
    /// # Errors
    ///
    /// If there is no such entry.
    pub fn entry(&self, id: u64) -> Result<Value, Error> {
        self.0.calls().call(Method::GET, &format!("/journal/{id}"), &Value::Null)
    }

    /// The number of the newest entry; 0 when there is none.
    pub(super) fn last(&self) -> Result<u64, Error> {
        self.list(&[("limit", "1")]).map(|it| it.last)
    }

    fn list(&self, filters: &[(&str, &str)]) -> Result<List, Error> {
        self.0.calls().call(Method::GET, &with_query("/journal", filters), &Value::Null)
    }

    /// Waits until these requests were answered, `timeout` of real time at most. Returns them, newest first.
    ///
    /// It blocks the thread: a test whose client runs on the same thread must await [`Self::wait_async`].
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # let sandtill = sandtill::Sandtill::start(sandtill::Options::default())?;
    /// # let address = sandtill.url().strip_prefix("http://").unwrap();
    /// # let mut importer = std::net::TcpStream::connect(address)?;
    /// # write!(importer, "POST /api/reports/count HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")?;
    /// use std::time::Duration;
    ///
    /// use sandtill::Requests;
    ///
    /// // An importer without credentials has asked.
    /// let found = sandtill.journal().wait(&Requests::of("begateway"), Duration::from_secs(5))?;
    /// assert_eq!((found[0].outcome.as_str(), found[0].status), ("refused", 401));
    /// assert!(found[0].reason.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Unmet`] when the time is up, with the most similar request; or a condition does not exist.
    pub fn wait(&self, wanted: &Requests, timeout: Duration) -> Result<Vec<JournalEntry>, Error> {
        let body = wanted.body(timeout);
        let waited: Waited = self.0.calls().call(Method::POST, "/journal/wait", &body)?;
        waited.found().map_err(Error::Unmet)
    }

    /// Like [`Self::wait`], without blocking the thread.
    ///
    /// # Errors
    ///
    /// As for [`Self::wait`].
    pub async fn wait_async(
        &self,
        wanted: &Requests,
        timeout: Duration,
    ) -> Result<Vec<JournalEntry>, Error> {
        let body = wanted.body(timeout);
        let waited = self.0.calls().call_async(Method::POST, "/journal/wait", &body);
        let waited: Waited = waited.await?;
        waited.found().map_err(Error::Unmet)
    }

    /// Forgets all requests.
    ///
    /// # Errors
    ///
    /// If the server has ended.
    pub fn clear(&self) -> Result<(), Error> {
        self.0.calls().call(Method::DELETE, "/journal", &Value::Null).map(|_: Value| ())
    }
}
