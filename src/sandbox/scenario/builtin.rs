//! The scenarios that are part of the binary.

/// A scenario that is part of the binary.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// What `--scenario` takes.
    pub name: &'static str,
    /// The file.
    pub text: &'static str,
}

impl BuiltIn {
    /// What it is for: the first line of its comment.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        self.text.lines().next().unwrap_or("").trim_start_matches(['#', ' '])
    }
}

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        &[$(BuiltIn {
            name: $name,
            text: include_str!(concat!("../../../scenarios/", $name, ".toml")),
        }),*]
    };
}

/// Every built-in scenario, in the order they are listed.
pub const BUILT_IN: &[BuiltIn] = built_in![
    "default",
    "docs-samples",
    "empty",
    "large",
    "outage",
    "paging",
    "settlement",
    "unicode"
];
