//! Predicts from the admin API's view of a transaction which actions are possible on it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::Server;

/// An action on a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ActionKind {
    Capture,
    Refund,
    Void,
    Chargeback,
    Dispute,
    Settle,
}

impl ActionKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Refund => "refund",
            Self::Void => "void",
            Self::Chargeback => "chargeback",
            Self::Dispute => "dispute",
            Self::Settle => "settle",
        }
    }

    /// Whether the action exists for the kind of this row.
    pub(super) fn applies_to(self, row: &Value) -> bool {
        match self {
            Self::Capture => {
                row["kind"] == "authorization"
                    && (row["status"] == "authorized" || row["status"] == "captured")
                    && row["captured"].as_i64() < row["amount"].as_i64()
            }
            Self::Void => row["status"] == "authorized",
            Self::Dispute => row["kind"] == "chargeback",
            Self::Refund | Self::Chargeback => row["status"] == "captured",
            Self::Settle => !row["settles_at"].is_null(),
        }
    }
}

/// Number of attempts by action and by whether it was possible.
pub(super) type AttemptCounts = BTreeMap<(&'static str, bool), u32>;

/// The actions so far.
#[derive(Debug, Default)]
pub(super) struct ActionLog {
    /// Ids of the rows that actions created, including those that a clock set back has not reached
    /// again.
    operations: Vec<Operation>,
    /// Chargebacks whose dispute has ended.
    ended: BTreeSet<i64>,
    pub(super) attempt_counts: AttemptCounts,
}

#[derive(Debug)]
struct Operation {
    /// The original payment or authorization.
    root: i64,
    row: i64,
    kind: String,
    amount: i64,
}

impl ActionLog {
    pub(super) fn end(&mut self, chargeback: i64) {
        assert!(self.ended.insert(chargeback));
    }

    /// The sum of what was done to a payment, now or later, in rows of these kinds; `children` are the rows of
    /// now.
    fn gone(&self, root: i64, children: &[Value], kinds: &[&str]) -> i64 {
        let mine = self.operations.iter();
        let mine = mine.filter(|it| it.root == root && kinds.contains(&&*it.kind));
        let mine_rows: Vec<i64> = mine.clone().map(|it| it.row).collect();
        let by_hand: i64 = mine.map(|it| it.amount).sum();
        let others = children.iter().filter(|it| {
            kinds.contains(&it["kind"].as_str().unwrap()) && !mine_rows.contains(&number(it, "id"))
        });
        by_hand + others.map(|it| number(it, "amount")).sum::<i64>()
    }

    pub(super) fn note(&mut self, root: i64, row: &Value) {
        self.operations.push(Operation {
            root,
            row: row["id"].as_i64().unwrap(),
            kind: row["kind"].as_str().unwrap().to_owned(),
            amount: row["amount"].as_i64().unwrap(),
        });
    }
}

async fn fetch_transaction(server: &Server, id: &Value) -> Value {
    server.did("GET", &format!("/transactions/{id}"), "").await
}

/// The original payment or authorization of a row.
pub(super) async fn root(server: &Server, row: &Value) -> Value {
    let mut root = row.clone();
    while !root["parent"].is_null() {
        root = fetch_transaction(server, &root["parent"]).await;
    }
    root
}

/// The amount of an action that names none, and the largest amount, in minor units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) whole: i64,
    pub(super) most: i64,
}

impl Limits {
    fn of(most: i64) -> Self {
        Self { whole: most, most }
    }
}

/// The amounts that can be captured or returned; `None` if the action is impossible. An action without an
/// amount uses the amount of the row.
pub(super) async fn max_amount(
    server: &Server,
    log: &ActionLog,
    action: ActionKind,
    row: &Value,
) -> Option<Limits> {
    let root = root(server, row).await;
    let mut children = Vec::new();
    for id in root["children"].as_array().unwrap() {
        children.push(fetch_transaction(server, id).await);
    }
    match action {
        ActionKind::Settle => settles(row, &children).then(|| Limits::of(number(row, "amount"))),
        ActionKind::Capture | ActionKind::Void => {
            capturable(log, action, row, &children).map(Limits::of)
        }
        ActionKind::Dispute => disputable(log, row, &children).map(Limits::of),
        ActionKind::Refund | ActionKind::Chargeback => {
            refundable(log, action, row, (&root, &children))
        }
    }
}

