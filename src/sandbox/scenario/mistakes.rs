//! The mistakes of a scenario text: all of them are collected, each with the place where it stands.

use super::document::{Broken, Document, Path, Place, State};
use super::error::{Mistake, ScenarioError};

/// The maximum number of mistakes that are told at once.
const MAX_MISTAKES: usize = 100;

/// What was found in one document so far.
#[derive(Debug)]
pub(super) struct Mistakes<'d, 't> {
    pub(super) document: &'d Document<'t>,
    found: Vec<(usize, Mistake)>,
}

impl<'d, 't> Mistakes<'d, 't> {
    /// The mistakes in the syntax of a document.
    pub(super) fn of(document: &'d Document<'t>) -> Self {
        let mut mistakes = Self { document, found: Vec::new() };
        for broken in &document.broken {
            let key = document.key_on_line(broken.at);
            mistakes.keep(broken.at, key, broken.problem.clone());
        }
        mistakes
    }

    /// Adds a mistake in the value at a path, unless one was told there already.
    pub(super) fn add(&mut self, path: &Path, problem: impl Into<String>) {
        self.add_at(path, |place| place.value, problem.into());
    }

    /// Adds a mistake in the key at the end of a path, unless one was told there already.
    pub(super) fn add_to_key(&mut self, path: &Path, problem: impl Into<String>) {
        self.add_at(path, |place| place.key, problem.into());
    }

    fn add_at(&mut self, path: &Path, at: impl Fn(&Place) -> usize, problem: String) {
        let place = self.document.place(path);
        if !place.is_told {
            self.push(at(&place), self.document.key_of(path), problem);
        }
    }

    /// Adds a mistake between two values to the one that stands later in the text.
    pub(super) fn add_to_later(&mut self, one: &Path, other: &Path, problem: String) {
        let at = |path| self.document.place(path).value;
        let later = if at(one) > at(other) { one } else { other };
        self.add(later, problem);
    }

    /// Adds the mistake for a key that nobody knows. The mistake is not told again when the value is read.
    pub(super) fn unknown_key(&mut self, path: &Path, problem: String) {
        self.add_to_key(path, problem);
        self.skip(path);
    }

    /// Adds a mistake whose place is known.
    pub(super) fn push(&mut self, at: usize, key: String, problem: String) {
        // What is wrong with a value on a broken line follows from the break.
        let (line, _) = self.document.line_and_column(at);
        let is_on = |broken: &Broken| self.document.line_and_column(broken.at).0 == line;
        if !self.document.broken.iter().any(is_on) {
            self.keep(at, key, problem);
        }
    }

    fn keep(&mut self, at: usize, key: String, problem: String) {
        let (line, column) = self.document.line_and_column(at);
        self.found.push((at, Mistake { line: Some(line), column: Some(column), key, problem }));
    }

    /// Adds the mistake that a table lacks a key.
    pub(super) fn add_missing(&mut self, table: &Path, key: &str, problem: String) {
        // In a text with broken lines the key can be on one of them.
        if self.document.broken.is_empty() && !self.document.place(&table.key(key)).is_told {
            let at = self.document.place(table).value;
            self.push(at, self.document.key_of(&table.key(key)), problem);
        }
    }

    /// Adds a mistake to that part of a table which its text names between backticks, by key or by value.
    pub(super) fn add_to_named(&mut self, table: &Path, problem: String) {
        let mut words = problem.split('`').skip(1).step_by(2);
        let document = self.document;
        let named = words.find_map(|word| document.find_part(table, word));
        self.add(named.as_ref().unwrap_or(table), problem);
    }

    fn skip(&self, path: &Path) {
        if let Some(node) = self.document.node(path) {
            node.state.set(State::Skipped);
        }
    }

    /// Whether a mistake was told for a key with this name, so that what refers to its value is unclear.
    pub(super) fn concern(&self, keys: &[&str]) -> bool {
        let ends_with = |mistake: &Mistake, key: &str| {
            mistake.key.rsplit('.').next().is_some_and(|last| last == key)
        };
        self.found.iter().any(|(_, it)| keys.iter().any(|key| ends_with(it, key)))
    }

    /// Whether nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether so much was found that nobody needs more at once.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= MAX_MISTAKES
    }

    /// The error with everything that was found, in the order of the text.
    pub(super) fn into_error(mut self) -> ScenarioError {
        self.found.sort_by_key(|it| it.0);
        let mut mistakes: Vec<Mistake> = self.found.into_iter().map(|it| it.1).collect();
        mistakes.dedup();
        mistakes.truncate(MAX_MISTAKES);
        ScenarioError { file: self.document.name.to_owned(), mistakes }
    }
}
