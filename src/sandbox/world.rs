//! The world of a space: its scenario and its state. Only events change it.

use std::sync::Arc;

use jiff::Timestamp;

use super::clock::Mode;
use super::facts::NEVER;
use super::generate::calendar::{self, Day};
use super::ledger::{Additions, MerchantLedger, Transaction, View, Visibility};
use super::merchant::MerchantId;
use super::scenario::Scenario;
use super::state::State;
use super::state::clock::{Clock, whole_second};
use super::state::event::{Event, FollowUp, Record};
use super::state::jobs::Job;
use super::state::reporting::ReportingSetting;

/// A scenario with the state that events have made from it. A copy is cheap, because its maps are persistent.
#[derive(Clone, Debug)]
pub struct World {
    /// The name of the space; it is part of the seed of random draws such as tokens and fault rules.
    space: Arc<str>,
    /// The scenario with which the world began.
    pub scenario: Arc<Scenario>,
    /// The present state.
    pub state: State,
}

/// Why a sequence of events cannot be folded to a world.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The first event neither loads a scenario nor restores a snapshot.
    #[error("the events do not begin with a scenario or a snapshot")]
    NoBeginning,
    /// An event is missing.
    #[error("event {found} comes where event {wanted} should: the log has a hole")]
    Hole {
        /// The expected number.
        wanted: u64,
        /// The number that was found instead.
        found: u64,
    },
}

impl World {
    /// The event with which a space begins with a scenario, at the real instant `real_now`.
    #[must_use]
    pub fn loaded(scenario: Arc<Scenario>, real_now: Timestamp) -> Event {
        let (clock, now) = Self::start_of(&scenario, real_now);
        Event::ScenarioLoaded { scenario, clock, now }
    }

    /// The first world of a space with a scenario, the event with which it began, and the sandbox time of
    /// that event.
    pub(super) fn first(
        space: &Arc<str>,
        scenario: Arc<Scenario>,
        real_now: Timestamp,
    ) -> (Self, Event, Timestamp) {
        let (clock, now) = Self::start_of(&scenario, real_now);
        let mut state = State::new(space, &scenario, clock, now);
        state.revision = 1;
        let world = Self { space: Arc::clone(space), scenario: Arc::clone(&scenario), state };
        (world, Event::ScenarioLoaded { scenario, clock, now }, now)
    }

    /// The clock with which a scenario begins, and the instant that it shows at first.
    fn start_of(scenario: &Scenario, real_now: Timestamp) -> (Clock, Timestamp) {
        let start = &scenario.clock;
        let now = start.now.unwrap_or(match start.mode {
            Mode::Frozen => whole_second(real_now),
            Mode::Running => real_now,
        });
        let clock = Clock::new(start.mode, now, real_now);
        (clock, clock.at(real_now))
    }

    /// The world that begins with this event; `None` for an event that changes an existing world.
    fn begun(space: &Arc<str>, event: &Event) -> Option<Self> {
        let (scenario, state) = match event {
            Event::ScenarioLoaded { scenario, clock, now } => {
                (scenario, State::new(space, scenario, *clock, *now))
            }
            event => {
                let (scenario, state) = event.beginning()?;
                (scenario, State::clone(state?))
            }
        };
        Some(Self { space: Arc::clone(space), scenario: Arc::clone(scenario), state })
    }

    /// The world of a space with this state behind the event `revision`.
    #[must_use]
    pub fn at(space: &str, scenario: Arc<Scenario>, mut state: State, revision: u64) -> Self {
        state.revision = revision;
        Self { space: space.into(), scenario, state }
    }

