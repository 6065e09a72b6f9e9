//! Worlds of their own on one server: name → sandbox, born at first use.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;

use super::clock::real_now;
use super::scenario::Scenario;
use super::{Options, Sandbox};

/// The space of requests that name none.
pub const DEFAULT: &str = "";

/// Spaces at most; one more is refused.
pub const MOST: usize = 10_000;

/// What a space can be called, in a sentence's end.
pub const NAMES: &str = "1 to 64 letters, digits, `.`, `_` or `-`, and not dots alone";

/// Whether a space can be called so: 1 to 64 letters, digits, `.`, `_`, `-`. Dots alone would be a
/// place above to whoever tidies up an address.
#[must_use]
pub fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        && name.bytes().any(|byte| byte != b'.')
}

/// Why a space cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateError {
    /// There is one of this name.
    Taken,
    /// There are [`MOST`] already.
    TooMany,
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
        let now = real_now();
        if let Some(sandbox) = self.read().get(name).filter(|it| !self.is_idle(it, now)) {
            sandbox.touch(now);
            return Some(sandbox.clone());
        }
        self.sweep(now);
        let scenario = self.scenario();
        let mut spaces = self.0.spaces.write().unwrap_or_else(PoisonError::into_inner);
        if spaces.len() >= MOST && !spaces.contains_key(name) {
            return None;
        }
        let made = || Sandbox::new(name, scenario, Arc::clone(&self.0.options));
        Some(spaces.entry(name.to_owned()).or_insert_with(made).clone())
    }

    /// A new space with a scenario of its own.
    ///
    /// # Errors
    ///
    /// Why it cannot be made.
    pub fn create(&self, name: &str, scenario: Arc<Scenario>) -> Result<Sandbox, CreateError> {
        self.sweep(real_now());
        let mut spaces = self.0.spaces.write().unwrap_or_else(PoisonError::into_inner);
        if spaces.contains_key(name) {
            return Err(CreateError::Taken);
        }
        if spaces.len() >= MOST {
            return Err(CreateError::TooMany);
        }
        let sandbox = Sandbox::new(name, scenario, Arc::clone(&self.0.options));
        spaces.insert(name.to_owned(), sandbox.clone());
        Ok(sandbox)
    }

    /// Whether nobody has used a space for longer than the server allows, at `now` of real time.
    fn is_idle(&self, sandbox: &Sandbox, now: Timestamp) -> bool {
        let idle = self.0.options.space_idle;
        sandbox.space != DEFAULT
            && idle.is_some_and(|idle| now.duration_since(sandbox.used_at()) > idle)
    }

    /// Drops the spaces that nobody has used for longer than the server allows, at `now` of real time.
    pub fn sweep(&self, now: Timestamp) {
        if self.0.options.space_idle.is_none() {
            return;
        }
        let mut spaces = self.0.spaces.write().unwrap_or_else(PoisonError::into_inner);
        spaces.retain(|_, sandbox| {
            let stays = !self.is_idle(sandbox, now);
            if !stays {
                sandbox.callbacks.close();
            }
            stays
        });
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
        if name == DEFAULT {
            return false;
        }
        let removed = spaces.remove(name);
        if let Some(sandbox) = &removed {
            sandbox.callbacks.close();
        }
        removed.is_some()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, Sandbox>> {
        self.0.spaces.read().unwrap_or_else(PoisonError::into_inner)
    }
}
