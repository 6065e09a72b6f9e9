//! The fault rules of a space, and the decision which of them apply to a request or a callback.
//!
//! The decision depends only on the seed, the space, the rule and the number of the matching request. So a
//! failing run can be repeated, and parallel spaces do not influence each other.

use std::sync::Arc;
use std::time::Duration;

use imbl::OrdMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::callback::Message;
use super::event::Event;
use crate::sandbox::facts::Named;
use crate::sandbox::faults::{Alteration, Fault, Rule, Subject};
use crate::sandbox::generate::stream::{Draw, mix};
use crate::sandbox::scenario::FaultFile;
use crate::sandbox::spelling;

/// The maximum number of fault rules in one space.
pub const MAX_RULES: usize = 1000;

/// A fault rule in force, with its counters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenRule")]
pub struct ActiveRule {
    /// Its number in the space, from 1; numbers are never used again.
    pub number: u64,
    /// The rule as the client or the scenario file wrote it.
    #[serde(rename = "rule")]
    pub file: FaultFile,
    /// The parsed form of `file`.
    #[serde(skip)]
    pub rule: Rule,
    /// How many requests or callbacks matched the rule.
    pub matched: u64,
    /// How many of them the rule was applied to.
    pub applied: u64,
}

/// The form of an [`ActiveRule`] in a snapshot.
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
    /// Its id: the kind of its fault and its number, such as `delay-3`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}-{}", self.rule.fault.name(), self.number)
    }

    /// Whether the rule can never be applied again, because its `times` are used up.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.rule.frequency.times.is_some_and(|times| self.applied >= times)
    }
}

/// The combined effect of all fault rules on one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strike {
    /// How long the answer is delayed, real time: the sum of all delays.
    pub delay: Duration,
    /// The fault other than a delay; at most one per request.
    pub fault: Option<Fault>,
    /// The ids of the rules that were applied, in the order of their numbers.
    pub rules: Vec<String>,
    /// The key of what the fault draws, such as the rows that it drops.
    pub seed: u64,
    /// The last instant at which the rule strikes, sandbox time; `None` if the rule names none.
    pub until: Option<Timestamp>,
}

/// The effect of a fault rule on a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultHit {
    /// The id of the rule.
    pub rule: String,
    /// The change that it makes to the callback.
    pub alteration: Alteration,
}

/// The numbers of the rules that matched a request or a callback, and of those that were applied to it.
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

/// The fault rules of one space, in the order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct RuleSet {
    /// The key of the random draws that decide whether a rule with a probability applies.
    #[serde(with = "spelling::key")]
    key: u64,
    /// How many rules were ever added.
    count: u64,
    #[serde(serialize_with = "spelling::values::serialize")]
    rules: OrdMap<u64, Arc<ActiveRule>>,
}

