//! Replacing the world in a space: reset, another scenario, a restored snapshot.

use std::convert::Infallible;
use std::sync::Arc;

use jiff::Timestamp;

use super::super::clock::real_now;
use super::super::scenario::Scenario;
use super::super::state::State;
use super::super::state::clock::Clock;
use super::super::state::event::Event;
use super::super::world::World;
use super::deciding::Decided;
use super::{Moment, Space};

impl Space {
    /// Replaces the world and clears the journal. Only the numbers of events and of journal entries continue, the
    /// latter above `last_entry`.
    fn replace(self: &Arc<Self>, event: impl Fn(Timestamp) -> Event, last_entry: u64) -> Moment {
        let replaced = self.make_with(
            |held| {
                let real_now = real_now();
                let (now, event) = (held.world.state.clock.at(real_now), event(real_now));
                let mut world = World::clone(&held.world);
                world.apply(&event);
                let (at, events) = ((now, real_now), vec![event]);
                Ok::<_, Infallible>(Decided { value: real_now, world, at, events })
            },
            |_, _| self.forget_requests(),
        );
        let Ok((real_now, mut moment)) = replaced;
        self.clear_shared_journal(last_entry);
        moment.now = moment.world.state.clock.at(real_now);
        moment
    }

    /// Clears the journal, and what its entries have met.
    pub(super) fn forget_requests(&self) {
        self.journal.clear();
        self.coverage.begin(self.journal.next_id());
    }

    /// Replaces the world by the initial world of this scenario.
    pub fn load(self: &Arc<Self>, scenario: Arc<Scenario>) -> Moment {
        self.replace(|real_now| World::loaded(Arc::clone(&scenario), real_now), 0)
    }

    /// Replaces the world by the initial world of its own scenario.
    pub fn reset(self: &Arc<Self>) -> Moment {
        self.load(Arc::clone(&self.world().scenario))
    }

    /// Replaces the world by that of a snapshot. The state has to be checked already; `now` is the instant
    /// that the clock of the snapshot showed, and `next_entry` the id with which the journal continues.
    pub fn restore(
        self: &Arc<Self>,
        scenario: Arc<Scenario>,
        mut state: State,
        (now, next_entry): (Timestamp, u64),
    ) -> Moment {
        scenario.pin(&mut state.additions);
        // Where numbers are higher already, nothing is skipped.
        let is_skip = next_entry > self.journal.next_id();
        let last_entry = if is_skip { next_entry - 1 } else { 0 };
        self.journal.skip_to(next_entry);
        let event = |real_now| {
            // A running clock continues from the instant it showed in the snapshot; the time since then is
            // not added.
            let mut state = state.clone();
            state.clock = Clock::new(state.clock.mode(), now, real_now);
            Event::SnapshotRestored { scenario: Arc::clone(&scenario), state: Arc::new(state) }
        };
        self.replace(event, last_entry)
    }
}
