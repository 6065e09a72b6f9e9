//! Whatever is done by hand, the books tie out.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use sandtill::sandbox::actions::Action;
use sandtill::sandbox::facts::Kind;
use sandtill::sandbox::generate::calendar;
use sandtill::sandbox::ledger::View;
use sandtill::sandbox::ledger::settlement::{self, LineKind};
use sandtill::sandbox::scenario::TransactionFile;
use sandtill::sandbox::space::Space;
use serde_json::{Value, json};

use crate::books::cases_of;
use crate::support::{NOON, Server, act, add, frozen};

/// Something a test might do.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Add { amount: i64, held: bool, bank: bool },
    Do { pick: usize, action_number: u8, amount: Option<i64> },
    Move { hours: i64 },
}

fn operation() -> impl Strategy<Value = Operation> {
    let amount = prop_oneof![Just(None), (-5..30_000_i64).prop_map(Some)];
    prop_oneof![
        1 => (0..30_000_i64, any::<bool>(), any::<bool>())
            .prop_map(|(amount, held, bank)| Operation::Add { amount, held, bank }),
        4 => (any::<usize>(), 0..5_u8, amount)
            .prop_map(|(pick, action_number, amount)| Operation::Do { pick, action_number, amount }),
        1 => (-200..400_i64).prop_map(|hours| Operation::Move { hours }),
    ]
}

fn perform(sandbox: &Arc<Space>, operation: Operation) {
    let merchant = sandbox.world().scenario.merchant("everywhere").unwrap().clone();
    let view = sandbox.moment().view(merchant.id).unwrap();
    match operation {
        Operation::Add { amount, held, bank } => {
            let status = if held { "authorized" } else { "captured" };
            let method = if bank && !held { "bank" } else { "card" };
            let file = serde_json::json!({
                "merchant": "everywhere", "amount": amount, "status": status, "method": method,
            });
            let file: TransactionFile = serde_json::from_value(file).unwrap();
            let added = file.to_row(&merchant, sandbox.moment().now).unwrap();
            add(sandbox, merchant.id, added);
        }
        Operation::Do { pick, action_number, amount } => {
            let day = view.now - 3 * 86_400..view.now + 1;
            let rows: Vec<i64> = view
                .rows(sandtill::sandbox::ledger::Axis::Created, day)
                .map(|row| row.number())
                .collect();
            let Some(number) = rows.get(pick % rows.len().max(1)) else { return };
            let action = match action_number {
                0 => Action::Capture(amount),
                1 => Action::Refund(amount),
                2 => Action::Void,
                3 => Action::Chargeback(amount),
                _ => Action::Settle,
            };
            // What is impossible is refused; the books show whether it left anything behind.
            let _ = act(sandbox, *number, action);
        }
        Operation::Move { hours } => {
            crate::support::jump(sandbox, sandbox.moment().now + SignedDuration::from_hours(hours));
        }
    }
}

/// What must hold for a merchant without reserve and monthly fee, at any moment.
fn ties_out(view: &View) -> Result<(), TestCaseError> {
    let start = calendar::start_of(view.first);
    let (mut money_in, mut under_way, mut fees) = (0, 0, 0);
    for row in view.all() {
        if row.kind.is_original() {
            let (mut captures, mut back, mut forced_back) = (0, 0, 0);
            for child in row.children() {
                prop_assert!(child.amount >= 0 && child.created_at >= row.created_at);
                match child.kind {
                    Kind::Capture => captures += 1,
                    Kind::Refund | Kind::Reject => back += child.amount,
                    Kind::Chargeback => forced_back += child.amount,
                    _ => {}
                }
            }
            prop_assert!(captures <= 1);
            // What was refunded can be charged back as well.
            let captured = row.captured();
            prop_assert!(back.max(forced_back) <= captured, "{back} {forced_back} of {captured}");
        }
        if row.test || row.settles_at().is_none_or(|at| at < start) {
            continue;
        }
        money_in += row.gross();
        match row.settled_at() {
            Some(_) => fees += row.fee,
            None => under_way += row.gross(),
        }
    }
    let days = view.first..calendar::day_of(view.now) + 1;
    let (mut deposited, mut taken) = (0, 0);
    for deposit in settlement::deposits(view, days) {
        deposited += deposit.amount;
        let lines = settlement::lines(view, &deposit);
        taken -= lines.filter(|it| it.kind == LineKind::Fee).map(|it| it.amount).sum::<i64>();
    }
    prop_assert_eq!(taken, fees);
    prop_assert_eq!(money_in, deposited + under_way + fees);
    Ok(())
}

