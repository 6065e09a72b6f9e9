//! Checks any sequence of admin actions: the reports of all five providers agree, and an impossible
//! action is refused without a change.

use std::cell::RefCell;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::always;
use super::imports::nothing_is_wrong;
use super::model::{ActionKind, ActionLog, AttemptCounts, body, fits, max_amount, root};
use super::ties::tie_out;
use super::wires::fetch_reports;
use super::world::{World, world};
use crate::support::Server;

const MERCHANT: &str = "everywhere";

/// The amount of an action relative to the largest possible amount.
#[derive(Clone, Copy, Debug)]
enum Amount {
    Whole,
    /// In thousandths of the largest amount.
    Part(i64),
    /// A fixed amount in minor units, possible or not.
    Exactly(i64),
    /// One minor unit more than the largest amount.
    TooMuch,
}

/// A step of a test.
#[derive(Clone, Debug)]
enum Operation {
    Add(Payment),
    Act {
        pick: usize,
        action: ActionKind,
        amount: Amount,
    },
    /// Something happens to one of the newest deposits.
    Befall {
        pick: usize,
        does: usize,
    },
    /// The reports of a provider lag from now on.
    Lag {
        provider: usize,
        rules: usize,
    },
    Jump {
        minutes: i64,
    },
    Advance {
        minutes: i64,
    },
}

/// Adds a payment or an authorization.
#[derive(Clone, Debug)]
struct Payment {
    amount: i64,
    currency: &'static str,
    method: &'static str,
    status: &'static str,
    /// Age in minutes; negative for the future.
    age: i64,
    fee: Option<i64>,
    test: bool,
    /// Minutes from payment to settlement, regardless of the merchant's trade.
    settled_after: Option<i64>,
}

fn payment() -> impl Strategy<Value = Payment> {
    let amount = prop_oneof![
        6 => 1..100_000_i64,
        1 => Just(1),
        1 => Just(0),
        1 => Just(9_999_999_999),
    ];
    let currency = prop::sample::select(vec!["USD", "USD", "USD", "EUR", "JPY", "KWD"]);
    let method = prop::sample::select(vec!["card", "card", "bank", "alternative"]);
    let statuses = vec![
        "captured",
        "captured",
        "captured",
        "authorized",
        "authorized",
        "settled",
        "declined",
        "incomplete",
        "pending",
        "expired",
    ];
    let age = prop_oneof![3 => Just(0), 2 => 0..5 * 1440_i64, 1 => -3 * 1440..0_i64];
    let fee = prop_oneof![4 => Just(None), 1 => (0..50_i64).prop_map(Some)];
    let test = prop::bool::weighted(0.08);
    let settled_after = prop_oneof![6 => Just(None), 1 => (0..20 * 1440_i64).prop_map(Some)];
    (amount, currency, method, prop::sample::select(statuses), age, fee, test, settled_after)
        .prop_map(|(amount, currency, method, status, age, fee, test, settled_after)| Payment {
            amount,
            currency,
            method,
            status,
            age,
            fee: fee.map(|fee| fee.min(amount)),
            test,
            settled_after: settled_after.filter(|_| ["captured", "settled"].contains(&status)),
        })
}

fn operation() -> impl Strategy<Value = Operation> {
    let action = prop::sample::select(vec![
        ActionKind::Capture,
        ActionKind::Capture,
        ActionKind::Refund,
        ActionKind::Refund,
        ActionKind::Void,
        ActionKind::Void,
        ActionKind::Chargeback,
        ActionKind::Chargeback,
        ActionKind::Dispute,
        ActionKind::Dispute,
        ActionKind::Settle,
    ]);
    let amount = prop_oneof![
        3 => Just(Amount::Whole),
        3 => (1..1000_i64).prop_map(Amount::Part),
        1 => (-5..20_000_i64).prop_map(Amount::Exactly),
        1 => Just(Amount::TooMuch),
    ];
    let pick = prop_oneof![3 => 0..20_usize, 1 => any::<usize>()];
    prop_oneof![
        3 => payment().prop_map(Operation::Add),
        6 => (pick, action, amount)
            .prop_map(|(pick, action, amount)| Operation::Act { pick, action, amount }),
        2 => (0..6_usize, 0..BEFALLS.len())
            .prop_map(|(pick, does)| Operation::Befall { pick, does }),
        1 => (0..5_usize, 0..LAGS.len())
            .prop_map(|(provider, rules)| Operation::Lag { provider, rules }),
        1 => (-3 * 1440..5 * 1440_i64).prop_map(|minutes| Operation::Jump { minutes }),
        1 => (-120..120_i64).prop_map(|minutes| Operation::Jump { minutes }),
        1 => (0..4 * 1440_i64).prop_map(|minutes| Operation::Advance { minutes }),
    ]
}

