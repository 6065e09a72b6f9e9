//! Questions that take long, and many that wait: the others are answered meanwhile.

use sandtill::providers;
use sandtill::sandbox::Options;
use sandtill::sandbox::scenario::{Overrides, Scenario};

use crate::support::{NOON, Server, frozen};

const EPICPAY: &[(&str, &str)] = &[
    ("Authorization", "Basic ZXZlcnl3aGVyZS10ZXJtaW5hbDpldmVyeXdoZXJlLXBhc3N3b3Jk"),
    ("Content-Type", "application/json"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_is_answered_while_long_questions_are() {
    let server = Server::frozen("large", NOON).await;
    let path = "/reporting/v1/GetReport/trxnactivity";
    let body = r#"{"start_date":"2025-12-15","end_date":"2026-03-14"}"#;
    let mut long: Vec<_> =
        (0..4).map(|_| Box::pin(server.send("POST", path, EPICPAY, body))).collect();
    let any = futures_util::future::select_all(&mut long);
    // The questions are sent first, and a probe only when they are under way.
    let probes = async {
        while server.space().journal.next_id() < 5 {
            tokio::task::yield_now().await;
        }
        for _ in 0..20 {
            assert_eq!(server.send("GET", "/healthz", &[], "").await.status, 200);
        }
    };
    tokio::select! {
        biased;
        (answer, ..) = any => panic!("a long question came first: {}", answer.status),
        () = probes => {}
    }
    drop(long);
}

#[test]
fn a_scenario_that_would_not_fit_into_memory_is_refused() {
    let text = "days = 3660\n[[merchant]]\nname = \"shop\"\n[merchant.trade]\nvolume = 400000\n";
    let read = Scenario::parse("t.toml", text, &providers::vocabulary(), &Overrides::default());
    let problem = read.unwrap_err().to_string();
    assert!(problem.contains("about 1464000000 payments; the most is 25000000"), "{problem}");
}

#[tokio::test]
async fn a_clock_that_would_make_the_window_too_large_is_refused_and_stands() {
    let server = Server::started(frozen("large", NOON), Options::default()).await;
    let there = r#"{"now":"2090-01-01T00:00:00Z"}"#;
    let set = server.send("PUT", "/_admin/clock", &[], there).await;
    assert_eq!(set.status, 409, "{}", set.text());
    assert!(set.text().contains("the most is 25000000"), "{}", set.text());
    let ahead = r#"{"to":"2090-01-01T00:00:00Z"}"#;
    assert_eq!(server.send("POST", "/_admin/clock/advance", &[], ahead).await.status, 409);
    let clock = server.send("GET", "/_admin/clock", &[], "").await;
    assert_eq!(clock.json()["now"], NOON);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn advances_at_once_add_up() {
    let server = Server::frozen("empty", NOON).await;
    let advance = || server.send("POST", "/_admin/clock/advance", &[], r#"{"by":"1h"}"#);
    let answers = futures_util::future::join_all((0..16).map(|_| advance())).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let clock = server.send("GET", "/_admin/clock", &[], "").await;
    assert_eq!(clock.json()["now"], "2026-03-15T04:00:00Z");
}
