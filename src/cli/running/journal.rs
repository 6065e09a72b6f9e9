//! `sandtill journal`: what was asked of a running server, and why it was refused.

use std::fmt::Write;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use serde_json::{Value, json};

use super::super::{Failure, say};
use super::{Running, RunningArgs, encoded, list, number, text};
use crate::sandbox::journal::Line;

/// How long one question for news waits at the server: 25 seconds, real time.
const WAIT: &str = "25s";

/// Time for such an answer.
const PATIENCE: Duration = Duration::from_secs(40);

#[derive(Clone, Debug, Args)]
pub(in super::super) struct JournalArgs {
    /// Number of an entry, which is then shown whole, with its explanation first.
    id: Option<u64>,
    /// Go on printing what comes, until it is stopped.
    #[arg(long, short, env = "SANDTILL_FOLLOW", value_parser = BoolishValueParser::new(), conflicts_with = "id")]
    follow: bool,
    /// Only entries with this outcome: `answered`, `refused` or `faulted`.
    #[arg(long, env = "SANDTILL_OUTCOME")]
    outcome: Option<String>,
    /// Only entries of this provider.
    #[arg(long, env = "SANDTILL_PROVIDER")]
    provider: Option<String>,
    /// Only entries of this merchant.
    #[arg(long, env = "SANDTILL_MERCHANT")]
    merchant: Option<String>,
    /// Only entries with a higher number.
    #[arg(long, env = "SANDTILL_SINCE")]
    since: Option<u64>,
    /// The newest so many entries, 1 to 1000.
    #[arg(long, env = "SANDTILL_LIMIT", default_value_t = 50)]
    limit: u16,
    #[command(flatten)]
    running: RunningArgs,
}

pub(in super::super) fn journal(args: &JournalArgs) -> Result<(), Failure> {
    let running = args.running.running();
    if let Some(id) = args.id {
        let entry = running.ask("GET", &format!("/journal/{id}"), None)?;
        running.show(&entry, whole);
        return Ok(());
    }
    if args.follow {
        return follow(args, &running);
    }
    let page = running.ask("GET", &path(args, args.limit, args.since), None)?;
    running.show(&page, |page| {
        let entries = list(page, "entries");
        if entries.is_empty() {
            return "no such request has arrived".to_owned();
        }
        entries.iter().rev().map(line).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

/// The path of the list with these filters.
fn path(args: &JournalArgs, limit: u16, since: Option<u64>) -> String {
    let texts =
        [("outcome", &args.outcome), ("provider", &args.provider), ("merchant", &args.merchant)];
    let mut path = format!("/journal?limit={limit}");
    for (name, value) in texts {
        if let Some(value) = value {
            let _ = write!(path, "&{name}={}", encoded(value));
        }
    }
    if let Some(since) = since {
        let _ = write!(path, "&since={since}");
    }
    path
}

/// Prints entries as they come: the last ones first, then whatever the server tells of.
fn follow(args: &JournalArgs, running: &Running<'_>) -> Result<(), Failure> {
    let mut since = args.since;
    let mut limit = args.limit;
    let mut seen = 0;
    loop {
        // Asked for before the list, so that nothing falls between the two.
        let changes = format!("/changes?since={seen}");
        seen = last(&running.ask("GET", &changes, None)?);
        let page = running.ask("GET", &path(args, limit, since), None)?;
        for entry in list(&page, "entries").iter().rev() {
            if running.is_json() {
                say(&entry.to_string());
            } else {
                say(&line(entry));
            }
        }
        // After a reset the numbers go on, so `since` stays good.
        since = Some(last(&page).max(since.unwrap_or(0)));
        limit = 1000;
        loop {
            let path = format!("/changes?since={seen}&wait={WAIT}");
            let moved = running.ask_patiently("GET", &path, None, PATIENCE)?;
            seen = last(&moved).max(seen);
            if list(&moved, "changed").contains(&json!("journal")) {
                break;
            }
        }
    }
}

fn last(answer: &Value) -> u64 {
    answer.get("last").and_then(Value::as_u64).unwrap_or(0)
}

/// An entry of the list on one line.
fn line(entry: &Value) -> String {
    let target = text(entry, "target");
    let optional = |key| Some(text(entry, key)).filter(|it| !it.is_empty());
    let line = Line {
        space: "",
        provider: text(entry, "provider"),
        operation: text(entry, "operation"),
        method: text(entry, "method"),
        path: target.split('?').next().unwrap_or(""),
        status: u16::try_from(number(entry, "status")).unwrap_or(0),
        duration_us: u64::try_from(number(entry, "duration_us")).unwrap_or(0),
        reason: optional("reason"),
        likely_mistake: optional("likely_mistake"),
        fault: optional("fault"),
        entry: None,
    };
    let time = text(entry, "real_at").get(11..19).unwrap_or("");
    format!("{:>5}  {time} {line}", number(entry, "id"))
}

/// An entry as a whole: what was wrong first, then what was asked and answered.
fn whole(entry: &Value) -> String {
    let mut shown = line(entry);
    let explanation = entry.get("explanation").and_then(Value::as_object);
    let explanation: Vec<_> = explanation
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| {
            (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
        .collect();
    let width = explanation.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    if !explanation.is_empty() {
        shown.push('\n');
    }
    for (name, value) in explanation {
        let _ = write!(shown, "\n{name:<width$}  {value}");
    }
    for (part, sign) in [("request", ">"), ("answer", "<")] {
        let Some(part) = entry.get(part) else { continue };
        let head = match part.get("status") {
            Some(status) => status.to_string(),
            None => format!("{} {}", text(part, "method"), text(part, "target")),
        };
        let _ = write!(shown, "\n\n{sign} {head}");
        for header in list(part, "headers") {
            let cell = |index: usize| header.get(index).and_then(Value::as_str).unwrap_or("");
            let _ = write!(shown, "\n{sign} {}: {}", cell(0), cell(1));
        }
        if let Some(body) = part.get("body") {
            let _ = write!(shown, "\n\n{}", text(body, "text").trim_end());
            if body.get("cut").and_then(Value::as_bool).unwrap_or(false) {
                let _ = write!(shown, "\n(of {} bytes)", number(body, "length"));
            }
        }
    }
    without_controls(&shown)
}

/// The text with control characters written as escapes: what a client sent must not command the terminal.
fn without_controls(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' && c != '\t' {
            plain.extend(c.escape_default());
        } else {
            plain.push(c);
        }
    }
    plain
}
