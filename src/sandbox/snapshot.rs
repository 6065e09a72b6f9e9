//! A world put together from what another one was: what a snapshot holds.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::callbacks::Callbacks;
use super::clock::{Clock, Mode, real_now};
use super::faults::{Faults, Posted};
use super::jobs::{Job, Jobs};
use super::ledger::Overlay;
use super::merchant::MerchantId;
use super::scenario::Scenario;
use super::throttle::Throttle;
use super::tokens::{Token, Tokens};
use super::{Sandbox, World};

/// Everything that makes a space go on as it would have.
#[derive(Debug)]
pub struct Parts {
    /// What it was made from.
    pub scenario: Arc<Scenario>,
    /// When it was made, sandbox time.
    pub began: Timestamp,
    /// Whether its clock runs, and what it shows.
    pub clock: (Mode, Timestamp),
    /// What was added for each merchant. Rows of reports that the scenario pins are not among it.
    pub overlays: Vec<(MerchantId, Overlay)>,
    /// What tokens are drawn from, how many there were, and those there are.
    pub tokens: (u64, u64, BTreeMap<String, Token>),
    /// Report jobs.
    pub jobs: Vec<Job>,
    /// What faults are drawn from, how many rules there were, and those there are.
    pub faults: (u64, u64, Vec<Posted>),
    /// The id that the next entry of the journal is going to have.
    pub next_entry: u64,
}

impl Sandbox {
    /// The world that these parts make, in the place of this one. Its journal is empty and goes on
    /// counting; its callbacks are none.
    #[must_use]
    pub fn restored(&self, parts: Parts) -> Self {
        self.journal.clear();
        self.journal.skip_to(parts.next_entry);
        self.callbacks.close();
        let (mode, now) = parts.clock;
        let clock = match mode {
            Mode::Frozen => Clock::frozen(now),
            Mode::Running => Clock::running(Some(now)),
        };
        let ledger = parts.scenario.windowed_ledger(parts.began, now);
        for (merchant, mut overlay) in parts.overlays {
            let pinned = ledger.overlay(merchant).unwrap_or_default();
            overlay.pinned_rows.clone_from(&pinned.pinned_rows);
            ledger.restore(merchant, overlay);
        }
        let (key, count, tokens) = parts.tokens;
        let issued = Tokens::new(key);
        issued.restore(count, tokens);
        let jobs = Jobs::default();
        jobs.restore(parts.jobs);
        let (key, count, rules) = parts.faults;
        let made_at = real_now();
        Self::of(World {
            space: self.space.clone(),
            scenario: parts.scenario,
            clock,
            ledger,
            journal: self.journal.clone(),
            tokens: issued,
            jobs,
            faults: Faults::restored(key, count, rules),
            acting: Mutex::default(),
            throttle: Throttle::default(),
            callbacks: Callbacks::default(),
            options: Arc::clone(&self.options),
            began: parts.began,
            made_at,
            used: AtomicI64::new(made_at.as_second()),
        })
    }
}
