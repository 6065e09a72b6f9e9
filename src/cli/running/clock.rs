//! `sandtill clock`, `advance`, `reset`: the time of a running server.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::super::Failure;
use super::{RunningArgs, list, text};

/// Time for an advance, whose callbacks have to be answered: an hour.
const PATIENCE: Duration = Duration::from_secs(3600);

#[derive(Clone, Debug, Args)]
pub(in super::super) struct ClockArgs {
    #[command(subcommand)]
    change: Option<Change>,
    #[command(flatten)]
    running: RunningArgs,
}

#[derive(Clone, Debug, Subcommand)]
enum Change {
    /// Let the clock stand still, at this instant or where it is.
    Freeze {
        /// Instant such as `2026-01-31T12:00:00Z`. What falls due in between is not delivered.
        at: Option<String>,
    },
    /// Let the clock run, from this instant or from where it is.
    Run {
        /// Instant such as `2026-01-31T12:00:00Z`. What falls due in between is not delivered.
        at: Option<String>,
    },
}

pub(in super::super) fn clock(args: &ClockArgs) -> Result<(), Failure> {
    let running = args.running.running();
    let change = |mode: &str, at: &Option<String>| match at {
        Some(at) => json!({"mode": mode, "now": at}),
        None => json!({"mode": mode}),
    };
    let answer = match &args.change {
        None => running.ask("GET", "/clock", None)?,
        Some(Change::Freeze { at }) => running.ask("PUT", "/clock", Some(&change("frozen", at)))?,
        Some(Change::Run { at }) => running.ask("PUT", "/clock", Some(&change("running", at)))?,
    };
    running.show(&answer, |it| format!("{} {}", text(it, "now"), text(it, "mode")));
    Ok(())
}

#[derive(Clone, Debug, Args)]
pub(in super::super) struct AdvanceArgs {
    /// How far: a length of time such as `36h` or `7d`, or an instant such as `2026-01-31T12:00:00Z`.
    #[arg(required_unless_present = "until")]
    to: Option<String>,
    /// Until something happens: `next`, `settled:ID`, `deposit:ID` or `visible:ID`.
    #[arg(long, env = "SANDTILL_UNTIL", conflicts_with = "to")]
    until: Option<String>,
    #[command(flatten)]
    running: RunningArgs,
}

pub(in super::super) fn advance(args: &AdvanceArgs) -> Result<(), Failure> {
    let running = args.running.running();
    let body = match (&args.until, &args.to) {
        (Some(until), _) => json!({"until": until}),
        (None, to) => {
            let is_instant = to.as_ref().is_some_and(|to| to.parse::<jiff::Timestamp>().is_ok());
            let key = if is_instant { "to" } else { "by" };
            json!({key: to})
        }
    };
    let answer = running.ask_patiently("POST", "/clock/advance", Some(&body), PATIENCE)?;
    running.show(&answer, |answer| {
        let happened = list(answer, "happened");
        let lines = happened.iter().map(|it| format!("{} {}", text(it, "at"), text(it, "what")));
        let now = format!("{} now", text(answer, "now"));
        lines.chain([now]).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

pub(in super::super) fn reset(args: &RunningArgs) -> Result<(), Failure> {
    let running = args.running();
    let answer = running.ask("POST", "/reset", None)?;
    running.show(&answer, |it: &Value| {
        let seed = it.get("seed").map(ToString::to_string).unwrap_or_default();
        let (scenario, now) = (text(it, "scenario"), text(it, "now"));
        format!("scenario {scenario} as loaded, seed {seed}, {now}")
    });
    Ok(())
}
