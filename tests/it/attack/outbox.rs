//! An outbox full of callbacks that have not ended: whatever would need another one is refused.

use std::sync::Arc;

use sandtill::sandbox::callbacks;
use sandtill::sandbox::space::Space;
use sandtill::sandbox::state::outbox::{MAX_CALLBACKS, Message, PlanError};
use serde_json::Value;

use crate::support::{Answer, NOON, Server};

/// Plans callbacks until there is room for `room` more. They are due, and held: their host does not exist.
fn fill(space: &Arc<Space>, room: usize) {
    let due = NOON.parse().unwrap();
    let message = Message {
        provider: "wepay".into(),
        merchant: "shop".to_owned(),
        job: 0,
        event: "x".to_owned(),
        url: "http://receiver.invalid/".to_owned(),
        body: b"x".to_vec(),
    };
    let filled = space.change(|draft| {
        let open = draft.state().outbox.open().count();
        for _ in 0..MAX_CALLBACKS - room - open {
            draft.plan(message.clone(), due)?;
        }
        Ok::<_, PlanError>(())
    });
    filled.unwrap();
}

async fn create(server: &Server, callback_uri: &str) -> Answer {
    let body = format!(
        r#"{{"type":"merchant_transactions","resource":{{"object_type":"account","object_id":216083312}},"callback_uri":"{callback_uri}"}}"#
    );
    let headers =
        [("Authorization", "Bearer STAGE_sandtill"), ("Content-Type", "application/json")];
    server.send("POST", "/v2/report/create", &headers, body).await
}

/// F11: a report whose IPNs cannot be planned is not created.
#[tokio::test]
async fn a_report_whose_ipns_find_no_room_is_refused() {
    let server = Server::frozen("default", NOON).await;
    let space = server.space();
    // A report has two IPNs.
    fill(&space, 1);
    let refused = create(&server, "http://receiver.invalid/").await;
    assert_eq!((refused.status, &refused.json()["error_code"]), (429, &Value::from(1007)));
    let state = &space.world().state;
    assert_eq!((state.reports.count(), state.outbox.all().count()), (0, MAX_CALLBACKS - 1));
    let reason = server.last_entry().note.reason.clone().unwrap();
    assert!(reason.contains("the outbox is full: 50000 callbacks"), "{reason}");
    assert!(reason.contains("POST /_admin/callbacks/ID/answer"), "{reason}");
    callbacks::answer(&space, 1, 200).unwrap();
    assert_eq!(create(&server, "http://receiver.invalid/").await.status, 200);
    assert_eq!(space.world().state.reports.count(), 1);
}

#[tokio::test]
async fn a_phase_whose_ipns_find_no_room_is_not_forced() {
    let server = Server::frozen("default", NOON).await;
    let space = server.space();
    assert_eq!(create(&server, "http://receiver.invalid/").await.status, 200);
    server.jump("2026-03-19T12:00:00Z");
    for id in [1, 2] {
        callbacks::answer(&space, id, 200).unwrap();
    }
    fill(&space, 0);
    let refused = server.send("POST", "/_admin/reports/1", &[], r#"{"phase":"ready"}"#).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    let detail = refused.json()["detail"].to_string();
    assert!(detail.contains("the phase was not forced: the outbox is full"), "{detail}");
    assert_eq!(space.world().state.reports.get(1).unwrap().forced_phase, None);
}

#[tokio::test]
async fn a_callback_uri_that_no_callback_can_have_is_refused() {
    let server = Server::frozen("default", NOON).await;
    let long = format!("http://receiver.invalid/{}", "x".repeat(64 * 1024));
    let refused = create(&server, &long).await;
    assert_eq!((refused.status, &refused.json()["error_code"]), (400, &Value::from(1003)));
    assert_eq!(server.space().world().state.reports.count(), 0);
}
