//! A moment: a space as one request sees it, at one instant and in one state.

use std::sync::Arc;

use jiff::Timestamp;

use super::draft::Draft;
use super::generate::calendar::{day_of, start_of};
use super::ledger::View;
use super::long_work::Cancel;
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
    /// The slug of the provider that asks, whose reports can lag; `None` for the admin API, which shows the
    /// truth.
    pub provider: Option<&'static str>,
    /// Tells views of this moment whether their rows are still wanted.
    pub cancel: Cancel,
}

/// Rows of a merchant from which on a question about them is long work: a few milliseconds.
const MANY_ROWS: i64 = 20_000;

/// Added rows of which the same is true.
const MANY_ADDED: usize = 20_000;

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

    /// The rows of a merchant at this moment: the only way to rows for a provider. They are those that the
    /// reports of the provider show; [`View::truth`] is without their lag. `None` when the scenario has no
    /// such merchant.
    #[must_use]
    pub fn view(&self, merchant: MerchantId) -> Option<View> {
        let view = match self.provider {
            Some(provider) => self.world.reported_view(merchant, self.now, provider)?,
            None => self.world.view(merchant, self.now)?,
        };
        Some(view.cancelled_by(self.cancel.clone()))
    }

    /// The instant (Unix seconds) at which the ledger begins.
    #[must_use]
    pub fn ledger_start(&self) -> i64 {
        start_of(self.world.first_day())
    }

    /// The same moment, asked by a provider.
    #[must_use]
    pub fn seen_by(self, provider: Option<&'static str>) -> Self {
        Self { provider, ..self }
    }

    /// The rows of a report: those of the instant at which it was done.
    #[must_use]
    pub fn report_view(&self, job: &Job) -> Option<View> {
        let view = self.world.report_view(job)?;
        Some(view.cancelled_by(self.cancel.clone()))
    }

    /// Whether a merchant has so many rows that a question about all of them belongs to
    /// [`long_work`](super::long_work).
    #[must_use]
    pub fn has_many_rows(&self) -> bool {
        let days = i64::from(day_of(self.now.as_second())) + 1 - i64::from(self.world.first_day());
        self.has_many_rows_in(days)
    }

    /// The same for a question about the rows of so many days.
    #[must_use]
    pub fn has_many_rows_in(&self, days: i64) -> bool {
        let mut merchants = self.scenario().merchants();
        let mut overlays = self.state().additions.all().iter();
        merchants.any(|it| i64::from(it.trade.volume).saturating_mul(days) > MANY_ROWS)
            || overlays.any(|overlay| overlay.row_count() > MANY_ADDED)
    }

    /// Changes the space, with the instant of this moment as the time of the change; see [`Space::change`].
    ///
    /// # Errors
    ///
    /// The refusal of `decide`.
    pub fn change<T, E>(
        &self,
        decide: impl FnMut(&mut Draft<'_>) -> Result<T, E>,
    ) -> Result<(T, Self), E> {
        let (decided, moment) = self.space.change_at(self.now, decide)?;
        Ok((decided, moment.seen_by(self.provider)))
    }
}
