//! Fault rules of a space, for programs that embed the server.

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::calls::Error;
use super::space::Space;

/// A fault rule to add: what goes wrong, and which requests it hits. All matching requests, unless it is
/// narrowed.
///
/// ```
/// # let sandtill = sandtill::Sandtill::start(sandtill::Options::default())?;
/// use sandtill::Fault;
///
/// // The third report of Flitt, once.
/// let fault = Fault::new("flitt", "status").operation("report").after(2).times(1).set("status", 401);
/// let rule = sandtill.faults().add(fault)?;
/// assert_eq!((rule.hits, rule.over), (0, false));
/// # Ok::<(), sandtill::Error>(())
/// ```
///
/// `docs/faults.md` lists the kinds and their members.
#[derive(Clone, Debug)]
pub struct Fault {
    rule: Map<String, Value>,
    fault: Map<String, Value>,
}

impl Fault {
    /// A fault of this kind at a provider.
    #[must_use]
    pub fn new(provider: &str, kind: &str) -> Self {
        let one = |name: &str, value: &str| Map::from_iter([(name.to_owned(), json!(value))]);
        Self { rule: one("provider", provider), fault: one("kind", kind) }
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.rule.insert(name.to_owned(), value.into());
        self
    }

    /// Only requests of this operation, such as `report`.
    #[must_use]
    pub fn operation(self, name: &str) -> Self {
        self.with("operation", name)
    }

    /// Spares the first matching requests.
    #[must_use]
    pub fn after(self, count: u64) -> Self {
        self.with("after", count)
    }

    /// Strikes this often, then no more.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        self.with("times", count)
    }

    /// Strikes every n-th matching request.
    #[must_use]
    pub fn every(self, n: u64) -> Self {
        self.with("every", n)
    }

    /// Only requests that meet these conditions (`merchant`, `contains`, `page`, `between`), as a JSON object.
    #[must_use]
    pub fn when(self, conditions: Value) -> Self {
        self.with("when", conditions)
    }

    /// A member of the fault, such as `status` or `ms`.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fault.insert(name.to_owned(), value.into());
        self
    }

    fn body(mut self) -> Value {
        self.rule.insert("fault".to_owned(), Value::Object(self.fault));
        Value::Object(self.rule)
    }
}

/// A fault rule in force.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct FaultRule {
    /// Its id in this space.
    pub id: String,
    /// The provider that it hits; none for all.
    pub provider: Option<String>,
    /// The operation that it hits; none for all.
    pub operation: Option<String>,
    /// Number of requests that matched.
    pub seen: u64,
    /// Number of requests that it struck.
    pub hits: u64,
    /// Whether it strikes no more.
    pub over: bool,
    /// The kind with its members.
    pub fault: Value,
}

#[derive(Deserialize)]
struct List {
    faults: Vec<FaultRule>,
}

/// The fault rules of a space. [`Space::faults`] returns them.
#[derive(Debug)]
pub struct Faults<'a>(pub(super) &'a Space);

impl Faults<'_> {
    /// Adds a rule.
    ///
    /// # Errors
    ///
    /// If the provider, the operation or the kind does not exist, or nobody can meet the fault.
    pub fn add(&self, fault: Fault) -> Result<FaultRule, Error> {
        self.0.calls().call(Method::POST, "/faults", &fault.body())
    }

    /// The rules in force, oldest first; the first 1000.
    ///
    /// # Errors
    ///
    /// If the server has ended.
    pub fn list(&self) -> Result<Vec<FaultRule>, Error> {
        let path = "/faults?limit=1000";
        self.0.calls().call(Method::GET, path, &Value::Null).map(|it: List| it.faults)
    }

    /// Takes one rule back.
    ///
    /// # Errors
    ///
    /// If no rule has this id.
    pub fn remove(&self, id: &str) -> Result<(), Error> {
        let path = format!("/faults/{id}");
        self.0.calls().call(Method::DELETE, &path, &Value::Null).map(|_: Value| ())
    }

    /// Takes all rules back.
    ///
    /// # Errors
    ///
    /// If the server has ended.
    pub fn clear(&self) -> Result<(), Error> {
        self.0.calls().call(Method::DELETE, "/faults", &Value::Null).map(|_: Value| ())
    }
}
