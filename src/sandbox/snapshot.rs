//! A world put together from what another one was: what a snapshot holds.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::callbacks::{Callbacks, Saved};
use super::clock::{Clock, Mode, real_now};
use super::faults::{Faults, Posted};
use super::jobs::{Job, Jobs};
use super::ledger::{Ledger, Overlay, View};
use super::merchant::MerchantId;
use super::scenario::Scenario;
use super::throttle::Throttle;
use super::tokens::{Token, Tokens};
use super::{Sandbox, World};

/// Everything that makes a space go on as it would have.
#[derive(Debug)]
pub struct Parts {
    /// The space it was made in.
    pub born: String,
    /// What it was made from.
    pub scenario: Arc<Scenario>,
    /// When it was made, sandbox time.
    pub began: Timestamp,
    /// Whether its clock runs, and what it shows.
    pub clock: (Mode, Timestamp),
    /// What was added for each merchant.
    pub merchants: Vec<Overlays>,
    /// What tokens are drawn from, how many there were, and those there are.
    pub tokens: (u64, u64, BTreeMap<String, Token>),
    /// Recent calls that were admitted, by asker.
    pub throttle: BTreeMap<String, Vec<Timestamp>>,
    /// Report jobs in rising ids.
    pub jobs: Vec<(Job, Option<Fetched>)>,
    /// What faults are drawn from, how many rules there were, and those there are.
    pub faults: (u64, u64, Vec<Posted>),
    /// What leaves by itself.
    pub callbacks: Saved,
    /// The id that the next entry of the journal is going to have.
    pub next_entry: u64,
}

/// What was added for a merchant. Rows of reports that the scenario pins are not among it.
#[derive(Debug)]
pub struct Overlays {
    /// For whom.
    pub merchant: MerchantId,
    /// As it is, then as it was when reports that are kept were fetched.
    pub versions: Vec<Overlay>,
}

/// What the report of a job goes on showing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Which of its merchant's [`Overlays::versions`].
    pub version: usize,
    /// The moment it shows, Unix seconds.
    pub now: i64,
}

impl Sandbox {
    /// The world that these parts make, in the place of this one. Its journal is empty and goes on
    /// counting; its callbacks leave once they are set off.
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
        let views: BTreeMap<MerchantId, Vec<View>> =
            parts.merchants.into_iter().map(|it| (it.merchant, versions(&ledger, it))).collect();
        let view = |merchant, fetched: Fetched| {
            views.get(&merchant)?.get(fetched.version).map(|view| view.at(fetched.now))
        };
        let jobs = parts.jobs.into_iter().map(|(job, fetched)| {
            let kept = fetched.and_then(|fetched| view(job.merchant, fetched));
            (job, kept)
        });
        let (tokens_key, token_count, tokens) = parts.tokens;
        let (faults_key, rule_count, rules) = parts.faults;
        let made_at = real_now();
        Self::of(World {
            space: self.space.clone(),
            born: parts.born,
            scenario: parts.scenario,
            clock,
            ledger,
            journal: self.journal.clone(),
            tokens: Tokens::restored(tokens_key, token_count, tokens),
            jobs: Jobs::restored(jobs.collect()),
            faults: Faults::restored(faults_key, rule_count, rules),
            acting: Mutex::default(),
            throttle: Throttle::restored(parts.throttle),
            callbacks: Callbacks::restored(parts.callbacks),
            options: Arc::clone(&self.options),
            began: parts.began,
            made_at,
            used: AtomicI64::new(made_at.as_second()),
        })
    }
}

/// A view of each version of what was added for a merchant; the ledger is left with the first.
fn versions(ledger: &Ledger, overlays: Overlays) -> Vec<View> {
    let merchant = overlays.merchant;
    let pinned = ledger.overlay(merchant).unwrap_or_default();
    let mut views: Vec<View> = overlays
        .versions
        .into_iter()
        // The one that is in force comes last, so that it stays.
        .rev()
        .filter_map(|mut overlay| {
            overlay.pinned_rows.clone_from(&pinned.pinned_rows);
            ledger.restore(merchant, overlay);
            ledger.view(merchant, 0)
        })
        .collect();
    views.reverse();
    views
}
