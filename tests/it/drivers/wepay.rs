//! WePay: a report is created, prepared, and read as a CSV file, with a parser of its own.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{ReportQuery, ReportedRow, credential};
use crate::support::{Answer, Server};

/// Nobody is called there; such IPNs wait to be pulled.
const HELD: &str = "http://receiver.invalid/";

/// A line of a file by the names of its first.
pub(crate) type Line = BTreeMap<String, String>;

/// RFC 4180, strictly and without the crate that wrote it: the records of a file, lines ended by LF.
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

/// The lines of a file.
pub(crate) fn read(csv: &[u8]) -> Vec<Line> {
    let mut records = records(std::str::from_utf8(csv).unwrap()).into_iter();
    let names = records.next().unwrap();
    let line = |record: Vec<String>| {
        assert_eq!(record.len(), names.len(), "{record:?}");
        names.iter().cloned().zip(record).collect()
    };
    records.map(line).collect()
}

/// A call with the token of a merchant.
pub(crate) async fn call(server: &Server, merchant: &str, call: &str, body: &Value) -> Answer {
    let token = format!("Bearer {}", credential(server, "wepay", merchant, "access_token"));
    let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
    server.send("POST", &format!("/v2/{call}"), &headers, body.to_string()).await
}

/// The account of a merchant.
pub(crate) fn account(server: &Server, merchant: &str) -> i64 {
    credential(server, "wepay", merchant, "account_id").parse().unwrap()
}

/// `/report/create` of what moved on an account in a time (Unix seconds).
pub(crate) fn transactions(account: i64, (start, end): (i64, i64)) -> Value {
    json!({
        "type": "merchant_transactions",
        "resource": {"object_type": "account", "object_id": account},
        "advanced_options": {"start_time": start, "end_time": end},
        "callback_uri": HELD,
    })
}

/// `/report/create` of what a withdrawal is made of.
pub(crate) fn reconciliation(withdrawal: &Value) -> Value {
    json!({
        "type": "reconciliation",
        "resource": {"object_type": "withdrawal", "object_id": withdrawal["withdrawal_id"]},
        "callback_uri": HELD,
    })
}

/// Creates a report; its `report_id`.
pub(crate) async fn create(server: &Server, merchant: &str, request: &Value) -> Value {
    let answer = call(server, merchant, "report/create", request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["report_id"].clone()
}

/// The lines of a report that has been prepared; `None` when that failed.
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