/// The form of a [`RuleSet`] in a snapshot.
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
    /// The rules of a scenario, numbered from 1. `key` seeds the draws that decide whether a rule applies.
    #[must_use]
    pub fn new(key: u64, files: &[FaultFile]) -> Self {
        let mut set = Self { key, ..Self::default() };
        files.iter().for_each(|file| set.insert(set.count + 1, file));
        set
    }

    /// How many rules were ever added, removed ones included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Goes on counting where another set has stopped.
    pub(super) fn count_on(&mut self, earlier: &Self) {
        self.count = self.count.max(earlier.count);
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

    /// The rule with this id, such as `delay-3`.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Arc<ActiveRule>> {
        let number = id.rsplit_once('-').and_then(|it| it.1.parse().ok())?;
        self.get(number).filter(|rule| rule.id() == id)
    }

    /// The number of a new rule and the event that adds it after all others; `None` when the space has
    /// `MAX_RULES` rules already.
    #[must_use]
    pub fn add(&self, file: FaultFile) -> Option<(u64, Event)> {
        let number = self.count + 1;
        let has_room = self.rules.len() < MAX_RULES;
        has_room.then(|| (number, Event::FaultAdded { number, rule: Box::new(file) }))
    }

    /// Whether any rule concerns requests to this operation.
    #[must_use]
    pub fn is_about(&self, provider: &str, operation: &str) -> bool {
        self.all().any(|it| it.rule.is_about(provider, Some(operation)))
    }

    /// The effect on this request, and the event that counts it (`None` when no rule matched). Delays add
    /// up; the first rule with another fault that strikes ends the search, and later rules do not count the
    /// request.
    #[must_use]
    pub fn evaluate(&self, request: &Subject<'_>) -> (Strike, Option<Event>) {
        let (mut strike, mut counted) = (Strike::default(), Counted::default());
        for active in self.all().filter(|it| it.rule.matches(request)) {
            let Some(mut draw) = self.hit(active, &mut counted) else { continue };
            strike.rules.push(active.id());
            match &active.rule.fault {
                Fault::Delay(delay) => strike.delay += delay.draw(&mut draw),
                fault => {
                    strike.fault = Some(fault.clone());
                    strike.seed = draw.bits();
                    strike.until = active.rule.when.between.map(|(_, to)| to);
                    break;
                }
            }
        }
        (strike, counted.event())
    }

    /// The first rule that strikes a callback with this message at `now` (sandbox time), and the event that
    /// counts it (`None` when no rule matched).
    #[must_use]
    pub fn evaluate_callback(
        &self,
        message: &Message,
        now: Timestamp,
    ) -> (Option<FaultHit>, Option<Event>) {
        let mut counted = Counted::default();
        let callback = Callback { message, now };
        let hit = self.all().filter(|it| callback.meets(&it.rule)).find_map(|active| {
            let alteration = active.rule.fault.alteration()?;
            self.hit(active, &mut counted)?;
            Some(FaultHit { rule: active.id(), alteration })
        });
        (hit, counted.event())
    }

    /// The first rule that sends a callback with this message earlier than `due`, which is planned at `now`
    /// (sandbox time): the id of the rule, the new instant, and the event that counts it.
    #[must_use]
    pub fn evaluate_early(
        &self,
        message: &Message,
        (due, now): (Timestamp, Timestamp),
    ) -> (Option<(String, Timestamp)>, Option<Event>) {
        let mut counted = Counted::default();
        let callback = Callback { message, now };
        let hit = self.all().filter(|it| callback.meets(&it.rule)).find_map(|active| {
            let Fault::Early(by) = &active.rule.fault else { return None };
            self.hit(active, &mut counted)?;
            let early = by.and_then(|by| due.checked_sub(by).ok()).unwrap_or(now);
            Some((active.id(), early.max(now).min(due)))
        });
        (hit, counted.event())
    }

    /// Counts a match of the rule. `Some` when the rule applies: the random draws for the details of the
    /// fault.
    fn hit(&self, active: &ActiveRule, counted: &mut Counted) -> Option<Draw> {
        counted.matched.push(active.number);
        let (key, ordinal) = (mix(self.key, active.number), active.matched + 1);
        if !active.rule.frequency.strikes(key, ordinal, active.applied) {
            return None;
        }
        counted.applied.push(active.number);
        Some(Draw::new(mix(key, 1), ordinal))
    }

    pub(in crate::sandbox) fn insert(&mut self, number: u64, file: &FaultFile) {
        self.count = number;
        // A rule that cannot be parsed is refused before the event is made, so this never returns early.
        let Ok(rule) = file.to_rule() else { return };
        let active = ActiveRule { number, file: file.clone(), rule, matched: 0, applied: 0 };
        self.rules.insert(number, Arc::new(active));
    }

    pub(in crate::sandbox) fn remove(&mut self, number: u64) {
        self.rules.remove(&number);
    }

    /// Removes all rules. Their numbers are not used again.
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

/// A callback that fault rules look at.
#[derive(Clone, Copy)]
struct Callback<'a> {
    message: &'a Message,
    now: Timestamp,
}

impl Callback<'_> {
    fn meets(self, rule: &Rule) -> bool {
        let Self { message, now } = self;
        rule.matches(&Subject {
            provider: &message.provider,
            operation: None,
            now,
            texts: [&message.body, message.url.as_bytes()],
            merchant: &|| Some(message.merchant.clone()),
            page: &|| None,
            can_show: &|_| true,
        })
    }
}
