//! Whether anybody can ever meet a fault: one check for scenario files, the admin API and snapshots.

use super::error::{nearest, suggestion};
use super::vocabulary::{Dialect, Vocabulary};
use crate::sandbox::facts::Named;
use crate::sandbox::faults::{Fault, Rule};

/// The operation of requests to paths of a provider that it does not have.
const UNKNOWN: &str = "unknown";

/// What the answers of an operation can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answerable {
    /// The name of the operation.
    pub name: &'static str,
    /// Whether a request can ask for one page of several.
    pub has_pages: bool,
    /// Where the rows of an answer come from.
    pub rows: RowSource,
}

/// Where the rows of an answer come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowSource {
    /// It has none.
    Nowhere,
    /// From a report that was prepared, and so fixed, before it is asked for.
    Prepared,
    /// From the ledger, without a range of time.
    Listed,
    /// From the ledger, within a range of time that the request names.
    Ranged,
}

impl Answerable {
    fn has_rows(&self) -> bool {
        self.rows != RowSource::Nowhere
    }
}

impl Vocabulary {
    /// Checks that a request or a callback can meet the fault of this rule. `merchants` are the names of the
    /// scenario's merchants.
    ///
    /// # Errors
    ///
    /// What nobody has (provider, operation, merchant, error code, page, callback) and what there is, the
    /// nearest word first, as a sentence for the user.
    pub fn check_rule<'a>(
        &self,
        rule: &Rule,
        merchants: impl Iterator<Item = &'a str>,
    ) -> Result<(), String> {
        if let Some(name) = &rule.when.merchant {
            let known: Vec<&str> = merchants.collect();
            if !known.contains(&name.as_str()) {
                return Err(format!(
                    "unknown merchant `{name}`{}",
                    suggestion(name, known.into_iter())
                ));
            }
        }
        let Some(slug) = &rule.provider else {
            return match self.0.iter().any(|dialect| dialect.check_rule(rule).is_ok()) {
                true => Ok(()),
                false => Err(format!("no provider can show `{}`", rule.fault.name())),
            };
        };
        self.provider(slug)?.check_rule(rule)
    }
}

impl Dialect {
    fn check_rule(&self, rule: &Rule) -> Result<(), String> {
        let slug = self.slug;
        if rule.fault.is_of_callbacks() {
            let word = rule.fault.name();
            return match self.callbacks {
                Some(_) => Ok(()),
                None => Err(format!("`{word}` is about callbacks, and {slug} sends none")),
            };
        }
        let Some(name) = &rule.operation else {
            // Without an operation the rule strikes at the operations that can show the fault.
            let checks = self.operations.iter().map(|it| self.check_at(rule, it.name));
            let refused: Vec<String> = checks.filter_map(Result::err).collect();
            self.check_code(rule)?;
            return match self.operations.is_empty() || refused.len() < self.operations.len() {
                true => Ok(()),
                false => Err(refused.into_iter().next_back().unwrap_or_default()),
            };
        };
        let known = || self.operations.iter().map(|it| it.name);
        if !known().any(|it| it == name) && name != UNKNOWN {
            return Err(format!("{slug} has no operation `{name}`{}", suggestion(name, known())));
        }
        self.check_at(rule, name)
    }

    /// Checks that answers of this operation can show the fault.
    fn check_at(&self, rule: &Rule, operation: &str) -> Result<(), String> {
        let slug = self.slug;
        if let Fault::Error(code, _) = &rule.fault
            && !(self.knows)(operation, code)
        {
            let all = (self.codes)().into_iter();
            let known: Vec<String> = all.filter(|it| (self.knows)(operation, it)).collect();
            let near = nearest(code, &known);
            return Err(format!("{slug} has no error `{code}` at `{operation}`; {near}"));
        }
        let with = |has: fn(&Answerable) -> bool| {
            let names: Vec<String> = self
                .operations
                .iter()
                .filter(|it| has(it))
                .map(|it| format!("`{}`", it.name))
                .collect();
            match names.is_empty() {
                true => format!("no operation of {slug} has any"),
                false => format!("operations that have some: {}", names.join(", ")),
            }
        };
        let answerable = self.operations.iter().find(|it| it.name == operation);
        let word = rule.fault.name();
        if rule.fault.is_of_rows() && !answerable.is_some_and(Answerable::has_rows) {
            let there = with(Answerable::has_rows);
            return Err(format!("`{word}`: {slug} has no rows at `{operation}`; {there}"));
        }
        let takes_new = |it: &Answerable| it.rows == RowSource::Ranged;
        if matches!(rule.fault, Fault::InsertBetween(_)) && !answerable.is_some_and(takes_new) {
            let why = match answerable.is_some_and(|it| it.rows == RowSource::Prepared) {
                true => "is prepared first, so its rows are fixed before it is asked for",
                false => "names no range of time, so nothing can come in inside of it",
            };
            let there = with(|it| it.rows == RowSource::Ranged);
            return Err(format!("`{word}`: `{operation}` of {slug} {why}; {there}"));
        }
        if rule.when.page.is_some() && !answerable.is_some_and(|it| it.has_pages) {
            let there = with(|it| it.has_pages);
            return Err(format!("`when.page`: {slug} has no pages at `{operation}`; {there}"));
        }
        Ok(())
    }

    /// Checks that some operation knows the code of an `error`.
    fn check_code(&self, rule: &Rule) -> Result<(), String> {
        let Fault::Error(code, _) = &rule.fault else { return Ok(()) };
        let known = (self.codes)();
        match known.contains(code) {
            true => Ok(()),
            false => Err(format!("{} has no error `{code}`; {}", self.slug, nearest(code, &known))),
        }
    }
}
