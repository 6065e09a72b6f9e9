//! `sandtill history` and `spaces`: what was done to a space, and which spaces there are.

use clap::Args;
use serde_json::{Value, json};

use super::super::Failure;
use super::{RunningArgs, encoded, list, number, table, text};

#[derive(Clone, Debug, Args)]
pub(in super::super) struct HistoryArgs {
    /// Only events with a higher number.
    #[arg(long, env = "SANDTILL_SINCE", default_value_t = 0)]
    since: u64,
    #[command(flatten)]
    running: RunningArgs,
}

pub(in super::super) fn history(args: &HistoryArgs) -> Result<(), Failure> {
    let running = args.running.running();
    let mut since = args.since;
    let mut events: Vec<Value> = Vec::new();
    let mut answer = loop {
        let page = running.ask("GET", &format!("/history?since={since}&limit=1000"), None)?;
        events.extend_from_slice(list(&page, "events"));
        match page.get("next").and_then(Value::as_u64) {
            Some(next) => since = next,
            None => break page,
        }
    };
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("events".to_owned(), json!(events));
    }
    running.show(&answer, |answer| {
        table(&list(answer, "events").iter().map(event).collect::<Vec<_>>())
    });
    Ok(())
}

/// An event as cells: number, sandbox time, kind, and its details as `name=value`.
fn event(event: &Value) -> Vec<String> {
    let details = event.get("details").and_then(Value::as_object);
    let details = details.into_iter().flatten().filter(|(_, value)| !value.is_null());
    let details = details.map(|(name, value)| match value.as_str() {
        Some(text) => format!("{name}={text}"),
        None => format!("{name}={value}"),
    });
    vec![
        number(event, "id").to_string(),
        text(event, "at").to_owned(),
        text(event, "kind").to_owned(),
        details.collect::<Vec<_>>().join(" "),
    ]
}

pub(in super::super) fn spaces(args: &RunningArgs) -> Result<(), Failure> {
    let running = args.running();
    let mut all: Vec<Value> = Vec::new();
    let mut path = "/spaces?limit=1000".to_owned();
    loop {
        let page = running.ask("GET", &path, None)?;
        all.extend_from_slice(list(&page, "spaces"));
        let Some(next) = page.get("next").and_then(Value::as_str) else { break };
        path = format!("/spaces?limit=1000&after={}", encoded(next));
    }
    running.show(&json!({"spaces": all}), |answer| {
        let head = ["space", "scenario", "now", "clock", "requests", "idle"].map(str::to_owned);
        let rows = list(answer, "spaces").iter().map(|space| {
            let name = text(space, "name");
            vec![
                if name.is_empty() { "(default)".to_owned() } else { name.to_owned() },
                text(space, "scenario").to_owned(),
                text(space, "now").to_owned(),
                text(space, "mode").to_owned(),
                number(space, "journal_entries").to_string(),
                format!("{} s", number(space, "idle_s")),
            ]
        });
        table(&std::iter::once(head.to_vec()).chain(rows).collect::<Vec<_>>())
    });
    Ok(())
}
