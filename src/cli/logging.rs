//! Log lines on standard error: their format, their level, and what happens when they cannot be written.

use std::fmt::{self, Write};
use std::io::IsTerminal;

use clap::ValueEnum;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use super::Failure;
use crate::sandbox::clock::real_now;

/// Format of log lines.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogFormat {
    /// Text for people.
    Human,
    /// One JSON object per line.
    Json,
}

/// Writes log lines of this level to standard error from now on; without a level `info` on a terminal, where
/// somebody reads them, and otherwise `warn`.
pub(super) fn start(format: LogFormat, level: Option<&str>) -> Result<(), Failure> {
    let is_terminal = std::io::stderr().is_terminal();
    let level = level.unwrap_or(if is_terminal { "info" } else { "warn" });
    let filter: Targets =
        level.parse().map_err(|err| Failure::usage(format!("--log-level `{level}`: {err}")))?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        // A line that cannot be written (full disk, closed pipe) is dropped. By default the layer reports it
        // with `eprintln!`, which panics for the same reason and so ends the request or the process.
        .log_internal_errors(false)
        .with_ansi(is_terminal && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty()));
    let lines = match format {
        LogFormat::Human => lines.event_format(Human).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    // `try_init` fails if another server in this process has set up logging; its setup stays.
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).try_init();
    Ok(())
}

/// `12:00:01 flitt report → 200 in 1.2 ms`: the real time (UTC) and a sentence. The sentence of an event at
/// `info` says all that its fields say; other levels have the level in front and the fields behind it.
struct Human;

impl<S, N> FormatEvent<S, N> for Human
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut to: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let level = *event.metadata().level();
        let mut event_fields =
            EventFields { with_fields: level != Level::INFO, ..EventFields::default() };
        event.record(&mut event_fields);
        let time = real_now().strftime("%H:%M:%S");
        let (faint, colour, plain) = match (to.has_ansi_escapes(), level) {
            (false, _) => ("", "", ""),
            (true, Level::ERROR) => ("\u{1b}[2m", "\u{1b}[31m", "\u{1b}[0m"),
            (true, Level::WARN) => ("\u{1b}[2m", "\u{1b}[33m", "\u{1b}[0m"),
            (true, _) => ("\u{1b}[2m", "", "\u{1b}[0m"),
        };
        write!(to, "{faint}{time}{plain} ")?;
        if level != Level::INFO {
            write!(to, "{colour}{}{plain} ", level.as_str().to_lowercase())?;
            for span in context.event_scope().into_iter().flatten() {
                let fields = span.extensions();
                let fields = fields.get::<tracing_subscriber::fmt::FormattedFields<N>>();
                write!(to, "{}{{{}}} ", span.name(), fields.map_or("", |it| it.fields.as_str()))?;
            }
        }
        writeln!(to, "{}{}", event_fields.message, event_fields.fields)
    }
}

/// What an event says.
#[derive(Default)]
struct EventFields {
    message: String,
    fields: String,
    with_fields: bool,
}

impl Visit for EventFields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // A text cannot be written to half, so there is no error to pass on.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name if self.with_fields => write!(self.fields, " {name}={value:?}"),
            _ => Ok(()),
        };
    }
}