/// What happens to a deposit, with the body of the call.
const BEFALLS: [(&str, &str); 3] = [("fail", "{}"), ("return", "{}"), ("delay", r#"{"by":"30h"}"#)];

const PROVIDERS: [&str; 5] = ["payfort", "flitt", "begateway", "epicpay", "wepay"];

const LAGS: [&str; 3] = [r#"{"lag":"3h"}"#, r#"{"jitter":"9h"}"#, r#"{"daily":"06:00 UTC"}"#];

/// What cannot happen to a deposit is refused and changes nothing.
async fn befall(server: &Server, pick: usize, does: usize) {
    let list = format!("/deposits?merchant={MERCHANT}&limit=6");
    let list = server.did("GET", &list, "").await;
    let Some(deposit) = list["deposits"].as_array().unwrap().get(pick) else { return };
    let (does, body) = BEFALLS[does];
    let path = format!("/deposits/{}/{does}", deposit["id"]);
    let can_be = match deposit["status"].as_str().unwrap() {
        "on_the_way" => true,
        "paid" => does != "delay",
        _ => false,
    };
    if can_be {
        let answer = server.did("POST", &path, body).await;
        assert_eq!(answer["amount"], deposit["amount"], "{path}");
    } else {
        let before = server.did("GET", "/snapshot", "").await;
        server.refuses(409, "POST", &path, body).await;
        assert_eq!(server.did("GET", "/snapshot", "").await, before, "{path}");
    }
}

async fn add(server: &Server, payment: &Payment) {
    let now = server.space().moment().now;
    let at = now - SignedDuration::from_mins(payment.age);
    let (method, status) = (payment.method, payment.status);
    let mut file = json!({
        "merchant": MERCHANT, "amount": payment.amount, "currency": payment.currency,
        "method": method, "status": status, "at": at.to_string(), "test": payment.test,
    });
    if let Some(fee) = payment.fee {
        file["fee"] = json!(fee);
    }
    if let Some(minutes) = payment.settled_after {
        file["settled_at"] = json!((at + SignedDuration::from_mins(minutes)).to_string());
    }
    let row = server.did("POST", "/transactions", &file.to_string()).await;
    assert_eq!((&row["amount"], &row["currency"]), (&file["amount"], &file["currency"]));
    assert_eq!((&row["test"], &row["method"]), (&file["test"], &file["method"]));
}

/// Tries an action on one of the newest rows; an impossible action is refused and changes nothing.
async fn act(
    server: &Server,
    log: &mut ActionLog,
    pick: usize,
    (action, amount): (ActionKind, Amount),
) {
    let list = format!("/transactions?merchant={MERCHANT}&limit=200");
    let rows = server.did("GET", &list, "").await;
    let rows = rows["transactions"].as_array().unwrap();
    // Two of three actions are chosen among those that are probably possible.
    let applicable: Vec<&Value> = rows.iter().filter(|row| action.applies_to(row)).collect();
    let row = match pick % 3 {
        0 => rows.get(pick / 3 % rows.len().max(1)),
        _ => applicable.get(pick / 3 % applicable.len().max(1)).copied(),
    };
    let Some(row) = row else { return };
    let possible = max_amount(server, log, action, row).await;
    if action == ActionKind::Dispute {
        let is_won = !matches!(amount, Amount::Exactly(_) | Amount::TooMuch);
        return dispute(server, log, row, (is_won, possible.map(|it| it.most))).await;
    }
    let max_amount = possible.map_or(0, |limits| limits.most);
    let is_bank = row["method"] == "bank";
    let takes_amount = [ActionKind::Capture, ActionKind::Refund].contains(&action)
        || (action == ActionKind::Chargeback && !is_bank);
    let amount = match amount {
        _ if !takes_amount => None,
        Amount::Whole => None,
        Amount::Part(share) => Some((max_amount * share / 1000).max(1)),
        Amount::Exactly(amount) => Some(amount),
        Amount::TooMuch => Some(max_amount + 1),
    };
    let path = format!("/transactions/{}/{}", row["id"], action.as_str());
    let can_be = fits(amount, possible);
    *log.attempt_counts.entry((action.as_str(), can_be)).or_default() += 1;
    if can_be {
        let made = server.did("POST", &path, &body(amount)).await;
        if action == ActionKind::Settle {
            assert_eq!(made["id"], row["id"]);
            return;
        }
        let whole = possible.map_or(0, |limits| limits.whole);
        assert_eq!(made["amount"], amount.unwrap_or(whole), "{path}");
        let now = server.space().moment().now;
        let second = Timestamp::from_second(now.as_second()).unwrap();
        assert_eq!(made["created_at"], second.to_string());
        log.note(root(server, row).await["id"].as_i64().unwrap(), &made);
    } else {
        let before = server.did("GET", "/snapshot", "").await;
        let detail = server.refuses(409, "POST", &path, &body(amount)).await;
        assert!(detail.len() > 20, "{detail}");
        let after = server.did("GET", "/snapshot", "").await;
        assert!(before == after, "{path} {amount:?} was refused and changed the world");
    }
}

/// Ends the dispute about the chargeback `open`; without one it is refused and nothing changes.
async fn dispute(
    server: &Server,
    log: &mut ActionLog,
    row: &Value,
    (is_won, open): (bool, Option<i64>),
) {
    let path = format!("/transactions/{}/dispute", row["id"]);
    let body = json!({"outcome": if is_won { "won" } else { "lost" }}).to_string();
    *log.attempt_counts.entry(("dispute", open.is_some())).or_default() += 1;
    let Some(open) = open else {
        let before = server.did("GET", "/snapshot", "").await;
        server.refuses(409, "POST", &path, &body).await;
        return assert_eq!(server.did("GET", "/snapshot", "").await, before, "{path}");
    };
    let answer = server.did("POST", &path, &body).await;
    let chargeback = server.did("GET", &format!("/transactions/{open}"), "").await;
    log.end(open);
    if is_won {
        assert_eq!((&answer["parent"], &answer["amount"]), (&json!(open), &chargeback["amount"]));
        log.note(root(server, row).await["id"].as_i64().unwrap(), &answer);
    } else {
        assert_eq!(answer["id"], open);
    }
}

async fn perform(server: &Server, log: &mut ActionLog, operation: &Operation) {
    match operation {
        Operation::Add(payment) => add(server, payment).await,
        Operation::Act { pick, action, amount } => {
            act(server, log, *pick, (*action, *amount)).await;
        }
        Operation::Befall { pick, does } => befall(server, *pick, *does).await,
        Operation::Lag { provider, rules } => {
            let path = format!("/reporting/{}", PROVIDERS[*provider]);
            server.did("PUT", &path, LAGS[*rules]).await;
        }
        Operation::Jump { minutes } => {
            let now = server.space().moment().now + SignedDuration::from_mins(*minutes);
            let body = json!({"now": now.to_string()});
            server.did("PUT", "/clock", &body.to_string()).await;
        }
        Operation::Advance { minutes } => {
            let body = json!({"by": format!("{minutes}m")});
            let body: Value = server.did("POST", "/clock/advance", &body.to_string()).await;
            let at = |it: &Value| it["at"].as_str().unwrap().parse::<Timestamp>().unwrap();
            let times: Vec<Timestamp> =
                body["happened"].as_array().unwrap().iter().map(at).collect();
            let now = server.space().moment().now;
            assert!(times.is_sorted() && times.iter().all(|at| *at <= now), "{body}");
        }
    }
}

/// Returns the number of accepted and refused attempts by action.
async fn run(world: World, operations: &[Operation]) -> AttemptCounts {
    let server = world.serve().await;
    let mut log = ActionLog::default();
    for operation in operations {
        perform(&server, &mut log, operation).await;
    }
    // Once no report lags, nothing is left of the lags.
    for slug in PROVIDERS {
        server.did("PUT", &format!("/reporting/{slug}"), "{}").await;
    }
    // Checks now, some days earlier, and after all pending settlements.
    for hours in [0, -50, 900] {
        let space = server.space();
        crate::support::jump(&space, space.moment().now + SignedDuration::from_hours(hours));
        tie_out(&fetch_reports(&server, MERCHANT, world.first()).await);
        nothing_is_wrong(&server, MERCHANT, world.first()).await;
    }
    log.attempt_counts
}

#[test]
fn whatever_is_done_by_hand_the_books_of_all_five_tie_out() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let operations = (world(), prop::collection::vec(operation(), 0..40));
    let attempt_counts = RefCell::new(AttemptCounts::new());
    always(30, &operations, |(world, operations)| {
        for (action, count) in runtime.block_on(run(world, &operations)) {
            *attempt_counts.borrow_mut().entry(action).or_default() += count;
        }
    });
    // Each action was accepted at least once and refused at least once.
    for action in [
        ActionKind::Capture,
        ActionKind::Refund,
        ActionKind::Void,
        ActionKind::Chargeback,
        ActionKind::Dispute,
        ActionKind::Settle,
    ] {
        for possible in [true, false] {
            let count =
                attempt_counts.borrow().get(&(action.as_str(), possible)).copied().unwrap_or(0);
            assert!(count > 3, "{} {possible}: {attempt_counts:?}", action.as_str());
        }
    }
}
