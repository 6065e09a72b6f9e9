//! A space: an isolated world on the server, with its own name, journal and log.
//!
//! A space lasts until it is dropped or the server ends. A reset, another scenario and a restored snapshot
//! replace the world in it, but the space stays the same, so tasks that wait for a change in it keep waiting.

mod deciding;
mod following;
mod journaling;
mod lasting;
mod past;
mod replacing;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;
use strum::VariantArray;

pub(in crate::sandbox) use self::deciding::Decided;
pub use self::deciding::NotMade;
use self::following::Following;
use self::lasting::Filed;
use super::Options;
use super::clock::{Mode, real_now};
use super::history::{History, MAX_EVENTS};
use super::journal::{Budget, Entry, Journal, MAX_ENTRIES};
use super::log::store::Replica;
use super::log::writer::Writer;
use super::long_work::Cancel;
pub use super::moment::Moment;
use super::pulse::{Pulse, ServerPulse};
use super::scenario::Scenario;
use super::state::event::{Record, Topic};
use super::state::outbox::{Callback, Standing};
use super::truth::coverage::Coverage;
use super::world::World;

pub use self::past::{Page, Past, RewindError};

/// What all spaces of a server share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The options of the server.
    pub options: Arc<Options>,
    /// The part of their pulses that is one.
    pub pulse: Arc<ServerPulse>,
    /// What their journals keep together.
    pub journals: Arc<Budget>,
    /// The way to the log; `None` when nothing outlasts the process.
    pub writer: Option<Arc<Writer>>,
    /// The store that the server shares with others; `None` without one.
    pub replica: Option<Arc<Replica>>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            options: Arc::default(),
            pulse: Arc::default(),
            journals: Budget::of(usize::MAX),
            writer: None,
            replica: None,
        }
    }
}

/// The part of a space behind its lock: the world, its history, and the deliveries under way.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) world: Arc<World>,
    pub(super) history: History,
    /// Ids of the callbacks that are being sent.
    pub(super) sending: BTreeSet<u64>,
    /// Rises when the world is replaced; a delivery or an `advance` of an earlier one changes nothing.
    pub(super) generation: u64,
    /// Whether an `advance` moves the clock from callback to callback; the dispatcher sends nothing then.
    pub(super) is_driven: bool,
    /// The mode that the clock gets back at the end of an `advance` that has set it, also one of another
    /// server.
    pub(super) resumes: Option<Mode>,
}

/// An isolated world, and everything that stays when the world in it is replaced.
#[derive(Debug)]
pub struct Space {
    name: Arc<str>,
    /// The journal of requests.
    pub journal: Journal,
    /// The hard things that its answers have contained.
    pub coverage: Arc<Coverage>,
    /// The options of the server.
    pub options: Arc<Options>,
    /// The instant of its creation, real time.
    pub made_at: Timestamp,
    /// The instant of its last use, in Unix seconds of real time.
    used: AtomicI64,
    /// The number of requests that are being answered; a waiting call of the admin API is one of them.
    requests: AtomicUsize,
    // A `std` lock is enough: it is held to copy a pointer or to decide a change, never across an `.await`.
    held: RwLock<Held>,
    filed: Filed,
    /// The space as other servers share it; `None` without a store.
    following: Option<Following>,
    pub(super) pulse: Arc<Pulse>,
    is_closed: AtomicBool,
    pub(super) has_dispatcher: AtomicBool,
    /// Held by the `advance` that moves the clock, so that only one runs at a time.
    pub(super) driving: tokio::sync::Mutex<()>,
}

/// The error of setting the clock while an `advance` moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clock is being advanced, and callbacks on the way are waited for")]
pub struct ClockIsDriven;

/// A request that is being answered; its end counts as a use of the space.
#[derive(Debug)]
pub struct InUse<'a> {
    space: &'a Space,
    /// The failures of the space when the request began.
    before: (u64, u64),
}

