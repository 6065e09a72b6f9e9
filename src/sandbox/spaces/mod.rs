//! The spaces of a server by name. A space is created at its first use, unless the server requires declared
//! spaces.

mod shared_list;
mod sharing;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;

use self::shared_list::SharedList;
use super::clock::real_now;
use super::journal::{Budget, MAX_TOTAL_BYTES};
use super::log::line::Codec;
use super::log::store::Replica;
use super::log::writer::{Unsettled, Writer};
use super::log::{Log, LogError};
use super::scenario::{Scenario, Vocabulary};
use super::space::{NotMade, Past, Shared, Space};
use super::{Options, callbacks, recovery};

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
    /// The store in which it would be made does not work.
    Away(NotMade),
}

#[derive(Debug)]
struct Inner {
    scenario: Arc<Scenario>,
    shared: Shared,
    // A `std` lock is enough: it is held for one look-up, never across an `.await`.
    spaces: RwLock<BTreeMap<String, Arc<Space>>>,
    /// The number of the last task for the log when the list was changed last.
    last: AtomicU64,
    shared_list: SharedList,
}

/// All spaces of a server; clones share the same spaces.
#[derive(Clone, Debug)]
pub struct Spaces(Arc<Inner>);

impl Spaces {
    /// The default space with this scenario; other spaces are created when they are used.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>, options: Options) -> Self {
        let spaces = Self::with(scenario, options, None, None);
        spaces.begin_default();
        spaces
    }

    /// The spaces that a log has, and the default space. What happens in them is written there from now on.
    /// Callbacks that fell due meanwhile leave when [`Self::go_on`] is called. The vocabulary is that of the
    /// providers.
    ///
    /// # Errors
    ///
    /// The log is that of another scenario or seed, is damaged, or cannot be read or written.
    pub fn open(
        scenario: Arc<Scenario>,
        options: Options,
        log: Arc<dyn Log>,
        vocabulary: Vocabulary,
    ) -> Result<Self, LogError> {
        let codec = Codec::new(Arc::clone(&scenario), vocabulary.clone());
        recovery::begin(&*log, &codec)?;
        let names = log.spaces()?;
        let writer = Writer::start(Arc::clone(&log), Codec::new(Arc::clone(&scenario), vocabulary));
        let writer = writer.map_err(|err| LogError::Unavailable(err.to_string()))?;
        let spaces = Self::with(scenario, options, Some(Arc::new(writer)), None);
        let shared = &spaces.0.shared;
        // Numbers of changes that clients of an earlier process hold are below these.
        let millis = u64::try_from(real_now().as_millisecond()).unwrap_or(0);
        shared.pulse.skip_to(millis);
        for name in names {
            let space = recovery::space(&*log, &codec, &name, shared.clone())?;
            spaces.write().insert(name, space);
        }
        spaces.begin_default();
        Ok(spaces)
    }

    /// Sends what fell due while no process ran; called when the server is ready.
    pub fn go_on(&self) {
        self.all().iter().for_each(callbacks::start);
    }

    /// Waits until the spaces that were made and dropped so far are so in the log too.
    ///
    /// # Errors
    ///
    /// It is not so in time.
    pub async fn settled(&self) -> Result<(), Unsettled> {
        match &self.0.shared.writer {
            Some(writer) => writer.settled(self.0.last.load(Ordering::SeqCst)).await,
            None => Ok(()),
        }
    }

    /// Remembers that the list of spaces has changed, and tells who waits for that.
    fn moved(&self) {
        if let Some(writer) = &self.0.shared.writer {
            self.0.last.fetch_max(writer.last(), Ordering::SeqCst);
        }
        if self.replica().is_none() {
            self.0.shared.pulse.spaces_moved();
        }
    }

    /// Why nothing can be written to the log at the moment; `None` when all is well, or without a log.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        match self.replica() {
            Some(replica) => replica.trouble(),
            None => self.0.shared.writer.as_ref()?.trouble(),
        }
    }

    fn with(
        scenario: Arc<Scenario>,
        options: Options,
        writer: Option<Arc<Writer>>,
        replica: Option<Arc<Replica>>,
    ) -> Self {
        callbacks::choose_cryptography();
        let journals = Budget::of(options.journal_bytes.unwrap_or(MAX_TOTAL_BYTES));
        let (options, pulse) = (Arc::new(options), Arc::default());
        let shared = Shared { options, pulse, journals, writer, replica };
        Self(Arc::new(Inner {
            scenario,
            shared,
            spaces: RwLock::default(),
            last: AtomicU64::new(0),
            shared_list: SharedList::default(),
        }))
    }

    fn begin_default(&self) {
        if self.find(DEFAULT).is_none() {
            let first = self.new_space(DEFAULT, self.scenario());
            self.write().insert(DEFAULT.to_owned(), first);
        }
    }

    fn new_space(&self, name: &str, scenario: Arc<Scenario>) -> Arc<Space> {
        Space::new(name, scenario, self.0.shared.clone())
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<Space>>> {
        self.0.spaces.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Arc<Space>>> {
        self.0.spaces.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends everything that waits for something to happen, because the server ends.
    pub fn end_waits(&self) {
        self.0.shared.pulse.end();
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
                let found = self.find(name);
                let found = found.map_or_else(|| self.load_now(name), |it| Ok(Some(it)))?;
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
        self.insert(name, || self.new_space(name, scenario))
    }

    /// Creates a space that begins as a copy of what another one was.
    ///
    /// # Errors
    ///
    /// The name is taken, or there are too many spaces.
    pub fn fork(&self, name: &str, origin: &str, past: Past) -> Result<Arc<Space>, SpaceError> {
        self.insert(name, || Space::forked(name, origin, past, self.0.shared.clone()))
    }

    fn insert(
        &self,
        name: &str,
        make: impl FnOnce() -> Arc<Space>,
    ) -> Result<Arc<Space>, SpaceError> {
        self.drop_idle(real_now());
        let limit = self.options().max_spaces.unwrap_or(MAX_SPACES).max(1);
        let has_room = |spaces: &BTreeMap<String, Arc<Space>>| {
            if spaces.contains_key(name) {
                return Err(SpaceError::Taken);
            }
            if spaces.len() >= limit {
                return Err(SpaceError::TooMany(limit));
            }
            Ok(())
        };
        if self.replica().is_some() {
            // Without the lock on the list: the store is asked whether it has a space of this name.
            let _turn = self.making();
            has_room(&self.read())?;
            let space = make();
            space.publish()?;
            self.put(name, &space);
            return Ok(space);
        }
        let mut spaces = self.write();
        has_room(&spaces)?;
        let space = make();
        spaces.insert(name.to_owned(), Arc::clone(&space));
        drop(spaces);
        self.moved();
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
        let is_dropped =
            |space: &Arc<Space>| self.is_idle(space, now) && !self.is_used_elsewhere(space, now);
        if self.replica().is_some() {
            // A change that another server makes between the question and the drop keeps the space.
            return self.drop_shared(is_dropped, |space| Some(space.revision()));
        }
        self.drop_those(is_dropped);
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
        if self.replica().is_none() {
            return self.drop_those(is_unused);
        }
        // Another server may have used it, which the store knows.
        if self.read().get(space.name()).is_some_and(is_unused)
            && self.remove_shared(&space, Some(1)).is_ok()
        {
            self.forget(&space);
        }
    }

    fn drop_those(&self, is_dropped: impl Fn(&Arc<Space>) -> bool) {
        if self.replica().is_some() {
            return self.drop_shared(is_dropped, |_| None);
        }
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
            self.moved();
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
        &self.0.shared.options
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
        if self.replica().is_some() {
            let Some(space) = self.find(name) else { return false };
            if self.remove_shared(&space, None).is_ok() {
                self.forget(&space);
            }
            return true;
        }
        let mut spaces = self.write();
        let Some(space) = spaces.remove(name) else { return false };
        // Still under the lock: a space of the same name that is made next comes behind this one in the log.
        space.close();
        drop(spaces);
        self.moved();
        true
    }
}
