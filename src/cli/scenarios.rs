//! `sandtill scenarios`: lists the built-in scenarios, prints one of them, or the schema of their format.

use clap::{Args, Subcommand};

use super::{Failure, say};
use crate::providers;
use crate::sandbox::scenario::{built_ins, schema};

#[derive(Clone, Debug, Args)]
pub(super) struct ScenariosArgs {
    #[command(subcommand)]
    command: Option<Show>,
}

#[derive(Clone, Debug, Subcommand)]
enum Show {
    /// Print a built-in scenario; it can be the start of your own file.
    Show {
        /// Name of the built-in scenario.
        name: String,
    },
    /// Print the JSON Schema of scenario files, for editors that check and complete them.
    Schema,
}

pub(super) fn run(args: &ScenariosArgs) -> Result<(), Failure> {
    match &args.command {
        None => {
            let width = built_ins().map(|it| it.name.len()).max().unwrap_or(0);
            let lines: Vec<String> =
                built_ins().map(|it| format!("{:width$}  {}", it.name, it.summary())).collect();
            say(&lines.join("\n"));
            Ok(())
        }
        Some(Show::Schema) => {
            let schema = schema::for_editors(&providers::vocabulary());
            say(&format!("{schema:#}"));
            Ok(())
        }
        Some(Show::Show { name }) => show(name),
    }
}

fn show(name: &str) -> Result<(), Failure> {
    let Some(built_in) = built_ins().find(|it| it.name == name) else {
        let names: Vec<&str> = built_ins().map(|it| it.name).collect();
        let known = names.join(", ");
        return Err(Failure::usage(format!("no built-in scenario `{name}`; there are {known}")));
    };
    say(built_in.text.trim_end());
    Ok(())
}
