//! `sandtill fault` and `faults`: make something go wrong, see what does, and stop it.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::super::Failure;
use super::{RunningArgs, encoded, list, number, table, text};

#[derive(Clone, Debug, Args)]
pub(in super::super) struct FaultArgs {
    /// Provider whose requests are hit, or `all`.
    provider: String,
    /// Kind of fault, such as `delay`, `status`, `throttle`, `reset`, `truncate`, `broken_json`.
    kind: String,
    /// Values of the kind, such as `ms=500` or `status=503`. A value is read as JSON if it is JSON.
    #[arg(value_name = "NAME=VALUE", value_parser = pair)]
    values: Vec<(String, Value)>,
    /// Operation of the provider; all operations without it.
    #[arg(long, env = "SANDTILL_OPERATION")]
    operation: Option<String>,
    /// Skip so many matching requests first.
    #[arg(long, env = "SANDTILL_AFTER")]
    after: Option<u64>,
    /// Strike so often, then never again.
    #[arg(long, env = "SANDTILL_TIMES")]
    times: Option<u64>,
    /// Strike at every n-th matching request.
    #[arg(long, env = "SANDTILL_EVERY")]
    every: Option<u64>,
    /// Strike with this probability, 0 to 1.
    #[arg(long, env = "SANDTILL_PROBABILITY")]
    probability: Option<f64>,
    /// Narrow the rule, such as `merchant=everywhere` or `contains=2026-03`; repeat it for more.
    #[arg(long, env = "SANDTILL_WHEN", value_name = "NAME=VALUE", value_parser = pair, value_delimiter = ',')]
    when: Vec<(String, Value)>,
    #[command(flatten)]
    running: RunningArgs,
}

/// `name=value`; the value is JSON, or text if it is no JSON.
fn pair(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| "wanted is NAME=VALUE, such as ms=500".to_owned())?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    Ok((name.to_owned(), value))
}

pub(in super::super) fn fault(args: &FaultArgs) -> Result<(), Failure> {
    let running = args.running.running();
    let mut fault = Map::from_iter([("kind".to_owned(), json!(args.kind))]);
    fault.extend(args.values.iter().cloned());
    let mut rule = Map::new();
    if args.provider != "all" {
        rule.insert("provider".to_owned(), json!(args.provider));
    }
    let numbers = [("after", args.after), ("times", args.times), ("every", args.every)];
    let numbers = numbers.into_iter().filter_map(|(name, it)| Some((name, json!(it?))));
    let operation = args.operation.iter().map(|it| ("operation", json!(it)));
    let probability = args.probability.iter().map(|it| ("probability", json!(it)));
    let all = operation.chain(numbers).chain(probability);
    rule.extend(all.map(|(name, value)| (name.to_owned(), value)));
    if !args.when.is_empty() {
        rule.insert("when".to_owned(), Value::Object(args.when.iter().cloned().collect()));
    }
    rule.insert("fault".to_owned(), Value::Object(fault));
    let answer = running.ask("POST", "/faults", Some(&Value::Object(rule)))?;
    running.show(&answer, |it| format!("{}: {}", text(it, "id"), rule_text(it)));
    Ok(())
}

#[derive(Clone, Debug, Args)]
pub(in super::super) struct FaultsArgs {
    #[command(subcommand)]
    command: Option<Clear>,
    #[command(flatten)]
    running: RunningArgs,
}

#[derive(Clone, Debug, Subcommand)]
enum Clear {
    /// Remove all rules, or the one with this id.
    Clear {
        /// Id of the rule.
        id: Option<String>,
    },
}

pub(in super::super) fn faults(args: &FaultsArgs) -> Result<(), Failure> {
    let running = args.running.running();
    match &args.command {
        Some(Clear::Clear { id }) => {
            let path =
                id.as_ref().map_or("/faults".to_owned(), |it| format!("/faults/{}", encoded(it)));
            running.ask("DELETE", &path, None).map(|_| ())
        }
        None => {
            let answer = running.ask("GET", "/faults?limit=1000", None)?;
            running.show(&answer, |answer| {
                let rows = list(answer, "faults").iter().map(|it| {
                    let is_over = it.get("over").and_then(Value::as_bool).unwrap_or(false);
                    vec![
                        text(it, "id").to_owned(),
                        rule_text(it),
                        format!("struck {} of {}", number(it, "hits"), number(it, "seen")),
                        if is_over { "over" } else { "" }.to_owned(),
                    ]
                });
                let rows: Vec<_> = rows.collect();
                if rows.is_empty() { "no faults".to_owned() } else { table(&rows) }
            });
            Ok(())
        }
    }
}

/// A rule in words: provider, operation, kind, and everything else it says.
fn rule_text(rule: &Value) -> String {
    let provider = Some(text(rule, "provider")).filter(|it| !it.is_empty()).unwrap_or("all");
    let mut parts = vec![provider.to_owned()];
    parts.extend(rule.get("operation").and_then(Value::as_str).map(str::to_owned));
    let fault = rule.get("fault").and_then(Value::as_object);
    parts.extend(fault.into_iter().flatten().map(|(name, value)| match (name.as_str(), value) {
        ("kind", Value::String(kind)) => kind.clone(),
        (name, value) => format!("{name}={value}"),
    }));
    let first = ["id", "provider", "operation", "fault", "seen", "hits", "over"];
    let rest = rule.as_object().into_iter().flatten();
    let rest = rest.filter(|(name, value)| !first.contains(&name.as_str()) && !value.is_null());
    parts.extend(rest.map(|(name, value)| format!("{name}={value}")));
    parts.join(" ")
}
