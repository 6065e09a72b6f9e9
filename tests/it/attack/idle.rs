//! Idle spaces: a space in which a request is being answered, or waits, is not dropped.

use jiff::SignedDuration;
use sandtill::sandbox::Options;
use sandtill::sandbox::clock::real_now;
use sandtill::sandbox::state::outbox::Message;

use crate::support::{NOON, Server, frozen, plan};

/// F18: three callers wait in a space that would be idle otherwise.
#[tokio::test]
async fn a_space_in_which_a_caller_waits_is_not_dropped() {
    let idle = Some(SignedDuration::from_hours(24));
    let options = Options { space_idle: idle, ..Options::default() };
    let server = Server::started(frozen("default", NOON), options).await;
    server.send("GET", "/@a/_admin/clock", &[], "").await;
    let space = server.spaces.find("a").unwrap();
    let since = space.pulse().since(0).0;
    let moved = format!("/@a/_admin/changes?since={since}&wait=60s");
    let waits = async {
        tokio::join!(
            server.send("POST", "/@a/_admin/journal/wait", &[], r#"{"timeout_ms":60000}"#),
            server.send("GET", &moved, &[], ""),
            server.send("GET", "/@a/_admin/callbacks?state=due&wait=60s", &[], ""),
        )
    };
    let meanwhile = async {
        while space.requests_under_way() < 3 {
            tokio::task::yield_now().await;
        }
        server.spaces.drop_idle(real_now() + SignedDuration::from_hours(25));
        let request = server.send("GET", "/@a/v2/user", &[], "").await;
        let message = Message {
            provider: "wepay".into(),
            merchant: "shop".to_owned(),
            job: 0,
            event: "x".to_owned(),
            url: "http://receiver.invalid/".to_owned(),
            body: b"x".to_vec(),
        };
        plan(&space, message, NOON.parse().unwrap()).unwrap();
        request
    };
    let ((journal, changes, callbacks), request) = tokio::join!(waits, meanwhile);
    assert_eq!(request.header("sandtill-journal"), "/@a/_admin/journal/1");
    assert_eq!(journal.json()["matched"], true, "{}", journal.text());
    assert_ne!(changes.json()["changed"].as_array().unwrap().len(), 0, "{}", changes.text());
    assert_eq!(callbacks.json()["callbacks"][0]["id"], 1, "{}", callbacks.text());
    assert_eq!(space.requests_under_way(), 0);
    server.spaces.drop_idle(real_now() + SignedDuration::from_hours(25));
    assert!(server.spaces.find("a").is_none());
}
