//! What can be done to a transaction, told beforehand from what the admin API shows of it.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::Server;

/// Something to make happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Capture,
    Refund,
    Void,
    Chargeback,
    Settle,
}

impl What {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Refund => "refund",
            Self::Void => "void",
            Self::Chargeback => "chargeback",
            Self::Settle => "settle",
        }
    }
}

/// Rows that were made by hand, also those that a clock that was put back has not reached again.
#[derive(Debug, Default)]
pub(super) struct Done(Vec<Deed>);

#[derive(Debug)]
struct Deed {
    /// The payment or authorization.
    root: i64,
    row: i64,
    kind: String,
    amount: i64,
    at: Timestamp,
}

impl Done {
    pub(super) fn note(&mut self, root: i64, row: &Value) {
        self.0.push(Deed {
            root,
            row: row["id"].as_i64().unwrap(),
            kind: row["kind"].as_str().unwrap().to_owned(),
            amount: row["amount"].as_i64().unwrap(),
            at: row["created_at"].as_str().unwrap().parse().unwrap(),
        });
    }
}

async fn look(server: &Server, id: &Value) -> Value {
    server.did("GET", &format!("/transactions/{id}"), "").await
}

/// The payment or authorization behind a row.
pub(super) async fn root(server: &Server, row: &Value) -> Value {
    let mut root = row.clone();
    while !root["parent"].is_null() {
        root = look(server, &root["parent"]).await;
    }
    root
}

/// How much can be captured or given back: the most, 0 when it cannot be done at all. `Settle` moves
/// no amount; 1 says that it can be done.
pub(super) async fn most(server: &Server, done: &Done, what: What, row: &Value) -> i64 {
    let root = root(server, row).await;
    let mut children = Vec::new();
    for id in root["children"].as_array().unwrap() {
        children.push(look(server, id).await);
    }
    match what {
        What::Settle => i64::from(settles(row, &children)),
        What::Capture | What::Void => capturable(done, row),
        What::Refund | What::Chargeback => refundable(done, what, row, (&root, &children)),
    }
}

fn number(row: &Value, key: &str) -> i64 {
    row[key].as_i64().unwrap()
}

/// What moves money and has not arrived can be made to arrive.
fn settles(row: &Value, children: &[Value]) -> bool {
    let moves = |row: &Value| {
        let kind = row["kind"].as_str().unwrap();
        row["status"] == "captured"
            && ["payment", "capture", "refund", "chargeback", "reject"].contains(&kind)
            && row["test"] == false
            && number(row, "amount") > 0
            && row["settled_at"].is_null()
    };
    match row["kind"].as_str().unwrap() {
        "authorization" => children.iter().filter(|it| it["kind"] == "capture").any(moves),
        _ => moves(row),
    }
}

/// An authorization that was neither taken nor released, now or later.
fn capturable(done: &Done, row: &Value) -> i64 {
    let id = number(row, "id");
    let later = done.0.iter().any(|it| it.root == id && ["capture", "void"].contains(&&*it.kind));
    let held = row["kind"] == "authorization" && row["status"] == "authorized" && !later;
    if held { number(row, "amount") } else { 0 }
}

/// What was taken by now and has not gone back, now or later.
fn refundable(done: &Done, what: What, row: &Value, (root, children): (&Value, &[Value])) -> i64 {
    let kind = row["kind"].as_str().unwrap();
    if !["payment", "authorization", "capture"].contains(&kind) {
        return 0;
    }
    if what == What::Chargeback && root["method"] == "alternative" {
        return 0;
    }
    let id = number(root, "id");
    let goes_back = |kind: &str| ["refund", "chargeback", "reject"].contains(&kind);
    let mine = done.0.iter().filter(|it| it.root == id && goes_back(&it.kind));
    let mine_rows: Vec<i64> = mine.clone().map(|it| it.row).collect();
    let by_hand: i64 = mine.map(|it| it.amount).sum();
    let others = children.iter().filter(|it| {
        goes_back(it["kind"].as_str().unwrap()) && !mine_rows.contains(&number(it, "id"))
    });
    let others: i64 = others.map(|it| number(it, "amount")).sum();
    number(root, "captured") - by_hand - others
}

/// The body of an action.
pub(super) fn body(amount: Option<i64>) -> String {
    amount.map_or_else(|| "{}".to_owned(), |amount| json!({"amount": amount}).to_string())
}

/// Whether an amount is right where so much can be had at most.
pub(super) fn fits(amount: Option<i64>, most: i64) -> bool {
    most > 0 && amount.is_none_or(|amount| (1..=most).contains(&amount))
}
