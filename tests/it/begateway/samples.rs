//! The vendor's own samples.

use serde_json::{Value, json};

use super::{page, params, post, with};
use crate::support::{NOON, Server};

/// The sample answer of "Pagination reports API" without white space; keys in its order.
const SAMPLE: &str = include_str!("sample_page.json");

/// Keys at every level, in order, and whether a number has a point.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| json!([name, shape(value)])).collect()
        }
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Number(number) => json!(number.to_string().contains('.')),
        Value::Null | Value::Bool(_) | Value::String(_) => Value::Null,
    }
}

#[tokio::test]
async fn the_sample_rows_come_back_word_for_word() {
    let server = Server::frozen("docs-samples", NOON).await;
    let request_params = params("2022-01-27 00:00:00", "2022-01-27 23:59:59");
    let request_params = with(request_params, json!({"status": "incomplete"}));
    let answer = post(&server, "/api/reports", "3", &request_params).await;
    // Bytes, and with them key order and number spelling (`0.0`).
    assert_eq!(answer.text(), SAMPLE);
    let count =
        with(request_params, json!({"from": "2022-01-25 00:00:00", "time_zone": "Etc/UTC"}));
    let answer = post(&server, "/api/reports/count", "3", &count).await;
    assert_eq!(answer.text(), r#"{"transactions":{"count":2}}"#);
}

#[tokio::test]
async fn cursors_work_on_the_sample_ids() {
    let server = Server::frozen("docs-samples", NOON).await;
    let request_params = params("2022-01-27 00:00:00", "2022-01-27 23:59:59");
    let after =
        page(&server, &with(request_params.clone(), json!({"starting_after": "28860"}))).await;
    assert_eq!(after["first_object_id"], 28861);
    assert_eq!(after["count"], 1);
    let before = page(&server, &with(request_params, json!({"ending_before": 28861}))).await;
    assert_eq!(before["last_object_id"], 28860);
    assert_eq!(before["has_more"], false);
}

#[tokio::test]
async fn generated_incomplete_rows_have_the_shape_of_the_sample() {
    let server = Server::start().await;
    let sample: Value = serde_json::from_str(SAMPLE).unwrap();
    let sample = shape(&sample["transactions"][0]);
    let request_params = params("2026-03-01 00:00:00", "2026-03-14 23:59:59");
    let page = page(&server, &with(request_params, json!({"status": "incomplete"}))).await;
    let rows = page["transactions"].as_array().unwrap();
    let payments: Vec<_> = rows.iter().filter(|row| row["type"] == "payment").collect();
    assert!(payments.len() > 20);
    for row in payments {
        assert_eq!(shape(row), sample, "{row}");
    }
}
