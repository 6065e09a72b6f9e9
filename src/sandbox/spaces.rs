//! Worlds of their own on one server: name → sandbox, born at first use.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::scenario::Scenario;
use super::{Options, Sandbox};

/// The space of requests that name none.
pub const DEFAULT: &str = "";

/// Spaces at most; one more is refused.
pub const MOST: usize = 10_000;

/// Whether a space can be called so: 1 to 64 letters, digits, `.`, `_`, `-`.
#[must_use]
pub fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[derive(Debug)]
struct Inner {
    scenario: RwLock<Arc<Scenario>>,
    options: Arc<Options>,
    // A `std` lock: held for a look-up, never across an `.await`.
    spaces: RwLock<BTreeMap<String, Sandbox>>,
}

/// All spaces of a server; clones are the same spaces.
#[derive(Clone, Debug)]
pub struct Spaces(Arc<Inner>);

impl Spaces {
    /// The default space with this scenario; others come into being when they are used.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>, options: Options) -> Self {
        let options = Arc::new(options);
        let first = Sandbox::new(DEFAULT, Arc::clone(&scenario), Arc::clone(&options));
        let spaces = BTreeMap::from([(DEFAULT.to_owned(), first)]);
        Self(Arc::new(Inner {
            scenario: RwLock::new(scenario),
            options,
            spaces: RwLock::new(spaces),
        }))
    }

    /// The sandbox of a space; made with the server's scenario when it is new. `None` when there are
    /// too many already.
    #[must_use]
    pub fn space(&self, name: &str) -> Option<Sandbox> {
        if let Some(sandbox) = self.read().get(name) {
            return Some(sandbox.clone());
        }
        let scenario = self.scenario();
        let mut spaces = self.0.spaces.write().unwrap_or_else(PoisonError::into_inner);
        if spaces.len() >= MOST && !spaces.contains_key(name) {
            return None;
        }
        let made = || Sandbox::new(name, scenario, Arc::clone(&self.0.options));
        Some(spaces.entry(name.to_owned()).or_insert_with(made).clone())
    }

    /// The scenario that new spaces get.
    #[must_use]
    pub fn scenario(&self) -> Arc<Scenario> {
        Arc::clone(&self.0.scenario.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the server was started with.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// Puts a sandbox in the place of the one the space has (for reset and for another scenario).
    pub fn put(&self, sandbox: Sandbox) {
        let mut spaces = self.0.spaces.write().unwrap_or_else(PoisonError::into_inner);
        spaces.insert(sandbox.space.clone(), sandbox);
    }

    /// Every space in the order of names, the default one first.
    #[must_use]
    pub fn all(&self) -> Vec<Sandbox> {
        self.read().values().cloned().collect()
    }

    /// Forgets a space; whether there was one. The default one stays.
    #[must_use]
    pub fn remove(&self, name: &str) -> bool {
        let mut spaces = self.0.spaces.write().unwrap_or_else(PoisonError::into_inner);
        name != DEFAULT && spaces.remove(name).is_some()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, Sandbox>> {
        self.0.spaces.read().unwrap_or_else(PoisonError::into_inner)
    }
}
