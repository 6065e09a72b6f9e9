//! A store that is away, hangs, or has lost something: every answer comes in time and says what was done.

use std::time::Duration;

use tokio::time::Instant;

use super::fleet::{Reply, fleet, get, is_ready, pay, payment, replica, send, until};
use crate::attack::program::Program;

/// Longest time for any answer.
const IN_TIME: Duration = Duration::from_secs(5);

/// An answer that has to come in time.
fn timed(server: &Program, method: &str, path: &str, body: &str) -> Reply {
    let begin = Instant::now();
    let reply = send(server, method, path, body);
    assert!(begin.elapsed() < IN_TIME, "{path} took {:?}", begin.elapsed());
    reply
}

/// Checks every answer while the store cannot be used.
fn check_refusals(server: &Program) {
    let reply = timed(server, "POST", "/_admin/transactions", &payment(9));
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(reply.head.contains("application/problem+json"), "{reply:?}");
    let says = reply.json()["detail"].as_str().unwrap().to_owned();
    assert!(says.contains("nothing was done") || says.contains("unknown"), "{says}");
    assert_eq!(timed(server, "GET", "/_admin/clock", "").status, 503);
    assert_eq!(timed(server, "GET", "/readyz", "").status, 503);
    // Each provider says it in its own words.
    for (path, own) in [
        ("/FortAPI/reportingApi", "\"response_code\":\"57123\""),
        ("/authorizer/token/application/get", "Too many requests"),
        ("/api/reports", "\"errors\""),
        ("/reporting/v1/GetReport/deposits", "E99"),
        ("/v2/user", "error_description"),
    ] {
        let reply = timed(server, "POST", path, "{}");
        assert_eq!(reply.status, 503, "{path}: {reply:?}");
        assert!(reply.body.contains(own), "{path}: {reply:?}");
    }
}

#[test]
fn a_store_that_hangs_is_told_in_time_and_its_return_needs_no_restart() {
    let Some((store, servers)) = fleet(2) else { return };
    let paid = pay(&servers[0], "", 1);
    store.signal("STOP");
    servers.iter().for_each(check_refusals);
    store.signal("CONT");
    for server in &servers {
        until("a server is ready", || is_ready(server));
    }
    let events = get(&servers[0], "/_admin/history")["events"].as_array().unwrap().clone();
    let added = |it: &&serde_json::Value| it["kind"] == "transaction_added";
    // What was told to be unknown was done at most once.
    assert!(events.iter().filter(added).count() <= 3, "{events:?}");
    let path = format!("/_admin/transactions/{}", paid["id"]);
    servers.iter().for_each(|server| drop(get(server, &path)));
    pay(&servers[1], "", 2);
    assert_eq!(get(&servers[0], "/_admin/history"), get(&servers[1], "/_admin/history"));
}

#[test]
fn a_store_that_is_restarted_is_used_again() {
    let Some((mut store, servers)) = fleet(2) else { return };
    let paid = pay(&servers[0], "/@r", 1);
    store.kill();
    until("the loss is noticed", || !is_ready(&servers[0]) && !is_ready(&servers[1]));
    servers.iter().for_each(check_refusals);
    store.restart();
    for server in &servers {
        until("a server is ready", || is_ready(server));
        get(server, &format!("/@r/_admin/transactions/{}", paid["id"]));
        pay(server, "/@r", 2);
    }
    assert_eq!(get(&servers[0], "/@r/_admin/history")["last"], 4);
}

#[test]
fn a_stream_that_somebody_cut_is_told_and_other_spaces_go_on() {
    let Some((store, servers)) = fleet(1) else { return };
    pay(&servers[0], "/@cut", 1);
    pay(&servers[0], "/@cut", 2);
    pay(&servers[0], "/@whole", 3);
    store.command(&["XTRIM", "sandtill:events:cut", "MAXLEN", "1"]);
    let late = replica(&store.url(), &[]);
    let reply = timed(&late, "GET", "/@cut/_admin/history", "");
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(reply.body.contains("event 1 of the space `cut` is missing"), "{reply:?}");
    assert!(is_ready(&late));
    assert_eq!(get(&late, "/@whole/_admin/history")["last"], 2);
    // A server that has read it all before goes on, and all go on with a space that is made anew.
    assert_eq!(get(&servers[0], "/@cut/_admin/history")["last"], 3);
    assert_eq!(send(&servers[0], "DELETE", "/_admin/spaces/cut", "").status, 204);
    pay(&late, "/@cut", 4);
    assert_eq!(get(&servers[0], "/@cut/_admin/history")["last"], 2);
}
