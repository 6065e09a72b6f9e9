//! A space at one moment: what a request is answered from, and the one door to rows.

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

/// A space at one moment: what everything about one request is decided by.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The space.
    pub space: Arc<Space>,
    /// What it held.
    pub world: Arc<World>,
    /// What its clock showed.
    pub now: Timestamp,
}

impl Moment {
    /// The scenario in force.
    #[must_use]
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.world.scenario
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.world.state
    }

    /// What a merchant's rows are at this moment: the one door to rows.
    #[must_use]
    pub fn view(&self, merchant: MerchantId) -> Option<View> {
        self.world.view(merchant, self.now)
    }

    /// What the rows of a report are: those of the instant at which it was done.
    #[must_use]
    pub fn report_view(&self, job: &Job) -> Option<View> {
        self.world.report_view(job)
    }

    /// Changes the space as of this moment; see [`Space::change`].
    ///
    /// # Errors
    ///
    /// What `decide` refuses.
    pub fn change<T, E>(
        &self,
        decide: impl FnOnce(&mut Draft<'_>) -> Result<T, E>,
    ) -> Result<(T, Self), E> {
        let mut held = self.space.write();
        self.space.change_held(&mut held, (self.now, real_now()), decide)
    }
}