    /// The world that results from applying all events of a space in order.
    ///
    /// # Errors
    ///
    /// The events do not begin a world, or one is missing.
    pub fn fold<'a>(
        space: &str,
        records: impl IntoIterator<Item = &'a Record>,
    ) -> Result<Self, FoldError> {
        let mut records = records.into_iter();
        let first = records.next().ok_or(FoldError::NoBeginning)?;
        let world = Self::begun(&space.into(), &first.event).ok_or(FoldError::NoBeginning)?;
        let mut world = world;
        world.state.revision = first.id;
        records.try_for_each(|record| world.follow(record))?;
        Ok(world)
    }

    /// Applies the event that follows the last one.
    ///
    /// # Errors
    ///
    /// It has another number than the next.
    pub fn follow(&mut self, record: &Record) -> Result<(), FoldError> {
        let wanted = self.state.revision + 1;
        if record.id != wanted {
            return Err(FoldError::Hole { wanted, found: record.id });
        }
        self.apply(&record.event);
        Ok(())
    }

    /// Applies an event. No other function changes a world, and applying reads no clock and draws nothing.
    pub fn apply(&mut self, event: &Event) {
        let revision = self.state.revision + 1;
        if let Some(begun) = Self::begun(&self.space, event) {
            *self = begun;
        } else {
            self.apply_part(event);
        }
        self.state.revision = revision;
    }

    fn apply_part(&mut self, event: &Event) {
        let State {
            clock: own,
            additions,
            tokens,
            throttle,
            reports,
            reporting,
            faults,
            outbox,
            ..
        } = &mut self.state;
        match event {
            Event::ScenarioLoaded { .. }
            | Event::SnapshotRestored { .. }
            | Event::Rewound { .. }
            | Event::Forked { .. } => {}
            Event::ClockSet { clock, .. } => *own = *clock,
            Event::TransactionAdded { merchant, id, row } => {
                additions.insert(*merchant, *id, row.as_ref().clone());
            }
            Event::Captured(it)
            | Event::Voided(it)
            | Event::Refunded(it)
            | Event::ChargedBack(it)
            | Event::Rejected(it) => {
                follow(additions, it);
            }
            Event::DisputeEnded { .. } | Event::DepositChanged { .. } | Event::Amended { .. } => {
                apply_change(additions, event);
            }
            Event::Settled { merchant, rows, at } => additions.settle(*merchant, rows, *at),
            Event::ReportingSet { provider, reporting: file } => reporting.set(provider, file),
            Event::TokenIssued { token, holder, expires_at } => {
                tokens.insert(token, holder, *expires_at);
            }
            Event::CallAdmitted { caller, at, window } => throttle.insert(caller, *at, *window),
            Event::FaultAdded { number, rule } => faults.insert(*number, rule),
            Event::FaultRemoved { number } => faults.remove(*number),
            Event::FaultsCleared => faults.clear(),
            Event::FaultsMatched { matched, applied } => faults.count_matches(matched, applied),
            Event::ReportRequested { job } => reports.insert(job.as_ref().clone()),
            Event::ReportForced { id, phase, since } => reports.force(*id, *phase, *since),
            Event::ReportFateSet { provider, fate } => reports.set_fate(provider, *fate),
            Event::ReportFrozen { id, version } => reports.freeze_rows(*id, *version, reporting),
            Event::CallbackPlanned { callback } => outbox.insert(callback.as_ref().clone()),
            Event::CallbackReleased { id, fault, becomes } => {
                outbox.release(*id, fault.as_deref(), *becomes);
            }
            Event::CallbackAttempted { id, attempt, next, ending } => {
                outbox.attempt(*id, attempt, (*next, *ending));
            }
            Event::CallbacksCancelled { ids } => outbox.cancel_all(ids),
        }
    }

    /// The name of the space.
    #[must_use]
    pub fn space(&self) -> &str {
        &self.space
    }

    /// The first day of the window. It depends on the creation of the space and does not move with the clock.
    #[must_use]
    pub fn first_day(&self) -> Day {
        let end = calendar::day_of(self.state.window_end_at_creation.as_second());
        end.saturating_sub(self.scenario.days)
    }

    /// Checks that the window up to this instant holds no more payments than the server can keep.
    ///
    /// # Errors
    ///
    /// A sentence for the user with both numbers.
    pub fn check_window(&self, now: Timestamp) -> Result<(), String> {
        let days = calendar::day_of(now.as_second()).saturating_sub(self.first_day()) + 1;
        self.scenario.check_window(days)
    }

    pub(super) fn ledger(&self, merchant: MerchantId) -> Option<&MerchantLedger> {
        self.scenario.ledgers.get(usize::from(merchant.0))
    }

    /// The rows of a merchant at an instant, sandbox time; `None` when the scenario has no such merchant.
    #[must_use]
    pub fn view(&self, merchant: MerchantId, now: Timestamp) -> Option<View> {
        self.state.additions.view(self.ledger(merchant)?, self.first_day(), now.as_second())
    }

    /// The rows of a merchant as the reports of a provider show them at an instant, sandbox time; `None`
    /// when the scenario has no such merchant.
    #[must_use]
    pub fn reported_view(
        &self,
        merchant: MerchantId,
        now: Timestamp,
        provider: &str,
    ) -> Option<View> {
        let view = self.view(merchant, now)?;
        Some(self.reported(view, provider, self.state.reporting.of(provider)))
    }

    /// The instant (Unix seconds) from which on the reports of a provider show a row; `None` for never, and
    /// for an unknown provider.
    #[must_use]
    pub fn visible_from(&self, row: &Transaction<'_>, provider: &str) -> Option<i64> {
        let setting = self.state.reporting.of(provider);
        let rules = setting.map(|it| Arc::clone(&it.rules)).unwrap_or_default();
        let reporter = self.scenario.reporter(provider)?;
        let from = Visibility { reporter, rules, now: row.now() }.from(row);
        Some(from).filter(|from| *from != NEVER)
    }

    /// A view as the reports of a provider show it. Without any lag it stays as it is.
    fn reported(&self, view: View, provider: &str, setting: Option<&ReportingSetting>) -> View {
        let lags = setting.is_some() || view.overlay().has_visible_at();
        match self.scenario.reporter(provider).filter(|_| lags) {
            Some(reporter) => {
                view.reported(reporter, setting.map(|it| Arc::clone(&it.rules)).unwrap_or_default())
            }
            None => view,
        }
    }

    /// The rows of a report as they were when the report was done; later rows and changes do not show.
    #[must_use]
    pub fn report_view(&self, job: &Job) -> Option<View> {
        let view = self.view(job.merchant, job.done_at())?;
        let setting = match job.frozen_version {
            Some(_) => job.frozen_reporting.as_ref(),
            None => self.state.reporting.of(&job.provider),
        };
        let view = view.up_to(job.frozen_version.unwrap_or(u64::MAX));
        Some(self.reported(view, &job.provider, setting))
    }
}

/// Applies the end of a dispute, what became of a deposit, or an amendment.
fn apply_change(additions: &mut Additions, event: &Event) {
    match event {
        Event::DisputeEnded { merchant, chargeback, verdict, reversal } => {
            reversal.iter().for_each(|it| follow(additions, it));
            additions.end_dispute(*merchant, *chargeback, *verdict);
        }
        Event::DepositChanged { merchant, deposit, fate } => {
            additions.befall(*merchant, *deposit, *fate);
        }
        Event::Amended { merchant, id, amendment, cut } => {
            if let Some(cut) = cut {
                additions.cut(*merchant, cut.payment, cut.at);
            }
            additions.amend(*merchant, *id, amendment.as_ref().clone());
        }
        _ => {}
    }
}

/// Adds a follow-up of a payment and ends the generated rest of its life.
fn follow(additions: &mut Additions, it: &FollowUp) {
    additions.cut(it.merchant, it.payment, it.cut_at);
    additions.insert(it.merchant, it.id, it.row.as_ref().clone());
}
