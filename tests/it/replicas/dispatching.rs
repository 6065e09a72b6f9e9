//! Callbacks of a space that several servers share: one of them sends, and another one goes on when it dies.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fleet::{change, get, replica, send, try_send, until};
use super::redis_server::RedisServer;
use crate::attack::program::Program;
use crate::receiver::{Receiver, status};

/// Callbacks of the test with kills; `SANDTILL_TEST_CALLBACKS` sets another number.
const CALLBACKS: usize = 150;

/// Deliveries that a server makes at a time, at most.
const AT_ONCE: usize = 64;

/// How often the server that sends is killed.
const KILLS: usize = 3;

/// The place of the server that has the lease of the space: its name begins with the number of its process.
/// `None` while it is that of a server that was killed.
fn holder(store: &RedisServer, servers: &[Program]) -> Option<usize> {
    let name = store.command(&["GET", "sandtill:lease:i"]);
    let process = name.split('-').next().unwrap();
    servers.iter().position(|it| it.child.id().to_string() == process)
}

/// Servers over a store with the default scenario, and a space `i` whose clock stands still.
fn servers(count: usize) -> Option<(RedisServer, Vec<Program>)> {
    let store = RedisServer::start()?;
    let servers: Vec<_> = (0..count).map(|_| with_payments(&store)).collect();
    let clock = r#"{"mode":"frozen","now":"2026-03-14T12:00:00Z"}"#;
    change(&servers[0], "PUT", "/@i/_admin/clock", clock);
    Some((store, servers))
}

fn with_payments(store: &RedisServer) -> Program {
    replica(&store.url(), &["--scenario", "default"])
}

