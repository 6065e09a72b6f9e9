//! Everything that a request can change in one space, as plain data: no locks, no pointers to anything
//! that lives elsewhere. A copy costs a few counters, because all that can grow is in persistent maps.
//!
//! A part has a file: its data, what decides about it (a function that reads and answers an [event](event::Event) or
//! a refusal), and how an event changes it. [`World::apply`](super::world::World::apply) alone calls the
//! latter.

pub mod callback;
mod check;
pub mod clock;
pub mod event;
pub mod faults;
pub mod jobs;
pub mod outbox;
mod outbox_serde;
pub mod throttle;
pub mod timeline;
pub mod tokens;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::clock::Clock;
use self::faults::RuleSet;
use self::jobs::JobTable;
use self::outbox::Outbox;
use self::throttle::Throttle;
use self::tokens::Tokens;
use super::clock::{EARLIEST, LATEST};
use super::digest;
use super::facts::is_name;
use super::ledger::Additions;
use super::scenario::Scenario;

/// Nothing is counted further than this, so that there is always room to go on.
pub const MAX_COUNT: u64 = 1 << 53;

/// What a space holds beside its scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The space it was made in; another one only where a snapshot was restored.
    pub origin_space: String,
    /// When it was made, sandbox time: its window ended there at first, and begins so many days before.
    pub window_end_at_creation: Timestamp,
    /// Its time.
    pub clock: Clock,
    /// What was added to its money.
    pub additions: Additions,
    /// Access tokens handed out.
    pub tokens: Tokens,
    /// Who asks too often.
    pub throttle: Throttle,
    /// Reports that are prepared first.
    pub reports: JobTable,
    /// What shall go wrong.
    pub faults: RuleSet,
    /// What leaves by itself.
    pub outbox: Outbox,
    /// How many events have made it what it is.
    #[serde(skip)]
    pub revision: u64,
}

impl State {
    /// The state that a scenario makes in a space, where the clock shows `now`.
    #[must_use]
    pub fn new(space: &str, scenario: &Scenario, clock: Clock, now: Timestamp) -> Self {
        let seed = scenario.seed.to_be_bytes();
        let key = |part: &[u8]| digest::key(&[part, &seed, space.as_bytes()]);
        Self {
            origin_space: space.to_owned(),
            window_end_at_creation: now,
            clock,
            additions: scenario.additions(now, now),
            tokens: Tokens::new(key(b"sandtill tokens")),
            throttle: Throttle::default(),
            reports: JobTable::default(),
            faults: RuleSet::new(key(b"sandtill faults"), &scenario.file.fault),
            outbox: Outbox::default(),
            revision: 0,
        }
    }

    /// Whether a space with this scenario can be in this state: everything it goes back to has to exist.
    ///
    /// # Errors
    ///
    /// What contradicts itself.
    pub fn check(&self, scenario: &Scenario) -> Result<(), String> {
        let window_end = self.window_end_at_creation;
        if !(EARLIEST..=LATEST).contains(&window_end) {
            return Err(format!(
                "a window cannot have ended at {window_end}; clocks show {EARLIEST} to {LATEST}"
            ));
        }
        if !self.origin_space.is_empty() && !is_name(&self.origin_space) {
            return Err(format!("`{}` is not the name of a space", self.origin_space));
        }
        let (counts, merchants) = (self.counts(), 0..scenario.ledgers.len());
        if let Some((part, count)) = counts.into_iter().find(|it| it.1 > MAX_COUNT) {
            return Err(format!("{part} is {count}; the most is {MAX_COUNT}"));
        }
        check::additions(&self.additions, scenario)?;
        for job in self.reports.all() {
            if !merchants.contains(&usize::from(job.merchant.0)) {
                return Err(format!("report {} belongs to no merchant", job.id));
            }
            let overlay = self.additions.overlay(job.merchant);
            let version = overlay.map_or(0, super::ledger::Overlay::version);
            if job.frozen_version.is_some_and(|frozen| frozen > version) {
                return Err(format!("report {} shows rows that are still to come", job.id));
            }
        }
        let senders = self.outbox.all().map(|it| &*it.message.provider);
        let unknown = senders.into_iter().find(|slug| scenario.policy(slug).is_none());
        unknown.map_or(Ok(()), |slug| Err(format!("`{slug}` sends no callbacks")))
    }

    fn counts(&self) -> [(&'static str, u64); 6] {
        let versions = self.additions.all().iter().map(super::ledger::Overlay::version);
        [
            ("the count of tokens", self.tokens.count()),
            ("the count of reports", self.reports.count()),
            ("the count of faults", self.faults.count()),
            ("the count of callbacks", self.outbox.count()),
            ("the count of places in the queue", self.outbox.sequences),
            ("a version", versions.max().unwrap_or(0)),
        ]
    }
}
