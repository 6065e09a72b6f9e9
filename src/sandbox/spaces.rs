//! Worlds of their own on one server: name → space, made at first use unless they have to be declared.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;

use super::clock::real_now;
use super::pulse::ServerPulse;
use super::scenario::Scenario;
use super::space::Space;
use super::{Options, callbacks};

/// The space of requests that name none.
pub const DEFAULT: &str = "";

/// Spaces at most, when nothing is said.
pub const MAX_SPACES: usize = 10_000;

/// What a space can be called, in a sentence's end.
pub const NAMES: &str = "1 to 64 letters, digits, `.`, `_` or `-`, and not dots alone";

/// Why there is no such space, or none can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpaceError {
    /// There is one of this name.
    Taken,
    /// There are so many already as the server allows.
    TooMany(usize),
    /// Nobody has made one of this name, and the server makes none by itself.
    Undeclared,
}

#[derive(Debug)]
struct Inner {
    scenario: Arc<Scenario>,
    options: Arc<Options>,
    pulse: Arc<ServerPulse>,
    // A `std` lock: held for a look-up, never across an `.await`.
    spaces: RwLock<BTreeMap<String, Arc<Space>>>,
}

/// All spaces of a server; clones are the same spaces.
#[derive(Clone, Debug)]
pub struct Spaces(Arc<Inner>);

impl Spaces {
    /// The default space with this scenario; others come into being when they are used.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>, options: Options) -> Self {
        callbacks::choose_cryptography();
        let (options, pulse) = (Arc::new(options), Arc::default());
        let inner = Inner { scenario, options, pulse, spaces: RwLock::default() };
        let spaces = Self(Arc::new(inner));
        let first = spaces.new_space(DEFAULT, spaces.scenario());
        spaces.write().insert(DEFAULT.to_owned(), first);
        spaces
    }

    fn new_space(&self, name: &str, scenario: Arc<Scenario>) -> Arc<Space> {
        let Inner { options, pulse, .. } = &*self.0;
        Space::new(name, scenario, Arc::clone(options), Arc::clone(pulse))
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<Space>>> {
        self.0.spaces.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Arc<Space>>> {
        self.0.spaces.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The space of this name, made with the server's scenario when it is new, and whether it is.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn space(&self, name: &str) -> Result<(Arc<Space>, bool), SpaceError> {
        let now = real_now();
        if let Some(space) = self.read().get(name).filter(|it| !self.is_idle(it, now)) {
            space.mark_used(now);
            return Ok((Arc::clone(space), false));
        }
        if self.options().declared_spaces {
            return Err(SpaceError::Undeclared);
        }
        match self.create(name, self.scenario()) {
            // Somebody else was a moment quicker.
            Err(SpaceError::Taken) => {
                let found = self.read().get(name).cloned();
                found.map(|it| (it, false)).ok_or(SpaceError::Undeclared)
            }
            created => created.map(|space| (space, true)),
        }
    }

    /// The space of this name, if there is one; nobody has used it by this.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Arc<Space>> {
        self.read().get(name).cloned()
    }

    /// The default space, which is always there.
    #[must_use]
    pub fn default_space(&self) -> Arc<Space> {
        // It is made with the map and never taken out, so the second half is never reached.
        self.find(DEFAULT).unwrap_or_else(|| self.new_space(DEFAULT, self.scenario()))
    }

    /// A new space with a scenario of its own.
    ///
    /// # Errors
    ///
    /// Why it cannot be made.
    pub fn create(&self, name: &str, scenario: Arc<Scenario>) -> Result<Arc<Space>, SpaceError> {
        self.drop_idle(real_now());
        let limit = self.options().max_spaces.unwrap_or(MAX_SPACES).max(1);
        let mut spaces = self.write();
        if spaces.contains_key(name) {
            return Err(SpaceError::Taken);
        }
        if spaces.len() >= limit {
            return Err(SpaceError::TooMany(limit));
        }
        let space = self.new_space(name, scenario);
        spaces.insert(name.to_owned(), Arc::clone(&space));
        drop(spaces);
        self.0.pulse.spaces_moved();
        Ok(space)
    }

    /// Whether nobody has used a space for longer than the server allows, at `now` of real time.
    fn is_idle(&self, space: &Space, now: Timestamp) -> bool {
        let idle = self.options().space_idle;
        space.name() != DEFAULT
            && idle.is_some_and(|idle| now.duration_since(space.used_at()) > idle)
    }

    /// Drops the spaces that nobody has used for longer than the server allows, at `now` of real time.
    pub fn drop_idle(&self, now: Timestamp) {
        self.drop_those(|space| self.is_idle(space, now));
    }

    /// Drops all spaces but the default one.
    pub fn drop_all(&self) {
        self.drop_those(|space| space.name() != DEFAULT);
    }

    /// Drops a space that a request has made and nothing came of: it was refused.
    pub fn drop_unused(&self, space: Arc<Space>) {
        // The map's and the caller's: nobody else has it.
        let is_unused = |it: &Arc<Space>| {
            Arc::ptr_eq(it, &space) && Arc::strong_count(it) == 2 && it.world().state.revision == 1
        };
        self.drop_those(is_unused);
    }

    fn drop_those(&self, is_dropped: impl Fn(&Arc<Space>) -> bool) {
        if !self.read().values().any(&is_dropped) {
            return;
        }
        let mut spaces = self.write();
        let before = spaces.len();
        spaces.retain(|_, space| {
            let goes = is_dropped(space);
            if goes {
                space.close();
            }
            !goes
        });
        let has_moved = spaces.len() != before;
        drop(spaces);
        if has_moved {
            self.0.pulse.spaces_moved();
        }
    }

    /// The scenario that new spaces get.
    #[must_use]
    pub fn scenario(&self) -> Arc<Scenario> {
        Arc::clone(&self.0.scenario)
    }

    /// What the server was started with.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// Every space in the order of names, the default one first.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Space>> {
        self.read().values().cloned().collect()
    }

    /// Forgets a space; whether there was one. The default one stays.
    #[must_use]
    pub fn remove(&self, name: &str) -> bool {
        if name == DEFAULT {
            return false;
        }
        let removed = self.write().remove(name);
        if let Some(space) = &removed {
            space.close();
            self.0.pulse.spaces_moved();
        }
        removed.is_some()
    }
}