/// Requests a report that is told to this address when it is complete.
fn request_report(server: &Program, url: &str) {
    let body = format!(
        r#"{{"type":"merchant_transactions","resource":{{"object_type":"account","object_id":216083312}},"callback_uri":"{url}/ipn"}}"#
    );
    let head = format!(
        "POST /@i/v2/report/create HTTP/1.1\r\nContent-Type: application/json\r\n\
         Authorization: Bearer STAGE_sandtill\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = server.ask(&head);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// All callbacks of the space, as its server shows them.
fn callbacks(server: &Program) -> Vec<Value> {
    let mut all = Vec::new();
    let mut after = Some(0);
    while let Some(id) = after {
        let page = get(server, &format!("/@i/_admin/callbacks?limit=1000&after={id}"));
        all.extend(page["callbacks"].as_array().unwrap().iter().cloned());
        after = page["next"].as_u64();
    }
    all
}

/// A receiver with a gate. While it is closed, as at the beginning, messages are received and not answered.
async fn gated_receiver() -> (tokio::sync::watch::Sender<bool>, Receiver) {
    let (open, gate) = tokio::sync::watch::channel(false);
    let receiver = Receiver::new(move |_, _| {
        let mut gate = gate.clone();
        Box::pin(async move {
            gate.wait_for(|is_open| *is_open).await.unwrap();
            status(200)
        })
    });
    (open, receiver.await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_advance_at_any_server_sends_once() {
    let Some((_store, servers)) = servers(3) else { return };
    let receiver = Receiver::answering(&[200]).await;
    for round in 0..3 {
        request_report(&servers[round], &receiver.url);
        let advanced =
            change(&servers[(round + 1) % 3], "POST", "/@i/_admin/clock/advance", r#"{"by":"1h"}"#);
        let sent = advanced["happened"].as_array().unwrap().iter();
        let sent = sent.filter(|it| it["what"].as_str().unwrap().contains("callback")).count();
        assert_eq!(sent, 1, "{advanced}");
        assert_eq!(receiver.received_all().len(), round + 1);
        for server in &servers {
            let shown = callbacks(server);
            let done = shown.iter().filter(|it| it["state"] == "delivered").count();
            assert_eq!(done, round + 1, "{shown:?}");
        }
    }
    assert!(receiver.received_all().iter().all(|it| it.header("sandtill-attempt") == Some("1")));
    // A clock that nobody advances any more can be set at any server.
    change(&servers[2], "PUT", "/@i/_admin/clock", r#"{"mode":"running"}"#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_callback_is_lost_when_the_server_that_sends_is_killed() {
    let count = std::env::var_os("SANDTILL_TEST_CALLBACKS");
    let count = count.and_then(|it| it.to_str()?.parse().ok()).unwrap_or(CALLBACKS);
    let Some((store, mut servers)) = servers(3) else { return };
    let (open, receiver) = gated_receiver().await;
    for number in 0..count {
        request_report(&servers[number % 3], &receiver.url);
    }
    change(
        &servers[0],
        "PUT",
        "/@i/_admin/clock",
        r#"{"mode":"running","now":"2026-03-14T13:00:00Z"}"#,
    );
    let sent = || receiver.received_all().len();
    let mut before = 0;
    for _ in 0..KILLS {
        // What the killed one had sent can arrive after its end.
        until("a server that lives sends", || {
            sent() > before && holder(&store, &servers).is_some()
        });
        before = sent();
        let index = holder(&store, &servers).unwrap();
        servers[index] = with_payments(&store);
    }
    until("somebody sends again", || sent() > before);
    open.send_replace(true);
    // Besides, each report has a message that it is deleted, due days later.
    until("all were delivered", || {
        let all = callbacks(&servers[0]);
        let delivered = all.iter().filter(|it| it["state"] == "delivered").count();
        delivered == count && all.len() == 2 * count
    });
    let mut attempts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for ipn in receiver.received_all() {
        let attempt = ipn.header("sandtill-attempt").unwrap().to_owned();
        *attempts.entry((ipn.body, attempt)).or_default() += 1;
    }
    let reports: std::collections::BTreeSet<_> = attempts.keys().map(|it| &it.0).collect();
    assert_eq!(reports.len(), count, "every report was told");
    let twice: usize = attempts.values().map(|times| times - 1).sum();
    assert!(twice <= KILLS * AT_ONCE, "{twice} were sent twice by {KILLS} kills");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn another_server_takes_over_within_five_seconds() {
    let Some((_store, mut servers)) = servers(2) else { return };
    let receiver = Receiver::new(move |number, _| {
        Box::pin(async move {
            match number {
                0 => std::future::pending().await,
                _ => status(200),
            }
        })
    })
    .await;
    request_report(&servers[0], &receiver.url);
    // Nobody answers the first message, so the server of this call is in the middle of it.
    let address = servers[0].address.clone();
    let advancing = std::thread::spawn(move || {
        try_send(&address, "POST", "/@i/_admin/clock/advance", r#"{"by":"1h"}"#)
    });
    until("the message is sent", || receiver.received_all().len() == 1);
    let refused = send(&servers[1], "PUT", "/@i/_admin/clock", r#"{"mode":"running"}"#);
    assert_eq!(refused.status, 409, "{refused:?}");
    servers[0].child.kill().unwrap();
    servers[0].child.wait().unwrap();
    assert_eq!(advancing.join().unwrap(), None);
    let begin = tokio::time::Instant::now();
    let advanced = change(&servers[1], "POST", "/@i/_admin/clock/advance", r#"{"by":"1h"}"#);
    assert!(begin.elapsed().as_secs_f64() < 5.0, "{:?}", begin.elapsed());
    assert_eq!(receiver.received_all().len(), 2, "{advanced}");
    assert_eq!(callbacks(&servers[1])[0]["state"], "delivered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_callback_that_one_server_sends_is_not_answered_by_hand_at_another() {
    let Some((_store, servers)) = servers(2) else { return };
    let (open, receiver) = gated_receiver().await;
    request_report(&servers[0], &receiver.url);
    let id = callbacks(&servers[0])[0]["id"].clone();
    let path = format!("/@i/_admin/callbacks/{id}/answer");
    let address = servers[0].address.clone();
    let advancing = std::thread::spawn(move || {
        try_send(&address, "POST", "/@i/_admin/clock/advance", r#"{"by":"1h"}"#)
    });
    until("the message is sent", || receiver.received_all().len() == 1);
    let refused = send(&servers[1], "POST", &path, r#"{"status":500}"#);
    assert_eq!(refused.status, 409, "{refused:?}");
    assert!(refused.body.contains("another server sends callbacks"), "{refused:?}");
    open.send_replace(true);
    assert_eq!(advancing.join().unwrap().unwrap().status, 200);
    let shown = callbacks(&servers[1])[0].clone();
    assert_eq!(
        (&shown["state"], shown["attempts"].as_array().unwrap().len()),
        (&"delivered".into(), 1)
    );
}
