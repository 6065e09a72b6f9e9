//! EpicPay: every report in one answer, by days.

use serde_json::Value;

use super::{Question, Seen, basic};
use crate::support::Server;

/// The rows of a report of a merchant.
pub(crate) async fn rows(server: &Server, report: &str, question: Question<'_>) -> Vec<Value> {
    let who = basic(server, "epicpay", question.merchant, ["key_id", "password"]);
    let (first, last) = (question.first.to_string(), question.last.to_string());
    crate::epicpay::rows(server, &who, report, &first, &last).await
}

pub(super) async fn seen(server: &Server, question: Question<'_>) -> Vec<Seen> {
    let rows = rows(server, "trxnactivity", question).await;
    let seen = |row: &Value| {
        let id = row["transaction_id"].as_str().unwrap().to_owned();
        Seen { fact: format!("{id} {}", row["amount"]), id }
    };
    rows.iter().map(seen).collect()
}
