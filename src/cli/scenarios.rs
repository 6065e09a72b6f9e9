//! `sandtill scenarios`: lists the built-in ones, or prints one.

use clap::{Args, Subcommand};

use super::{Failure, say};
use crate::sandbox::scenario::BUILT_IN;

#[derive(Clone, Debug, Args)]
pub(super) struct ScenariosArgs {
    #[command(subcommand)]
    command: Option<Show>,
}

#[derive(Clone, Debug, Subcommand)]
enum Show {
    /// Print one: a good start for a file of your own.
    Show {
        /// Its name.
        name: String,
    },
}

pub(super) fn run(args: &ScenariosArgs) -> Result<(), Failure> {
    let Some(Show::Show { name }) = &args.command else {
        let width = BUILT_IN.iter().map(|it| it.name.len()).max().unwrap_or(0);
        let lines: Vec<String> =
            BUILT_IN.iter().map(|it| format!("{:width$}  {}", it.name, it.summary())).collect();
        say(&lines.join("\n"));
        return Ok(());
    };
    let Some(built_in) = BUILT_IN.iter().find(|it| it.name == name) else {
        let names: Vec<&str> = BUILT_IN.iter().map(|it| it.name).collect();
        let known = names.join(", ");
        return Err(Failure::usage(format!("no built-in scenario `{name}`; there are {known}")));
    };
    say(built_in.text.trim_end());
    Ok(())
}
