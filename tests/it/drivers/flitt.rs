//! Flitt: sends a signature for a token, and the token for numbered pages with the newest rows
//! first.

use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use super::{ReportQuery, ReportedRow, credential};
use crate::support::{Answer, Server};

const TOKEN: &str = "/authorizer/token/application/get";
const REPORT: &str = "/api/extend/company/report/";

/// Fetches a token of a merchant's application.
pub(crate) async fn token(server: &Server, merchant: &str) -> String {
    let answer = ask_token(server, merchant).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// Asks for a token of a merchant's application. The vendor's signature is the SHA-512 of
/// `key|application|date`.
pub(crate) async fn ask_token(server: &Server, merchant: &str) -> Answer {
    let field = |name| credential(server, "flitt", merchant, name);
    let (key, application) = (field("key"), field("application_id"));
    let signature = hex::encode(Sha512::digest(format!("{key}|{application}|x")));
    let body = json!({"application_id": application, "date": "x", "signature": signature});
    server.send("POST", TOKEN, &[], body.to_string()).await
}

/// A request for a page of a report.
pub(crate) struct Page<'a> {
    pub(crate) merchant_id: &'a str,
    pub(crate) report: i64,
    pub(crate) filters: Value,
    pub(crate) number: i64,
    pub(crate) size: i64,
}

/// Fetches a page with a token.
pub(crate) async fn page(server: &Server, token: &str, page: &Page<'_>) -> Answer {
    let body = json!({
        "filters": page.filters, "merchant_id": page.merchant_id, "report_id": page.report,
        "page": page.number, "on_page": page.size,
    });
    let authorization = format!("Token {token}");
    server.send("POST", REPORT, &[("Authorization", &authorization)], body.to_string()).await
}

/// All rows of a report as objects by column name, newest first. Reads pages until `rows_count` is
/// reached.
pub(crate) async fn table(
    server: &Server,
    merchant: &str,
    report: i64,
    filters: Value,
) -> Vec<Value> {
    walk(server, (merchant, report, 1_000_000), filters, &mut async |_| {}).await
}

async fn walk(
    server: &Server,
    (merchant, report, size): (&str, i64, i64),
    filters: Value,
    between: &mut impl AsyncFnMut(usize),
) -> Vec<Value> {
    let token = token(server, merchant).await;
    let merchant_id = credential(server, "flitt", merchant, "merchant_id");
    let mut request = Page { merchant_id: &merchant_id, report, filters, number: 1, size };
    let mut rows = Vec::new();
    loop {
        let answer = page(server, &token, &request).await.json();
        rows.extend(objects(&answer));
        assert_eq!(
            (&answer["rows_page"], &answer["rows_on_page"]),
            (&json!(request.number), &json!(size))
        );
        let count = answer["rows_count"].as_i64().unwrap_or_else(|| panic!("{answer}"));
        if request.number * size >= count {
            return rows;
        }
        between(usize::try_from(request.number).unwrap()).await;
        request.number += 1;
    }
}

/// The rows of a page as objects by column name.
pub(crate) fn objects(answer: &Value) -> Vec<Value> {
    let fields = answer["fields"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let object = |row: &Value| {
        let cells = row.as_array().unwrap();
        assert_eq!(cells.len(), fields.len());
        let named = fields.iter().zip(cells);
        Value::Object(named.map(|(f, c)| (f.as_str().unwrap().to_owned(), c.clone())).collect())
    };
    answer["data"].as_array().unwrap().iter().map(object).collect()
}

pub(super) async fn reported_rows(
    server: &Server,
    query: ReportQuery<'_>,
    between: &mut impl AsyncFnMut(usize),
) -> Vec<ReportedRow> {
    let filters = json!([
        {"s": "order_timestart", "m": "from", "v": query.first.to_string()},
        {"s": "order_timestart", "m": "to", "v": query.last.to_string()},
    ]);
    let rows = walk(server, (query.merchant, 745, query.size), filters, between).await;
    let reported_rows = |row: &Value| {
        let id = row["payment_id"].to_string();
        ReportedRow { fact: format!("{id} {}", row["amount"].as_str().unwrap()), id }
    };
    rows.iter().map(reported_rows).collect()
}
