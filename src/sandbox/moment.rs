//! A moment: a space as one request sees it, at one instant and in one state.

use std::sync::Arc;

use jiff::Timestamp;

use super::clock::real_now;
use super::draft::Draft;
use super::ledger::View;
use super::merchant::MerchantId;
use super::scenario::Scenario;
use super::space::Space;
use super::state::State;
use super::state::jobs::Job;
use super::world::World;

/// A space at one instant. A request is answered from one moment, so that all parts of the answer agree.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The space, for changes and for the journal.
    pub space: Arc<Space>,
    /// The world that the space held at that instant.
    pub world: Arc<World>,
    /// The instant that its clock showed, sandbox time.
    pub now: Timestamp,
}

impl Moment {
    /// The scenario of the world.
    #[must_use]
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.world.scenario
    }

    /// The state of the world.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.world.state
    }

    /// The rows of a merchant at this moment: the only way to rows for a provider. `None` when the scenario
    /// has no such merchant.
    #[must_use]
    pub fn view(&self, merchant: MerchantId) -> Option<View> {
        self.world.view(merchant, self.now)
    }

    /// The rows of a report: those of the instant at which it was done.
    #[must_use]
    pub fn report_view(&self, job: &Job) -> Option<View> {
        self.world.report_view(job)
    }

    /// Changes the space, with the instant of this moment as the time of the change; see [`Space::change`].
    ///
    /// # Errors
    ///
    /// The refusal of `decide`.
    pub fn change<T, E>(
        &self,
        decide: impl FnOnce(&mut Draft<'_>) -> Result<T, E>,
    ) -> Result<(T, Self), E> {
        let mut held = self.space.write();
        self.space.change_held(&mut held, (self.now, real_now()), decide)
    }
}
