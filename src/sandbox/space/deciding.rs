//! Changes of a space: how they are decided, and how they are made, in this process alone or in turn with
//! other servers.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;

use super::super::clock::{Mode, real_now};
use super::super::draft::Draft;
use super::super::log::LogError;
use super::super::log::store::Changed;
use super::super::state::event::{Event, Record, Topic};
use super::super::world::World;
use super::following::Following;
use super::{ClockIsDriven, Held, Moment, Space};

/// How often a change is decided at most, while other servers are always first. Every try lets at least one of
/// them through, and each takes a round trip.
const MAX_TRIES: usize = 200;

/// A change that was decided: its result, the world that it makes, and its events.
#[derive(Debug)]
pub(in crate::sandbox) struct Decided<T> {
    pub(in crate::sandbox) value: T,
    pub(in crate::sandbox) world: World,
    /// The instant of the change, in sandbox time and in real time.
    pub(in crate::sandbox) at: (Timestamp, Timestamp),
    pub(in crate::sandbox) events: Vec<Event>,
}

/// A change that was decided and not made.
#[derive(Debug)]
pub(in crate::sandbox) struct Failed<T> {
    pub(in crate::sandbox) why: NotMade,
    pub(in crate::sandbox) decided: Decided<T>,
}

impl<T> Failed<T> {
    fn of(why: NotMade, decided: Decided<T>) -> Box<Self> {
        Box::new(Self { why, decided })
    }
}

/// Why a change was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMade {
    /// The store is away, or others were always first. Nothing was done.
    Nothing,
    /// The store has not answered. It is unknown whether it has made the change.
    Unknown,
}

/// A change that was made or that `decide` refused, or one that was decided and not made.
pub(in crate::sandbox) type Made<T, E> = Result<Result<(T, Moment), E>, Box<Failed<T>>>;

impl Held {
    /// Nothing happens, with this result.
    pub(in crate::sandbox) fn nothing<T>(&self, value: T) -> Decided<T> {
        let real_now = real_now();
        let at = (self.world.state.clock.at(real_now), real_now);
        Decided { value, world: World::clone(&self.world), at, events: Vec::new() }
    }
}

