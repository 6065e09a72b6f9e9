//! EpicPay from outside.

mod books;
mod orders;
mod refusals;
mod sample_rows;
mod samples;
mod shapes;
mod story;

use serde_json::Value;

use crate::support::{Answer, Server};

/// `sandtill-terminal-1:sandtill-password-1`, encoded by base64(1).
pub(crate) const TERMINAL_1: &str = "Basic c2FuZHRpbGwtdGVybWluYWwtMTpzYW5kdGlsbC1wYXNzd29yZC0x";
/// `sandtill-terminal-2:sandtill-password-2`, encoded by base64(1).
pub(crate) const TERMINAL_2: &str = "Basic c2FuZHRpbGwtdGVybWluYWwtMjpzYW5kdGlsbC1wYXNzd29yZC0y";
/// `everywhere-terminal:everywhere-password`, encoded by base64(1).
pub(crate) const EVERYWHERE: &str = "Basic ZXZlcnl3aGVyZS10ZXJtaW5hbDpldmVyeXdoZXJlLXBhc3N3b3Jk";

pub(crate) const REPORTS: [&str; 12] = [
    "batches",
    "achrejects",
    "deposits",
    "deposits-detail",
    "trxnactivity",
    "chargebacks",
    "activesubscriptions",
    "suspendedsubscriptions",
    "wallettrouble",
    "newpayments",
    "failedpayments",
    "successfulpayments",
];

/// Fetches a report with the given authorization.
pub(crate) async fn ask(
    server: &Server,
    authorization: &str,
    report: &str,
    start: &str,
    end: &str,
) -> Answer {
    let headers = [("Authorization", authorization), ("Content-Type", "application/json")];
    let body = format!(r#"{{"start_date":"{start}","end_date":"{end}"}}"#);
    server.send("POST", &format!("/reporting/v1/GetReport/{report}"), &headers, body).await
}

/// The rows of a report; the envelope is checked on the way.
pub(crate) async fn rows(
    server: &Server,
    authorization: &str,
    report: &str,
    start: &str,
    end: &str,
) -> Vec<Value> {
    let answer = ask(server, authorization, report, start, end).await;
    assert_eq!(answer.status, 200, "{report}: {}", answer.text());
    assert_eq!(answer.header("content-type"), "application/json");
    let mut json = answer.json();
    let Value::Array(rows) = json["result"]["data"].take() else { panic!("{json}") };
    let expected = format!(
        r#"{{"result":{{"filters":{{"start_date":"{start}","end_date":"{end}"}},"record_count":{},"data":null}},"status":{{"response_code":"Received","reason_code":"","reason_text":""}}}}"#,
        rows.len()
    );
    assert_eq!(json.to_string(), expected);
    rows
}

/// A decimal number of a report in cents, read from its text.
pub(crate) fn cents(value: &Value) -> i64 {
    let text = value.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    let part: i64 = format!("{part:0<2}").parse().unwrap();
    whole.parse::<i64>().unwrap() * 100 + sign * part
}
