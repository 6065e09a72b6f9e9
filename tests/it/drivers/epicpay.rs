//! EpicPay: each report is one response for a span of days.

use serde_json::Value;

use super::{ReportQuery, ReportedRow, basic};
use crate::support::Server;

/// The rows of a report of a merchant.
pub(crate) async fn rows(server: &Server, report: &str, query: ReportQuery<'_>) -> Vec<Value> {
    let authorization = basic(server, "epicpay", query.merchant, ["key_id", "password"]);
    let (first, last) = (query.first.to_string(), query.last.to_string());
    crate::epicpay::rows(server, &authorization, report, &first, &last).await
}

pub(super) async fn reported_rows(server: &Server, query: ReportQuery<'_>) -> Vec<ReportedRow> {
    let rows = rows(server, "trxnactivity", query).await;
    let reported_rows = |row: &Value| {
        let id = row["transaction_id"].as_str().unwrap().to_owned();
        ReportedRow { fact: format!("{id} {}", row["amount"]), id }
    };
    rows.iter().map(reported_rows).collect()
}
