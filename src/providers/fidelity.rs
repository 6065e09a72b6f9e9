//! How faithful an operation is: what its emulation rests on, told in the OpenAPI description and in
//! `docs/emulated.md`.

use serde_json::{Value, json};

/// What a behaviour rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Level {
    /// The vendor's documents say it.
    Documented,
    /// The documents do not say it; published clients or real answers show it.
    Observed,
    /// Nobody says it. It is our choice, and may differ at the vendor.
    Choice,
}

/// What an operation rests on as a whole, and which of its parts rest on something else.
#[derive(Clone, Copy, Debug)]
pub struct Fidelity {
    /// The level of everything that no part names.
    pub level: Level,
    /// Where it is documented, or who was seen.
    pub source: &'static str,
    /// The parts that rest on something else.
    pub parts: &'static [Part],
}

/// A part of an operation that rests on something else than the rest of it.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The part, in a few words.
    pub about: &'static str,
    /// What it rests on.
    pub level: Level,
    /// Where it is documented, who was seen, or what was chosen.
    pub source: &'static str,
}

impl Level {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// A part that the vendor documents on another page.
pub const fn documented(about: &'static str, source: &'static str) -> Part {
    Part { about, level: Level::Documented, source }
}

/// A part that was only observed.
pub const fn observed(about: &'static str, source: &'static str) -> Part {
    Part { about, level: Level::Observed, source }
}

/// A part that is our choice.
pub const fn choice(about: &'static str, source: &'static str) -> Part {
    Part { about, level: Level::Choice, source }
}

impl Fidelity {
    /// The member `x-fidelity` of the operation in the OpenAPI description.
    #[must_use]
    pub fn described(&self) -> Value {
        let part =
            |it: &Part| json!({"about": it.about, "level": it.level.word(), "source": it.source});
        json!({
            "level": self.level.word(),
            "source": self.source,
            "parts": self.parts.iter().map(part).collect::<Vec<_>>(),
        })
    }
}
