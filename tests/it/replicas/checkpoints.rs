//! A checkpoint that one server has made is used by the others, and the stream is shorter behind it.

use super::fleet::{change, get, pay, payment, replica, until};
use super::redis_server::RedisServer;
use crate::attack::program::Program;

/// Payments of a round, of one event each. A history keeps a world in every 256 events, from which checkpoints
/// are made.
const PAYMENTS: u64 = 400;

/// Payments in one request.
const TOGETHER: u64 = 100;

const FEW: [&str; 2] = ["--history-events", "10"];

/// The number of the last event that the checkpoint in the store covers; 0 when there is none.
fn covered(store: &RedisServer) -> u64 {
    store.command(&["HGET", "sandtill:checkpoint:c", "id"]).parse().unwrap_or(0)
}

/// Makes a round of payments, and waits until a checkpoint covers more than the events up to `known`.
fn pay_past(store: &RedisServer, server: &Program, known: u64) {
    for round in 0..PAYMENTS / TOGETHER {
        let payments: Vec<String> =
            (1..=TOGETHER).map(|amount| payment(round * TOGETHER + amount)).collect();
        let body = format!("[{}]", payments.join(","));
        change(server, "POST", "/@c/_admin/transactions", &body);
    }
    // It is written in the background.
    until("there is a checkpoint", || covered(store) > known);
}

/// All payments, which have to be so many.
fn shown(server: &Program, count: u64) -> String {
    let payments = get(server, "/@c/_admin/transactions?limit=1000");
    assert_eq!(payments["transactions"].as_array().unwrap().len() as u64, count);
    payments.to_string()
}

#[test]
fn a_server_that_starts_later_begins_with_it() {
    let Some(store) = RedisServer::start() else { return };
    let early = replica(&store.url(), &FEW);
    pay_past(&store, &early, 1);
    let length: u64 = store.command(&["XLEN", "sandtill:events:c"])[1..].parse().unwrap();
    assert_eq!(length, PAYMENTS + 1 - covered(&store), "the rest of the stream is gone");
    let late = replica(&store.url(), &FEW);
    assert_eq!(shown(&late, PAYMENTS), shown(&early, PAYMENTS));
    // Numbers go on, and either can make the next one.
    let paid = pay(&late, "/@c", 7);
    let path = format!("/@c/_admin/transactions/{}", paid["id"]);
    assert_eq!(get(&early, &path)["amount"], paid["amount"]);
    assert_eq!(get(&early, "/@c/_admin/history")["last"], PAYMENTS + 2);
    let before = covered(&store);
    pay_past(&store, &late, before);
    let all = 2 * PAYMENTS + 1;
    assert_eq!(shown(&replica(&store.url(), &FEW), all), shown(&early, all));
}

#[test]
fn a_server_that_slept_meanwhile_goes_on_behind_it() {
    let Some(store) = RedisServer::start() else { return };
    let awake = replica(&store.url(), &FEW);
    let asleep = replica(&store.url(), &FEW);
    pay_past(&store, &awake, 1);
    let known = get(&asleep, "/@c/_admin/history")["last"].as_u64().unwrap();
    assert_eq!(known, PAYMENTS + 1);
    asleep.signal("-STOP");
    pay_past(&store, &awake, known);
    asleep.signal("-CONT");
    assert_eq!(shown(&asleep, 2 * PAYMENTS), shown(&awake, 2 * PAYMENTS));
    assert_eq!(get(&asleep, "/@c/_admin/history")["last"], 2 * PAYMENTS + 1);
}
