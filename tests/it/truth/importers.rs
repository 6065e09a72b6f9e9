//! Right importers: they read the wire of each provider alone and store what the truth is about.

use jiff::SignedDuration;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::drivers::begateway::{self, Direction, METHODS, walk};
use crate::drivers::{ReportQuery, epicpay, flitt, payfort, wepay};
use crate::support::{Server, jump};

/// The rows of a merchant at a provider that were created (EpicPay: paid) on these days, UTC, included.
pub(crate) async fn import(
    server: &Server,
    slug: &str,
    merchant: &str,
    (first, last): (Date, Date),
) -> Vec<Value> {
    let query = ReportQuery { merchant, first, last, size: 500 };
    match slug {
        "payfort" => of_payfort(server, query).await,
        "flitt" => of_flitt(server, query).await,
        "begateway" => of_begateway(server, query).await,
        "epicpay" => of_epicpay(server, query).await,
        "wepay" => of_wepay(server, query).await,
        other => panic!("write an importer for {other}"),
    }
}

async fn of_payfort(server: &Server, query: ReportQuery<'_>) -> Vec<Value> {
    let columns = ["fort_id", "amount", "currency", "status"];
    let reference = format!("import-{}", server.space().world().state.reports.len());
    let request = payfort::request(query, &reference, &columns);
    let rows = payfort::client(query.merchant).rows(server, &request).await;
    let row = |row: &Value| {
        json!({"id": row["fort_id"], "amount": row["amount"], "currency": row["currency"],
            "status": row["status"]})
    };
    rows.iter().map(row).collect()
}

/// Orders, reversals and chargebacks are in a report each.
async fn of_flitt(server: &Server, query: ReportQuery<'_>) -> Vec<Value> {
    let between = |column: &str| {
        json!([
            {"s": column, "m": "from", "v": query.first.to_string()},
            {"s": column, "m": "to", "v": query.last.to_string()},
        ])
    };
    let table =
        async |report, column| flitt::table(server, query.merchant, report, between(column)).await;
    let mut rows = Vec::new();
    for row in table(745, "order_timestart").await {
        rows.push(json!({"report": 745, "id": row["payment_id"], "amount": row["amount"],
            "currency": row["currency"], "fee": row["fee"], "status": row["order_status"]}));
    }
    for row in table(528, "tran_timestart").await {
        if row["tran_type"] == "reverse" {
            rows.push(json!({"report": 528, "id": row["tran_id"], "amount": row["actual_amount"],
                "currency": row["currency"], "status": row["status"]}));
        }
    }
    for row in table(500, "chargeback_createtime").await {
        rows.push(json!({"report": 500, "id": row["tran_id"], "amount": row["amount"],
            "currency": row["currency"], "status": row["status"]}));
    }
    rows
}

async fn of_begateway(server: &Server, query: ReportQuery<'_>) -> Vec<Value> {
    let mut rows = Vec::new();
    for method in METHODS {
        let request = (begateway::params(query, method), Direction::Forwards);
        for row in walk(server, query.merchant, request, &mut async |_| {}).await {
            rows.push(json!({"id": row["id"], "amount": row["amount"],
                "currency": row["currency"], "fee": row["transaction_fee"],
                "status": row["status"]}));
        }
    }
    rows
}

async fn of_epicpay(server: &Server, query: ReportQuery<'_>) -> Vec<Value> {
    let rows = epicpay::rows(server, "trxnactivity", query).await;
    let row = |row: &Value| {
        json!({"id": row["transaction_id"], "amount": row["amount"],
            "status": row["reason_text"]})
    };
    rows.iter().map(row).collect()
}

async fn of_wepay(server: &Server, query: ReportQuery<'_>) -> Vec<Value> {
    let start = |day: Date| day.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
    let account = wepay::account(server, query.merchant);
    let request = wepay::transactions(account, (start(query.first), start(query.last)));
    let report = wepay::create(server, query.merchant, &request).await;
    let space = server.space();
    jump(&space, space.moment().now + SignedDuration::from_secs(3));
    let lines = wepay::fetch(server, query.merchant, &report).await.unwrap();
    let moved = lines.iter().filter(|line| line["transaction_type"] != "withdrawal");
    let row = |line: &wepay::Line| {
        json!({"id": line["transaction_id"], "amount": line["gross"],
            "currency": line["currency"], "fee": line["processing_fee"],
            "status": line["state"]})
    };
    moved.map(row).collect()
}

/// What `/_admin/reconcile` finds in the rows of an import.
pub(crate) async fn reconcile(
    server: &Server,
    slug: &str,
    merchant: &str,
    ((first, last), rows): ((Date, Date), &[Value]),
) -> Value {
    let import = json!({"provider": slug, "merchant": merchant, "from": first.to_string(),
        "to": last.to_string(), "rows": rows});
    server.did("POST", "/reconcile", &import.to_string()).await
}
