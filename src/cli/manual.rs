//! `sandtill completions` and `man`: for shells and packages.

use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Failure, say};

#[derive(Clone, Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Shell whose completions are printed.
    shell: Shell,
}

pub(super) fn completions(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sandtill", &mut text);
    say(String::from_utf8_lossy(&text).trim_end());
    Ok(())
}

#[derive(Clone, Debug, Args)]
pub(super) struct ManArgs {
    /// Folder for the pages of all commands, such as `sandtill-serve.1`; without it the page of the program
    /// is printed.
    #[arg(long, env = "SANDTILL_MAN_DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn man(args: &ManArgs) -> Result<(), Failure> {
    let mut program = Cli::command();
    program.build();
    match &args.dir {
        None => {
            say(&page(&program, "sandtill")?);
            Ok(())
        }
        Some(folder) => write(&program, "sandtill", folder),
    }
}

/// The manual page of a command, as roff.
fn page(command: &Command, name: &str) -> Result<String, Failure> {
    let mut text = Vec::new();
    let page = clap_mangen::Man::new(command.clone().display_name(name)).title(name);
    page.render(&mut text)
        .map_err(|err| Failure::failed(format!("the page of {name} cannot be made: {err}")))?;
    Ok(String::from_utf8_lossy(&text).trim_end().to_owned())
}

/// Writes the page of a command and of all its commands.
fn write(command: &Command, name: &str, folder: &Path) -> Result<(), Failure> {
    let path = folder.join(format!("{name}.1"));
    std::fs::write(&path, page(command, name)? + "\n")
        .map_err(|err| Failure::failed(format!("cannot write {}: {err}", path.display())))?;
    for inner in command.get_subcommands().filter(|it| it.get_name() != "help") {
        write(inner, &format!("{name}-{}", inner.get_name()), folder)?;
    }
    Ok(())
}
