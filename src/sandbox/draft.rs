//! A draft: a change to a space while it is decided. It sees the effect of its own earlier events. When the
//! decision is a refusal, the draft is discarded and nothing has changed.

use std::sync::Arc;

use jiff::Timestamp;

use super::Options;
use super::ledger::View;
use super::merchant::MerchantId;
use super::state::State;
use super::state::event::{Event, Topic};
use super::state::outbox::{Message, PlanError};
use super::world::World;

/// A copy of the world with the events of the change so far applied to it, and these events.
pub struct Draft<'a> {
    world: World,
    events: Vec<Event>,
    /// The instant of the change, sandbox time.
    pub now: Timestamp,
    /// The instant of the change, real time.
    pub real_now: Timestamp,
    /// The options of the server.
    pub options: &'a Options,
    is_sending: &'a dyn Fn(u64) -> bool,
}

impl std::fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft").field("events", &self.events).finish_non_exhaustive()
    }
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        world: World,
        (now, real_now): (Timestamp, Timestamp),
        options: &'a Options,
        is_sending: &'a dyn Fn(u64) -> bool,
    ) -> Self {
        Self { world, events: Vec::new(), now, real_now, options, is_sending }
    }

    /// The world after the events so far.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The state after the events so far.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.world.state
    }

    /// The rows of a merchant at the instant of the change; `None` when the scenario has no such merchant.
    #[must_use]
    pub fn view(&self, merchant: MerchantId) -> Option<View> {
        self.world.view(merchant, self.now)
    }

    /// Whether a callback is being sent at the moment.
    #[must_use]
    pub fn is_sending(&self, callback: u64) -> bool {
        (self.is_sending)(callback)
    }

    /// Applies an event and adds it to the change.
    pub fn push(&mut self, event: Event) {
        // Reports that are done must not show later rows. So before the ledger or the clock changes, they get
        // the present version of the overlay.
        let moves = |topic: &Topic| matches!(topic, Topic::Ledger | Topic::Clock);
        if !event.replaces() && event.topics().iter().any(moves) {
            self.freeze_reports();
        }
        self.world.apply(&event);
        self.events.push(event);
    }

    fn freeze_reports(&mut self) {
        let State { reports, additions, .. } = self.state();
        let frozen = |job: &Arc<super::state::jobs::Job>| Event::ReportFrozen {
            id: job.id,
            version: additions.overlay(job.merchant).map_or(0, super::ledger::Overlay::version),
        };
        let events: Vec<Event> = reports.to_freeze(self.now).map(frozen).collect();
        for event in events {
            self.world.apply(&event);
            self.events.push(event);
        }
    }

    /// Plans a callback for the instant `due` and returns its id.
    ///
    /// # Errors
    ///
    /// The outbox is full of open callbacks, or the message is too long. The caller has to refuse what the
    /// callback is about, because nobody else hears of the error.
    pub fn plan(&mut self, message: Message, due: Timestamp) -> Result<u64, PlanError> {
        let held = self.options.hold_callbacks || super::policy::is_unreachable(&message.url);
        let (early, counted) = self.state().faults.evaluate_early(&message, (due, self.now));
        counted.into_iter().for_each(|event| self.push(event));
        let (fault, due) = early.map_or((None, due), |(rule, due)| (Some(rule), due));
        let mut event = self.state().outbox.plan(message, (due, self.now), held)?;
        if let Event::CallbackPlanned { callback } = &mut event {
            callback.fault = fault;
        }
        self.push(event);
        Ok(self.state().outbox.count())
    }

    pub(super) fn into_parts(self) -> (World, Vec<Event>) {
        (self.world, self.events)
    }
}
