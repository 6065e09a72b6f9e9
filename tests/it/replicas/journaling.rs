//! The journal of servers that share a store is one.

use serde_json::{Value, json};

use super::fleet::{change, fleet, get, send, try_send};
use crate::attack::program::Program;

/// A request that its provider refuses.
fn refused(server: &Program, space: &str) -> String {
    let reply = send(server, "GET", &format!("{space}/api/reports?sample=1"), "");
    let link = reply.head.lines().find_map(|line| line.strip_prefix("Sandtill-Journal: "));
    link.unwrap_or_else(|| panic!("{reply:?}")).to_owned()
}

fn ids(server: &Program, query: &str) -> Vec<u64> {
    let journal = get(server, &format!("/@j/_admin/journal{query}"));
    let entries = journal["entries"].as_array().unwrap().iter();
    entries.map(|it| it["id"].as_u64().unwrap()).collect()
}

#[test]
fn every_server_has_every_entry_under_one_number() {
    let Some((_store, servers)) = fleet(3) else { return };
    let links: Vec<String> = (0..6).map(|it| refused(&servers[it % 3], "/@j")).collect();
    for (number, link) in (1..).zip(&links) {
        assert_eq!(*link, format!("/@j/_admin/journal/{number}"));
        let shown: Vec<Value> = servers.iter().map(|it| get(it, link)).collect();
        assert!(shown[0] == shown[1] && shown[1] == shown[2], "{shown:?}");
        assert_eq!(shown[0]["id"], number);
    }
    for server in &servers {
        assert_eq!(ids(server, ""), [6, 5, 4, 3, 2, 1]);
    }
    assert_eq!(send(&servers[1], "DELETE", "/@j/_admin/journal", "").status, 204);
    refused(&servers[2], "/@j");
    for server in &servers {
        assert_eq!(ids(server, ""), [7]);
    }
    change(&servers[0], "POST", "/@j/_admin/reset", "");
    for server in &servers {
        assert_eq!(ids(server, ""), [0; 0]);
    }
}

#[test]
fn a_wait_for_an_entry_ends_with_a_request_to_another_server() {
    let Some((_store, servers)) = fleet(2) else { return };
    refused(&servers[0], "/@j");
    let reply = std::thread::scope(|scope| {
        let address = &servers[1].address;
        let body = json!({"outcome": "refused", "at_least": 2, "timeout_ms": 60000}).to_string();
        let waiting = scope
            .spawn(move || try_send(address, "POST", "/@j/_admin/journal/wait", &body).unwrap());
        refused(&servers[0], "/@j");
        waiting.join().unwrap()
    });
    assert_eq!(reply.status, 200, "{reply:?}");
    let entries = reply.json()["entries"].as_array().unwrap().len();
    assert_eq!(entries, 2, "{reply:?}");
}

#[test]
fn a_full_journal_says_so_at_every_server() {
    let Some(store) = super::redis_server::RedisServer::start() else { return };
    let few = ["--journal-entries", "3"];
    let early = super::fleet::replica(&store.url(), &few);
    (0..5).for_each(|_| drop(refused(&early, "/@j")));
    let late = super::fleet::replica(&store.url(), &few);
    for server in [&early, &late] {
        assert_eq!(ids(server, ""), [5, 4, 3]);
        let journal = get(server, "/@j/_admin/journal?since=1");
        assert_eq!(journal["truncated"], true, "{journal}");
        assert_eq!(get(server, "/@j/_admin/journal?since=2")["truncated"], false);
    }
}

#[test]
fn numbers_go_on_above_those_of_a_restored_snapshot_at_every_server() {
    let Some((_store, servers)) = fleet(3) else { return };
    (0..7).for_each(|_| drop(refused(&servers[0], "/@origin")));
    let snapshot = get(&servers[0], "/@origin/_admin/snapshot");
    refused(&servers[1], "/@j");
    change(&servers[0], "PUT", "/@j/_admin/snapshot", &snapshot.to_string());
    // Each number is above those of the snapshot, and none is given twice.
    for (server, number) in [(&servers[1], 8), (&servers[0], 9), (&servers[2], 10)] {
        assert_eq!(refused(server, "/@j"), format!("/@j/_admin/journal/{number}"));
        let journal = get(server, "/@j/_admin/journal");
        assert_eq!(journal["last"], number, "what was skipped is not waited for");
    }
    for server in &servers {
        assert_eq!(ids(server, ""), [10, 9, 8]);
    }
    // An older snapshot takes nothing back.
    change(&servers[2], "PUT", "/@j/_admin/snapshot", &snapshot.to_string());
    assert_eq!(refused(&servers[1], "/@j"), "/@j/_admin/journal/11");
}
