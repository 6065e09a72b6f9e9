//! What a server refuses at its start: an address that cannot be, and the store of other servers.

use super::fleet::{fleet, is_ready, replica, until};
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
    super::fleet::pay(&server, "", 1);
}
