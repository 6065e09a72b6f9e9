//! beGateway: reads pages by cursors; card payments and all other payments need separate requests.

use serde_json::{Value, json};

use super::{ReportQuery, ReportedRow, basic};
use crate::support::{Answer, Server};

/// The two payment methods that one request cannot combine.
pub(crate) const METHODS: [&str; 2] = ["credit_card", "alternative"];

/// Request parameters for all rows of a method that were created on these days.
pub(crate) fn params(query: ReportQuery<'_>, method: &str) -> Value {
    json!({
        "date_type": "created_at",
        "from": format!("{} 00:00:00", query.first),
        "to": format!("{} 23:59:59", query.last),
        "status": "all",
        "payment_method_type": method,
        "time_zone": "UTC",
    })
}

/// Sends a request with the shop credentials of a merchant.
pub(crate) async fn ask(server: &Server, merchant: &str, path: &str, params: &Value) -> Answer {
    let authorization = basic(server, "begateway", merchant, ["shop_id", "secret_key"]);
    let headers = [("Authorization", authorization.as_str()), ("X-Api-Version", "3")];
    server.send("POST", path, &headers, json!({"report_params": params}).to_string()).await
}

/// Reads all rows by cursors, forwards from the first row or backwards from the last. The result is
/// in ascending order of ids in both cases.
pub(crate) async fn walk(
    server: &Server,
    merchant: &str,
    (mut params, direction): (Value, Direction),
    between: &mut impl AsyncFnMut(usize),
) -> Vec<Value> {
    let (cursor, next) = match direction {
        Direction::Forwards => ("starting_after", "last_object_id"),
        Direction::Backwards => ("ending_before", "first_object_id"),
    };
    if direction == Direction::Backwards {
        params[cursor] = json!(i64::MAX);
    }
    let mut rows: Vec<Value> = Vec::new();
    for pages in 1.. {
        let page = ask(server, merchant, "/api/reports", &params).await.json();
        let page_rows = page["transactions"].as_array().unwrap_or_else(|| panic!("{page}")).clone();
        assert_eq!(page["count"], page_rows.len());
        match direction {
            Direction::Forwards => rows.extend(page_rows),
            Direction::Backwards => drop(rows.splice(0..0, page_rows)),
        }
        if page["has_more"] == false {
            break;
        }
        params[cursor] = page[next].clone();
        between(pages).await;
    }
    rows
}

/// The direction of paging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forwards,
    Backwards,
}

pub(super) async fn reported_rows(
    server: &Server,
    query: ReportQuery<'_>,
    between: &mut impl AsyncFnMut(usize),
) -> Vec<ReportedRow> {
    let mut all = Vec::new();
    for method in METHODS {
        let mut walks = Vec::new();
        for direction in [Direction::Forwards, Direction::Backwards] {
            let walk_request = (params(query, method), direction);
            walks.push(walk(server, query.merchant, walk_request, between).await);
        }
        let (forwards, backwards) = (&walks[0], &walks[1]);
        assert!(forwards == backwards, "{method} forwards and backwards");
        all.append(&mut walks[0]);
    }
    let reported_rows = |row: &Value| {
        let id = row["id"].to_string();
        ReportedRow { fact: format!("{id} {}", row["amount"]), id }
    };
    all.iter().map(reported_rows).collect()
}

/// The balances by currency: amounts that are paid and not settled yet.
pub(crate) async fn balances(server: &Server, merchant: &str) -> Answer {
    let authorization = basic(server, "begateway", merchant, ["shop_id", "secret_key"]);
    let headers = [("Authorization", authorization.as_str())];
    server.send("GET", "/shop/channel_balances/?gateway_id=312", &headers, "").await
}
