//! Random requests of several clients over three servers, with pauses, kills and a restarted store: what was
//! acknowledged is ordered, and seen by all.
//!
//! The object is a log to which clients append and whose length they read. Events have numbers, so the order
//! that a linearization needs need not be searched: it is that of the numbers, and to check it is to check that
//! it agrees with real time. Every acknowledged append has exactly one event, one without an answer at most
//! one. An append that ended before another one began has the smaller number. A read that began after an
//! append or a read had ended tells no smaller number than that one's, and no number of an append that began
//! after the read had ended.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::Value;
use tokio::time::Instant;

use super::fleet::{get, is_ready, payment, replica, try_send, until};
use super::redis_server::RedisServer;
use crate::attack::program::Program;

/// Clients, and requests that are to succeed in all.
const FEW: (usize, usize) = (8, 600);

/// Clients when `SANDTILL_TEST_REQUESTS` sets another number of requests.
const MANY_CLIENTS: usize = 16;

/// What a client did, from when to when.
#[derive(Clone, Copy, Debug)]
struct Done {
    begin: Instant,
    end: Instant,
    operation: Operation,
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    /// Added a payment of this amount; whether that was acknowledged.
    Appended(u64, bool),
    /// Read this number as that of the last event.
    Read(u64),
}

impl Operation {
    /// Whether it was acknowledged.
    fn is_good(self) -> bool {
        !matches!(self, Self::Appended(_, false))
    }
}

/// A number that is hard to guess, and the same in every run.
fn scrambled(seed: usize) -> usize {
    let mixed = (seed as u64).wrapping_add(0x9e37_79b9).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed ^ (mixed >> 29)) >> 7) as usize & 0xffff
}

/// One request to some server; `None` when a read was not answered.
fn ask(addresses: &[Mutex<String>], number: usize) -> Option<Done> {
    let address = addresses[scrambled(number) % addresses.len()].lock().unwrap().clone();
    let (begin, amount) = (Instant::now(), number as u64 + 1);
    if scrambled(number * 31).is_multiple_of(3) {
        let reply = try_send(&address, "GET", "/@l/_admin/history?limit=1", "")?;
        let last = reply.json()["last"].as_u64().filter(|_| reply.status == 200)?;
        return Some(Done { begin, end: Instant::now(), operation: Operation::Read(last) });
    }
    let reply = try_send(&address, "POST", "/@l/_admin/transactions", &payment(amount));
    let is_made = reply.as_ref().is_some_and(|reply| reply.status == 201);
    assert!(reply.is_none_or(|reply| matches!(reply.status, 201 | 503)));
    Some(Done { begin, end: Instant::now(), operation: Operation::Appended(amount, is_made) })
}

/// Does harm to servers and store until the clients are done. Between two harms requests succeed, however long
/// that takes; `good` counts them.
fn harm(
    (store, servers): (&mut RedisServer, &mut [Program]),
    addresses: &[Mutex<String>],
    (good, is_over): (&AtomicUsize, &AtomicBool),
) {
    for round in 0.. {
        let from = good.load(Ordering::SeqCst);
        while good.load(Ordering::SeqCst) < from + 15 {
            if is_over.load(Ordering::SeqCst) {
                return;
            }
            std::thread::yield_now();
        }
        let index = scrambled(round) % servers.len();
        match round % 4 {
            0 | 2 => {
                servers[index].signal("-STOP");
                let (from, begin) = (good.load(Ordering::SeqCst), Instant::now());
                // The others go on meanwhile, unless all clients wait for this one.
                while good.load(Ordering::SeqCst) < from + 5 && begin.elapsed().as_millis() < 500 {
                    std::thread::yield_now();
                }
                servers[index].signal("-CONT");
            }
            1 => {
                servers[index] = replica(&store.url(), &[]);
                *addresses[index].lock().unwrap() = servers[index].address.clone();
            }
            _ => {
                store.kill();
                store.restart();
            }
        }
    }
}

