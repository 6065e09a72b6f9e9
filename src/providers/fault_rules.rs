//! Checks that a request can match a fault rule, and adds the rule to a space.

use std::sync::Arc;

use super::{ALL, find, vocabulary};
use crate::sandbox::faults::{Fault, Rule};
use crate::sandbox::scenario::{FaultFile, nearest, suggestion};
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
    check(&rule).map_err(RuleError::Invalid)?;
    let added = space.change(|draft| {
        let (number, added) = draft.state().faults.add(file).ok_or(RuleError::TooMany)?;
        draft.push(added);
        draft.state().faults.get(number).cloned().ok_or(RuleError::TooMany)
    });
    added.map(|it| it.0)
}

/// Checks that the provider, its operation and its error code are known.
///
/// # Errors
///
/// A text that names the unknown word and a known one.
pub fn check(rule: &Rule) -> Result<(), String> {
    let Some(slug) = &rule.provider else { return Ok(()) };
    let Some(provider) = find(slug) else {
        let near = suggestion(slug, ALL.iter().map(|it| it.slug));
        return Err(format!("unknown provider `{slug}`{near}"));
    };
    if let Some(operation) = &rule.operation {
        let known = || provider.operations.iter().map(|it| it.name);
        if !known().any(|name| name == operation) && operation != "unknown" {
            let near = suggestion(operation, known());
            return Err(format!("{slug} has no operation `{operation}`{near}"));
        }
    }
    if let (Fault::Error(code), Some(operation)) = (&rule.fault, &rule.operation) {
        let knows = |code: &str| (provider.knows)(operation, code);
        if knows(code) {
            return Ok(());
        }
        let known: Vec<String> = (provider.codes)().into_iter().filter(|it| knows(it)).collect();
        let near = nearest(code, &known);
        return Err(format!("{slug} has no error `{code}` at `{operation}`; {near}"));
    }
    // A rule without an operation applies at the operations that know the error code.
    let vocabulary = vocabulary();
    vocabulary.dialect(slug).map_or(Ok(()), |dialect| dialect.check_fault(&rule.fault))
}
