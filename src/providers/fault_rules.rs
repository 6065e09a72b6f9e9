//! Checks that a request can match a fault rule, and adds the rule to a space.

use std::sync::Arc;

use super::vocabulary;
use crate::sandbox::faults::Rule;
use crate::sandbox::scenario::{FaultFile, Scenario};
use crate::sandbox::space::Space;
use crate::sandbox::state::faults::{ActiveRule, MAX_RULES};

/// The reason why a fault rule cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The rule is invalid; the text names valid alternatives.
    #[error("{0}")]
    Invalid(String),
    /// The space already has the maximum number of rules.
    #[error("there are {MAX_RULES} rules already; delete some")]
    TooMany,
}

/// Adds a fault rule to a space, if it is valid.
///
/// # Errors
///
/// If the rule is invalid, or if there are too many rules.
pub fn add(space: &Arc<Space>, file: FaultFile) -> Result<Arc<ActiveRule>, RuleError> {
    let rule = file.to_rule().map_err(RuleError::Invalid)?;
    let added = space.change(|draft| {
        check(&rule, &draft.world().scenario).map_err(RuleError::Invalid)?;
        let (number, added) = draft.state().faults.add(file.clone()).ok_or(RuleError::TooMany)?;
        draft.push(added);
        draft.state().faults.get(number).cloned().ok_or(RuleError::TooMany)
    });
    added.map(|it| it.0)
}

/// Checks that somebody can meet the fault of a rule in a space with this scenario.
///
/// # Errors
///
/// A text that names the unknown word and a known one.
pub fn check(rule: &Rule, scenario: &Scenario) -> Result<(), String> {
    let merchants = scenario.merchants().map(|it| it.name.as_str());
    vocabulary().check_rule(rule, merchants)
}
