//! The server inside another program, from a test without a runtime and from one with.

use sandtill::sandbox::state::event::Event;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use sandtill::{Options, Sandtill};

use crate::receiver::Receiver;
use crate::support::NOON;

const HOME: (&str, &str) = ("Authorization", "Bearer STAGE_sandtill");

fn start() -> Sandtill {
    let frozen_at = Some(NOON.parse().unwrap());
    Sandtill::start(Options { frozen_at, ..Options::default() }).unwrap()
}

fn address(sandtill: &Sandtill) -> String {
    sandtill.url().strip_prefix("http://").unwrap().to_owned()
}

/// Requests WePay's `/v2/user` and returns the whole response.
fn ask(sandtill: &Sandtill) -> String {
    let mut stream = TcpStream::connect(address(sandtill)).unwrap();
    let (name, value) = HOME;
    write!(
        stream,
        "GET /v2/user HTTP/1.1\r\nHost: it\r\n{name}: {value}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_plain_test_asks_moves_time_and_drops_it() {
    let sandtill = start();
    let answer = ask(&sandtill);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains(r#""user_id":242359999"#), "{answer}");
    assert_eq!(sandtill.journal().last().unwrap().operation, "user");
    assert_eq!(sandtill.advance(Duration::from_secs(90)), []);
    assert_eq!(sandtill.now().to_string(), "2026-03-14T12:01:30Z");
    let added = sandtill
        .add_fault(r#"{"provider":"wepay","fault":{"kind":"status","status":503}}"#)
        .unwrap();
    assert!(ask(&sandtill).starts_with("HTTP/1.1 503 "));
    assert_eq!(sandtill.faults()[0].applied, 1);
    let number = added.number;
    let removed = sandtill.space().change(|draft| {
        draft.push(Event::FaultRemoved { number });
        Ok::<_, ()>(())
    });
    removed.unwrap();
    assert!(ask(&sandtill).starts_with("HTTP/1.1 200 "));
    sandtill.reset();
    assert_eq!(sandtill.now().to_string(), "2026-03-14T12:00:00Z");
    let address = address(&sandtill);
    drop(sandtill);
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn a_wrong_fault_or_scenario_is_a_sentence() {
    let sandtill = start();
    let wrong = |json: &str| sandtill.add_fault(json).unwrap_err().to_string();
    assert_eq!(
        wrong(r#"{"provider":"wepai","fault":{"kind":"empty"}}"#),
        "unknown provider `wepai`; did you mean `wepay`?"
    );
    assert!(wrong("{").starts_with("EOF while parsing"), "{}", wrong("{"));
    let scenario = "defualt".to_owned();
    let refused = Sandtill::start(Options { scenario, ..Options::default() }).unwrap_err();
    assert!(refused.to_string().contains("did you mean `default`?"), "{refused}");
}

#[tokio::test]
async fn an_async_test_gets_its_callbacks_by_advancing() {
    let receiver = Receiver::answering(&[200]).await;
    let sandtill = start();
    let client = reqwest::Client::new();
    let report = format!(
        r#"{{"type":"merchant_transactions","resource":{{"object_type":"account","object_id":216083312}},"callback_uri":"{}"}}"#,
        receiver.url
    );
    let request = client.post(format!("{}/v2/report/create", sandtill.url())).body(report);
    let request = request.header("Content-Type", "application/json");
    let answer = request.header(HOME.0, HOME.1).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let happened = sandtill.advance_async(Duration::from_secs(3)).await;
    assert_eq!(happened.len(), 1, "{happened:?}");
    assert_eq!(receiver.received_all().len(), 1);
    assert_eq!(sandtill.callbacks()[0].attempts[0].reply.status, Ok(200));
    let address = address(&sandtill);
    drop(client);
    drop(sandtill);
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}
