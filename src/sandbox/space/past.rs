//! The past of a space: its history, what it was behind an event, and the way back there.

use std::sync::Arc;

use jiff::Timestamp;

use super::super::clock::real_now;
use super::super::scenario::Scenario;
use super::super::state::State;
use super::super::state::clock::Clock;
use super::super::state::event::{Event, Record};
use super::super::world::{FoldError, World};
use super::deciding::Decided;
use super::{Held, Moment, Shared, Space};

/// A page of the history of a space.
#[derive(Debug)]
pub struct Page {
    /// The events of the page, oldest first.
    pub records: Vec<Arc<Record>>,
    /// Whether there are more events after the page.
    pub has_more: bool,
    /// The number of the last event that was dropped from the history; 0 if none was.
    pub dropped: u64,
    /// The number of the event with which the present world began; 0 when it was dropped.
    pub replaced_by: u64,
}

/// Why a space cannot go back to an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RewindError {
    /// The history has no event of this number.
    #[error("there is no event {to}: the history has the events {first} to {last}")]
    Unknown {
        /// The number that was asked for.
        to: u64,
        /// The oldest event.
        first: u64,
        /// The newest event.
        last: u64,
    },
    /// The events do not follow each other, which is a bug.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

/// A world of the past: its scenario, and its state with a clock that goes on from what it showed then.
#[derive(Debug)]
pub struct Past {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The state.
    pub state: State,
    /// The number of the event behind which it was so.
    pub event: u64,
    /// The instant that the clock shows.
    pub now: Timestamp,
}

impl Space {
    /// The events with numbers greater than `since`, oldest first, at most `limit`.
    #[must_use]
    pub fn history(&self, since: u64, limit: usize) -> Page {
        let held = self.read();
        let mut records = held.history.since(since);
        Page {
            records: records.by_ref().take(limit).cloned().collect(),
            has_more: records.next().is_some(),
            dropped: held.history.dropped(),
            replaced_by: held.history.replaced_by(),
        }
    }

    /// What the space was behind the event `to`, or is now, with a clock that begins to go on at `real_now`.
    fn past(&self, held: &Held, to: u64, real_now: Timestamp) -> Result<Past, RewindError> {
        let unknown = || {
            let (first, last) = (held.history.dropped() + 1, held.history.last());
            RewindError::Unknown { to, first, last }
        };
        let (world, record) = held.history.world_behind(&self.name, to)?.ok_or_else(unknown)?;
        let World { scenario, mut state, .. } = world;
        let now = state.clock.at(record.real_at);
        state.clock = Clock::new(state.clock.mode(), now, real_now);
        Ok(Past { scenario, state, event: to, now })
    }

    /// What the space was behind the event `to`; behind the last one for `None`. Its clock goes on from what
    /// it shows now, or showed then.
    ///
    /// # Errors
    ///
    /// The history does not have the event.
    pub fn past_at(&self, to: Option<u64>) -> Result<Past, RewindError> {
        let held = self.read();
        let real_now = real_now();
        match to {
            Some(to) => self.past(&held, to, real_now),
            None => {
                let (scenario, state) = (&held.world.scenario, &held.world.state);
                let (scenario, state) = (Arc::clone(scenario), state.clone());
                let (event, now) = (state.revision, state.clock.at(real_now));
                Ok(Past { scenario, state, event, now })
            }
        }
    }

    /// A new space that begins as a copy of what the space `origin` was.
    pub(in crate::sandbox) fn forked(
        name: &str,
        origin: &str,
        past: Past,
        shared: Shared,
    ) -> Arc<Self> {
        let Past { scenario, state, event, now } = past;
        let world = World::at(name, Arc::clone(&scenario), state.clone(), 1);
        let (origin, state) = (origin.to_owned(), Arc::new(state));
        let event = Event::Forked { origin, event, scenario, state };
        Self::beginning(name, world, Record { id: 1, at: now, real_at: real_now(), event }, shared)
    }

    /// Brings the space to what it was behind the event `to`. Nothing is erased: the history and the journal
    /// go on, and so do all counts, so that no id and no token is given out twice.
    ///
    /// # Errors
    ///
    /// The history does not have the event.
    pub fn rewind(self: &Arc<Self>, to: u64) -> Result<Moment, RewindError> {
        let rewound = self.make(|held| {
            let real_now = real_now();
            let Past { scenario, mut state, now, .. } = self.past(held, to, real_now)?;
            let replaced = held.history.replaced_worlds(&self.name)?;
            let earlier = replaced.iter().map(|world| &world.state).chain([&held.world.state]);
            earlier.for_each(|earlier| state.count_on(earlier));
            let before = held.world.state.clock.at(real_now);
            let event = Event::Rewound { to, scenario, state: Arc::new(state) };
            let mut world = World::clone(&held.world);
            world.apply(&event);
            Ok::<_, RewindError>(Decided {
                value: now,
                world,
                at: (before, real_now),
                events: vec![event],
            })
        });
        let (now, mut moment) = rewound?;
        moment.now = now;
        tracing::info!(space = self.name(), to, %now, "{}rewound to event {to}", self.mark());
        Ok(moment)
    }
}
