//! What one server has acknowledged, all show: at once, and byte by byte.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::fleet::{change, fleet, get, pay, payment, send, try_send};
use crate::attack::program::Program;

/// A payment as it is shown, without the journal entries that have shown it.
fn shown(server: &Program, space: &str, id: &Value) -> String {
    let mut value = get(server, &format!("{space}/_admin/transactions/{id}"));
    value.as_object_mut().unwrap().shift_remove("seen");
    value.to_string()
}

#[test]
fn what_one_has_acknowledged_all_show_at_once() {
    let Some((_store, servers)) = fleet(3) else { return };
    for round in 0..10 {
        let added = pay(&servers[round % 3], "/@a", 100);
        for server in &servers {
            assert_eq!(shown(server, "/@a", &added["id"]), added.to_string(), "round {round}");
        }
    }
    change(
        &servers[0],
        "PUT",
        "/@a/_admin/clock",
        r#"{"mode":"frozen","now":"2026-03-01T00:00:00Z"}"#,
    );
    let now = get(&servers[1], "/@a/_admin/clock");
    assert_eq!(now["now"], "2026-03-01T00:00:00Z");
    change(&servers[1], "POST", "/@a/_admin/clock/advance", r#"{"by":"36h"}"#);
    assert_eq!(get(&servers[2], "/@a/_admin/clock")["now"], "2026-03-02T12:00:00Z");
    let histories: Vec<String> =
        servers.iter().map(|it| send(it, "GET", "/@a/_admin/history", "").body).collect();
    assert!(histories[0] == histories[1] && histories[1] == histories[2]);
    assert_eq!(get(&servers[0], "/@a/_admin/history?since=0")["last"], 13, "{}", histories[0]);
}

#[test]
fn spaces_are_made_dropped_and_reset_for_all() {
    let Some((_store, servers)) = fleet(3) else { return };
    change(&servers[0], "POST", "/_admin/spaces", r#"{"name":"b"}"#);
    let taken = send(&servers[1], "POST", "/_admin/spaces", r#"{"name":"b"}"#);
    assert_eq!(taken.status, 409, "{taken:?}");
    let names = |server: &Program| -> Vec<String> {
        let spaces = get(server, "/_admin/spaces");
        let all = spaces["spaces"].as_array().unwrap();
        all.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    };
    servers.iter().for_each(|server| assert_eq!(names(server), ["", "b"]));
    let paid = pay(&servers[2], "/@b", 7);
    change(&servers[2], "POST", "/_admin/spaces", r#"{"name":"c","fork":"b"}"#);
    assert_eq!(shown(&servers[0], "/@c", &paid["id"]), paid.to_string());
    assert_eq!(send(&servers[0], "DELETE", "/_admin/spaces/b", "").status, 204);
    servers.iter().for_each(|server| assert_eq!(names(server), ["", "c"]));
    // The name is free again, and nothing of the dropped space is in the new one.
    assert_eq!(get(&servers[1], "/@b/_admin/history")["last"], 1);
    let gone = send(&servers[2], "GET", &format!("/@b/_admin/transactions/{}", paid["id"]), "");
    assert_eq!(gone.status, 404, "{gone:?}");
    pay(&servers[0], "/@b", 8);
    change(&servers[1], "POST", "/@b/_admin/reset", "");
    assert_eq!(get(&servers[0], "/@b/_admin/history")["last"], 3);
    assert_eq!(get(&servers[2], "/@b/_admin/history")["last"], 3);
    change(&servers[2], "POST", "/@b/_admin/history/rewind", r#"{"to":2}"#);
    assert_eq!(get(&servers[1], "/@b/_admin/history")["last"], 4);
    assert_eq!(send(&servers[1], "DELETE", "/_admin/spaces", "").status, 204);
    servers.iter().for_each(|server| assert_eq!(names(server), [""]));
}

#[test]
fn changes_at_the_same_time_are_all_made_once() {
    const CLIENTS: usize = 6;
    const EACH: usize = 20;
    let Some((_store, servers)) = fleet(3) else { return };
    let made = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (server, made) = (&servers[client % 3], &made);
            scope.spawn(move || {
                for _ in 0..EACH {
                    pay(server, "/@busy", 5);
                    made.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    let all = CLIENTS * EACH;
    assert_eq!(made.load(Ordering::SeqCst), all);
    for server in &servers {
        let history = get(server, "/@busy/_admin/history?limit=1000");
        let events = history["events"].as_array().unwrap();
        let added = events.iter().filter(|it| it["kind"] == "transaction_added").count();
        assert_eq!((added, history["last"].as_u64().unwrap()), (all, all as u64 + 1));
    }
}

#[test]
fn a_wait_at_one_ends_with_a_change_at_another() {
    let Some((_store, servers)) = fleet(2) else { return };
    pay(&servers[0], "/@w", 1);
    let last = get(&servers[1], "/@w/_admin/changes")["last"].as_u64().unwrap();
    let reply = std::thread::scope(|scope| {
        let path = format!("/@w/_admin/changes?since={last}&wait=60s");
        let address = &servers[1].address;
        let waiting = scope.spawn(move || try_send(address, "GET", &path, "").unwrap());
        // Whether the wait begins before or after the change, it has to tell of it.
        pay(&servers[0], "/@w", 2);
        waiting.join().unwrap().json()
    });
    assert_eq!(reply["changed"], serde_json::json!(["ledger"]), "{reply}");
    // The numbers are those of all servers.
    let path = format!("/@w/_admin/changes?since={}", reply["last"]);
    assert_eq!(get(&servers[0], &path)["changed"], serde_json::json!([]));
}

#[test]
fn a_killed_server_loses_nothing_that_it_has_acknowledged() {
    const KILLS: usize = 5;
    let Some((store, mut servers)) = fleet(2) else { return };
    let mut known = Vec::new();
    for kill in 0..KILLS {
        let count = AtomicUsize::new(0);
        let added = std::thread::scope(|scope| {
            let address = servers[0].address.clone();
            let counted = &count;
            let client = scope.spawn(move || {
                let mut added = Vec::new();
                let path = "/@k/_admin/transactions";
                while let Some(reply) = try_send(&address, "POST", path, &payment(3)) {
                    assert_eq!(reply.status, 201, "{reply:?}");
                    added.push(reply.json());
                    counted.fetch_add(1, Ordering::SeqCst);
                }
                added
            });
            while count.load(Ordering::SeqCst) < 10 + kill * 7 {
                std::thread::yield_now();
            }
            servers[0].child.kill().unwrap();
            servers[0].child.wait().unwrap();
            client.join().unwrap()
        });
        known.extend(added);
        for payment in &known {
            assert_eq!(shown(&servers[1], "/@k", &payment["id"]), payment.to_string());
        }
        servers[0] = super::fleet::replica(&store.url(), &[]);
    }
}
