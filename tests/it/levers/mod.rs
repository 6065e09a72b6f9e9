//! Levers: rows that come late, change, double.

mod advance;
mod amend;
mod by_hand;
mod deposits;
mod disputes;
mod doubles;
mod empty;
mod lag;
mod lag_input;
mod parts;
mod split;
mod table;
mod watermark;

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::drivers::{ReportQuery, ReportedRow, rows};
use crate::support::{NOON, Server, scenario};

/// A merchant with credentials at all five providers.
const MERCHANT: &str = "everywhere";

/// The five providers.
const SLUGS: [&str; 5] = ["payfort", "flitt", "begateway", "epicpay", "wepay"];

/// The default scenario at [`NOON`]; WePay's reports reach up to the present.
async fn serve() -> Server {
    let default = include_str!("../../../scenarios/default.toml");
    Server::with(scenario(&format!(
        "{default}\n[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n[settings.wepay]\n\
         latency_transactions = \"0s\"\nlatency_reconciliation = \"0s\"\n"
    )))
    .await
}

/// A query for the rows of [`MERCHANT`] of these days.
fn days(first: Date, last: Date) -> ReportQuery<'static> {
    ReportQuery { merchant: MERCHANT, first, last, size: 500 }
}

/// The rows that a provider reports of some days.
async fn reported(server: &Server, slug: &str, query: ReportQuery<'_>) -> Vec<ReportedRow> {
    rows(server, slug, query, &mut async |_| {}).await
}

/// Sets the reporting lag of a provider.
async fn lag(server: &Server, slug: &str, rules: &Value) -> Value {
    server.did("PUT", &format!("/reporting/{slug}"), &rules.to_string()).await
}

/// The transactions of [`MERCHANT`] of these instants as the admin API knows them, each with its details.
async fn known(server: &Server, from: &str, to: &str) -> Vec<Value> {
    let list = format!("/transactions?merchant={MERCHANT}&limit=1000&from={from}&to={to}");
    let list = server.did("GET", &list, "").await;
    assert_eq!(list["next"], Value::Null, "more than a page");
    let mut known = Vec::new();
    for row in list["transactions"].as_array().unwrap() {
        known.push(server.did("GET", &format!("/transactions/{}", row["id"]), "").await);
    }
    known
}

/// An instant in an answer.
pub(crate) fn instant(value: &Value) -> jiff::Timestamp {
    value.as_str().unwrap_or_else(|| panic!("{value} is no instant")).parse().unwrap()
}

/// A payment to add.
fn payment(more: &Value) -> String {
    let mut payment = json!({"merchant": MERCHANT, "amount": 12_345, "currency": "USD"});
    for (name, value) in more.as_object().unwrap() {
        payment[name] = value.clone();
    }
    payment.to_string()
}
