//! Runs the command of an importer, with a time limit, and keeps the end of what it prints.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::Failure;
use crate::sandbox::clock::{Stopwatch, real_sleep};

/// Bytes that are kept of what a command prints: the last ones.
const MAX_OUTPUT: usize = 4096;

/// Pause between two looks at a command that runs: 10 milliseconds, real time.
const BETWEEN: Duration = Duration::from_millis(10);

/// A run of a command that has ended.
pub(super) struct Ran {
    /// Its exit code; `None` if it was ended because its time was up, or by a signal.
    pub(super) code: Option<i32>,
    /// The end of what it printed.
    pub(super) output: String,
}

/// Runs a command in a shell with these variables added to the environment.
pub(super) async fn run(
    command: &str,
    environment: &[(String, String)],
    timeout: Duration,
) -> Result<Ran, Failure> {
    let path = std::env::temp_dir().join(format!("sandtill-certify-{}", std::process::id()));
    let failed = |err: std::io::Error| Failure::failed(format!("`{command}`: {err}"));
    let output = File::create(&path).map_err(failed)?;
    let errors = output.try_clone().map_err(failed)?;
    let mut shell = shell(command);
    shell.envs(environment.iter().map(|(name, value)| (name, value)));
    shell.stdin(Stdio::null()).stdout(output).stderr(errors);
    let mut child = shell.spawn().map_err(failed)?;
    let watch = Stopwatch::start();
    let code = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status.code();
        }
        if watch.elapsed() >= timeout {
            end(&mut child);
            break None;
        }
        real_sleep(BETWEEN).await;
    };
    let printed = std::fs::read(&path).unwrap_or_default();
    let _ = std::fs::remove_file(&path);
    let from = printed.len().saturating_sub(MAX_OUTPUT);
    let output = String::from_utf8_lossy(printed.get(from..).unwrap_or_default()).into_owned();
    Ok(Ran { code, output })
}

#[cfg(unix)]
fn shell(command: &str) -> Command {
    use std::os::unix::process::CommandExt;

    let mut shell = Command::new("sh");
    // A group of its own, so that what the command has started ends with it.
    shell.args(["-c", command]).process_group(0);
    shell
}

#[cfg(not(unix))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.args(["/C", command]);
    shell
}

/// Ends a command, with all that it has started where there are process groups.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        let group = format!("-{}", child.id());
        let _ = Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
    }
    let _ = child.kill();
    let _ = child.wait();
}
