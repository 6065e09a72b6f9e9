//! The built-in scenarios: the files of `scenarios/`, compiled into the binary.

/// A built-in scenario.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// The name that `--scenario` takes.
    pub name: &'static str,
    /// The text of the TOML file.
    pub text: &'static str,
}

impl BuiltIn {
    /// The purpose of the scenario: the first line of the file, without `#`.
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

/// All built-in scenarios, in the order in which they are listed.
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
