//! Whether a fault rule is one that a request can ever meet, and putting it in force.

use std::sync::Arc;

use super::{ALL, find, vocabulary};
use crate::sandbox::faults::{Fault, Rule};
use crate::sandbox::scenario::{FaultFile, nearest, suggestion};
use crate::sandbox::space::Space;
use crate::sandbox::state::faults::{ActiveRule, MAX_RULES};

/// Why a rule cannot be put in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// It makes no sense; what would is said.
    #[error("{0}")]
    Invalid(String),
    /// There are too many.
    #[error("there are {MAX_RULES} rules already; delete some")]
    TooMany,
}

/// Puts a rule in force, unless something is wrong with it.
///
/// # Errors
///
/// What is wrong with it, or that there are too many.
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

/// Whether the provider and its words are known.
///
/// # Errors
///
/// What is not known, and what would be.
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
    // Without an operation it strikes where its words are known.
    let vocabulary = vocabulary();
    vocabulary.dialect(slug).map_or(Ok(()), |dialect| dialect.check_fault(&rule.fault))
}
