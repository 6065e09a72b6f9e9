//! What the server is: health, credentials, providers.

use std::collections::BTreeMap;

use axum::response::Response;
use serde_json::{Value, json};

use super::ask::{self, Ask};
use super::problem::Problem;
use crate::providers::{self, Provider};
use crate::sandbox::scenario::{Scenario, SettingValue};

pub(super) async fn probe(_: Ask) -> Response {
    ask::json(&json!({"status": "ok"}))
}

pub(super) async fn health(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let sandbox = ask.sandbox();
    Ok(ask::json(&json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": sandbox.scenario.name,
        "seed": sandbox.scenario.seed,
        "now": sandbox.clock.now().to_string(),
        "space": sandbox.space,
    })))
}

pub(super) async fn credentials(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let mut all = serde_json::Map::new();
    for provider in providers::ALL {
        let mut list = Vec::new();
        for merchant in ask.sandbox().scenario.merchants() {
            for credential in merchant.credentials.get(provider.slug).into_iter().flatten() {
                let mut item = serde_json::Map::new();
                item.insert("merchant".to_owned(), json!(merchant.name));
                // In the order the provider declares them, not in that of the alphabet.
                for field in provider.credentials {
                    if let Some(value) = credential.get(field.name) {
                        item.insert(field.name.to_owned(), json!(value));
                    }
                }
                list.push(Value::Object(item));
            }
        }
        all.insert(provider.slug.to_owned(), Value::Array(list));
    }
    Ok(ask::json(&all))
}

pub(super) async fn providers(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let base_url = ask.call.base_url();
    let scenario = &ask.sandbox().scenario;
    let list: Vec<Value> = providers::ALL
        .iter()
        .map(|provider| {
            let examples = (provider.examples)(ask.sandbox(), &base_url);
            let commands = examples.iter().map(|example| example.command.as_str());
            json!({
                "id": provider.slug,
                "name": provider.name,
                "slug": provider.slug,
                "docs": provider.docs,
                "operations": operations(provider, &base_url, commands)
                    .into_iter()
                    .map(|(name, path)| json!({"name": name, "path": path}))
                    .collect::<Vec<_>>(),
                "quirks": quirks(provider, scenario),
                "settings": settings(provider, scenario),
                "examples": examples
                    .iter()
                    .map(|it| json!({
                        "report": it.report, "merchant": it.merchant, "command": it.command,
                    }))
                    .collect::<Vec<_>>(),
            })
        })
        .collect();
    Ok(ask::json(&json!({"providers": list})))
}

/// The operations of a provider with a path of each: those that its own examples ask for.
pub(super) fn operations<'a>(
    provider: &Provider,
    base_url: &str,
    commands: impl Iterator<Item = &'a str>,
) -> BTreeMap<&'static str, String> {
    let mut operations = BTreeMap::new();
    for command in commands {
        for rest in command.split(base_url).skip(1) {
            let end = rest.find(|c: char| " '\"?\n\\".contains(c)).unwrap_or(rest.len());
            let path = rest.get(..end).unwrap_or(rest);
            if let Some(operation) = (provider.operation)(path) {
                operations.entry(operation).or_insert_with(|| path.to_owned());
            }
        }
    }
    operations
}

fn quirks(provider: &Provider, scenario: &Scenario) -> Vec<Value> {
    let describe = |quirk: &crate::sandbox::scenario::Quirk| {
        let name = format!("{}.{}", provider.slug, quirk.name);
        json!({
            "on": scenario.has_quirk(&name),
            "name": name,
            "when_off": quirk.off,
            "when_on": quirk.on,
        })
    };
    provider.quirks.iter().map(describe).collect()
}

fn settings(provider: &Provider, scenario: &Scenario) -> Vec<Value> {
    let describe = |spec: &crate::sandbox::scenario::SettingSpec| {
        let name = format!("{}.{}", provider.slug, spec.name);
        let value = match scenario.settings.get(&name) {
            Some(SettingValue::Number(number)) => json!(number),
            Some(SettingValue::Duration(length)) => json!(length.to_string()),
            Some(SettingValue::Text(text)) => json!(text),
            None => Value::Null,
        };
        json!({"name": name, "value": value, "default": spec.default, "help": spec.help})
    };
    provider.settings.iter().map(describe).collect()
}
