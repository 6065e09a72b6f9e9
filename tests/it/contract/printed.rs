//! Tests that the admin API prints the row of a transaction as the report of each provider does.

use std::collections::BTreeMap;

use sandtill::providers;
use serde_json::{Value, json};

use crate::drivers::begateway::{Direction, METHODS, params, walk};
use crate::drivers::{ReportQuery, epicpay, flitt, payfort, wepay};
use crate::support::Server;

const MERCHANT: &str = "everywhere";

fn query() -> ReportQuery<'static> {
    let day = |text: &str| text.parse().unwrap();
    ReportQuery { merchant: MERCHANT, first: day("2026-02-10"), last: day("2026-02-12"), size: 500 }
}

/// The rows of the provider's own reports, each with its report and its id there.
async fn reported(server: &Server, slug: &str) -> BTreeMap<(String, String), Value> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let named = |report: &str, id: &str, rows: Vec<Value>| -> Vec<_> {
        rows.into_iter().map(|row| ((report.to_owned(), text(&row[id])), row)).collect()
    };
    let found = match slug {
        "payfort" => {
            let request = payfort::request(query(), "printed", &crate::payfort::rows::COLUMNS);
            named("", "fort_id", payfort::client(MERCHANT).rows(server, &request).await)
        }
        "flitt" => {
            let mut all = Vec::new();
            for (report, column, id) in [
                (745, "order_timestart", "payment_id"),
                (528, "tran_timestart", "tran_id"),
                (500, "chargeback_createtime", "tran_id"),
            ] {
                let filters = json!([
                    {"s": column, "m": "from", "v": "2026-02-10"},
                    {"s": column, "m": "to", "v": "2026-02-12"},
                ]);
                let mut rows = flitt::table(server, MERCHANT, report, filters).await;
                // 528 tells each purchase too, which has its row in 745.
                rows.retain(|row| report != 528 || row["tran_type"] == "reverse");
                all.extend(named(&report.to_string(), id, rows));
            }
            all
        }
        "begateway" => {
            let mut all = Vec::new();
            for method in METHODS {
                let params = (params(query(), method), Direction::Forwards);
                let rows = walk(server, MERCHANT, params, &mut async |_| {}).await;
                all.extend(named("", "id", rows));
            }
            all
        }
        "epicpay" => {
            named("", "transaction_id", epicpay::rows(server, "trxnactivity", query()).await)
        }
        "wepay" => {
            let span = (1_770_681_600, 1_770_854_400);
            let body = wepay::transactions(wepay::account(server, MERCHANT), span);
            let report = wepay::create(server, MERCHANT, &body).await;
            server.jump("2026-03-14T12:01:00Z");
            let lines = wepay::fetch(server, MERCHANT, &report).await.unwrap();
            named("", "transaction_id", lines.iter().map(|line| json!(line)).collect())
        }
        other => panic!("say where {other} has its rows"),
    };
    found.into_iter().collect()
}

#[tokio::test]
async fn a_transaction_has_its_whole_row_as_each_provider_prints_it() {
    let server = Server::start().await;
    // Flitt has a report of its own for chargebacks, and the trade of these days has none.
    let paid = json!({
        "merchant": MERCHANT, "amount": 1250, "currency": "USD", "at": "2026-02-11T10:00:00Z",
    });
    let id = server.did("POST", "/transactions", &paid.to_string()).await["id"].clone();
    let path = format!("/transactions/{id}/chargeback");
    server.did("POST", &path, r#"{"at":"2026-02-12T10:00:00Z"}"#).await;
    let list = format!(
        "/transactions?merchant={MERCHANT}&limit=1000&from=2026-02-10T00:00:00Z&to=2026-02-13T00:00:00Z"
    );
    let list = server.did("GET", &list, "").await;
    let mut shown = Vec::new();
    for row in list["transactions"].as_array().unwrap() {
        shown.push(
            server.did("GET", &format!("/transactions/{}?rows=true", row["id"]), "").await["rows"]
                .clone(),
        );
    }
    for provider in providers::ALL {
        let slug = provider.slug;
        let mut reported = reported(&server, slug).await;
        let all = reported.len();
        assert!(all > 100, "{slug}");
        let mut reports = BTreeMap::<String, usize>::new();
        for row in shown.iter().map(|rows| &rows[slug]).filter(|row| !row.is_null()) {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            let key = (text("report"), text("id"));
            *reports.entry(key.0.clone()).or_default() += 1;
            // EpicPay lists the day on which a row was paid, which can be the next one.
            let Some(printed) = reported.remove(&key) else {
                assert_eq!(slug, "epicpay", "{key:?}");
                continue;
            };
            assert_eq!(row["row"], printed, "{slug} {key:?}");
            let columns = |value: &Value| -> Vec<String> {
                value.as_object().unwrap().keys().cloned().collect()
            };
            // The driver of WePay forgets the order of the columns.
            if slug != "wepay" {
                assert_eq!(columns(&row["row"]), columns(&printed), "{slug} {key:?}");
            }
        }
        // What is left is of other days, or is no transaction: a withdrawal.
        let left = reported.len();
        assert!(left * 20 < all, "{slug}: {left} of {all} are left: {:?}", reported.keys());
        if slug == "flitt" {
            assert!(reports.values().all(|it| *it > 0) && reports.len() == 3, "{reports:?}");
        }
    }
}

#[tokio::test]
async fn a_row_that_lags_is_printed_as_the_reports_tell_it_and_not_before() {
    let server = Server::start().await;
    let fresh = json!({"merchant": MERCHANT, "amount": 1250, "currency": "USD"});
    let id = server.did("POST", "/transactions", &fresh.to_string()).await["id"].clone();
    server.did("PUT", "/reporting/begateway", r#"{"lag":"2h"}"#).await;
    let path = format!("/transactions/{id}?rows=true");
    let rows = server.did("GET", &path, "").await["rows"].clone();
    assert_eq!(rows["begateway"], Value::Null);
    assert_eq!(rows["flitt"]["wire"]["amount"], "12.50");
    assert_eq!(rows["flitt"]["row"]["amount"], "12.50");
    assert_eq!(rows["payfort"]["row"]["amount"], "1250");
    assert_eq!(rows["epicpay"]["row"]["amount"], 12.5);
    server.did("POST", "/clock/advance", r#"{"by":"2h"}"#).await;
    let rows = server.did("GET", &path, "").await["rows"].clone();
    assert_eq!(rows["begateway"]["row"]["amount"], 1250);
    // A chargeback is no operation of PayFort.
    let back =
        server.did("POST", &format!("/transactions/{id}/chargeback"), "{}").await["id"].clone();
    let rows =
        server.did("GET", &format!("/transactions/{back}?rows=true"), "").await["rows"].clone();
    assert_eq!(rows["payfort"], Value::Null);
    assert_eq!(rows["flitt"]["report"], "500");
    // Who does not ask for rows gets none, and a word that is none is refused.
    let plain = server.did("GET", &format!("/transactions/{id}"), "").await;
    assert_eq!(plain.get("rows"), None);
    let path = format!("/transactions/{id}?rows=yes");
    assert!(server.refuses(400, "GET", &path, "").await.contains("true, false"));
}