fn check(done: &[Done], numbers: &[(u64, u64)]) {
    let number = |amount: u64| numbers.iter().find(|it| it.0 == amount).map(|it| it.1);
    // What each operation says about the log: it was this long when it ended, or began.
    let mut known = Vec::new();
    for Done { begin, end, operation } in done {
        match *operation {
            Operation::Appended(amount, is_made) => {
                let count = numbers.iter().filter(|it| it.0 == amount).count();
                assert!(count <= 1 && (count == 1 || !is_made), "{amount} has {count} events");
                known.extend(number(amount).map(|number| (*begin, *end, number, true, is_made)));
            }
            Operation::Read(last) => known.push((*begin, *end, last, false, true)),
        }
    }
    for &(_, end, before, _, is_made) in &known {
        for &(begin, _, after, is_append, _) in &known {
            if is_made && end < begin {
                assert!(before < after || (before == after && !is_append), "{before} then {after}");
            }
        }
    }
}

#[test]
fn what_is_acknowledged_is_ordered_and_seen_by_all() {
    let Some(mut store) = RedisServer::start() else { return };
    let set = std::env::var_os("SANDTILL_TEST_REQUESTS");
    let set = set.map(|it| (MANY_CLIENTS, it.to_str().unwrap().parse().unwrap()));
    let (clients, requests): (usize, usize) = set.unwrap_or(FEW);
    let mut servers: Vec<Program> = (0..3).map(|_| replica(&store.url(), &[])).collect();
    let addresses: Vec<_> = servers.iter().map(|it| Mutex::new(it.address.clone())).collect();
    let (count, good, is_over) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let harming = scope.spawn(|| {
            harm((&mut store, &mut servers), &addresses, (&good, &is_over));
        });
        let clients: Vec<_> = (0..clients)
            .map(|_| {
                scope.spawn(|| {
                    while good.load(Ordering::SeqCst) < requests {
                        let seen = ask(&addresses, count.fetch_add(1, Ordering::SeqCst));
                        if seen.is_some_and(|it| it.operation.is_good()) {
                            good.fetch_add(1, Ordering::SeqCst);
                        }
                        done.lock().unwrap().extend(seen);
                    }
                })
            })
            .collect();
        clients.into_iter().for_each(|client| client.join().unwrap());
        is_over.store(true, Ordering::SeqCst);
        harming.join().unwrap();
    });
    servers.iter().for_each(|server| until("a server is ready", || is_ready(server)));
    let histories: Vec<Value> = servers.iter().map(whole_history).collect();
    assert!(histories.iter().all(|it| *it == histories[0]));
    let amounts = amounts(&servers[0]);
    let events = histories[0].as_array().unwrap().iter();
    let added = events.filter(|it| it["kind"] == "transaction_added");
    let number = |it: &Value| {
        let amount = amounts[&it["details"]["transaction"].as_u64().unwrap()];
        (amount, it["id"].as_u64().unwrap())
    };
    let numbers: Vec<(u64, u64)> = added.map(number).collect();
    let done = done.into_inner().unwrap();
    let made =
        done.iter().filter(|it| matches!(it.operation, Operation::Appended(_, true))).count();
    assert!(made > requests / 4, "only {made} were acknowledged");
    check(&done, &numbers);
}

/// All events of the space.
fn whole_history(server: &Program) -> Value {
    let mut all = Vec::new();
    loop {
        let since = all.last().map_or(0, |it: &Value| it["id"].as_u64().unwrap());
        let page = get(server, &format!("/@l/_admin/history?limit=1000&since={since}"));
        let events = page["events"].as_array().unwrap().clone();
        if events.is_empty() {
            return Value::Array(all);
        }
        all.extend(events);
    }
}

/// The amount of each payment, by its id.
fn amounts(server: &Program) -> BTreeMap<u64, u64> {
    let mut amounts = BTreeMap::new();
    let mut path = "/@l/_admin/transactions?limit=1000".to_owned();
    loop {
        let page = get(server, &path);
        for it in page["transactions"].as_array().unwrap() {
            amounts.insert(it["id"].as_u64().unwrap(), it["amount"].as_u64().unwrap());
        }
        let Some(next) = page["next"].as_u64() else { return amounts };
        path = format!("/@l/_admin/transactions?limit=1000&after={next}");
    }
}
