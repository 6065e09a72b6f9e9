//! Tests callbacks independently of the provider, with real receivers on loopback and without
//! sleeping.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sandtill::sandbox::callbacks;
use sandtill::sandbox::clock::Mode;
use sandtill::sandbox::policy::{Policy, RetrySchedule};
use sandtill::sandbox::space::Space;
use sandtill::sandbox::state::outbox::{MAX_CALLBACKS, Message, Standing};

use crate::receiver::{Receiver, status};
use crate::support::{NOON, Server, callback, frozen_with, plan};

mod certificates;

const MINUTES: RetrySchedule =
    RetrySchedule(&[SignedDuration::from_mins(1), SignedDuration::from_mins(10)]);

static POLICY: Policy = Policy {
    provider: "wepay",
    content_type: "text/plain",
    headers: &[("user-agent", "tester")],
    accepts: |status| status == 200,
    schedule: MINUTES,
    forbidden_hosts: || vec!["vendor.example"],
};

pub(crate) fn message(url: &str, body: &str) -> Message {
    Message {
        provider: POLICY.provider.into(),
        merchant: "wepay".to_owned(),
        job: 1,
        event: "complete".to_owned(),
        url: url.to_owned(),
        body: body.as_bytes().to_vec(),
    }
}

/// The default scenario at noon, with callbacks that are tried again twice.
pub(crate) async fn start() -> Server {
    Server::with(frozen_with("default", NOON, &POLICY)).await
}

fn after(sandbox: &Arc<Space>, seconds: i64) -> Timestamp {
    sandbox.moment().now + SignedDuration::from_secs(seconds)
}

fn bodies(receiver: &Receiver) -> Vec<String> {
    receiver.received_all().into_iter().map(|it| it.body).collect()
}

#[tokio::test]
async fn advance_delivers_in_order_at_the_planned_instants() {
    let server = start().await;
    let sandbox = server.space();
    let space = server.space();
    let receiver = Receiver::new(move |number, _| {
        let now = space.moment().now.to_string();
        Box::pin(async move {
            assert!(now.starts_with("2026-03-14T12:0"), "{now}");
            status(if number == 0 { 500 } else { 200 })
        })
    })
    .await;
    plan(&sandbox, message(&receiver.url, "late"), after(&sandbox, 90)).unwrap();
    plan(&sandbox, message(&receiver.url, "early"), after(&sandbox, 20)).unwrap();
    let events = callbacks::advance(&sandbox, after(&sandbox, 300)).await;
    assert_eq!(bodies(&receiver), ["early", "early", "late"]);
    let happened: Vec<_> = events
        .iter()
        .map(|it| format!("{} {}", it.at, it.text.replace(&receiver.url, "URL")))
        .collect();
    assert_eq!(
        happened,
        [
            "2026-03-14T12:00:20Z wepay callback 2 (complete) to URL: answered 500",
            "2026-03-14T12:01:20Z wepay callback 2 (complete) to URL: answered 200",
            "2026-03-14T12:01:30Z wepay callback 1 (complete) to URL: answered 200",
        ]
    );
    assert_eq!(sandbox.moment().now.to_string(), "2026-03-14T12:05:00Z");
    let second = callback(&sandbox, 2);
    assert_eq!(second.standing(sandbox.moment().now), Standing::Delivered);
    let attempts: Vec<_> = second.attempts.iter().map(|it| it.reply.status.clone()).collect();
    assert_eq!(attempts, [Ok(500), Ok(200)]);
    assert_eq!(second.attempts[1].reply.body, b"thanks");
}

