//! A space: a world of its own on the server.
//!
//! It lasts as long as the server (or until somebody drops it); a reset, another scenario and a restored snapshot change what it holds, never which one it is, so
//! whoever waits on it goes on waiting.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;
use strum::VariantArray;

use super::Options;
use super::clock::{Mode, real_now};
use super::draft::Draft;
use super::journal::{Entry, Journal};
use super::log::{Log, MAX_EVENTS};
pub use super::moment::Moment;
use super::pulse::{Pulse, ServerPulse};
use super::scenario::Scenario;
use super::state::State;
use super::state::clock::Clock;
use super::state::event::{Event, Record, Topic};
use super::state::outbox::{Callback, Standing};
use super::world::World;

/// What a space holds, and what is under way in it at the moment.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) world: Arc<World>,
    pub(super) log: Log,
    /// Callbacks that are under way.
    pub(super) sending: BTreeSet<u64>,
    /// Rises when everything is replaced; what was under way before is no longer waited for, and an
    /// `advance` of before no longer moves the clock.
    pub(super) generation: u64,
    /// Whether somebody moves the clock from callback to callback, so that nothing leaves by itself.
    pub(super) is_driven: bool,
}

/// A world of its own, and everything that lasts while the world in it is replaced.
#[derive(Debug)]
pub struct Space {
    name: Arc<str>,
    /// What was asked.
    pub journal: Journal,
    /// What the server was started with.
    pub options: Arc<Options>,
    /// When it was made, real time.
    pub made_at: Timestamp,
    /// When it was last used, Unix seconds of real time.
    used: AtomicI64,
    // A `std` lock: held to copy a pointer or to decide a change, never across an `.await`.
    held: RwLock<Held>,
    pub(super) pulse: Pulse,
    is_closed: AtomicBool,
    pub(super) has_dispatcher: AtomicBool,
    /// Held by whoever moves the clock from callback to callback: one at a time.
    pub(super) driving: tokio::sync::Mutex<()>,
}

/// A page of the events of a space.
#[derive(Debug)]
pub struct History {
    /// The events.
    pub records: Vec<Arc<Record>>,
    /// Whether there are more.
    pub has_more: bool,
    /// The number of the last event that has made room.
    pub dropped: u64,
    /// The number of the event with which the present scenario began; 0 where it has made room.
    pub replaced_by: u64,
}

/// That the clock cannot be set, because an `advance` is moving it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clock is being advanced, and callbacks on the way are waited for")]
pub struct ClockIsDriven;

impl Space {
    /// A new space with a scenario.
    #[must_use]
    pub fn new(
        name: &str,
        scenario: Arc<Scenario>,
        options: Arc<Options>,
        server: Arc<ServerPulse>,
    ) -> Arc<Self> {
        let made_at = real_now();
        let name: Arc<str> = name.into();
        let (world, event, at) = World::first(&name, scenario, made_at);
        let mut log = Log::keeping(options.history_events.unwrap_or(MAX_EVENTS));
        log.append(Record { id: 1, at, real_at: made_at, event });
        let world = Arc::new(world);
        let sending = BTreeSet::new();
        let held = Held { world, log, sending, generation: 0, is_driven: false };
        Arc::new(Self {
            name,
            journal: options.journal_entries.map_or_else(Journal::default, Journal::keeping),
            options,
            made_at,
            used: AtomicI64::new(made_at.as_second()),
            held: RwLock::new(held),
            pulse: Pulse::new(server),
            is_closed: AtomicBool::new(false),
            has_dispatcher: AtomicBool::new(false),
            driving: tokio::sync::Mutex::default(),
        })
    }

    /// A space for looking at a scenario without a server.
    #[must_use]
    pub fn alone(scenario: Scenario) -> Arc<Self> {
        Self::new("", Arc::new(scenario), Arc::default(), Arc::default())
    }

    /// Its name; empty for the default one.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the paths of this space begin with: empty, or `/@name`.
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