proptest! {
    #![proptest_config(cases_of(12))]

    #[test]
    fn deeds_at_any_clock_leave_books_that_tie_out(operations in prop::collection::vec(operation(), 1..40)) {
        let sandbox = Space::alone(frozen("default", NOON));
        for operation in operations {
            perform(&sandbox, operation);
        }
        let merchant = sandbox.world().scenario.merchant("everywhere").unwrap().id;
        let now: Timestamp = NOON.parse().unwrap();
        for hours in [-100, 0, 100, 1000] {
            crate::support::jump(&sandbox, now + SignedDuration::from_hours(hours));
            ties_out(&sandbox.moment().view(merchant).unwrap())?;
        }
    }
}

/// Sets the clock of the default space.
async fn put(server: &Server, now: &Value) {
    server.did("PUT", "/clock", &json!({"now": now}).to_string()).await;
}

#[tokio::test]
async fn nothing_goes_back_before_it_was_taken_however_the_clock_is_turned() {
    let server = Server::frozen("empty", NOON).await;
    let held = r#"{"merchant":"everywhere","amount":5000,"status":"authorized","at":"2026-03-13T12:00:00Z"}"#;
    let held = server.did("POST", "/transactions", held).await;
    let path = |action: &str| format!("/transactions/{}/{action}", held["id"]);
    server.did("POST", &path("capture"), "").await;
    put(&server, &json!("2026-03-14T11:00:00Z")).await;
    for (action, expected_detail) in [
        ("refund", "nothing has been taken"),
        ("chargeback", "nothing has been taken"),
        ("capture", "has been captured"),
        ("void", "has been captured"),
    ] {
        let detail = server.refuses(409, "POST", &path(action), "").await;
        assert!(detail.contains(expected_detail), "{action}: {detail}");
    }
    put(&server, &json!(NOON)).await;
    server.did("POST", &path("refund"), r#"{"amount":5000}"#).await;
}

#[tokio::test]
async fn what_was_given_back_later_cannot_be_left_without_its_capture() {
    let server = Server::start().await;
    // A capture of the generator's, refunded by hand.
    let list = "/transactions?merchant=everywhere&kind=capture&limit=1000";
    let captures = server.did("GET", list, "").await;
    let captures = captures["transactions"].as_array().unwrap();
    let mut late = captures.iter().filter(|it| it["settled_at"].is_null());
    let capture = late.next().unwrap();
    let held = server.did("GET", &format!("/transactions/{}", capture["parent"]), "").await;
    let path = |action: &str| format!("/transactions/{}/{action}", held["id"]);
    server.did("POST", &path("refund"), r#"{"amount":1}"#).await;
    // Before the capture, neither a void nor a smaller capture may take its place.
    put(&server, &held["paid_at"]).await;
    let seen = server.did("GET", &format!("/transactions/{}", held["id"]), "").await;
    assert_eq!(seen["status"], "authorized");
    for (action, body) in [("void", ""), ("capture", r#"{"amount":1}"#), ("refund", "")] {
        server.refuses(409, "POST", &path(action), body).await;
    }
    put(&server, &json!(NOON)).await;
    let seen = server.did("GET", &format!("/transactions/{}", held["id"]), "").await;
    assert_eq!((&seen["captured"], &seen["refunded"]), (&capture["amount"], &json!(1)));
}
