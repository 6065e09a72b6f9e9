//! The built-in scenarios and packs: the files of `scenarios/`, compiled into the binary.

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

/// The packs: scenarios that `sandtill certify` runs importers against.
pub const PACKS: &[BuiltIn] = built_in![
    "late-monday",
    "month-end",
    "dst-night",
    "double-delivery",
    "new-column",
    "negative-week",
    "exponents"
];

/// All built-in scenarios, then the packs.
pub fn built_ins() -> impl Iterator<Item = &'static BuiltIn> {
    BUILT_IN.iter().chain(PACKS)
}

/// The built-in scenario or pack with this name.
#[must_use]
pub fn built_in(name: &str) -> Option<&'static BuiltIn> {
    built_ins().find(|it| it.name == name)
}

/// All built-in scenarios but the packs, in the order in which they are listed.
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
