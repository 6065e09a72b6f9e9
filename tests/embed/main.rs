//! The server inside another program, through its typed handles: from tests without a runtime and from one with.
//! A binary of its own, because it has to hold without the default features too:
//! `cargo test --no-default-features --test embed`.

#![expect(clippy::unwrap_used, reason = "a failed test is a panic")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sandtill::{
    Action, Error, Fault, NewPayment, Options, Requests, Sandtill, Space, Step, Timestamp,
};
use serde_json::json;

mod levers;

/// The time of the tests: a Saturday noon.
const NOON: &str = "2026-03-14T12:00:00Z";

const HOME: (&str, &str) = ("Authorization", "Bearer STAGE_sandtill");

fn start() -> Sandtill {
    Sandtill::start(Options::default().frozen_at(NOON)).unwrap()
}

fn address(sandtill: &Sandtill) -> String {
    sandtill.url().strip_prefix("http://").unwrap().to_owned()
}

/// Requests WePay's `/v2/user` of a space with this token and returns the whole response.
fn ask_as(space: &Space, token: &str) -> String {
    let (host, prefix) = space.url().strip_prefix("http://").map(split).unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET {prefix}/v2/user HTTP/1.1\r\nHost: it\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn split(url: &str) -> (&str, &str) {
    url.split_at(url.find('/').unwrap_or(url.len()))
}

fn ask(space: &Space) -> String {
    ask_as(space, "STAGE_sandtill")
}

/// The text with which dropping this value panics.
fn dropping<T>(value: T) -> Option<String> {
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(value)));
    dropped.err().map(|panic| panic.downcast_ref::<String>().unwrap().clone())
}

