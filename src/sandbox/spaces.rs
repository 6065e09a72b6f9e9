//! The spaces of a server by name. A space is created at its first use, unless the server requires declared
//! spaces.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;

use super::clock::real_now;
use super::journal::{Budget, MAX_TOTAL_BYTES};
use super::pulse::ServerPulse;
use super::scenario::Scenario;
use super::space::Space;
use super::{Options, callbacks};

/// The name of the default space, for requests that name no space.
pub const DEFAULT: &str = "";

/// The default of the maximum number of spaces.
pub const MAX_SPACES: usize = 10_000;

/// The rule for names of spaces, as the end of a sentence in an error message.
pub const NAMES: &str = "1 to 64 letters, digits, `.`, `_` or `-`, and not dots alone";

/// Why a space cannot be found or created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpaceError {
    /// A space of this name exists already.
    Taken,
    /// The server has as many spaces as it allows; the value is that limit.
    TooMany(usize),
    /// No space of this name was created, and the server does not create spaces at first use.
    Undeclared,
}

#[derive(Debug)]
struct Inner {
    scenario: Arc<Scenario>,
    options: Arc<Options>,
    pulse: Arc<ServerPulse>,
    /// What the journals of all spaces keep together.
    journals: Arc<Budget>,
    // A `std` lock is enough: it is held for one look-up, never across an `.await`.
    spaces: RwLock<BTreeMap<String, Arc<Space>>>,
}

/// All spaces of a server; clones share the same spaces.
#[derive(Clone, Debug)]
pub struct Spaces(Arc<Inner>);

impl Spaces {
    /// The default space with this scenario; other spaces are created when they are used.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>, options: Options) -> Self {
        callbacks::choose_cryptography();
        let (options, pulse): (Arc<Options>, _) = (Arc::new(options), Arc::default());
        let journals = Budget::of(options.journal_bytes.unwrap_or(MAX_TOTAL_BYTES));
        let inner = Inner { scenario, options, pulse, journals, spaces: RwLock::default() };
        let spaces = Self(Arc::new(inner));
        let first = spaces.new_space(DEFAULT, spaces.scenario());
        spaces.write().insert(DEFAULT.to_owned(), first);
        spaces
    }

    fn new_space(&self, name: &str, scenario: Arc<Scenario>) -> Arc<Space> {
        let Inner { options, pulse, journals, .. } = &*self.0;
        let (options, pulse) = (Arc::clone(options), Arc::clone(pulse));
        Space::new(name, scenario, options, pulse, Arc::clone(journals))
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<Space>>> {
        self.0.spaces.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Arc<Space>>> {
        self.0.spaces.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends everything that waits for something to happen, because the server ends.
    pub fn end_waits(&self) {
        self.0.pulse.end();
    }

    /// The space with this name, and whether it was created by this call (with the scenario of the server).
    /// Marks the space as used.
    ///
    /// # Errors
    ///
    /// The space does not exist and cannot be created.
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
            // Another request has created the space since the look-up above.
            Err(SpaceError::Taken) => {
                let found = self.read().get(name).cloned();
                found.map(|it| (it, false)).ok_or(SpaceError::Undeclared)
            }
            created => created.map(|space| (space, true)),
        }
    }

    /// The space with this name, if it exists; it is not marked as used.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Arc<Space>> {
        self.read().get(name).cloned()
    }

    /// The default space, which always exists.
    #[must_use]
    pub fn default_space(&self) -> Arc<Space> {
        // It is created with the map and never removed, so the alternative is never reached.
        self.find(DEFAULT).unwrap_or_else(|| self.new_space(DEFAULT, self.scenario()))
    }

    /// Creates a space with its own scenario.
    ///
    /// # Errors
    ///
    /// The name is taken, or there are too many spaces.
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

    /// Whether a space has not been used for longer than `space_idle`, at `now` of real time. Never true for
    /// the default space, and for a space in which a request is being answered.
    fn is_idle(&self, space: &Space, now: Timestamp) -> bool {
        let idle = self.options().space_idle;
        space.name() != DEFAULT
            && space.requests_under_way() == 0
            && idle.is_some_and(|idle| now.duration_since(space.used_at()) > idle)
    }

    /// Drops the spaces that have not been used for longer than `space_idle`, at `now` of real time.
    pub fn drop_idle(&self, now: Timestamp) {
        self.drop_those(|space| self.is_idle(space, now));
    }

    /// Drops all spaces except the default one.
    pub fn drop_all(&self) {
        self.drop_those(|space| space.name() != DEFAULT);
    }

    /// Drops a space that was created for a request which was then refused, unless something else has used
    /// it.
    pub fn drop_unused(&self, space: Arc<Space>) {
        // The references of the map and of the caller are the only two, and no event followed the first one.
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

    /// The scenario of spaces that are created at first use.
    #[must_use]
    pub fn scenario(&self) -> Arc<Scenario> {
        Arc::clone(&self.0.scenario)
    }

    /// The options of the server.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// All spaces in the order of their names; the default space comes first.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Space>> {
        self.read().values().cloned().collect()
    }

    /// Drops a space; `false` when there is none of this name or it is the default space.
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
