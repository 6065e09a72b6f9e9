//! Checks amendments at the wires: whatever is amended by hand, each provider tells the new values, what was paid
//! out stays, and the difference is a line of a later deposit.

use std::cell::Cell;
use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::always;
use super::imports::nothing_is_wrong;
use super::moves::{Move, minor, text};
use super::ties::{currency_of, rows_tie_out};
use super::wires::{Reports, begateway_moves, fetch_reports};
use super::world::{World, world};
use crate::support::{Server, jump};

const MERCHANT: &str = "everywhere";

/// The memo of the line that pays a difference.
const CORRECTION: &str = "Correction of an amended transaction";

/// New values for one of the newest rows: a share of its amount in thousandths, a fee, a text.
#[derive(Clone, Debug)]
struct Change {
    pick: usize,
    share: Option<i64>,
    fee: Option<i64>,
    description: Option<&'static str>,
}

fn change() -> impl Strategy<Value = Change> {
    let text = prop::sample::select(vec!["Pot", "კერამიკა", ""]);
    (
        0..120_usize,
        prop::option::of(1..2000_i64),
        prop::option::of(0..400_i64),
        prop::option::of(text),
    )
        .prop_map(|(pick, share, fee, description)| Change { pick, share, fee, description })
}

/// Amends one of the rows; returns whether that was possible. What is not changes nothing.
async fn amend(server: &Server, rows: &[Value], change: &Change) -> bool {
    let Some(row) = rows.get(change.pick) else { return false };
    let amount = change.share.map(|share| (row["amount"].as_i64().unwrap() * share / 1000).max(1));
    let body = json!({"amount": amount, "fee": change.fee, "description": change.description});
    let path = format!("/_admin/transactions/{}/amend", row["id"]);
    let answer = server.send("POST", &path, &[], body.to_string()).await;
    assert!([200, 400, 409].contains(&answer.status), "{body}: {}", answer.text());
    answer.status == 200
}

/// What amendments changed of the rows that were settled already, in minor units by the id of the row.
fn differences(before: &[Move], after: &[Move]) -> BTreeMap<i64, (String, i64)> {
    let after: BTreeMap<i64, &Move> = after.iter().map(|it| (it.id, it)).collect();
    let settled = before.iter().filter(|it| it.settled.is_some());
    let changed = settled.filter_map(|it| {
        let difference = after[&it.id].net - it.net;
        (difference != 0).then(|| (it.id, (it.currency.clone(), difference)))
    });
    changed.collect()
}

/// The deposits with their details, by number.
fn deposits(reports: &Reports) -> BTreeMap<&str, &Value> {
    reports.epicpay["deposits-detail"].iter().map(|it| (text(it, "unique_id"), it)).collect()
}

/// Whether a deposit is of bank debits.
fn is_bank(deposit: &Value) -> bool {
    deposit["payment_type"] == "ACH"
}

/// What lines of deposits paid of the differences, by the id of the row.
fn paid<'a>(deposits: impl Iterator<Item = &'a Value>) -> BTreeMap<i64, i64> {
    let mut paid = BTreeMap::new();
    for deposit in deposits {
        let lines = deposit["detail_data"].as_array().unwrap().iter();
        for line in lines.filter(|line| line["memo"] == CORRECTION) {
            let id = text(line, "reference_id").strip_prefix("trxn_").unwrap().parse().unwrap();
            *paid.entry(id).or_default() +=
                minor(&line["amount"].to_string(), currency_of(deposit));
        }
    }
    paid
}

/// Each difference is a line of a later deposit, or is still due because no such deposit came.
fn difference_is_paid(
    (before, after): (&Reports, &Reports),
    differences: &BTreeMap<i64, (String, i64)>,
) -> i64 {
    let known = deposits(before);
    let later: Vec<&Value> =
        deposits(after).into_iter().filter(|it| !known.contains_key(it.0)).map(|it| it.1).collect();
    let mut paid = paid(later.iter().copied());
    let by_bank: BTreeMap<&str, bool> = after.epicpay["trxnactivity"]
        .iter()
        .map(|row| (text(row, "transaction_id"), row["payment_type"] == "ACH"))
        .collect();
    let (mut due, mut lines): (BTreeMap<&str, i64>, i64) = (BTreeMap::new(), 0);
    for (id, (currency, difference)) in differences {
        match paid.remove(id) {
            Some(amount) => {
                assert_eq!(amount, *difference, "{id} {currency}");
                lines += 1;
            }
            None => {
                let bank = by_bank[id.to_string().as_str()];
                let fits = |it: &&&Value| currency_of(it) == currency && is_bank(it) == bank;
                assert!(!later.iter().any(|it| fits(&it)), "{id} {currency} {difference}");
                *due.entry(currency).or_default() += difference;
            }
        }
    }
    assert!(paid.is_empty(), "paid without a difference: {paid:?}");
    // beGateway's balance is what is not settled yet, and what is still due of differences.
    for it in after.begateway.iter().filter(|it| it.settled.is_none() && it.sign() != 0) {
        *due.entry(&it.currency).or_default() += it.net;
    }
    for balance in &after.balances {
        let open = due.remove(text(balance, "currency")).unwrap_or(0);
        assert_eq!(balance["amount"], open, "{balance}");
    }
    assert!(due.values().all(|it| *it == 0), "{due:?}");
    lines
}

/// Returns how many amendments were possible, and how many differences were paid.
async fn run(world: World, changes: &[Change]) -> (usize, i64) {
    let server = world.serve().await;
    let before = fetch_reports(&server, MERCHANT, world.first()).await;
    let list = format!("/transactions?merchant={MERCHANT}&limit=120");
    let rows = server.did("GET", &list, "").await["transactions"].as_array().unwrap().clone();
    let moves = begateway_moves(&server, MERCHANT).await;
    let mut possible = 0;
    for change in changes {
        possible += usize::from(amend(&server, &rows, change).await);
    }
    let differences = differences(&moves, &begateway_moves(&server, MERCHANT).await);
    let mut lines = 0;
    for hours in [0, 900] {
        let space = server.space();
        jump(&space, space.moment().now + SignedDuration::from_hours(hours));
        let after = fetch_reports(&server, MERCHANT, world.first()).await;
        rows_tie_out(&after);
        nothing_is_wrong(&server, MERCHANT, world.first()).await;
        let now = deposits(&after);
        for (number, deposit) in deposits(&before) {
            assert_eq!(now[number], deposit, "a deposit that was sent off");
        }
        let withdrawn: BTreeMap<String, &Value> =
            after.withdrawals.iter().map(|it| (it.0["withdrawal_id"].to_string(), &it.0)).collect();
        for (withdrawal, _) in &before.withdrawals {
            let same = withdrawn[&withdrawal["withdrawal_id"].to_string()];
            assert_eq!(same["amount"], withdrawal["amount"]);
        }
        lines = difference_is_paid((&before, &after), &differences);
    }
    (possible, lines)
}

#[test]
fn whatever_is_amended_each_wire_tells_it_and_the_next_deposit_pays_the_difference() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (possible, paid) = (Cell::new(0), Cell::new(0));
    always(20, &(world(), prop::collection::vec(change(), 1..30)), |(world, changes)| {
        let (did, lines) = runtime.block_on(run(world, &changes));
        possible.set(possible.get() + did);
        paid.set(paid.get() + lines);
    });
    assert!(possible.get() > 50 && paid.get() > 10, "{possible:?} {paid:?}");
}
