//! `--store-staleness`: an answer may be that old and not older, and a change is decided on the newest state.

use std::time::Duration;

use sandtill::sandbox::Options;
use sandtill::sandbox::clock::Mode;
use sandtill::sandbox::spaces::Spaces;

use super::inside::{spaces, way};
use super::redis_server::RedisServer;

const STALENESS: Duration = Duration::from_millis(50);

/// The number of the last event that a server has, after what it does before an answer.
async fn answered(spaces: &Spaces, wants_entry: bool) -> u64 {
    spaces.reach("", wants_entry).await.unwrap();
    spaces.default_space().world().state.revision
}

/// One more event, from this server.
fn change(spaces: &Spaces) {
    spaces.default_space().set_clock(Some(Mode::Frozen), None).unwrap();
}

#[tokio::test]
async fn an_answer_is_as_old_as_allowed_and_not_older() {
    let Some(store) = RedisServer::start() else { return };
    let way = way(&store);
    let writer = spaces(&way, Options::default(), Duration::ZERO).await;
    let reader = spaces(&way, Options::default(), STALENESS).await;
    tokio::time::pause();
    // A paused clock jumps to the next timer when nothing is to be done, but not while such a task runs.
    let (release, released) = std::sync::mpsc::channel::<()>();
    let held = tokio::task::spawn_blocking(move || released.recv().is_err());
    tokio::time::advance(STALENESS).await;
    let first = answered(&reader, false).await;
    change(&writer);
    tokio::time::advance(STALENESS - Duration::from_millis(1)).await;
    assert_eq!(answered(&reader, false).await, first, "one millisecond is left");
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(answered(&reader, false).await, first + 1);
    // The time counts from the question on, not from the last answer.
    change(&writer);
    assert_eq!(answered(&reader, false).await, first + 1);
    assert_eq!(answered(&reader, true).await, first + 2, "a number for the journal is asked for");
    change(&writer);
    assert_eq!(answered(&reader, false).await, first + 2);
    change(&reader);
    assert_eq!(answered(&reader, false).await, first + 4, "a change comes behind all others");
    assert_eq!(answered(&writer, false).await, first + 4);
    drop(release);
    assert!(held.await.unwrap());
}