    /// What it holds at this moment.
    #[must_use]
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.read().world)
    }

    /// The space at this moment: its clock is read once, and everything is seen as it is now.
    #[must_use]
    pub fn moment(self: &Arc<Self>) -> Moment {
        // Both under one lock: what happens afterwards happens later.
        let held = self.read();
        let now = held.world.state.clock.at(real_now());
        Moment { space: Arc::clone(self), world: Arc::clone(&held.world), now }
    }

    /// Changes the space at this moment: `decide` reads the world, and lets events happen or refuses.
    /// Nothing happens in between, and nothing at all when it refuses.
    ///
    /// # Errors
    ///
    /// What `decide` refuses.
    pub fn change<T, E>(
        self: &Arc<Self>,
        decide: impl FnOnce(&mut Draft<'_>) -> Result<T, E>,
    ) -> Result<(T, Moment), E> {
        let mut held = self.write();
        let real_now = real_now();
        let now = held.world.state.clock.at(real_now);
        self.change_held(&mut held, (now, real_now), decide)
    }

    pub(super) fn change_held<T, E>(
        self: &Arc<Self>,
        held: &mut Held,
        (now, real_now): (Timestamp, Timestamp),
        decide: impl FnOnce(&mut Draft<'_>) -> Result<T, E>,
    ) -> Result<(T, Moment), E> {
        let (done, world, events) = {
            let is_sending = |id: u64| held.sending.contains(&id);
            let world = World::clone(&held.world);
            let mut draft = Draft::new(world, (now, real_now), &self.options, &is_sending);
            let done = decide(&mut draft)?;
            let (world, events) = draft.into_parts();
            (done, world, events)
        };
        self.commit(held, world, (now, real_now), events);
        Ok((done, Moment { space: Arc::clone(self), world: Arc::clone(&held.world), now }))
    }

    /// Lets these events happen, which nobody can refuse.
    pub(super) fn happen(&self, held: &mut Held, events: Vec<Event>) {
        let real_now = real_now();
        let now = held.world.state.clock.at(real_now);
        let (world, events) = {
            let is_sending = |id: u64| held.sending.contains(&id);
            let world = World::clone(&held.world);
            let mut draft = Draft::new(world, (now, real_now), &self.options, &is_sending);
            events.into_iter().for_each(|event| draft.push(event));
            draft.into_parts()
        };
        self.commit(held, world, (now, real_now), events);
    }

    fn commit(
        &self,
        held: &mut Held,
        world: World,
        (at, real_at): (Timestamp, Timestamp),
        events: Vec<Event>,
    ) {
        let first = held.world.state.revision + 1;
        held.world = Arc::new(world);
        let mut moved: Vec<Topic> = Vec::new();
        for (id, event) in (first..).zip(events) {
            moved.extend(event.topics());
            if event.replaces() {
                held.generation += 1;
                held.sending.clear();
                held.is_driven = false;
            }
            held.log.append(Record { id, at, real_at, event });
        }
        self.pulse.moved(&moved);
    }

    /// Sets the clock to another mode, another instant, or both.
    ///
    /// # Errors
    ///
    /// That an `advance` is moving it.
    pub fn set_clock(
        self: &Arc<Self>,
        mode: Option<Mode>,
        now: Option<Timestamp>,
    ) -> Result<Moment, ClockIsDriven> {
        let mut held = self.write();
        if held.is_driven {
            return Err(ClockIsDriven);
        }
        let real_now = real_now();
        let before = held.world.state.clock.at(real_now);
        let set = self.change_held(&mut held, (before, real_now), |draft| {
            draft.push(draft.state().clock.set(mode, now, real_now));
            Ok::<_, ClockIsDriven>(())
        });
        let ((), mut moment) = set?;
        moment.now = moment.world.state.clock.at(real_now);
        Ok(moment)
    }

    /// Puts another world in the place of the one there is: nothing of the past remains but the numbers
    /// of its events and of its journal.
    fn replace(self: &Arc<Self>, event: impl FnOnce(Timestamp) -> Event) -> Moment {
        let mut held = self.write();
        self.journal.clear();
        let real_now = real_now();
        let now = held.world.state.clock.at(real_now);
        let mut world = World::clone(&held.world);
        let event = event(real_now);
        world.apply(&event);
        self.commit(&mut held, world, (now, real_now), vec![event]);
        let world = Arc::clone(&held.world);
        let now = world.state.clock.at(real_now);
        Moment { space: Arc::clone(self), world, now }
    }

    /// Begins anew with this scenario.
    pub fn load(self: &Arc<Self>, scenario: Arc<Scenario>) -> Moment {
        self.replace(|real_now| World::loaded(scenario, real_now))
    }

    /// Begins anew with the scenario there is.
    pub fn reset(self: &Arc<Self>) -> Moment {
        self.load(Arc::clone(&self.world().scenario))
    }

    /// Goes on as another space was whose clock showed `now`; its state has been checked. The journal goes
    /// on from `next_entry`.
    pub fn restore(
        self: &Arc<Self>,
        scenario: Arc<Scenario>,
        mut state: State,
        (now, next_entry): (Timestamp, u64),
    ) -> Moment {
        scenario.pin(&mut state.additions);
        let moment = self.replace(|real_now| {
            // A clock that ran goes on from where it was, not from where it would be.
            state.clock = Clock::new(state.clock.mode(), now, real_now);
            Event::SnapshotRestored { scenario, state: Arc::new(state) }
        });
        self.journal.skip_to(next_entry);
        moment
    }

    /// Its events with numbers above this one, the oldest first, `limit` at most.
    #[must_use]
    pub fn history(&self, since: u64, limit: usize) -> History {
        let held = self.read();
        let mut records = held.log.since(since);
        let page = records.by_ref().take(limit).cloned().collect();
        let replaced_by = held.log.since(0).rfind(|record| record.event.replaces());
        History {
            records: page,
            has_more: records.next().is_some(),
            dropped: held.log.dropped(),
            replaced_by: replaced_by.map_or(0, |record| record.id),
        }
    }

    /// What has moved in it.
    #[must_use]
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Writes a journal entry.
    pub fn record(&self, entry: Entry) {
        self.journal.commit(entry);
        self.pulse.moved(&[Topic::Journal]);
    }

    /// Where a callback stands at this moment.
    #[must_use]
    pub fn standing(&self, callback: &Callback, now: Timestamp) -> Standing {
        if self.read().sending.contains(&callback.id) {
            return Standing::Sending;
        }
        callback.standing(now)
    }

    /// How many callbacks are under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.read().sending.len()
    }

    /// Says that somebody uses it, at `now` of real time.
    pub fn mark_used(&self, now: Timestamp) {
        self.used.store(now.as_second(), Ordering::Relaxed);
    }

    /// When it was last used, real time.
    #[must_use]
    pub fn used_at(&self) -> Timestamp {
        Timestamp::from_second(self.used.load(Ordering::Relaxed)).unwrap_or(self.made_at)
    }

    /// Ends it: what is under way is dropped, nothing leaves any more.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        self.pulse.moved(Topic::VARIANTS);
    }

    /// Whether it was dropped.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }
}
