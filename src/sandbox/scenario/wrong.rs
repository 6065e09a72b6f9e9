//! Why a value of a document does not fit the type it is read into, and where.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

use super::document::{Node, Step};
use super::error::explain;

/// Why a value cannot be read.
#[derive(Debug)]
pub(super) struct Wrong<'d> {
    pub(super) kind: Kind,
    /// The value; `None` until it is known.
    pub(super) node: Option<&'d Node>,
    /// The way to the value, the last step first.
    pub(super) steps: Vec<Step>,
}

/// What is wrong.
#[derive(Debug)]
pub(super) enum Kind {
    /// A table lacks a key.
    Missing(&'static str),
    /// Anything else, as the end of a sentence.
    Other(String),
}

impl<'d> Wrong<'d> {
    /// Adds the step that leads to the value, outside of those that are known; and the value, if none is
    /// known yet.
    pub(super) fn below(mut self, step: Step, node: Option<&'d Node>) -> Self {
        self.steps.push(step);
        self.node = self.node.or(node);
        self
    }

    /// What is wrong, for the user.
    pub(super) fn problem(&self) -> String {
        match &self.kind {
            Kind::Missing(key) => format!("the key `{key}` is missing here"),
            Kind::Other(problem) => explain(problem),
        }
    }
}

impl Error for Wrong<'_> {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { kind: Kind::Other(message.to_string()), node: None, steps: Vec::new() }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { kind: Kind::Missing(field), node: None, steps: Vec::new() }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("is {unexpected}; wanted is {expected}"))
    }
}

impl fmt::Display for Wrong<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem())
    }
}

impl std::error::Error for Wrong<'_> {}

/// What a visitor of a text wants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// The wanted value, for a message.
    pub(super) noun: &'static str,
    /// A text that is read if there is none.
    pub(super) example: &'static str,
    /// Whether it is a point in time, whose own messages are long.
    pub(super) is_time: bool,
}

/// The description that a visitor gives of what it wants.
pub(super) fn expecting(visitor: &dyn Expected) -> String {
    visitor.to_string()
}

/// What a visitor wants that describes itself like this.
pub(super) fn wanted_text(expecting: &str) -> Wanted {
    match expecting {
        "a timestamp string" => Wanted {
            noun: "an instant such as 2026-01-31T12:00:00Z, with `Z` or an offset",
            example: "2000-01-01T00:00:00Z",
            is_time: true,
        },
        "a date string" => {
            Wanted { noun: "a day such as 2026-01-31", example: "2000-01-01", is_time: true }
        }
        _ => Wanted { noun: "text in quotes", example: "", is_time: false },
    }
}
