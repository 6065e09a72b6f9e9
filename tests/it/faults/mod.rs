//! Faults: which requests a rule strikes, what it does to answers, and what of it stays knowable.

mod answers;
mod callbacks;
mod drift;
mod listing;
mod next_report;
mod page;
mod rows;
mod rules;
mod work;

use serde_json::Value;

use crate::support::Server;

/// Posts a fault rule and returns its id.
async fn rule(server: &Server, rule: &Value) -> String {
    let posted = server.did("POST", "/faults", &rule.to_string()).await;
    posted["id"].as_str().unwrap().to_owned()
}
