//! `sandtill check`: validates scenario files.

use clap::Args;

use super::{Failure, say};
use crate::providers;
use crate::sandbox::scenario::{Overrides, Scenario};

#[derive(Clone, Debug, Args)]
pub(super) struct CheckArgs {
    /// Paths of scenario files (TOML or JSON), names of built-in scenarios, or `-` for standard input.
    #[arg(required = true)]
    files: Vec<String>,
}

pub(super) fn run(args: &CheckArgs) -> Result<(), Failure> {
    let vocabulary = providers::vocabulary();
    let mut wrong = Vec::new();
    for file in &args.files {
        match Scenario::load(file, &vocabulary, &Overrides::default()) {
            Ok(scenario) => {
                let merchants = scenario.merchants().count();
                let name = &scenario.name;
                say(&format!("{name}: good ({merchants} merchants, seed {})", scenario.seed));
            }
            Err(err) => wrong.push(err.to_string()),
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::lines(wrong.join("\n"))) }
}
