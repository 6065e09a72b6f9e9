//! A space is idle when no server has used it, and then it is dropped for all.

use std::time::Duration;

use jiff::SignedDuration;
use sandtill::sandbox::Options;
use sandtill::sandbox::clock::{Mode, real_now};

use super::inside::{names, spaces, way};
use super::redis_server::RedisServer;

fn options() -> Options {
    Options { space_idle: Some(SignedDuration::from_hours(1)), ..Options::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_space_that_one_server_uses_is_dropped_by_none() {
    let Some(store) = RedisServer::start() else { return };
    let one = spaces(&way(&store), options(), Duration::ZERO).await;
    let other = spaces(&way(&store), options(), Duration::ZERO).await;
    for name in ["kept", "left"] {
        one.space(name).unwrap();
    }
    other.reach_all().await.unwrap();
    let now = real_now();
    for name in ["kept", "left"] {
        other.find(name).unwrap().mark_used(now - SignedDuration::from_hours(3));
    }
    // A request to the other server, which this one is not told of.
    one.reach("kept", false).await.unwrap();
    other.drop_idle(now);
    assert_eq!(names(&other), ["", "kept"]);
    one.reach_all().await.unwrap();
    assert_eq!(names(&one), ["", "kept"]);
    // The limit counts from that request on.
    other.drop_idle(now + SignedDuration::from_mins(59));
    assert_eq!(names(&other), ["", "kept"]);
    other.drop_idle(now + SignedDuration::from_hours(2));
    assert_eq!(names(&other), [""]);
    one.reach("kept", false).await.unwrap();
    assert_eq!(names(&one), [""]);
    assert!(one.space("kept").unwrap().1, "the name is free again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_space_is_not_dropped_behind_a_change_that_the_server_does_not_know() {
    let Some(store) = RedisServer::start() else { return };
    let way = way(&store);
    let one = spaces(&way, options(), Duration::ZERO).await;
    let other = spaces(&way, options(), Duration::ZERO).await;
    let (space, _) = one.space("raced").unwrap();
    other.reach_all().await.unwrap();
    let now = real_now();
    other.find("raced").unwrap().mark_used(now - SignedDuration::from_hours(3));
    // As between the look at the last use and the drop.
    space.set_clock(Some(Mode::Running), None).unwrap();
    other.drop_idle(now);
    other.reach("raced", false).await.unwrap();
    let found = other.find("raced").expect("it is there still");
    assert_eq!(found.world().state.clock.mode(), Mode::Running);
    assert_eq!(found.world().state.revision, 2);
}
