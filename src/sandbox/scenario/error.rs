//! Errors of a scenario: what is wrong, at which place, and which known name was probably meant.

use std::fmt;

/// A scenario that cannot be used, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// The path of the file, or the name of the built-in scenario.
    pub file: String,
    /// All mistakes, in the order of the text; at least one.
    pub mistakes: Vec<Mistake>,
}

/// One mistake in a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1; `None` if the mistake has no place in a text.
    pub line: Option<usize>,
    /// The column in characters, from 1; `None` if the mistake has no place in a text.
    pub column: Option<usize>,
    /// The key, with the keys of its tables before it (`merchant.trade.volume`); empty for none.
    pub key: String,
    /// What is wrong, and what would be correct.
    pub problem: String,
}

impl ScenarioError {
    /// A single mistake that has no place in a text.
    pub(super) fn plain(file: &str, problem: String) -> Self {
        let mistake = Mistake { line: None, column: None, key: String::new(), problem };
        Self { file: file.to_owned(), mistakes: vec![mistake] }
    }
}

/// Each mistake on a line: `file:line:column: key: problem`.
impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, mistake) in self.mistakes.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&self.file)?;
            for number in [mistake.line, mistake.column].into_iter().flatten() {
                write!(f, ":{number}")?;
            }
            if !mistake.key.is_empty() {
                write!(f, ": {}", mistake.key)?;
            }
            write!(f, ": {}", mistake.problem)?;
        }
        Ok(())
    }
}

impl std::error::Error for ScenarioError {}

/// The number of known names up to which a suggestion lists all of them.
const MAX_ALL: usize = 14;

/// The text `; did you mean …?` with the most similar known name; case does not count. Without a similar
/// one, the list of the known names, or of the nearest of many.
#[must_use]
pub fn suggestion<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.collect();
    // A longer name is like no known one, and the comparison would take long.
    let name: String = name.chars().take(64).collect();
    let lower = name.to_lowercase();
    let distance = |other: &str| {
        let folded = strsim::damerau_levenshtein(&lower, &other.to_lowercase());
        // Among equally near names, those that begin alike are meant rather.
        let other_lower = other.to_lowercase();
        let alike = lower.chars().zip(other_lower.chars()).take_while(|it| it.0 == it.1).count();
        (folded, std::cmp::Reverse(alike), strsim::damerau_levenshtein(&name, other))
    };
    let mut near: Vec<_> = known.iter().map(|other| (distance(other), *other)).collect();
    near.sort_unstable();
    match near.first() {
        None => String::new(),
        Some(((distance, ..), other))
            if *distance <= other.chars().count().max(lower.chars().count()).div_ceil(2) =>
        {
            format!("; did you mean `{other}`?")
        }
        Some(_) if known.len() <= MAX_ALL => format!("; known are {}", known.join(", ")),
        Some(_) => {
            let listed: Vec<&str> = near.iter().take(3).map(|it| it.1).collect();
            format!("; the nearest of {} are {}", known.len(), listed.join(", "))
        }
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

/// The error for a file that cannot be read.
pub(super) fn unreadable(name: &str, err: &std::io::Error) -> ScenarioError {
    let known = super::built_ins().map(|built_in| built_in.name);
    let problem = if err.kind() == std::io::ErrorKind::NotFound {
        format!("no built-in scenario and no file of this name{}", suggestion(name, known))
    } else {
        format!("cannot be read: {err}")
    };
    ScenarioError::plain(name, problem)
}
