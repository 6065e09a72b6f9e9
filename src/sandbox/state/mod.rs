//! The state of a space: everything that a request can change, as plain data without locks. A copy is cheap,
//! because everything that can grow is kept in persistent maps.
//!
//! Each part has its own file: the data, the decisions (functions that read it and return an
//! [event](event::Event) or a refusal), and the functions that apply an event. Only
//! [`World::apply`](super::world::World::apply) calls the latter.

pub mod callback;
mod check;
pub mod clock;
pub mod event;
pub mod faults;
pub mod jobs;
pub mod outbox;
mod outbox_serde;
pub mod reporting;
pub mod throttle;
pub mod timeline;
pub mod tokens;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::clock::Clock;
use self::faults::RuleSet;
use self::jobs::JobTable;
use self::outbox::Outbox;
use self::reporting::ReportingTable;
use self::throttle::Throttle;
use self::tokens::Tokens;
use super::clock::{EARLIEST, LATEST};
use super::digest;
use super::facts::is_name;
use super::ledger::Additions;
use super::scenario::Scenario;

/// The maximum of every counter in a restored snapshot (2^53), so that counting can always continue.
pub const MAX_COUNT: u64 = 1 << 53;

/// The state of a space; together with its scenario it is all that a snapshot contains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The space in which the state was made; differs from the present space only after a snapshot was
    /// restored.
    pub origin_space: String,
    /// Sandbox time at which the state was made. The window ended there at first, and it begins `days` of the
    /// scenario before that day.
    pub window_end_at_creation: Timestamp,
    /// The clock.
    pub clock: Clock,
    /// Added rows and patches, for each merchant.
    pub additions: Additions,
    /// Access tokens that were issued.
    pub tokens: Tokens,
    /// Recent calls, for limits on the number of calls.
    pub throttle: Throttle,
    /// Report jobs.
    pub reports: JobTable,
    /// The reporting lag of each provider.
    #[serde(default, skip_serializing_if = "ReportingTable::is_empty")]
    pub reporting: ReportingTable,
    /// Fault rules.
    pub faults: RuleSet,
    /// Callbacks.
    pub outbox: Outbox,
    /// The number of the last event that was applied.
    #[serde(skip)]
    pub revision: u64,
}

impl State {
    /// The initial state of a space with this scenario, where the clock shows `now`.
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
            reporting: ReportingTable::new(&scenario.reporting),
            faults: RuleSet::new(key(b"sandtill faults"), &scenario.file.fault),
            outbox: Outbox::default(),
            revision: 0,
        }
    }

    /// Checks that the state fits the scenario: everything it refers to has to exist. Used for restored
    /// snapshots.
    ///
    /// # Errors
    ///
    /// The first contradiction, as a sentence for the user.
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

    /// Continues all counts of an earlier state of the space, so that nothing that it gave out (ids, tokens)
    /// is given out again.
    pub fn count_on(&mut self, earlier: &Self) {
        self.additions.count_on(&earlier.additions);
        self.tokens.count_on(&earlier.tokens);
        self.reports.count_on(&earlier.reports);
        self.faults.count_on(&earlier.faults);
        self.outbox.count_on(&earlier.outbox);
    }

    /// The number of rows, patches, tokens, reports and callbacks.
    #[must_use]
    pub fn size(&self) -> usize {
        let rows = |it: &super::ledger::Overlay| it.row_count() + it.patched().count();
        let added: usize = self.additions.all().iter().map(rows).sum();
        added + self.tokens.len() + self.reports.len() + self.outbox.len()
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