impl Space {
    /// Decides a change on a draft, at this instant of sandbox time and real time.
    pub(in crate::sandbox) fn drafted<T, E>(
        &self,
        held: &Held,
        at: (Timestamp, Timestamp),
        decide: impl FnOnce(&mut Draft<'_>) -> Result<T, E>,
    ) -> Result<Decided<T>, E> {
        let is_sending = |id: u64| held.sending.contains(&id);
        let world = World::clone(&held.world);
        let mut draft = Draft::new(world, at, &self.options, &is_sending);
        let value = decide(&mut draft)?;
        let (world, events) = draft.into_parts();
        Ok(Decided { value, world, at, events })
    }

    /// Changes the space at this instant. `decide` reads the draft and pushes events, or refuses. Nothing else
    /// changes the space meanwhile. After a refusal, nothing has changed. With a store, `decide` is called
    /// again when another server was first.
    ///
    /// # Errors
    ///
    /// The refusal of `decide`.
    pub fn change<T, E>(
        self: &Arc<Self>,
        mut decide: impl FnMut(&mut Draft<'_>) -> Result<T, E>,
    ) -> Result<(T, Moment), E> {
        self.make(|held| {
            let real_now = real_now();
            let now = held.world.state.clock.at(real_now);
            self.drafted(held, (now, real_now), &mut decide)
        })
    }

    /// Changes the space like [`Self::change`], at the instant `now` of sandbox time.
    pub(in crate::sandbox) fn change_at<T, E>(
        self: &Arc<Self>,
        now: Timestamp,
        mut decide: impl FnMut(&mut Draft<'_>) -> Result<T, E>,
    ) -> Result<(T, Moment), E> {
        self.make(|held| self.drafted(held, (now, real_now()), &mut decide))
    }

    /// Decides a change and makes it. When the store does not take it, the result is one of a copy that nobody
    /// else sees, and [`InUse::outcome`](super::InUse::outcome) says so: the answer must not leave.
    pub(super) fn make<T, E>(
        self: &Arc<Self>,
        decide: impl FnMut(&Held) -> Result<Decided<T>, E>,
    ) -> Result<(T, Moment), E> {
        self.make_with(decide, |_, _| {})
    }

    /// Like [`Self::make`]; `made` is called under the lock of the space when the change was made.
    pub(super) fn make_with<T, E>(
        self: &Arc<Self>,
        decide: impl FnMut(&Held) -> Result<Decided<T>, E>,
        made: impl FnOnce(&mut Held, &T),
    ) -> Result<(T, Moment), E> {
        self.try_make(decide, made).unwrap_or_else(|failed| {
            let Decided { value, world, at, .. } = failed.decided;
            Ok((value, self.moment_in(Arc::new(world), at.0)))
        })
    }

    /// Decides a change and makes it, or tells why it was not made, with what was decided.
    pub(in crate::sandbox) fn try_make<T, E>(
        self: &Arc<Self>,
        mut decide: impl FnMut(&Held) -> Result<Decided<T>, E>,
        made: impl FnOnce(&mut Held, &T),
    ) -> Made<T, E> {
        if let Some(following) = &self.following {
            let done = self.make_in_turn(following, decide, made);
            if let Err(failed) = &done {
                following.note_failure(failed.why);
            }
            return done;
        }
        let mut held = self.write();
        let decided = match decide(&held) {
            Ok(decided) => decided,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Decided { value, world, at, events } = decided;
        let records = records(held.world.state.revision, at, events);
        self.adopt(&mut held, Arc::new(world), &records);
        self.file(&mut held, records);
        made(&mut held, &value);
        let moment = self.moment_of(&held, at.0);
        Ok(Ok((value, moment)))
    }

    /// Decides a change, appends it to the store, and then makes it here. No lock on what the space holds is
    /// held while the store is asked, so requests that read are not held up.
    fn make_in_turn<T, E>(
        self: &Arc<Self>,
        following: &Following,
        mut decide: impl FnMut(&Held) -> Result<Decided<T>, E>,
        made: impl FnOnce(&mut Held, &T),
    ) -> Made<T, E> {
        let _turn = following.turn.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..MAX_TRIES {
            let (decided, base) = {
                let held = self.read();
                (decide(&held), held.world.state.revision)
            };
            let mut decided = match decided {
                Ok(decided) => decided,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if following.replica.is_away() || self.is_closed() {
                return Err(Failed::of(NotMade::Nothing, decided));
            }
            let records = records(base, decided.at, std::mem::take(&mut decided.events));
            let appended = match records.is_empty() {
                true => Ok(None),
                false => following.append(&self.name, &records).map(Some),
            };
            match appended {
                Ok(changed) => {
                    return Ok(Ok(self.made_in_turn((decided, changed), &records, made)));
                }
                Err(LogError::Conflict { .. }) if self.catch_up_now(following, base).is_ok() => {
                    following.replica.counts().conflicts.fetch_add(1, Ordering::Relaxed);
                }
                Err(LogError::Uncertain(_)) => return Err(Failed::of(NotMade::Unknown, decided)),
                Err(_) => return Err(Failed::of(NotMade::Nothing, decided)),
            }
        }
        let held = self.read();
        match decide(&held) {
            Ok(decided) => Err(Failed::of(NotMade::Nothing, decided)),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    fn made_in_turn<T>(
        self: &Arc<Self>,
        (decided, changed): (Decided<T>, Option<Changed>),
        records: &[Arc<Record>],
        made: impl FnOnce(&mut Held, &T),
    ) -> (T, Moment) {
        let Decided { value, world, at, .. } = decided;
        let mut held = self.write();
        let is_new = records.last().is_some_and(|last| last.id > held.world.state.revision);
        // Otherwise a request that has caught up meanwhile has read them from the store already.
        if is_new {
            self.adopt(&mut held, Arc::new(world), records);
            self.checkpoint_if_due(&held, records);
        }
        if let (Some(changed), Some(following)) = (changed, &self.following) {
            following.seen.made(&changed);
            self.pulse.moved_to(&topics(records), changed.pulse);
            following.replica.counts().appends.fetch_add(1, Ordering::Relaxed);
        }
        made(&mut held, &value);
        let moment = self.moment_of(&held, at.0);
        (value, moment)
    }

    /// Puts events into the history, and the world that results from them in the place of the present one.
    pub(super) fn adopt(&self, held: &mut Held, world: Arc<World>, records: &[Arc<Record>]) {
        held.world = world;
        for record in records {
            if let Event::ClockSet { resumes, .. } = record.event {
                held.resumes = resumes;
            }
            if record.event.replaces() {
                held.generation += 1;
                held.sending.clear();
                held.is_driven = false;
                held.resumes = None;
            }
        }
        held.history.append(records.iter().cloned(), &held.world);
        if self.following.is_none() {
            self.pulse.moved(&topics(records));
        }
    }

    /// Sets the clock to another mode, another instant, or both; `None` keeps what there is.
    ///
    /// # Errors
    ///
    /// An `advance` is moving the clock.
    pub fn set_clock(
        self: &Arc<Self>,
        mode: Option<Mode>,
        now: Option<Timestamp>,
    ) -> Result<Moment, ClockIsDriven> {
        let set = self.make(|held| {
            if held.is_driven || (self.is_shared() && held.resumes.is_some()) {
                return Err(ClockIsDriven);
            }
            let real_now = real_now();
            let before = held.world.state.clock.at(real_now);
            self.drafted(held, (before, real_now), |draft| {
                draft.push(draft.state().clock.set(mode, now, real_now));
                Ok(real_now)
            })
        });
        let (real_now, mut moment) = set?;
        moment.now = moment.world.state.clock.at(real_now);
        let (mode, now): (&str, _) = (moment.world.state.clock.mode().into(), moment.now);
        tracing::info!(space = self.name(), mode, %now, "{}clock → {mode} at {now}", self.mark());
        Ok(moment)
    }
}

/// The events with their numbers, which follow `base`.
fn records(
    base: u64,
    (at, real_at): (Timestamp, Timestamp),
    events: Vec<Event>,
) -> Vec<Arc<Record>> {
    let record = |(id, event)| Arc::new(Record { id, at, real_at, event });
    (base + 1..).zip(events).map(record).collect()
}

/// The topics that events move.
pub(super) fn topics(records: &[Arc<Record>]) -> Vec<Topic> {
    records.iter().flat_map(|record| record.event.topics()).copied().collect()
}
