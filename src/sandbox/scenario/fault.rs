//! A fault rule as a scenario file or the admin API writes it, and its conversion into a [`Rule`].

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fault_kind::{FaultKindFile, fraction};
use super::schema::Instant;
use crate::sandbox::facts::Named;
use crate::sandbox::faults::{Fault, Frequency, Rule, When};

/// The longest text that a rule searches for, in bytes.
const MAX_SOUGHT: usize = 1024;

/// A fault rule: which requests it concerns, how often it strikes, and what goes wrong.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FaultFile {
    /// Slug of the provider; all providers if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The provider's operation; all operations that can show the fault if absent. Needs `provider`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// What narrows the rule further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<WhenFile>,
    /// The first so many matching requests are skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Strikes so often, then never again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub times: Option<u64>,
    /// Strikes every n-th matching request, counted from behind `after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub every: Option<u64>,
    /// Strikes with this probability, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1))]
    pub probability: Option<f64>,
    /// What goes wrong.
    pub fault: FaultKindFile,
}

/// What narrows a rule beyond provider and operation; at least one condition, and all of them have to hold.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct WhenFile {
    /// The name of the merchant that asks, as in the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// A piece of the body or of the query, as it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub contains: Option<String>,
    /// The number of the page that is asked for, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub page: Option<u64>,
    /// The first and the last instant, both included, sandbox time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<[Instant; 2]>")]
    pub between: Option<[Timestamp; 2]>,
}

impl FaultFile {
    /// The meaning of the rule.
    ///
    /// # Errors
    ///
    /// What is contradictory or out of range, and what is allowed, as a sentence for the user.
    pub fn to_rule(&self) -> Result<Rule, String> {
        if self.times == Some(0) || self.every == Some(0) {
            return Err("`times` and `every` must be at least 1".to_owned());
        }
        let chance = self.probability.map(probability).transpose()?;
        let frequency = Frequency {
            after: self.after.unwrap_or(0),
            every: self.every.unwrap_or(1),
            chance,
            times: self.times,
        };
        let fault = self.fault.to_fault()?;
        let when = self.when.as_ref().map(WhenFile::to_when).transpose()?.unwrap_or_default();
        if self.operation.is_some() && self.provider.is_none() {
            return Err("an `operation` needs its `provider`".to_owned());
        }
        let kind = fault.name();
        if self.operation.is_some() && fault.is_of_callbacks() {
            return Err(format!("`{kind}` is about callbacks, which belong to no `operation`"));
        }
        if when.page.is_some() && fault.is_of_callbacks() {
            return Err(format!("`{kind}` is about callbacks, which have no `page`"));
        }
        if self.provider.is_none() && matches!(fault, Fault::Error(..)) {
            return Err("an `error` needs the `provider` whose code it is".to_owned());
        }
        let (provider, operation) = (self.provider.clone(), self.operation.clone());
        Ok(Rule { provider, operation, when, frequency, fault })
    }
}

/// A probability in millionths.
fn probability(probability: f64) -> Result<u32, String> {
    fraction(probability, 6, 1_000_000)
        .filter(|millionths| *millionths > 0 || probability == 0.0)
        .ok_or_else(|| {
            format!("`probability` is {probability}; it must be 0 to 1, in steps of 0.000001")
        })
}

impl WhenFile {
    fn to_when(&self) -> Result<When, String> {
        if *self == Self::default() {
            let wanted = "say `merchant`, `contains`, `page` or `between`";
            return Err(format!("`when` is empty; {wanted}, or leave it out"));
        }
        if self.page == Some(0) {
            return Err("`when.page` is 0; pages are counted from 1".to_owned());
        }
        let length = self.contains.as_ref().map_or(1, String::len);
        if !(1..=MAX_SOUGHT).contains(&length) {
            return Err(format!(
                "`when.contains` has {length} bytes; it must have 1 to {MAX_SOUGHT}"
            ));
        }
        let between = self.between.map(|[from, to]| (from, to));
        if let Some((from, to)) = between.filter(|(from, to)| from > to) {
            return Err(format!(
                "`when.between` ends at {to}, before it begins at {from}; it is [from, to]"
            ));
        }
        let (merchant, contains) = (self.merchant.clone(), self.contains.clone());
        Ok(When { merchant, contains, page: self.page, between })
    }
}