fn number(row: &Value, key: &str) -> i64 {
    row[key].as_i64().unwrap()
}

/// Whether the row moves money and can still be settled.
fn settles(row: &Value, children: &[Value]) -> bool {
    let moves = |row: &Value| {
        let kind = row["kind"].as_str().unwrap();
        row["status"] == "captured"
            && MOVING.contains(&kind)
            && row["test"] == false
            && number(row, "amount") > 0
            && row["settled_at"].is_null()
    };
    match row["kind"].as_str().unwrap() {
        "authorization" => children.iter().filter(|it| it["kind"] == "capture").any(moves),
        _ => moves(row),
    }
}

/// The kinds of rows that move money.
const MOVING: [&str; 6] =
    ["payment", "capture", "refund", "chargeback", "chargeback_reversal", "reject"];

/// Amount of an authorization that is neither captured nor voided, now or later. Nothing of it was returned
/// before it is captured.
fn capturable(log: &ActionLog, action: ActionKind, row: &Value, children: &[Value]) -> Option<i64> {
    let id = number(row, "id");
    let is_held = row["kind"] == "authorization"
        && (row["status"] == "authorized" || row["status"] == "captured");
    let is_voided = log.operations.iter().any(|it| it.root == id && it.kind == "void");
    if !is_held || is_voided {
        return None;
    }
    let captured = log.gone(id, children, &["capture"]);
    let returned = log.gone(id, children, &["refund", "chargeback", "reject"]);
    if captured == 0 && returned > 0 || captured > 0 && action == ActionKind::Void {
        return None;
    }
    Some(number(row, "amount") - captured).filter(|left| *left > 0)
}

/// The newest chargeback whose dispute has not ended, now or later.
fn disputable(log: &ActionLog, row: &Value, children: &[Value]) -> Option<i64> {
    let kind = row["kind"].as_str().unwrap();
    let is_meant = |it: &&Value| match kind {
        "chargeback" => it["id"] == row["id"],
        "capture" => it["parent"] == row["id"],
        _ => true,
    };
    if !["payment", "authorization", "capture", "chargeback"].contains(&kind) {
        return None;
    }
    let chargebacks = children.iter().filter(|it| it["kind"] == "chargeback").filter(is_meant);
    let open = chargebacks.filter(|it| it["test"] == false);
    let open = open.map(|it| number(it, "id")).filter(|id| !log.ended.contains(id));
    open.max()
}

/// Amount that is captured now and not returned, now or later. The issuer of a card can take back what the
/// merchant has returned, but nothing twice.
fn refundable(
    log: &ActionLog,
    action: ActionKind,
    row: &Value,
    (root, children): (&Value, &[Value]),
) -> Option<Limits> {
    let kind = row["kind"].as_str().unwrap();
    if !["payment", "authorization", "capture"].contains(&kind) {
        return None;
    }
    if action == ActionKind::Chargeback && root["method"] == "alternative" {
        return None;
    }
    let gone = |kinds: &[&str]| log.gone(number(root, "id"), children, kinds);
    // What came back later cannot be given back now.
    let won = children.iter().filter(|it| it["kind"] == "chargeback_reversal");
    let captured = number(root, "captured") + won.map(|it| number(it, "amount")).sum::<i64>();
    let of_row = if kind == "capture" { number(row, "amount") } else { i64::MAX };
    let rest = Some(captured - gone(&["refund", "chargeback", "reject"])).filter(|it| *it > 0);
    let rest = rest.map(|it| it.min(of_row));
    if action == ActionKind::Chargeback && root["method"] == "card" {
        let most = Some(captured - gone(&["chargeback"])).filter(|it| *it > 0)?.min(of_row);
        return Some(Limits { whole: rest.unwrap_or(most), most });
    }
    rest.map(Limits::of)
}

/// The body of an action.
pub(super) fn body(amount: Option<i64>) -> String {
    amount.map_or_else(|| "{}".to_owned(), |amount| json!({"amount": amount}).to_string())
}

/// Whether an amount is valid for the largest possible amount.
pub(super) fn fits(amount: Option<i64>, limits: Option<Limits>) -> bool {
    limits.is_some_and(|limits| amount.is_none_or(|amount| (1..=limits.most).contains(&amount)))
}
