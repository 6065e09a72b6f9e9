//! Environment variables that look like a setting and are none: a warning with the nearest name.

use std::collections::BTreeSet;

use clap::Command;

use super::warn;
use crate::providers;
use crate::sandbox::scenario::suggestion;

/// The begin of the name of every setting.
const PREFIX: &str = "SANDTILL_";

/// Variables of other programs: of the package for Node, and of an importer that `certify` runs.
const OTHERS: [&str; 3] = ["SANDTILL_BINARY", "SANDTILL_FROM", "SANDTILL_TO"];

/// Warns of each variable that begins like a setting and that no flag of any command reads.
pub(super) fn warn_of_unknown(program: &Command) {
    let mut known = BTreeSet::from(OTHERS.map(str::to_owned));
    collect(program, &mut known);
    let mut given: Vec<String> = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.starts_with(PREFIX) && !known.contains(name) && !is_credential(name))
        .collect();
    given.sort();
    for name in given {
        let near = suggestion(&name, known.iter().map(String::as_str));
        warn(&format!("the environment variable {name} is no setting{near}"));
    }
}

/// Whether it is a credential that `certify` gives to an importer, such as `SANDTILL_FLITT_KEY`.
fn is_credential(name: &str) -> bool {
    providers::ALL.iter().any(|provider| {
        let prefix = format!("{PREFIX}{}_", provider.slug.to_uppercase());
        let key = name.strip_prefix(&prefix).map(str::to_lowercase);
        key.is_some_and(|key| provider.credentials.iter().any(|field| field.name == key))
    })
}

fn collect(command: &Command, known: &mut BTreeSet<String>) {
    let variables = command.get_arguments().filter_map(|it| it.get_env()?.to_str());
    known.extend(variables.map(str::to_owned));
    command.get_subcommands().for_each(|it| collect(it, known));
}