#[test]
fn a_plain_test_asks_moves_time_and_drops_it() {
    let sandtill = start();
    let answer = ask(&sandtill);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains(r#""user_id":242359999"#), "{answer}");
    assert_eq!(sandtill.journal().entries(&[]).unwrap()[0].operation, "user");
    let advanced = sandtill.clock().advance(Duration::from_secs(90)).unwrap();
    assert!(advanced.happened.is_empty());
    assert_eq!(sandtill.clock().now().unwrap().to_string(), "2026-03-14T12:01:30Z");
    let fault = Fault::new("wepay", "status").set("status", 503);
    let added = sandtill.faults().add(fault).unwrap();
    assert!(ask(&sandtill).starts_with("HTTP/1.1 503 "));
    assert_eq!(sandtill.faults().list().unwrap()[0].hits, 1);
    sandtill.faults().remove(&added.id).unwrap();
    assert!(ask(&sandtill).starts_with("HTTP/1.1 200 "));
    sandtill.reset().unwrap();
    assert_eq!(sandtill.clock().now().unwrap().to_string(), "2026-03-14T12:00:00Z");
    let address = address(&sandtill);
    drop(sandtill);
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn the_clock_takes_lengths_and_instants() {
    let sandtill = start();
    let clock = sandtill.clock();
    for (step, now) in [
        (Step::from("36h"), "2026-03-16T00:00:00Z"),
        (Step::from(Duration::from_millis(500)), "2026-03-16T00:00:00.5Z"),
        (Step::to("2026-03-17T00:00:00Z"), "2026-03-17T00:00:00Z"),
        (Step::from("2026-03-18T00:00:00Z".parse::<Timestamp>().unwrap()), "2026-03-18T00:00:00Z"),
    ] {
        assert_eq!(clock.advance(step).unwrap().now, now.parse().unwrap());
    }
    let refused = clock.advance(Step::to(NOON)).unwrap_err();
    let Error::Refused { status, detail } = &refused else { panic!("{refused}") };
    assert!(*status == 409 && detail.contains("PUT /_admin/clock"), "{refused}");
    assert_eq!(clock.freeze(NOON).unwrap().to_string(), NOON);
    assert!(clock.run().unwrap() >= NOON.parse().unwrap());
    clock.stop().unwrap();
    assert_eq!(clock.now().unwrap(), clock.now().unwrap());
}

#[test]
fn transactions_are_made_changed_and_found() {
    let sandtill = start();
    let transactions = sandtill.transactions();
    let payment = NewPayment::new(12_345, "USD").at("2026-03-14T09:00:00Z").set("order", "A-1");
    let payment = transactions.add(payment).unwrap();
    assert_eq!((payment.kind.as_str(), payment.status.as_str()), ("payment", "captured"));
    assert_eq!(payment.created_at, Some("2026-03-14T09:00:00Z".parse().unwrap()));
    let refund = transactions.refund(payment.id, 2345).unwrap();
    assert_eq!((refund.amount, refund.parent), (2345, Some(payment.id)));
    let dated = Action::new("chargeback").amount(1000).at("2026-03-14T10:00:00Z");
    assert_eq!(transactions.act(payment.id, dated).unwrap().kind, "chargeback");
    let refused = transactions.refund(payment.id, 12_345).unwrap_err();
    assert!(matches!(refused, Error::Refused { status: 409, .. }), "{refused}");
    let whole = transactions.get(payment.id).unwrap();
    assert_eq!(whole.rest["refunded"], 2345);
    let found = transactions.list(&[("order", "A-1"), ("kind", "payment")]).unwrap();
    assert_eq!(found.iter().map(|it| it.id).collect::<Vec<_>>(), [payment.id]);
    let hold = transactions.add(NewPayment::new(700, "USD").status("authorized")).unwrap();
    assert_eq!(transactions.capture(hold.id, 300).unwrap().amount, 300);
    let hold = transactions.add(NewPayment::new(900, "USD").status("authorized")).unwrap();
    assert_eq!(transactions.void(hold.id).unwrap().parent, Some(hold.id));
    let paid = transactions.pay(100, "USD").unwrap();
    assert_eq!(transactions.settle(paid.id).unwrap().settled_at, Some(NOON.parse().unwrap()));
    let back = transactions.chargeback(paid.id, None).unwrap();
    assert_eq!(back.amount, 100);
    let unknown = transactions.get(1).unwrap_err();
    assert!(matches!(unknown, Error::Refused { status: 404, .. }), "{unknown}");
}

#[test]
fn spaces_are_worlds_of_their_own() {
    let sandtill = start();
    let (one, two) = (sandtill.space("one").unwrap(), sandtill.space("two").unwrap());
    let payment = one.transactions().pay(500, "USD").unwrap();
    assert!(two.transactions().get(payment.id).is_err());
    assert_eq!(one.provider("wepay").unwrap().url, format!("{}/@one", sandtill.url()));
    assert!(ask(&one).contains("Sandtill-Space: one"));
    assert_eq!((one.name(), sandtill.name()), ("one", ""));
    // The same name is the same space.
    assert_eq!(sandtill.space("one").unwrap().transactions().get(payment.id).unwrap().amount, 500);
    one.end().unwrap();
    let again = sandtill.space("one").unwrap();
    assert!(again.transactions().get(payment.id).is_err());
    let refused = sandtill.space("no name").unwrap_err();
    assert!(matches!(refused, Error::Refused { status: 400, .. }), "{refused}");
    let truth = again.truth("wepay", "everywhere", ("2026-03-13", "2026-03-14")).unwrap();
    assert!(!truth["totals"].as_array().unwrap().is_empty());
    let row = json!({"id": "nobody's", "amount": "1.00", "currency": "USD"});
    let found = again.reconcile("wepay", "everywhere", ("2026-03-13", "2026-03-14"), &[row]);
    let findings = found.unwrap()["findings"].as_array().unwrap().clone();
    assert!(findings.iter().any(|it| it["kind"] == "unexpected"), "{findings:?}");
}

#[test]
fn a_provider_has_the_credentials_of_its_merchants() {
    let sandtill = start();
    let wepay = sandtill.provider("wepay").unwrap();
    assert_eq!(wepay.credentials["access_token"], "STAGE_sandtill");
    let other = wepay.of_merchant("everywhere").unwrap();
    assert_eq!(other.credentials["access_token"], "STAGE_everywhere");
    let wrong = wepay.of_merchant("nobody").unwrap_err().to_string();
    assert_eq!(
        wrong,
        format!(
            "merchant `nobody` does not sell through wepay; there are {}, everywhere",
            wepay.merchant
        )
    );
    let wrong = sandtill.provider("wepai").unwrap_err().to_string();
    assert_eq!(wrong, "unknown provider `wepai`; did you mean `wepay`?");
    let empty = sandtill.admin("PUT", "/scenario", &json!({"merchant": []}));
    empty.unwrap();
    let wrong = sandtill.provider("wepay").unwrap_err().to_string();
    assert_eq!(wrong, "the scenario in force has no merchant at wepay");
}

#[test]
fn a_wrong_fault_scenario_or_instant_is_a_sentence() {
    let sandtill = start();
    let wrong = sandtill.faults().add(Fault::new("wepai", "empty")).unwrap_err();
    let Error::Refused { detail, .. } = wrong else { panic!("{wrong}") };
    assert_eq!(detail, "unknown provider `wepai`; did you mean `wepay`?");
    let refused = Sandtill::start(Options::default().scenario("defualt")).unwrap_err();
    assert!(refused.to_string().contains("did you mean `default`?"), "{refused}");
    let refused = Sandtill::start(Options::default().frozen_at("noon")).unwrap_err();
    assert!(refused.to_string().contains("`noon`"), "{refused}");
    let refused = Sandtill::start(Options::default().frozen_at("1999-01-01T00:00:00Z"));
    assert!(refused.unwrap_err().to_string().contains("1999-01-01"));
    let wrong = sandtill.admin("GET", "/no such path", &sandtill::Value::Null).unwrap_err();
    assert!(matches!(wrong, Error::Invalid(_)), "{wrong}");
}

#[test]
fn expectations_that_are_met_let_the_test_end() {
    let sandtill = start();
    ask(&sandtill);
    sandtill.expect(Requests::of("wepay").operation("user").exactly(1)).unwrap();
    sandtill.expect(Requests::any().outcome("refused").never()).unwrap();
    // The request before does not count.
    ask(&sandtill);
    let found = sandtill.journal().wait(&Requests::of("wepay").exactly(2), Duration::from_secs(5));
    assert_eq!(found.unwrap().len(), 2);
    sandtill.verify().unwrap();
    assert_eq!(dropping(sandtill), None);
}

#[test]
fn an_expectation_that_is_not_met_fails_the_test_with_what_came_instead() {
    let sandtill = start();
    let space = sandtill.space("t1").unwrap();
    space.expect(Requests::of("wepay").operation("user").status(200)).unwrap();
    space.expect(Requests::of("flitt").never()).unwrap();
    ask_as(&space, "STAGE_nobody");
    let entry = &space.journal().refused().unwrap()[0];
    let (status, reason) = (entry.status, entry.reason.clone().unwrap());
    let text = dropping(space).unwrap();
    for part in [
        "requests to the space `t1` were not as expected:",
        "- provider wepay, operation user, status 200: 0 of 1 requests matched; at least 1 were expected",
        &format!(
            "the most similar request is 1 (GET /@t1/v2/user), but status is {status}, not 200"
        ),
        "refused requests, newest first:",
        &format!("- 1: wepay user: {reason}"),
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("flitt"), "{text}");
    // That of the default space is checked before its server stops.
    sandtill.expect(Requests::of("flitt")).unwrap();
    let address = address(&sandtill);
    let text = dropping(sandtill).unwrap();
    assert!(text.starts_with("requests to the default space were not as expected:"), "{text}");
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn a_test_that_panics_already_says_its_own_reason() {
    let sandtill = start();
    let space = sandtill.space("t1").unwrap();
    space.expect(Requests::of("flitt").at_least(3)).unwrap();
    let panic = catch_unwind(AssertUnwindSafe(move || {
        let _space = space;
        panic!("its own reason");
    }));
    assert_eq!(*panic.unwrap_err().downcast_ref::<&str>().unwrap(), "its own reason");
}

#[test]
fn a_condition_that_nobody_can_meet_is_refused_at_once() {
    let sandtill = start();
    let wrong = sandtill.expect(Requests::of("flit")).unwrap_err();
    assert!(wrong.to_string().contains("`flitt`"), "{wrong}");
    let wrong = sandtill.expect(Requests::any().outcome("refusd")).unwrap_err();
    assert!(wrong.to_string().contains("refused"), "{wrong}");
    let unmet = sandtill.journal().wait(&Requests::of("flitt"), Duration::ZERO).unwrap_err();
    assert_eq!(unmet.to_string(), "0 of 0 requests matched; at least 1 were expected");
}

#[test]
fn a_handle_outlives_its_server_with_an_error() {
    let sandtill = start();
    let space = sandtill.space("t1").unwrap();
    let expecting = sandtill.space("t2").unwrap();
    expecting.expect(Requests::of("flitt").never()).unwrap();
    drop(sandtill);
    assert!(matches!(space.clock().now(), Err(Error::Ended)));
    assert_eq!(dropping(space), None);
    // What was expected cannot be checked any more, which is no success.
    assert!(dropping(expecting).unwrap().contains("the server has ended"));
}

/// A receiver of callbacks that answers 200: its address, and how many came.
async fn receiver() -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let received = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&received);
    let app = axum::Router::new().fallback(move || async move {
        count.fetch_add(1, Ordering::SeqCst);
    });
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, received)
}

#[tokio::test]
async fn an_async_test_gets_its_callbacks_by_advancing() {
    let (url, received) = receiver().await;
    let sandtill = start();
    let client = reqwest::Client::new();
    let report = format!(
        r#"{{"type":"merchant_transactions","resource":{{"object_type":"account","object_id":216083312}},"callback_uri":"{url}"}}"#
    );
    let request = client.post(format!("{}/v2/report/create", sandtill.url())).body(report);
    let request = request.header("Content-Type", "application/json");
    let answer = request.header(HOME.0, HOME.1).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let wanted = Requests::of("wepay");
    let found = sandtill.journal().wait_async(&wanted, Duration::from_secs(5)).await.unwrap();
    assert_eq!(found[0].status, 200);
    let advanced = sandtill.clock().advance_async("3s").await.unwrap();
    assert_eq!(advanced.happened.len(), 1, "{advanced:?}");
    assert_eq!(received.load(Ordering::SeqCst), 1);
    assert_eq!(sandtill.callbacks().unwrap()[0].attempts[0].status, Some(200));
    let address = address(&sandtill);
    drop(client);
    drop(sandtill);
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}
