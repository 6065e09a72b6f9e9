//! Scenario files: whatever is accepted can be written as JSON, read again, and used.

use std::sync::Arc;

use axum::http::Uri;
use sandtill::providers;
use sandtill::sandbox::scenario::{Overrides, Scenario, ScenarioError};
use serde_json::Value;

use super::bench::Bench;
use super::oracle;

/// Payments of a scenario that is used; with more of them an input takes seconds.
const MAX_PAYMENTS: u64 = 20_000;

fn as_json(text: &[u8]) -> Result<Scenario, ScenarioError> {
    Scenario::parse_json("fuzz", text, &providers::vocabulary(), &Overrides::default())
}

fn as_toml(text: &[u8]) -> Result<Scenario, ScenarioError> {
    Scenario::parse_toml("fuzz", text, &providers::vocabulary(), &Overrides::default())
}

/// The largest number with this name in a document.
fn largest(document: &Value, name: &str) -> u64 {
    match document {
        Value::Object(members) => {
            let own = members.get(name).and_then(Value::as_u64).unwrap_or(0);
            members.values().map(|it| largest(it, name)).max().unwrap_or(0).max(own)
        }
        Value::Array(items) => items.iter().map(|it| largest(it, name)).max().unwrap_or(0),
        _ => 0,
    }
}

/// TOML, or JSON if it begins with `{`.
pub(crate) fn run(data: &[u8]) {
    let read = if data.first() == Some(&b'{') { as_json(data) } else { as_toml(data) };
    let scenario = match read {
        Ok(scenario) => scenario,
        Err(err) => return assert!(!err.to_string().is_empty()),
    };
    let document = scenario.document().expect("an accepted scenario can be written");
    let text = document.to_string();
    let again = as_json(text.as_bytes()).unwrap_or_else(|err| panic!("{err}\nin {text}"));
    let again = again.document().expect("as before");
    assert_eq!(again, document, "a scenario that is read again is the same");
    let merchants = scenario.merchants().count() as u64;
    // Volume and days that are not said are 100 and 90.
    let payments = largest(&document, "volume").max(100) * largest(&document, "days").max(90);
    if payments.saturating_mul(merchants) <= MAX_PAYMENTS {
        used(scenario);
    }
}

fn used(scenario: Scenario) {
    Bench::run(|bench| {
        let Ok(_) = bench.spaces.create("used", Arc::new(scenario)) else { return };
        for path in ["health", "credentials", "transactions?limit=3", "deposits?limit=3", "ui/"] {
            let path = format!("/@used/_admin/{path}");
            let answer = bench.send("GET", &path, &[], "");
            assert!(answer.status == 200, "{path} gives {}: {}", answer.status, answer.text());
            oracle::judge(bench, &Uri::try_from(path).expect("a path"), &answer);
        }
    });
}
