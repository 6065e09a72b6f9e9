//! PayFort: creates a report, waits until it is ready, and downloads all its rows at once.

use serde_json::{Value, json};

use super::{ReportQuery, ReportedRow};
use crate::payfort::{Client, EVERYWHERE, HOME};
use crate::support::Server;

/// The client with the credentials of a merchant.
pub(crate) fn client(merchant: &str) -> Client {
    match merchant {
        "payfort" => HOME,
        "everywhere" => EVERYWHERE,
        other => panic!("{other} has no credentials at PayFort"),
    }
}

/// An unsigned `GENERATE_REPORT` request with these columns for whole days.
pub(crate) fn request(query: ReportQuery<'_>, reference: &str, columns: &[&str]) -> Value {
    let mut request = client(query.merchant).generate(reference);
    request["from_date"] = json!(format!("{}T00:00:00+00:00", query.first));
    request["to_date"] = json!(format!("{}T23:59:59+00:00", query.last));
    request["columns"] = json!(columns);
    request
}

pub(super) async fn reported_rows(server: &Server, query: ReportQuery<'_>) -> Vec<ReportedRow> {
    let columns = ["fort_id", "transaction_date", "operation", "amount", "currency"];
    // PayFort accepts each reference only once.
    let reference = format!("seen-{}", server.space().world().state.reports.len());
    let request = request(query, &reference, &columns);
    let rows = client(query.merchant).rows(server, &request).await;
    rows.iter()
        .map(|row| {
            let cell = |name: &str| row[name].as_str().unwrap();
            let fact = columns[1..].iter().map(|name| cell(name)).collect::<Vec<_>>().join(" ");
            ReportedRow { id: cell("fort_id").to_owned(), fact }
        })
        .collect()
}