impl InUse<'_> {
    /// Whether the changes of the request were made. Several requests at a time that fail are not told apart:
    /// all of them may be told that it is unknown.
    ///
    /// # Errors
    ///
    /// The store did not take them, and the answer must not leave.
    pub fn outcome(&self) -> Result<(), NotMade> {
        let (refused, unknown) = self.space.failures();
        match (refused > self.before.0, unknown > self.before.1) {
            (_, true) => Err(NotMade::Unknown),
            (true, false) => Err(NotMade::Nothing),
            (false, false) => Ok(()),
        }
    }
}

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        // The mark comes first, so that the space is never idle between the two.
        self.space.mark_used(real_now());
        self.space.requests.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Space {
    /// A new space whose world begins with this scenario.
    #[must_use]
    pub fn new(name: &str, scenario: Arc<Scenario>, shared: Shared) -> Arc<Self> {
        let real_at = real_now();
        let (world, event, at) = World::first(&name.into(), scenario, real_at);
        Self::beginning(name, world, Record { id: 1, at, real_at, event }, shared)
    }

    /// A new space whose world begins with this event.
    pub(super) fn beginning(name: &str, world: World, first: Record, shared: Shared) -> Arc<Self> {
        let made_at = first.real_at;
        let max_events = shared.options.history_events.unwrap_or(MAX_EVENTS);
        let (world, first) = (Arc::new(world), Arc::new(first));
        let mut history = History::keeping(max_events);
        history.append([Arc::clone(&first)], &world);
        let space = Self::with(name, (world, history), made_at, shared);
        space.file_first(first);
        space
    }

    fn with(
        name: &str,
        (world, history): (Arc<World>, History),
        made_at: Timestamp,
        shared: Shared,
    ) -> Arc<Self> {
        let Shared { options, pulse, journals, writer, replica } = shared;
        let sending = BTreeSet::new();
        let resumes = history.resumes();
        let held = Held { world, history, sending, generation: 0, is_driven: false, resumes };
        Arc::new(Self {
            name: name.into(),
            coverage: Arc::default(),
            journal: Journal::sharing(journals, options.journal_entries.unwrap_or(MAX_ENTRIES)),
            options,
            made_at,
            used: AtomicI64::new(real_now().as_second()),
            requests: AtomicUsize::new(0),
            held: RwLock::new(held),
            filed: Filed::new(writer),
            following: replica.map(Following::new),
            pulse: Arc::new(Pulse::new(pulse)),
            is_closed: AtomicBool::new(false),
            has_dispatcher: AtomicBool::new(false),
            driving: tokio::sync::Mutex::default(),
        })
    }

    /// A space without a server, for inspecting a scenario.
    #[must_use]
    pub fn alone(scenario: Scenario) -> Arc<Self> {
        Self::new("", Arc::new(scenario), Shared::default())
    }

    /// The name of the space; empty for the default space.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name with `@` in front at the beginning of a log line; empty for the default space.
    pub(super) fn mark(&self) -> String {
        if self.name.is_empty() { String::new() } else { format!("@{} ", self.name) }
    }

    /// The prefix of the paths of this space: `/@name`, or empty for the default space.
    #[must_use]
    pub fn prefix(&self) -> String {
        if self.name.is_empty() { String::new() } else { format!("/@{}", self.name) }
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world of the space at this instant.
    #[must_use]
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.read().world)
    }

    /// The present moment: the world, and the instant that its clock shows. Both stay the same from now on.
    #[must_use]
    pub fn moment(self: &Arc<Self>) -> Moment {
        // The world and the clock are read under one lock, so that no event lies between them.
        let held = self.read();
        let now = held.world.state.clock.at(real_now());
        self.moment_of(&held, now)
    }

    fn moment_of(self: &Arc<Self>, held: &Held, now: Timestamp) -> Moment {
        self.moment_in(Arc::clone(&held.world), now)
    }

    fn moment_in(self: &Arc<Self>, world: Arc<World>, now: Timestamp) -> Moment {
        let space = Arc::clone(self);
        Moment { space, world, now, provider: None, cancel: Cancel::default() }
    }

    /// The pulse: which topics have changed, and receivers for changes.
    #[must_use]
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// The standing of a callback at `now`, sandbox time, with deliveries under way taken into account.
    #[must_use]
    pub fn standing(&self, callback: &Callback, now: Timestamp) -> Standing {
        if self.read().sending.contains(&callback.id) {
            return Standing::Sending;
        }
        callback.standing(now)
    }

    /// The number of callbacks that are being sent.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.read().sending.len()
    }

    /// Keeps the space in use until the returned value is dropped: while a request is answered, the space is
    /// not idle, however long the request waits.
    #[must_use]
    pub fn begin_request(&self) -> InUse<'_> {
        self.requests.fetch_add(1, Ordering::SeqCst);
        InUse { space: self, before: self.failures() }
    }

    fn failures(&self) -> (u64, u64) {
        self.following.as_ref().map_or((0, 0), Following::failures)
    }

    /// The number of requests that are being answered; waiting calls are among them.
    #[must_use]
    pub fn requests_under_way(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// Records that the space was used at `now`, real time.
    pub fn mark_used(&self, now: Timestamp) {
        self.used.store(now.as_second(), Ordering::Relaxed);
    }

    /// The instant of the last use, real time.
    #[must_use]
    pub fn used_at(&self) -> Timestamp {
        Timestamp::from_second(self.used.load(Ordering::Relaxed)).unwrap_or(self.made_at)
    }

    /// Closes the space after it was dropped: no callback is sent any more, and results of deliveries under
    /// way are discarded. Nothing of it is kept in the log.
    pub fn close(&self) {
        let held = self.write();
        self.is_closed.store(true, Ordering::SeqCst);
        self.file_end();
        drop(held);
        match &self.following {
            Some(_) => self.pulse.ring_for(Topic::VARIANTS),
            None => self.pulse.moved(Topic::VARIANTS),
        }
    }

    /// Whether the space was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }
}
