//! The clock while an advance waits for a receiver: it belongs to the advance until that is over.

use std::sync::Arc;

use jiff::SignedDuration;
use sandtill::sandbox::state::outbox::Message;
use tokio::sync::Notify;

use crate::receiver::{Receiver, status};
use crate::support::{NOON, Server, plan};

#[tokio::test]
async fn the_clock_cannot_be_set_while_an_advance_waits_for_a_receiver() {
    let server = Arc::new(Server::start().await);
    let changed = Arc::new(Notify::new());
    let waits = Arc::clone(&changed);
    let receiver = Receiver::new(move |_, _| {
        let waits = Arc::clone(&waits);
        Box::pin(async move {
            waits.notified().await;
            status(200)
        })
    })
    .await;
    let space = server.space();
    let message = Message {
        provider: "wepay".into(),
        merchant: "wepay".to_owned(),
        job: 1,
        event: "complete".to_owned(),
        url: receiver.url.clone(),
        body: b"slow".to_vec(),
    };
    plan(&space, message, space.moment().now + SignedDuration::from_secs(60)).unwrap();
    let advancing = tokio::spawn({
        let server = Arc::clone(&server);
        async move { server.admin("POST", "/clock/advance", r#"{"by":"1h"}"#).await }
    });
    while receiver.received_all().is_empty() {
        tokio::task::yield_now().await;
    }
    // At the due instant of what is waited for, and nowhere else.
    let clock = server.did("GET", "/clock", "").await;
    assert_eq!((&clock["mode"], &clock["now"]), (&"frozen".into(), &"2026-03-14T12:01:00Z".into()));
    for body in [
        r#"{"mode":"running","now":"2026-06-01T00:00:00Z"}"#,
        r#"{"mode":"running"}"#,
        r#"{"now":"2026-06-01T00:00:00Z"}"#,
    ] {
        let detail = server.refuses(409, "PUT", "/clock", body).await;
        assert!(detail.contains("is being advanced"), "{detail}");
    }
    assert_eq!(server.did("GET", "/clock", "").await, clock);
    changed.notify_one();
    let advanced = advancing.await.unwrap();
    assert_eq!(advanced.status, 200, "{}", advanced.text());
    let clock = server.did("GET", "/clock", "").await;
    assert_eq!((&clock["mode"], &clock["now"]), (&"frozen".into(), &"2026-03-14T13:00:00Z".into()));
    // Afterwards it can be set again.
    server.did("PUT", "/clock", &format!(r#"{{"now":"{NOON}"}}"#)).await;
    assert_eq!(server.did("GET", "/clock", "").await["now"], NOON);
}