#[tokio::test]
async fn a_jump_leaves_callbacks_due_and_the_next_advance_sends_them() {
    let server = start().await;
    let sandbox = server.space();
    let receiver = Receiver::answering(&[200]).await;
    plan(&sandbox, message(&receiver.url, "a"), after(&sandbox, 60)).unwrap();
    server.jump("2026-03-14T13:00:00Z");
    tokio::task::yield_now().await;
    assert_eq!(callback(&sandbox, 1).standing(sandbox.moment().now), Standing::Due);
    let events = callbacks::advance(&sandbox, sandbox.moment().now).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].at.to_string(), "2026-03-14T13:00:00Z");
    assert_eq!(bodies(&receiver), ["a"]);
    let attempt = &callback(&sandbox, 1).attempts[0];
    assert_eq!(attempt.due.to_string(), "2026-03-14T12:01:00Z");
    assert_eq!(attempt.at.to_string(), "2026-03-14T13:00:00Z");
}

#[tokio::test]
async fn what_is_due_when_planned_leaves_under_a_frozen_clock_too() {
    let server = start().await;
    let sandbox = server.space();
    let receiver = Receiver::answering(&[200]).await;
    plan(&sandbox, message(&receiver.url, "now"), sandbox.moment().now).unwrap();
    receiver.answered(1).await;
    assert_eq!(bodies(&receiver), ["now"]);
}

#[tokio::test]
async fn a_running_clock_delivers_by_itself() {
    let server = start().await;
    let sandbox = server.space();
    let receiver = Receiver::answering(&[200]).await;
    plan(&sandbox, message(&receiver.url, "b"), after(&sandbox, 3600)).unwrap();
    // Planned later, due earlier.
    plan(&sandbox, message(&receiver.url, "a"), after(&sandbox, 1800)).unwrap();
    let running = || sandbox.set_clock(Some(Mode::Running), Some(after(&sandbox, 1800))).unwrap();
    running();
    receiver.answered(1).await;
    assert_eq!(bodies(&receiver), ["a"]);
    running();
    receiver.answered(2).await;
    assert_eq!(bodies(&receiver), ["a", "b"]);
}

#[tokio::test]
async fn a_reset_drops_what_waits_and_what_is_under_way() {
    let server = start().await;
    let sandbox = server.space();
    let hangs = Receiver::new(|_, _| Box::pin(std::future::pending())).await;
    plan(&sandbox, message(&hangs.url, "x"), after(&sandbox, 60)).unwrap();
    let driving = {
        let (sandbox, to) = (sandbox.clone(), after(&sandbox, 120));
        tokio::spawn(async move { callbacks::advance(&sandbox, to).await })
    };
    while hangs.received_all().is_empty() {
        tokio::task::yield_now().await;
    }
    let fresh = sandbox.reset();
    // The advance belongs to the world that is gone: the clock of the new one is free at once.
    sandbox.set_clock(Some(Mode::Frozen), None).unwrap();
    assert_eq!(driving.await.unwrap(), []);
    assert_eq!(fresh.state().outbox.all().count(), 0);
    assert_eq!((sandbox.world().state.outbox.all().count(), sandbox.under_way()), (0, 0));
}

#[tokio::test]
async fn a_receiver_that_pulls_answers_without_being_called() {
    let server = start().await;
    let sandbox = server.space();
    let url = "http://receiver.invalid/ipn";
    plan(&sandbox, message(url, "pull me"), after(&sandbox, 60)).unwrap();
    let waiting = {
        let sandbox = sandbox.clone();
        tokio::spawn(async move {
            callbacks::wait_due(&sandbox, Duration::from_secs(20), |_| true).await
        })
    };
    assert_eq!(callbacks::advance(&sandbox, after(&sandbox, 60)).await, []);
    let due = waiting.await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].message.body, b"pull me");
    let refused = callbacks::answer(&sandbox, 1, 503).unwrap();
    assert_eq!(refused.next.unwrap().to_string(), "2026-03-14T12:02:00Z");
    assert_eq!(
        callbacks::answer(&sandbox, 1, 200).unwrap_err(),
        "callback 1 is waiting and not due"
    );
    callbacks::advance(&sandbox, after(&sandbox, 60)).await;
    let yes = callbacks::answer(&sandbox, 1, 200).unwrap();
    assert_eq!(yes.standing(sandbox.moment().now), Standing::Delivered);
    assert_eq!(callbacks::wait_due(&sandbox, Duration::ZERO, |_| true).await.len(), 0);
}

