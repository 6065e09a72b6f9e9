//! IPNs with real receivers on loopback, without one sleep.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use sandtill::sandbox::callbacks;
use sandtill::sandbox::clock::Mode;
use sandtill::sandbox::space::Space;
use sandtill::sandbox::state::jobs::Phase;
use sandtill::sandbox::state::outbox::Standing;

use super::{TOKEN, create, look};
use crate::receiver::{Receiver, status};
use crate::support::{Server, callback, force, jump};

async fn advance(sandbox: &Arc<Space>, seconds: i64) -> Vec<String> {
    let to = sandbox.moment().now + SignedDuration::from_secs(seconds);
    let events = callbacks::advance(sandbox, to).await;
    events.into_iter().map(|event| event.at.to_string()).collect()
}

#[tokio::test]
async fn an_advance_from_create_to_deletion_sends_exactly_two_ipns() {
    let server = Server::start().await;
    let receiver = Receiver::answering(&[200]).await;
    let uri = format!("{}/ipn?shop=7&of=a%20b", receiver.url);
    let report = create(&server, &uri, "").await;
    let happened = advance(&server.space(), 10 * 86_400).await;
    assert_eq!(happened, ["2026-03-14T12:00:03Z", "2026-03-18T12:00:03Z"]);
    let got = receiver.received_all();
    assert_eq!(got.len(), 2);
    for ipn in &got {
        assert_eq!(ipn.target, "/ipn?shop=7&of=a%20b");
        assert_eq!(ipn.body, format!("report_id={}", report["report_id"]));
        assert_eq!(ipn.header("content-type"), Some("application/x-www-form-urlencoded"));
        assert_eq!(ipn.header("user-agent"), Some("WePay API Callback Agent"));
        assert_eq!(ipn.header("accept-encoding"), Some("identity"));
        assert_eq!(ipn.header("content-length"), Some(ipn.body.len().to_string().as_str()));
    }
    assert_eq!(look(&server, &report).await["state"], "deleted");
}

#[tokio::test]
async fn a_receiver_that_asks_inside_its_handler_sees_the_new_state() {
    let server = Server::start().await;
    let (url, client) = (server.url.clone(), reqwest::Client::new());
    let (seen, mut states) = tokio::sync::mpsc::unbounded_channel();
    let receiver = Receiver::new(move |_, ipn| {
        let (url, client, seen) = (url.clone(), client.clone(), seen.clone());
        Box::pin(async move {
            let request = client.post(format!("{url}/v2/report")).body(ipn.body);
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let answer = request.header(TOKEN.0, TOKEN.1).send().await.unwrap();
            let text = answer.text().await.unwrap();
            let report: serde_json::Value = serde_json::from_str(&text).unwrap();
            let file = match report["report_uri"].as_str() {
                Some(uri) => client.get(uri).send().await.unwrap().status().as_u16(),
                None => 0,
            };
            seen.send(format!("{} {file}", report["state"])).unwrap();
            status(200)
        })
    })
    .await;
    create(&server, &receiver.url, "").await;
    advance(&server.space(), 5 * 86_400).await;
    assert_eq!(states.recv().await.unwrap(), "\"complete\" 200");
    assert_eq!(states.recv().await.unwrap(), "\"deleted\" 0");
}

#[tokio::test]
async fn a_receiver_that_fails_six_times_is_called_seven_times() {
    let server = Server::start().await;
    let receiver = Receiver::answering(&[204, 500, 302, 404, 201, 503, 200]).await;
    create(&server, &receiver.url, "").await;
    let happened = advance(&server.space(), 3 * 86_400).await;
    assert_eq!(
        happened,
        [
            "2026-03-14T12:00:03Z",
            "2026-03-14T12:15:03Z",
            "2026-03-14T12:45:03Z",
            "2026-03-14T13:45:03Z",
            "2026-03-14T19:45:03Z",
            "2026-03-15T07:45:03Z",
            "2026-03-16T07:45:03Z",
        ]
    );
    let callback = callback(&server.space(), 1);
    assert_eq!(callback.standing(server.space().moment().now), Standing::Delivered);
}

#[tokio::test]
async fn a_receiver_that_never_says_yes_is_given_up() {
    let server = Server::start().await;
    let receiver = Receiver::answering(&[500]).await;
    // Its data is too young, so there is only the IPN of the failure.
    create(&server, &receiver.url, r#","advanced_options":{"end_time":1773489600}"#).await;
    assert_eq!(advance(&server.space(), 30 * 86_400).await.len(), 7);
    let world = server.space().world();
    let all: Vec<_> = world.state.outbox.all().collect();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].message.event, "failed");
    assert_eq!(all[0].standing(Timestamp::MAX), Standing::Failed);
}

#[tokio::test]
async fn with_a_running_clock_the_same_happens_by_itself() {
    let server = Server::start().await;
    let receiver = Receiver::answering(&[200]).await;
    create(&server, &receiver.url, "").await;
    let space = server.space();
    let ready = space.moment().now + SignedDuration::from_secs(3);
    space.set_clock(Some(Mode::Running), Some(ready)).unwrap();
    receiver.answered(1).await;
    jump(&space, space.moment().now + SignedDuration::from_hours(96));
    receiver.answered(2).await;
    assert_eq!(receiver.received_all().len(), 2);
}

#[tokio::test]
async fn one_thousand_reports_are_all_told_and_none_twice() {
    let server = Server::start().await;
    let receiver = Receiver::answering(&[200]).await;
    let mut expected = Vec::new();
    for _ in 0..1000 {
        let report = create(&server, &receiver.url, "").await;
        expected.push(format!("report_id={}", report["report_id"]));
    }
    expected.sort();
    expected.dedup();
    assert_eq!(expected.len(), 1000);
    assert_eq!(advance(&server.space(), 60).await.len(), 1000);
    let mut got: Vec<String> = receiver.received_all().into_iter().map(|ipn| ipn.body).collect();
    got.sort();
    assert_eq!(got, expected);
    assert_eq!(server.space().under_way(), 0);
}

#[tokio::test]
async fn a_forced_phase_is_told_at_once_and_what_was_planned_is_not() {
    for (phase, state, later) in [
        (Phase::Failed, "failed", 0),
        (Phase::Ready, "complete", 1),
        (Phase::Expired, "deleted", 0),
    ] {
        let server = Server::start().await;
        let receiver = Receiver::answering(&[200]).await;
        let report = create(&server, &receiver.url, "").await;
        let sandbox = server.space();
        force(&sandbox, 1, phase);
        assert_eq!(look(&server, &report).await["state"], state);
        receiver.answered(1).await;
        assert_eq!(advance(&sandbox, 5 * 86_400).await.len(), later, "{state}");
        let last = if later == 1 { "deleted" } else { state };
        assert_eq!(look(&server, &report).await["state"], last);
    }
}

#[tokio::test]
async fn a_callback_into_the_sandbox_itself_is_not_sent() {
    let server = Server::start().await;
    let uri = format!("{}/v2/report", server.url);
    create(&server, &uri, "").await;
    advance(&server.space(), 3).await;
    let attempt = callback(&server.space(), 1).attempts[0].clone();
    assert_eq!(attempt.reply.status.unwrap_err(), "not sent: it would come back to this server");
    create(&server, "https://stage.wepayapi.com/x", "").await;
    advance(&server.space(), 3).await;
    let vendor = callback(&server.space(), 3).attempts[0].clone();
    assert_eq!(
        vendor.reply.status.unwrap_err(),
        "not sent: stage.wepayapi.com is a payment provider's real host"
    );
}
