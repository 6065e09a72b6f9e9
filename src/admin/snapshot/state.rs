//! What a snapshot holds, taken from a world and turned into the parts of another.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::callbacks::OutboxState;
use super::jobs::{self, JobState};
use super::portable;
use super::rows::{self, MerchantState, Versions};
use crate::admin::ask::Ask;
use crate::admin::problem::Problem;
use crate::admin::scenario;
use crate::providers;
use crate::sandbox::Sandbox;
use crate::sandbox::clock::{EARLIEST, LATEST, Mode};
use crate::sandbox::faults::{MOST_RULES, Posted};
use crate::sandbox::scenario::{FaultFile, Scenario, suggestion};
use crate::sandbox::snapshot::Parts;
use crate::sandbox::spaces::is_name;
use crate::sandbox::tokens::Token;

/// Nothing is counted further than this, so that there is always room to go on.
const MOST_COUNT: u64 = 1 << 53;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// The space it was made in.
    born: String,
    scenario_name: String,
    scenario: Value,
    began: Timestamp,
    frozen: bool,
    now: Timestamp,
    merchants: Vec<MerchantState>,
    tokens: TokensState,
    throttle: BTreeMap<String, Vec<Timestamp>>,
    reports: Vec<JobState>,
    faults: FaultsState,
    callbacks: OutboxState,
    next_entry: u64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct TokensState {
    #[serde(with = "portable::key")]
    key: u64,
    count: u64,
    /// Holder and end by token.
    tokens: BTreeMap<String, (String, Timestamp)>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct FaultsState {
    #[serde(with = "portable::key")]
    key: u64,
    count: u64,
    rules: Vec<RuleState>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RuleState {
    number: u64,
    rule: FaultFile,
    seen: u64,
    hits: u64,
}

/// Something in a state that is a word of nobody's.
pub(super) fn unknown<'k>(what: &str, word: &str, known: impl Iterator<Item = &'k str>) -> Problem {
    let near = suggestion(word, known);
    Problem::bad_request(format!("the state has an unknown {what} `{word}`{near}"))
}

/// A state that contradicts itself.
pub(super) fn wrong(problem: impl AsRef<str>) -> Problem {
    Problem::bad_request(format!("the state cannot be: {}", problem.as_ref()))
}

/// A number that can be counted on from.
pub(super) fn counted(what: &str, number: u64) -> Result<u64, Problem> {
    let too_high = || wrong(format!("{what} is {number}; the most is {MOST_COUNT}"));
    (number <= MOST_COUNT).then_some(number).ok_or_else(too_high)
}

impl State {
    /// What a world is at this moment.
    pub(super) fn of(sandbox: &Sandbox) -> Result<Self, Problem> {
        // A job is opened before callbacks about it are planned, so it is looked at behind them.
        let callbacks = OutboxState::of(sandbox.callbacks.save());
        let mut versions = Versions::of(&sandbox.ledger);
        let jobs = sandbox.jobs.all();
        let reports = jobs.iter().map(|job| JobState::of(sandbox, job, &mut versions)).collect();
        let (count, tokens) = sandbox.tokens.all();
        let tokens = tokens.into_iter().map(|(text, it)| (text, (it.holder, it.expires_at)));
        let (faults_key, faults_count) = sandbox.faults.origin();
        Ok(Self {
            born: sandbox.born.clone(),
            scenario_name: sandbox.scenario.name.clone(),
            scenario: scenario::file(&sandbox.scenario)?,
            began: sandbox.began,
            frozen: sandbox.clock.mode() == Mode::Frozen,
            now: sandbox.clock.now(),
            merchants: versions.states(),
            tokens: TokensState { key: sandbox.tokens.key(), count, tokens: tokens.collect() },
            throttle: sandbox.throttle.all(),
            reports,
            faults: FaultsState {
                key: faults_key,
                count: faults_count,
                rules: sandbox.faults.all().into_iter().map(RuleState::of).collect(),
            },
            callbacks,
            next_entry: sandbox.journal.next_id(),
        })
    }

    /// What a world can be made from, unless something is wrong with it.
    pub(super) fn into_parts(self, ask: &Ask) -> Result<Parts, Problem> {
        let scenario = self.known_scenario(ask)?;
        for (name, at) in [("began", self.began), ("now", self.now)] {
            if !(EARLIEST..=LATEST).contains(&at) {
                return Err(wrong(format!("`{name}` is {at}; clocks show {EARLIEST} to {LATEST}")));
            }
        }
        if !self.born.is_empty() && !is_name(&self.born) {
            return Err(wrong(format!("`{}` is not the name of a space", self.born)));
        }
        let merchants = rows::overlays(&scenario, &self.merchants)?;
        let jobs = jobs::of_states(&scenario, &merchants, self.reports)?;
        let tokens = self.tokens.tokens.into_iter();
        let tokens =
            tokens.map(|(text, (holder, expires_at))| (text, Token { holder, expires_at }));
        let token_count = counted("the count of tokens", self.tokens.count)?;
        Ok(Parts {
            born: self.born,
            scenario,
            began: self.began,
            clock: (if self.frozen { Mode::Frozen } else { Mode::Running }, self.now),
            merchants,
            tokens: (self.tokens.key, token_count, tokens.collect()),
            throttle: self.throttle,
            jobs,
            faults: self.faults.into_rules()?,
            callbacks: self.callbacks.into_saved()?,
            next_entry: counted("`next_entry`", self.next_entry)?,
        })
    }

    /// The scenario: one there is where it is the same, so that its rows are shared.
    fn known_scenario(&self, ask: &Ask) -> Result<Arc<Scenario>, Problem> {
        for known in [Arc::clone(&ask.sandbox().scenario), ask.spaces.scenario()] {
            let mut file = scenario::file(&known)?;
            portable::whole(&mut file);
            if known.name == self.scenario_name && file == self.scenario {
                return Ok(known);
            }
        }
        let text = self.scenario.to_string();
        scenario::of_json_named(&self.scenario_name, text.as_bytes()).map(Arc::new)
    }
}

impl FaultsState {
    fn into_rules(self) -> Result<(u64, u64, Vec<Posted>), Problem> {
        let count = counted("the count of faults", self.count)?;
        if self.rules.len() > MOST_RULES {
            return Err(wrong(format!("there are more than {MOST_RULES} faults")));
        }
        let mut rules: Vec<Posted> = Vec::with_capacity(self.rules.len());
        for state in self.rules {
            let (number, last) = (state.number, rules.last().map_or(0, |it| it.number));
            if number <= last || number > count {
                return Err(wrong(format!(
                    "fault {number} comes behind {last}; numbers rise from 1 to the count of {count}"
                )));
            }
            rules.push(state.into_posted()?);
        }
        Ok((self.key, count, rules))
    }
}

impl RuleState {
    fn of(posted: Posted) -> Self {
        let Posted { number, file, seen, hits, .. } = posted;
        Self { number, rule: file, seen, hits }
    }

    fn into_posted(self) -> Result<Posted, Problem> {
        let Self { number, rule: file, seen, hits } = self;
        let rule = file.to_rule().map_err(wrong)?;
        if let Some(slug) = &rule.provider {
            let vocabulary = providers::vocabulary();
            let known = vocabulary.dialect(slug);
            let known = known.ok_or_else(|| unknown("provider", slug, slugs()))?;
            known.check_fault(&rule.fault).map_err(wrong)?;
        }
        counted("what a fault has seen", seen)?;
        if hits > seen {
            return Err(wrong(format!("fault {number} has struck more often than it was asked")));
        }
        let id = format!("{}-{number}", rule.fault.word());
        Ok(Posted { id, number, file, rule, seen, hits })
    }
}

/// The providers there are.
pub(super) fn slugs() -> impl Iterator<Item = &'static str> {
    providers::ALL.iter().map(|it| it.slug)
}