#[track_caller]
fn problem(sandbox: &Arc<Space>, id: u64) -> String {
    let callback = callback(sandbox, id);
    callback.attempts[0].reply.status.clone().unwrap_err()
}

#[tokio::test]
async fn callbacks_go_to_loopback_and_private_addresses_only() {
    let server = start().await;
    let sandbox = server.space();
    let port = server.url.rsplit_once(':').unwrap().1;
    let near = "not sent: it would come back to this server";
    let far = "is neither loopback nor private; allow its host to be called";
    let secrets = "belongs to the metadata service of a cloud, which hands out secrets";
    for (url, expected) in [
        (server.url.clone(), near.to_owned()),
        (format!("http://localhost:{port}/v2/report"), near.to_owned()),
        (format!("http://[::ffff:127.0.0.1]:{port}/"), near.to_owned()),
        (format!("http://0x7f.1:{port}/"), near.to_owned()),
        ("http://203.0.113.9/".to_owned(), format!("not sent: 203.0.113.9 {far}")),
        ("http://169.254.169.254/".to_owned(), format!("not sent: 169.254.169.254 {secrets}")),
        ("http://0.0.0.0:1/".to_owned(), "not sent: 0.0.0.0 is no address to send to".to_owned()),
        ("http://[2001:db8::1]/".to_owned(), format!("not sent: 2001:db8::1 {far}")),
        (
            "http://vendor.example/".to_owned(),
            "not sent: vendor.example is a payment provider's real host".to_owned(),
        ),
        (
            "https://API.Vendor.Example./x".to_owned(),
            "not sent: api.vendor.example is a payment provider's real host".to_owned(),
        ),
        ("ftp://127.0.0.1/".to_owned(), "not sent: `ftp` is neither http nor https".to_owned()),
        ("nonsense".to_owned(), "not sent: not a URL (relative URL without a base)".to_owned()),
    ] {
        let id = plan(&sandbox, message(&url, "x"), after(&sandbox, 1)).unwrap();
        callbacks::advance(&sandbox, after(&sandbox, 1)).await;
        assert_eq!(problem(&sandbox, id), expected, "{url}");
    }
}

#[tokio::test]
async fn bad_receivers_fail_and_the_outbox_lives_on() {
    let server = start().await;
    let sandbox = server.space();
    let endless = Receiver::new(|_, _| {
        Box::pin(async {
            let body = futures_util::stream::repeat_with(|| {
                Ok::<_, std::io::Error>(bytes::Bytes::from(vec![b'x'; 65536]))
            });
            axum::response::Response::new(axum::body::Body::from_stream(body))
        })
    })
    .await;
    let moved = Receiver::new(|_, _| {
        Box::pin(async {
            let mut response = status(302);
            response.headers_mut().insert("location", "/elsewhere".parse().unwrap());
            response
        })
    })
    .await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refusing = silent.local_addr().unwrap();
    drop(silent);
    let urls = [endless.url.clone(), moved.url.clone(), format!("http://{refusing}/")];
    for url in &urls {
        plan(&sandbox, message(url, "x"), after(&sandbox, 1)).unwrap();
    }
    callbacks::advance(&sandbox, after(&sandbox, 1)).await;
    let reply = |id| callback(&sandbox, id).attempts[0].reply.clone();
    assert_eq!(reply(1).status, Ok(200));
    assert_eq!(reply(1).body.len(), 1024);
    assert_eq!(reply(2).status, Ok(302));
    assert_eq!(moved.received_all().len(), 1);
    let refused = reply(3).status.unwrap_err();
    assert!(refused.contains("refused"), "{refused}");
}

