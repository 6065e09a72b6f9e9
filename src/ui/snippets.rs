//! The expectation of a request as a test in other languages: it waits until the journal has such a request.

use serde_json::{Value, json};

use super::values::Members;

/// Names of languages, and tests that wait for a request like this one.
pub(super) fn of(base_url: &str, entry: &Value) -> Vec<(&'static str, String)> {
    let mut wanted = serde_json::Map::new();
    for name in ["provider", "operation", "outcome", "merchant"] {
        let value = entry.text(name);
        if !value.is_empty() {
            wanted.insert(name.to_owned(), value.into());
        }
    }
    let body = Value::Object(wanted).to_string();
    let url = format!("{base_url}/_admin/journal/wait");
    // A JSON string is a string of Python and JavaScript too.
    let quoted = json!(body).to_string();
    let python = format!(
        r#"import json
import urllib.request


def test_the_request_arrives():
    request = urllib.request.Request("{url}", data={quoted}.encode(), method="POST")
    with urllib.request.urlopen(request) as answer:
        found = json.load(answer)
    assert found["matched"], found
"#
    );
    let rust = format!(
        r#"#[tokio::test]
async fn the_request_arrives() {{
    let wanted = {body:?};
    let answer = reqwest::Client::new().post("{url}").body(wanted).send().await.unwrap();
    let found = answer.text().await.unwrap();
    assert!(found.contains("\"matched\":true"), "{{found}}");
}}
"#
    );
    let javascript = format!(
        r#"import {{ expect, test }} from "vitest";

test("the request arrives", async () => {{
  const answer = await fetch("{url}", {{ method: "POST", body: {quoted} }});
  expect(await answer.json()).toMatchObject({{ matched: true }});
}});
"#
    );
    vec![("As a pytest", python), ("As a Rust test", rust), ("As a JavaScript test", javascript)]
}
