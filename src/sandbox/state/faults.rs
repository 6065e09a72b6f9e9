//! The fault rules in force, and which of them strike a request or a callback.
//!
//! Whether a rule strikes depends on (seed, space, rule, number of the matching request) alone, so a
//! failing run can be repeated and parallel spaces do not disturb each other.

use std::sync::Arc;
use std::time::Duration;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use super::event::Event;
use crate::sandbox::facts::Named;
use crate::sandbox::faults::{Alteration, Fault, Rule, When};
use crate::sandbox::generate::stream::{Draw, mix};
use crate::sandbox::scenario::FaultFile;
use crate::sandbox::spelling;

/// Rules of one space at most.
pub const MAX_RULES: usize = 1000;

/// A rule in force and what it has done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenRule")]
pub struct ActiveRule {
    /// Its number among all rules there were, from 1.
    pub number: u64,
    /// As it was asked for.
    #[serde(rename = "rule")]
    pub file: FaultFile,
    /// What it means.
    #[serde(skip)]
    pub rule: Rule,
    /// Requests that matched.
    pub matched: u64,
    /// Requests that it was applied to.
    pub applied: u64,
}

/// How a rule is written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    number: u64,
    rule: FaultFile,
    matched: u64,
    applied: u64,
}

impl TryFrom<WrittenRule> for ActiveRule {
    type Error = String;

    fn try_from(written: WrittenRule) -> Result<Self, String> {
        let WrittenRule { number, rule: file, matched, applied } = written;
        if applied > matched || matched > super::MAX_COUNT {
            return Err(format!("fault {number} has struck more often than it was asked"));
        }
        Ok(Self { number, rule: file.to_rule()?, file, matched, applied })
    }
}

impl ActiveRule {
    /// Its name: what it does and its number, such as `delay-3`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}-{}", self.rule.fault.name(), self.number)
    }

    /// Whether it will never strike again.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.rule.when, When::Times(times) if self.matched >= times)
    }
}

/// What strikes one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strike {
    /// How long the answer waits, real time.
    pub delay: Duration,
    /// What else goes wrong with it.
    pub fault: Option<Fault>,
    /// The rules that struck, by their ids.
    pub rules: Vec<String>,
}

/// A fault that strikes a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultHit {
    /// The rule, by its id.
    pub rule: String,
    /// What it does.
    pub alteration: Alteration,
}

/// Which rules matched a request or a callback, by number, and which of them were applied to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counted {
    matched: Vec<u64>,
    applied: Vec<u64>,
}

impl Counted {
    fn event(self) -> Option<Event> {
        let Self { matched, applied } = self;
        (!matched.is_empty()).then_some(Event::FaultsMatched { matched, applied })
    }
}

/// The fault rules of one space.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct RuleSet {
    /// What whether rules strike is drawn from.
    #[serde(with = "spelling::key")]
    key: u64,
    /// How many rules there ever were.
    count: u64,
    #[serde(serialize_with = "spelling::values::serialize")]
    rules: OrdMap<u64, Arc<ActiveRule>>,
}

/// How rules are written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(with = "spelling::key")]
    key: u64,
    count: u64,
    rules: Vec<ActiveRule>,
}

impl TryFrom<Written> for RuleSet {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { key, count, rules } = written;
        if rules.len() > MAX_RULES {
            return Err(format!("there are more than {MAX_RULES} faults"));
        }
        let (mut set, mut last) = (Self { key, count, ..Self::default() }, 0);
        for rule in rules {
            let number = rule.number;
            if number <= last || number > count {
                return Err(format!(
                    "fault {number} comes behind {last}; numbers rise from 1 to the count of {count}"
                ));
            }
            last = number;
            set.rules.insert(number, Arc::new(rule));
        }
        Ok(set)
    }
}

impl RuleSet {
    /// The rules a scenario brings; whether they strike is drawn from `key`.
    #[must_use]
    pub fn new(key: u64, files: &[FaultFile]) -> Self {
        let mut set = Self { key, ..Self::default() };
        files.iter().for_each(|file| set.insert(set.count + 1, file));
        set
    }