#[tokio::test]
async fn redelivering_sends_once_more_whatever_became_of_it() {
    let server = start().await;
    let sandbox = server.space();
    let receiver = Receiver::answering(&[200, 500]).await;
    plan(&sandbox, message(&receiver.url, "x"), after(&sandbox, 1)).unwrap();
    callbacks::advance(&sandbox, after(&sandbox, 1)).await;
    let again = callbacks::redeliver(&sandbox, 1).await.unwrap();
    assert_eq!(again.attempts.len(), 2);
    assert_eq!(again.standing(sandbox.moment().now), Standing::Delivered);
    assert_eq!(callbacks::redeliver(&sandbox, 2).await.unwrap_err(), "there is no callback 2");
}

#[tokio::test]
async fn faults_double_delay_swap_and_swallow() {
    let server = start().await;
    let sandbox = server.space();
    let receiver = Receiver::answering(&[200]).await;
    // Each rule strikes the first callback that those before it have left alone.
    for kind in [r#""late","by":"30m""#, r#""duplicate""#, r#""reorder""#, r#""drop""#] {
        let rule = format!(r#"{{"times":1,"fault":{{"kind":{kind}}}}}"#);
        server.did("POST", "/faults", &rule).await;
    }
    for (second, body) in [(1, "late"), (2, "twice"), (3, "swapped"), (4, "lost"), (5, "plain")] {
        plan(&sandbox, message(&receiver.url, body), after(&sandbox, second)).unwrap();
    }
    callbacks::advance(&sandbox, after(&sandbox, 3600)).await;
    assert_eq!(bodies(&receiver), ["twice", "twice", "swapped", "plain", "late"]);
    assert_eq!(callback(&sandbox, 4).standing(sandbox.moment().now), Standing::Dropped);
    // Each names what struck it; the sixth is the copy of the second.
    let world = sandbox.world();
    let named: Vec<_> = world.state.outbox.all().map(|it| (it.id, it.fault.clone())).collect();
    let fault = |rule: &str| Some(rule.to_owned());
    assert_eq!(
        named,
        [
            (1, fault("late-1")),
            (2, fault("duplicate-2")),
            (3, fault("reorder-3")),
            (4, fault("drop-4")),
            (5, None),
            (6, fault("duplicate-2")),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_hangs_has_failed_after_ten_seconds() {
    let sandbox = Space::alone(frozen_with("empty", NOON, &POLICY));
    // It takes connections, as every bound socket does, and never reads.
    let hangs = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", hangs.local_addr().unwrap());
    plan(&sandbox, message(&url, "x"), after(&sandbox, 1)).unwrap();
    callbacks::advance(&sandbox, after(&sandbox, 1)).await;
    assert_eq!(problem(&sandbox, 1), "no answer within 10 s");
    let callback = callback(&sandbox, 1);
    assert_eq!(callback.attempts[0].duration.as_secs(), 10);
    assert_eq!(callback.next.unwrap().to_string(), "2026-03-14T12:01:01Z");
}

#[tokio::test]
async fn the_outbox_is_bounded_and_the_finished_make_room() {
    let sandbox = Space::alone(frozen_with("empty", NOON, &POLICY));
    let plan = || {
        let message = message("http://receiver.invalid/", "x");
        plan(&sandbox, message, sandbox.moment().now)
    };
    for _ in 0..MAX_CALLBACKS {
        assert!(plan().is_some());
    }
    assert_eq!(plan(), None);
    callbacks::answer(&sandbox, 7, 200).unwrap();
    assert_eq!(plan(), Some(u64::try_from(MAX_CALLBACKS).unwrap() + 1));
    assert!(sandbox.world().state.outbox.get(7).is_none());
    assert_eq!(plan(), None);
    let long = "x".repeat(64 * 1024 + 1);
    callbacks::answer(&sandbox, 8, 200).unwrap();
    let message = message("http://receiver.invalid/", &long);
    assert_eq!(crate::support::plan(&sandbox, message, sandbox.moment().now), None);
}
