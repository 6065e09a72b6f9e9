//! Errors of a scenario: what is wrong, in which line, and which known name was probably meant.

/// An error in a scenario; its text is one sentence with file, line and field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {problem}", file, line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct ScenarioError {
    /// The path of the file, or the name of the built-in scenario.
    pub file: String,
    /// The line, from 1; `None` when the error cannot be traced to a line.
    pub line: Option<usize>,
    /// What is wrong, and what would be correct.
    pub problem: String,
}

/// A scenario text and its name, for the position of an error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// An error in a field without a line.
    pub(super) fn complain(&self, field: &str, problem: String) -> ScenarioError {
        ScenarioError {
            file: self.name.to_owned(),
            line: None,
            problem: format!("{field}: {problem}"),
        }
    }

    /// An error at a byte offset of the text; the line is computed from it.
    pub(super) fn at(&self, byte: usize, problem: String) -> ScenarioError {
        let before = self.text.as_bytes().get(..byte).unwrap_or_default();
        let line = (!self.text.is_empty())
            .then(|| before.iter().filter(|byte| **byte == b'\n').count() + 1);
        ScenarioError { file: self.name.to_owned(), line, problem }
    }

    /// An error for a name that is not among the known ones, with a suggestion.
    pub(super) fn unknown<'k>(
        &self,
        field: &str,
        noun: &str,
        name: &str,
        known: impl Iterator<Item = &'k str>,
    ) -> ScenarioError {
        self.complain(field, format!("unknown {noun} `{name}`{}", suggestion(name, known)))
    }
}

/// The text `; did you mean …?` with the most similar known name; without a similar one, the list of all
/// known names.
#[must_use]
pub fn suggestion<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.collect();
    let near = known
        .iter()
        .map(|other| (strsim::damerau_levenshtein(name, other), other))
        .filter(|(distance, other)| *distance <= other.len().max(name.len()).div_ceil(2))
        .min();
    match near {
        Some((_, other)) => format!("; did you mean `{other}`?"),
        None if known.is_empty() => String::new(),
        None => format!("; known are {}", known.join(", ")),
    }
}

/// The maximum number of names in the list of [`nearest`].
const MAX_LISTED: usize = 12;

/// A list of known names, ordered by similarity to `name`, at most `MAX_LISTED` of them.
#[must_use]
pub fn nearest(name: &str, known: &[String]) -> String {
    let mut near: Vec<_> =
        known.iter().map(|it| (strsim::damerau_levenshtein(name, it), it)).collect();
    // The sort is stable: names of equal similarity keep their order.
    near.sort_by_key(|it| it.0);
    let listed: Vec<_> = near.iter().take(MAX_LISTED).map(|(_, it)| format!("`{it}`")).collect();
    let rest = known.len() - listed.len();
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("known are, the nearest first, {}{more}", listed.join(", "))
}

/// The message of a serde parser in words for users: an unknown key or value gets a suggestion.
#[must_use]
pub fn explain(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    match (unknown, quoted.next()) {
        (true, Some(name)) => {
            let noun = if message.starts_with("unknown field") { "key" } else { "value" };
            format!("unknown {noun} `{name}`{}", suggestion(name, quoted))
        }
        _ => plain(&message.trim().replace('\n', "; ")),
    }
}

/// Replaces Rust types in the message of a parser by words that need no knowledge of Rust.
fn plain(message: &str) -> String {
    let Some((before, expected)) = message.split_once("expected ") else {
        return message.to_owned();
    };
    let mut parts = expected.split(' ');
    let noun = match parts.next().unwrap_or("") {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i64" => "a whole number in its range",
        "f64" => "a number",
        "struct" => {
            parts.next();
            "an object"
        }
        _ => return message.to_owned(),
    };
    let rest: Vec<&str> = std::iter::once(noun).chain(parts).collect();
    format!("{before}expected {}", rest.join(" "))
}

pub(super) fn unreadable(name: &str, err: &std::io::Error) -> ScenarioError {
    let known = super::BUILT_IN.iter().map(|built_in| built_in.name);
    let problem = if err.kind() == std::io::ErrorKind::NotFound {
        format!("no built-in scenario and no file of this name{}", suggestion(name, known))
    } else {
        format!("cannot be read: {err}")
    };
    ScenarioError { file: name.to_owned(), line: None, problem }
}