    /// How many rules there ever were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The rules in force, oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<ActiveRule>> {
        self.rules.values()
    }

    /// The rule with this number.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&Arc<ActiveRule>> {
        self.rules.get(&number)
    }

    /// The rule with this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Arc<ActiveRule>> {
        let number = id.rsplit_once('-').and_then(|it| it.1.parse().ok())?;
        self.get(number).filter(|rule| rule.id() == id)
    }

    /// Puts a rule in force, behind those there are: its number, and that it was added; `None` when there
    /// are too many.
    #[must_use]
    pub fn add(&self, file: FaultFile) -> Option<(u64, Event)> {
        let number = self.count + 1;
        let has_room = self.rules.len() < MAX_RULES;
        has_room.then(|| (number, Event::FaultAdded { number, rule: Box::new(file) }))
    }

    /// Whether any rule is about requests to this operation.
    #[must_use]
    pub fn is_about(&self, provider: &str, operation: &str) -> bool {
        self.all().any(|it| is_of_request(it, provider, operation))
    }

    /// What strikes the next request to this operation, which `knows` these codes of errors, and that it
    /// was counted. Delays add up; the first rule with another fault ends the search, and rules behind it
    /// do not see the request.
    #[must_use]
    pub fn evaluate(
        &self,
        provider: &str,
        operation: &str,
        knows: impl Fn(&str) -> bool,
    ) -> (Strike, Option<Event>) {
        let (mut strike, mut counted) = (Strike::default(), Counted::default());
        for active in self.all().filter(|it| is_of_request(it, provider, operation)) {
            // An error strikes only where the provider has the words for it.
            if matches!(&active.rule.fault, Fault::Error(code) if !knows(code)) {
                continue;
            }
            let Some(mut draw) = self.hit(active, &mut counted) else { continue };
            strike.rules.push(active.id());
            match &active.rule.fault {
                Fault::Delay(delay) => strike.delay += delay.draw(&mut draw),
                fault => {
                    strike.fault = Some(fault.clone());
                    break;
                }
            }
        }
        (strike, counted.event())
    }

    /// The first rule that strikes the next callback of a provider, and that it was counted.
    #[must_use]
    pub fn evaluate_callback(&self, provider: &str) -> (Option<FaultHit>, Option<Event>) {
        let mut counted = Counted::default();
        let hit = self.all().find_map(|active| {
            let alteration = active.rule.fault.alteration()?;
            let is_about = active.rule.provider.as_deref().is_none_or(|it| it == provider);
            let strikes = is_about && self.hit(active, &mut counted).is_some();
            strikes.then(|| FaultHit { rule: active.id(), alteration })
        });
        (hit, counted.event())
    }

    /// Counts a matching request; where the rule strikes it, the draws for how.
    fn hit(&self, active: &ActiveRule, counted: &mut Counted) -> Option<Draw> {
        counted.matched.push(active.number);
        let (key, ordinal) = (mix(self.key, active.number), active.matched + 1);
        if !active.rule.strikes(key, ordinal) {
            return None;
        }
        counted.applied.push(active.number);
        Some(Draw::new(mix(key, 1), ordinal))
    }

    pub(in crate::sandbox) fn insert(&mut self, number: u64, file: &FaultFile) {
        self.count = number;
        // A rule that means nothing is refused before it comes here.
        let Ok(rule) = file.to_rule() else { return };
        let active = ActiveRule { number, file: file.clone(), rule, matched: 0, applied: 0 };
        self.rules.insert(number, Arc::new(active));
    }

    pub(in crate::sandbox) fn remove(&mut self, number: u64) {
        self.rules.remove(&number);
    }

    /// Takes all rules out of force. Their numbers are not used again.
    pub(in crate::sandbox) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(in crate::sandbox) fn count_matches(&mut self, matched: &[u64], applied: &[u64]) {
        for number in matched {
            if let Some(rule) = self.rules.get_mut(number) {
                let rule = Arc::make_mut(rule);
                rule.matched += 1;
                rule.applied += u64::from(applied.contains(number));
            }
        }
    }
}

fn is_of_request(active: &ActiveRule, provider: &str, operation: &str) -> bool {
    !active.rule.fault.is_of_callbacks() && active.rule.is_about(provider, operation)
}
