//! The meaning of a fault rule: which requests it matches, how often it strikes, what goes wrong.
//!
//! The rules in force and their counters are in [`state::faults`](super::state::faults).

mod delay;
mod kind;
mod row_fault;

use jiff::Timestamp;

pub use self::delay::Delay;
pub use self::kind::{Alteration, Fault, Page, RetryAfter, StatusAnswer, Work};
pub use self::row_fault::{Change, Drift, Kept, Place, RowFault};
use super::generate::stream::Draw;

/// How often a rule strikes among the requests (or callbacks) that match it. The conditions combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frequency {
    /// The first so many matches are skipped.
    pub after: u64,
    /// Of the matches behind `after`, every n-th one strikes; at least 1.
    pub every: u64,
    /// The probability that such a match strikes, in millionths; `None` for certainty.
    pub chance: Option<u32>,
    /// The rule strikes so often at most; `None` for no limit.
    pub times: Option<u64>,
}

impl Default for Frequency {
    fn default() -> Self {
        Self { after: 0, every: 1, chance: None, times: None }
    }
}

impl Frequency {
    /// Whether the match with this number (from 1) is struck, if the rule has struck `struck` times before.
    /// `key` seeds the draws of a rule with a probability.
    ///
    /// `struck` follows from the same draws of the matches before, so the answer depends on the key and the
    /// number alone.
    pub(super) fn strikes(self, key: u64, ordinal: u64, struck: u64) -> bool {
        let counted = ordinal.saturating_sub(self.after);
        counted > 0
            && counted.is_multiple_of(self.every.max(1))
            && self.times.is_none_or(|times| struck < times)
            && self
                .chance
                .is_none_or(|millionths| Draw::new(key, ordinal).below(1_000_000) < millionths)
    }
}

/// What narrows a rule beyond provider and operation. Every condition that is present has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// The name in the scenario of the merchant that asks.
    pub merchant: Option<String>,
    /// A piece of the body or of the query, byte by byte.
    pub contains: Option<String>,
    /// The number of the page that is asked for, from 1.
    pub page: Option<u64>,
    /// The first and the last instant, both included, sandbox time.
    pub between: Option<(Timestamp, Timestamp)>,
}

/// What a rule looks at: a request, or a callback that is about to be sent.
pub struct Subject<'a> {
    /// Slug of the provider.
    pub provider: &'a str,
    /// The operation of a request; `None` for a callback.
    pub operation: Option<&'a str>,
    /// The instant, sandbox time.
    pub now: Timestamp,
    /// The texts in which `contains` searches: body and query of a request, body and URL of a callback.
    pub texts: [&'a [u8]; 2],
    /// Finds the name of the merchant; called only if a rule asks for it.
    pub merchant: &'a dyn Fn() -> Option<String>,
    /// Finds the number of the page; called only if a rule asks for it.
    pub page: &'a dyn Fn() -> Option<u64>,
    /// Whether this answer (or callback) can show the fault.
    pub can_show: &'a dyn Fn(&Fault) -> bool,
}

impl std::fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject")
            .field("provider", &self.provider)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

impl When {
    /// Whether every condition holds.
    fn holds(&self, subject: &Subject<'_>) -> bool {
        let during = |(from, to): (Timestamp, Timestamp)| (from..=to).contains(&subject.now);
        let has = |piece: &String| {
            subject.texts.iter().any(|text| memchr::memmem::find(text, piece.as_bytes()).is_some())
        };
        self.between.is_none_or(during)
            && self.contains.as_ref().is_none_or(has)
            && self.page.is_none_or(|page| (subject.page)() == Some(page))
            && self.merchant.as_ref().is_none_or(|name| (subject.merchant)().as_ref() == Some(name))
    }
}

/// A fault rule: which requests it matches, how often it strikes, what goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Slug of the provider; `None` for all providers.
    pub provider: Option<String>,
    /// The provider's operation; `None` for all operations.
    pub operation: Option<String>,
    /// What narrows it further.
    pub when: When,
    /// How often it strikes.
    pub frequency: Frequency,
    /// What goes wrong.
    pub fault: Fault,
}

impl Rule {
    /// Whether the rule is about requests to this operation, whatever else it asks for.
    #[must_use]
    pub fn is_about(&self, provider: &str, operation: Option<&str>) -> bool {
        let whose = self.provider.as_deref().is_none_or(|it| it == provider);
        let which = self.operation.as_deref().is_none_or(|it| Some(it) == operation);
        whose && which && self.fault.is_of_callbacks() == operation.is_none()
    }

    /// Whether a request or a callback matches.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.is_about(subject.provider, subject.operation)
            && (subject.can_show)(&self.fault)
            && self.when.holds(subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(frequency: Frequency, matches: u64) -> Vec<u64> {
        let mut struck = Vec::new();
        for ordinal in 1..=matches {
            if frequency.strikes(7, ordinal, u64::try_from(struck.len()).unwrap()) {
                struck.push(ordinal);
            }
        }
        struck
    }

    #[test]
    fn the_conditions_of_a_frequency_combine() {
        let base = Frequency::default();
        assert_eq!(struck(base, 3), [1, 2, 3]);
        assert_eq!(struck(Frequency { after: 2, times: Some(1), ..base }, 9), [3]);
        assert_eq!(struck(Frequency { after: 2, every: 3, ..base }, 12), [5, 8, 11]);
        assert_eq!(struck(Frequency { after: 1, every: 2, times: Some(2), ..base }, 12), [3, 5]);
        assert!(struck(Frequency { chance: Some(0), ..base }, 50).is_empty());
        // Strikes are counted, not matches: with a probability the rule goes on until it has struck.
        let drawn = struck(Frequency { chance: Some(300_000), ..base }, 100);
        let limited = struck(Frequency { chance: Some(300_000), times: Some(3), ..base }, 100);
        assert!(drawn.len() > 10 && drawn.len() < 60, "{drawn:?}");
        assert_eq!(limited, drawn.get(..3).unwrap());
    }
}
