//! Scenario files with mistakes: all of them are told, each at its place.

mod garbage;
mod json;
mod mistakes;
mod schema;
mod twelve;

use sandtill::providers;
use sandtill::sandbox::scenario::{Mistake, Overrides, Scenario};

/// The mistakes of a text; empty for a good one.
fn mistakes(text: &str) -> Vec<Mistake> {
    let read = Scenario::parse("t.toml", text, &providers::vocabulary(), &Overrides::default());
    read.map_or_else(|err| err.mistakes, |_| Vec::new())
}

/// The mistakes of a text as lines, without the name of the file.
fn lines(text: &str) -> Vec<String> {
    let read = Scenario::parse("t", text, &providers::vocabulary(), &Overrides::default());
    let text = read.map_or_else(|err| err.to_string(), |_| String::new());
    text.lines().map(|line| line.strip_prefix("t:").unwrap_or(line).to_owned()).collect()
}

/// Checks that a text has exactly these mistakes: the place, the key, and a part of the problem.
#[track_caller]
fn has(text: &str, expected: &[(usize, usize, &str, &str)]) {
    let found = mistakes(text);
    assert_eq!(found.len(), expected.len(), "{text}\n{}", lines(text).join("\n"));
    for (mistake, (line, column, key, part)) in found.iter().zip(expected) {
        let position = (mistake.line, mistake.column);
        assert_eq!(position, (Some(*line), Some(*column)), "{text}\n{mistake:?}");
        assert_eq!(mistake.key, *key, "{text}\n{mistake:?}");
        assert!(mistake.problem.contains(part), "{text}\n{mistake:?}");
    }
}

/// A merchant with everything that a pinned transaction needs, on three lines.
const SHOP: &str = "[[merchant]]\nname = \"shop\"\ntrade.volume = 0\n";

/// A clock that stands, on three lines.
const CLOCK: &str = "[clock]\nmode = \"frozen\"\nnow = 2026-03-14T12:00:00Z\n";
