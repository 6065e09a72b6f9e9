//! beGateway: pages by cursors, cards and everything else asked for apart.

use serde_json::{Value, json};

use super::{Question, Seen, basic};
use crate::support::{Answer, Server};

/// The two kinds of rows that cannot be asked for together.
pub(crate) const METHODS: [&str; 2] = ["credit_card", "alternative"];

/// Parameters of all rows of a method that were created on these days.
pub(crate) fn params(question: Question<'_>, method: &str) -> Value {
    json!({
        "date_type": "created_at",
        "from": format!("{} 00:00:00", question.first),
        "to": format!("{} 23:59:59", question.last),
        "status": "all",
        "payment_method_type": method,
        "time_zone": "UTC",
    })
}

/// Asks with the shop of a merchant.
pub(crate) async fn ask(server: &Server, merchant: &str, path: &str, params: &Value) -> Answer {
    let authorization = basic(server, "begateway", merchant, ["shop_id", "secret_key"]);
    let headers = [("Authorization", authorization.as_str()), ("X-Api-Version", "3")];
    server.send("POST", path, &headers, json!({"report_params": params}).to_string()).await
}

/// Every row by cursors: forwards from the first, or backwards from the last; in rising ids anyway.
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
        let some = page["transactions"].as_array().unwrap_or_else(|| panic!("{page}")).clone();
        assert_eq!(page["count"], some.len());
        match direction {
            Direction::Forwards => rows.extend(some),
            Direction::Backwards => drop(rows.splice(0..0, some)),
        }
        if page["has_more"] == false {
            break;
        }
        params[cursor] = page[next].clone();
        between(pages).await;
    }
    rows
}

/// Which way a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forwards,
    Backwards,
}

pub(super) async fn seen(
    server: &Server,
    question: Question<'_>,
    between: &mut impl AsyncFnMut(usize),
) -> Vec<Seen> {
    let mut all = Vec::new();
    for method in METHODS {
        let mut ways = Vec::new();
        for direction in [Direction::Forwards, Direction::Backwards] {
            let asked = (params(question, method), direction);
            ways.push(walk(server, question.merchant, asked, between).await);
        }
        let (forwards, backwards) = (&ways[0], &ways[1]);
        assert!(forwards == backwards, "{method} forwards and backwards");
        all.append(&mut ways[0]);
    }
    let seen = |row: &Value| {
        let id = row["id"].to_string();
        Seen { fact: format!("{id} {}", row["amount"]), id }
    };
    all.iter().map(seen).collect()
}

/// What is paid and not settled yet, by currency.
pub(crate) async fn balances(server: &Server, merchant: &str) -> Answer {
    let authorization = basic(server, "begateway", merchant, ["shop_id", "secret_key"]);
    let headers = [("Authorization", authorization.as_str())];
    server.send("GET", "/shop/channel_balances/?gateway_id=312", &headers, "").await
}
