//! What a server refuses at its start: an address that cannot be, and the store of other servers.

use super::fleet::{fleet, get, is_ready, pay, replica, until};
use super::redis_server::RedisServer;
use crate::attack::program::run;

/// What a server that ends by itself says on standard error.
fn refused(args: &[&str]) -> String {
    let output = run(args);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
    text
}

#[test]
fn an_address_that_cannot_be_is_refused() {
    for url in ["http://127.0.0.1:1", "redis", "redis://", "redis://h:99999", "redis://h/x"] {
        let text = refused(&["--store", url]);
        assert!(text.contains("--store"), "{url}: {text}");
    }
    let both = refused(&["--store", "redis://127.0.0.1:1", "--data", "/tmp/never"]);
    assert!(both.contains("cannot be used with"), "{both}");
}

#[test]
fn the_store_of_other_servers_is_refused_and_both_are_named() {
    let Some((store, _servers)) = fleet(1) else { return };
    let url = store.url();
    let other = refused(&["--store", &url, "--scenario", "empty", "--seed", "77"]);
    assert!(other.contains("`empty`") && other.contains("77"), "{other}");
    let other = refused(&["--store", &url, "--scenario", "default"]);
    assert!(other.contains("`empty`") && other.contains("`default`"), "{other}");
    // A log of a version that this program does not read.
    let newer = r#"{"v":99,"sha256":"","line":{}}"#;
    store.command(&["SET", "sandtill:header", newer]);
    let text = refused(&["--store", &url, "--scenario", "empty"]);
    assert!(text.contains("version 99"), "{text}");
}

#[test]
fn a_store_that_is_away_at_the_start_is_waited_for() {
    let Some(mut store) = RedisServer::start() else { return };
    store.kill();
    let server = replica(&store.url(), &[]);
    assert!(!is_ready(&server));
    store.restart();
    until("the server is ready", || is_ready(&server));
    pay(&server, "", 1);
}

#[test]
fn a_store_that_was_emptied_stays_that_of_its_servers() {
    let Some((store, servers)) = fleet(2) else { return };
    pay(&servers[0], "", 1);
    store.command(&["FLUSHALL"]);
    // The first request finds nothing, and begins anew.
    assert_eq!(get(&servers[1], "/_admin/history")["last"], 1);
    let other = refused(&["--store", &store.url(), "--scenario", "empty", "--seed", "77"]);
    assert!(other.contains("`empty`") && other.contains("77"), "{other}");
    pay(&servers[0], "", 1);
    assert_eq!(get(&servers[1], "/_admin/history")["last"], 2);
    // A header that is gone alone comes back.
    store.command(&["DEL", "sandtill:header"]);
    until("the header is back", || store.command(&["EXISTS", "sandtill:header"]) == ":1");
    assert!(servers.iter().all(is_ready));
}

#[test]
fn a_server_ends_when_others_have_begun_its_store_anew() {
    let Some((store, mut servers)) = fleet(1) else { return };
    servers[0].signal("-STOP");
    store.command(&["FLUSHALL"]);
    let others = replica(&store.url(), &["--seed", "77"]);
    until("they are ready", || is_ready(&others));
    servers[0].signal("-CONT");
    assert_eq!(servers[0].child.wait().unwrap().code(), Some(2));
    assert!(is_ready(&others));
}
