//! Log lines on standard error: their format, their level, and what happens when they cannot be written.

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::Failure;

/// Format of log lines.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogFormat {
    /// Text for people.
    Human,
    /// One JSON object per line.
    Json,
}

/// Writes log lines of this level to standard error from now on.
pub(super) fn start(format: LogFormat, level: &str) -> Result<(), Failure> {
    let filter: Targets =
        level.parse().map_err(|err| Failure::usage(format!("--log-level `{level}`: {err}")))?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        // A line that cannot be written (full disk, closed pipe) is dropped. By default the layer reports it
        // with `eprintln!`, which panics for the same reason and so ends the request or the process.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match format {
        LogFormat::Human => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    // `try_init` fails if another server in this process has set up logging; its setup stays.
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).try_init();
    Ok(())
}
