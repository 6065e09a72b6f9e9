//! The right to send the callbacks of a space: one server has it, and knows when it has lost it.

use std::sync::Arc;
use std::time::Duration;

use sandtill::providers;
use sandtill::sandbox::log::lease::Lease;
use sandtill::sandbox::log::line::Codec;
use sandtill::sandbox::log::store::{Replica, Store};

use super::inside::way;
use super::redis_server::RedisServer;
use crate::support::frozen;

const SHORT: Duration = Duration::from_secs(60);
const LONG: Duration = Duration::from_secs(6000);

/// Milliseconds until the lease of the space `a` ends.
fn left(store: &RedisServer) -> u64 {
    store.command(&["PTTL", "sandtill:lease:a"])[1..].parse().unwrap()
}

#[tokio::test]
async fn a_server_that_has_lost_its_lease_neither_prolongs_nor_ends_that_of_another() {
    let Some(store) = RedisServer::start() else { return };
    let (one, other) = (way(&store), way(&store));
    assert_eq!(one.hold("a", SHORT).await, Ok(true));
    assert_eq!(other.hold("a", LONG).await, Ok(false));
    assert!(left(&store) <= 60_000);
    assert_eq!(one.hold("a", LONG).await, Ok(true), "its own is renewed");
    assert!(left(&store) > 60_000);
    // As after a pause of its process.
    store.command(&["DEL", "sandtill:lease:a"]);
    assert_eq!(other.hold("a", SHORT).await, Ok(true));
    assert_eq!(one.hold("a", LONG).await, Ok(false));
    assert!(left(&store) <= 60_000);
    one.give_back("a").await.unwrap();
    assert_eq!(store.command(&["GET", "sandtill:lease:a"]), other.server());
    other.give_back("a").await.unwrap();
    assert_eq!(one.hold("a", SHORT).await, Ok(true));
}

#[tokio::test]
async fn a_lease_that_could_not_be_renewed_is_held_no_more() {
    let Some(store) = RedisServer::start() else { return };
    let (one, other) = (way(&store), way(&store));
    let codec =
        Codec::new(Arc::new(frozen("empty", "2026-03-14T12:00:00Z")), providers::vocabulary());
    let replica = Arc::new(Replica::new(one, codec, Duration::ZERO));
    tokio::time::pause();
    // A paused clock jumps to the next timer when nothing is to be done, but not while such a task runs.
    let (release, released) = std::sync::mpsc::channel::<()>();
    let held = tokio::task::spawn_blocking(move || released.recv().is_err());
    let lease = Lease::take(&replica, "a").await.unwrap().unwrap();
    assert!(lease.is_held());
    // A pause of the process that is longer than the lease.
    tokio::time::advance(Duration::from_secs(10)).await;
    assert!(!lease.is_held(), "before it has asked the store");
    store.command(&["DEL", "sandtill:lease:a"]);
    assert_eq!(other.hold("a", SHORT).await, Ok(true));
    drop(lease);
    assert!(Lease::take(&replica, "a").await.unwrap().is_none());
    assert_eq!(store.command(&["GET", "sandtill:lease:a"]), other.server());
    other.give_back("a").await.unwrap();
    // One that is renewed holds on.
    let lease = Lease::take(&replica, "a").await.unwrap().unwrap();
    store.command(&["PEXPIRE", "sandtill:lease:a", "600000"]);
    // The task that renews has to be at its first pause.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(Duration::from_millis(1100)).await;
    while left(&store) > 3000 {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(Duration::from_millis(2000)).await;
    // As soon as the answer has arrived.
    while !lease.is_held() {
        tokio::task::yield_now().await;
    }
    drop(release);
    assert!(held.await.unwrap());
}
