//! WePay from outside.

mod admin;
mod books;
mod calls;
mod frozen_rows;
mod ipn;
mod parameters;
mod reports;

use crate::support::{Answer, Server};

const TOKEN: (&str, &str) = ("Authorization", "Bearer STAGE_sandtill");
const OTHER: (&str, &str) = ("Authorization", "Bearer STAGE_everywhere");
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// The home merchant calls.
async fn call(server: &Server, call: &str, body: &str) -> Answer {
    server.send("POST", &format!("/v2/{call}"), &[TOKEN, JSON], body.to_owned()).await
}

/// A report about the home account, with these options (a JSON member with a comma before it).
async fn create(server: &Server, callback_uri: &str, options: &str) -> serde_json::Value {
    let body = format!(
        r#"{{"type":"merchant_transactions","resource":{{"object_type":"account","object_id":216083312}},"callback_uri":"{callback_uri}"{options}}}"#
    );
    let answer = call(server, "report/create", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn look(server: &Server, report: &serde_json::Value) -> serde_json::Value {
    let answer =
        call(server, "report", &format!(r#"{{"report_id":{}}}"#, report["report_id"])).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// The path and query of an absolute URI of this server.
fn path<'a>(server: &Server, uri: &'a serde_json::Value) -> &'a str {
    uri.as_str().unwrap().strip_prefix(server.url.as_str()).unwrap()
}
