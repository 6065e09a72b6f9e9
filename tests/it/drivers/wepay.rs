//! WePay: creates a report, waits until it is complete, and reads its CSV file with a separate
//! parser.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{ReportQuery, ReportedRow, credential};
use crate::support::{Answer, Server};

/// A callback address that never resolves; IPNs to it stay in the outbox.
const HELD: &str = "http://receiver.invalid/";

/// A line of the file, keyed by the column names of the first line.
pub(crate) type Line = BTreeMap<String, String>;

/// Parses RFC 4180 strictly, without the crate that wrote the file: the records of a file with LF
/// line ends.
pub(crate) fn records(csv: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut rest = csv.chars().peekable();
    let mut quoted = false;
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if quoted => {
                quoted = false;
                assert!(matches!(rest.peek(), Some(',' | '\n')), "text behind a quote");
            }
            c if quoted => field.push(c),
            '"' => {
                assert_eq!(field, "", "a quote in the middle");
                quoted = true;
            }
            ',' => record.push(std::mem::take(&mut field)),
            '\n' => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            c => field.push(c),
        }
    }
    assert!(!quoted && field.is_empty() && record.is_empty(), "the last line has no end");
    records
}

/// The lines of a file without its header.
pub(crate) fn read(csv: &[u8]) -> Vec<Line> {
    let mut records = records(std::str::from_utf8(csv).unwrap()).into_iter();
    let names = records.next().unwrap();
    let line = |record: Vec<String>| {
        assert_eq!(record.len(), names.len(), "{record:?}");
        names.iter().cloned().zip(record).collect()
    };
    records.map(line).collect()
}

/// Sends a call with the access token of a merchant.
pub(crate) async fn call(server: &Server, merchant: &str, call: &str, body: &Value) -> Answer {
    let token = format!("Bearer {}", credential(server, "wepay", merchant, "access_token"));
    let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
    server.send("POST", &format!("/v2/{call}"), &headers, body.to_string()).await
}

/// The account id of a merchant.
pub(crate) fn account(server: &Server, merchant: &str) -> i64 {
    credential(server, "wepay", merchant, "account_id").parse().unwrap()
}

/// The body of `/report/create` for the transactions of an account in a span (Unix seconds).
pub(crate) fn transactions(account: i64, (start, end): (i64, i64)) -> Value {
    json!({
        "type": "merchant_transactions",
        "resource": {"object_type": "account", "object_id": account},
        "advanced_options": {"start_time": start, "end_time": end},
        "callback_uri": HELD,
    })
}

/// The body of `/report/create` for the reconciliation of a withdrawal.
pub(crate) fn reconciliation(withdrawal: &Value) -> Value {
    json!({
        "type": "reconciliation",
        "resource": {"object_type": "withdrawal", "object_id": withdrawal["withdrawal_id"]},
        "callback_uri": HELD,
    })
}

/// Creates a report and returns its `report_id`.
pub(crate) async fn create(server: &Server, merchant: &str, request: &Value) -> Value {
    let answer = call(server, merchant, "report/create", request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["report_id"].clone()
}

/// The lines of a finished report; `None` if it has failed.
pub(crate) async fn fetch(server: &Server, merchant: &str, report: &Value) -> Option<Vec<Line>> {
    let report = call(server, merchant, "report", &json!({"report_id": report})).await.json();
    if report["state"] == "failed" {
        return None;
    }
    assert_eq!(report["state"], "complete", "{report}");
    let uri = report["report_uri"].as_str().unwrap().strip_prefix(server.url.as_str()).unwrap();
    let answer = server.send("GET", uri, &[], "").await;
    assert_eq!(answer.status, 200);
    Some(read(&answer.body))
}

pub(super) async fn reported_rows(server: &Server, query: ReportQuery<'_>) -> Vec<ReportedRow> {
    let start = |day: jiff::civil::Date| {
        day.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second()
    };
    let span = (start(query.first), start(query.last));
    let request_body = transactions(account(server, query.merchant), span);
    let report = create(server, query.merchant, &request_body).await;
    let space = server.space();
    crate::support::jump(&space, space.moment().now + SignedDuration::from_secs(3));
    let lines = fetch(server, query.merchant, &report).await.unwrap();
    let moved = lines.iter().filter(|line| line["transaction_type"] != "withdrawal");
    let cells = ["create_time", "transaction_type", "gross", "currency"];
    moved
        .map(|line| ReportedRow {
            id: line["transaction_id"].clone(),
            fact: cells.map(|name| line[name].as_str()).join(" "),
        })
        .collect()
}
