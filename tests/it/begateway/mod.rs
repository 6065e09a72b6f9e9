//! beGateway from outside.

mod bad_input;
mod edges;
mod paging;
mod samples;
mod time;
mod whole_day;

use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// Home shop of the default scenario.
pub(crate) const SHOP: (&str, &str) = ("Authorization", "Basic MTpzYW5kdGlsbC1zaG9wLXNlY3JldA==");

/// Good parameters for a span of days, UTC.
fn params(from: &str, to: &str) -> Value {
    json!({
        "date_type": "created_at",
        "from": from,
        "to": to,
        "status": "all",
        "payment_method_type": "credit_card",
        "time_zone": "UTC",
    })
}

/// The same with other values for some.
fn with(mut params: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        params[name] = value.clone();
    }
    params
}

async fn post(server: &Server, path: &str, version: &str, params: &Value) -> Answer {
    let body = json!({"report_params": params}).to_string();
    server.send("POST", path, &[SHOP, ("X-Api-Version", version)], body).await
}

/// A page that has to be there.
async fn page(server: &Server, params: &Value) -> Value {
    let answer = post(server, "/api/reports", "3", params).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// All rows of a walk, forwards.
async fn walk(server: &Server, params: &Value) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut params = params.clone();
    loop {
        let page = page(server, &params).await;
        rows.extend(page["transactions"].as_array().unwrap().iter().cloned());
        if page["has_more"] == false {
            return rows;
        }
        params["starting_after"] = page["last_object_id"].clone();
    }
}

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}
