//! A snapshot that is restored goes on byte by byte as the world it was taken of, whatever has happened
//! before and whatever is done afterwards.

mod folding;
mod operations;
mod world;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use sandtill::providers;
use sandtill::sandbox::scenario::{BUILT_IN, Overrides, Scenario};
use serde_json::{Value, json};

use self::operations::{Operation, operation};
use self::world::World;
use crate::receiver::{Receiver, status};
use crate::support::{NOON, Server, without_real_time};

pub(super) fn throttled() -> Scenario {
    let text = BUILT_IN.iter().find(|it| it.name == "default").unwrap().text;
    let text = format!("{text}\n[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n");
    let overrides = Overrides { quirks: Some(vec!["wepay.throttle".into()]), seed: Some(u64::MAX) };
    Scenario::parse("default", &text, &providers::vocabulary(), &overrides).unwrap()
}

/// Which of the things that a snapshot has to hold this one does.
fn held(snapshot: &str) -> Vec<&'static str> {
    let state = &serde_json::from_str::<Value>(snapshot).unwrap()["state"]["space"];
    let any =
        |list: &Value, holds: &dyn Fn(&Value) -> bool| list.as_array().unwrap().iter().any(holds);
    let callback = |holds: &dyn Fn(&Value) -> bool| any(&state["outbox"]["callbacks"], holds);
    let report = |holds: &dyn Fn(&Value) -> bool| any(&state["reports"]["jobs"], holds);
    let merchant = |holds: &dyn Fn(&Value) -> bool| any(&state["additions"], holds);
    let waits = |it: &Value| it["ending"].is_null() && !it["attempts"][0].is_null();
    [
        ("tokens", state["tokens"]["count"] != 0),
        ("calls that count", state["throttle"] != json!({})),
        ("rules that struck", any(&state["faults"]["rules"], &|it| it["applied"] != 0)),
        ("rows", merchant(&|it| it["rows"] != json!([]))),
        ("patches", merchant(&|it| it["patches"] != json!([]))),
        (
            "disputes that have ended",
            merchant(&|it| any(&it["patches"], &|it| !it["verdict"].is_null())),
        ),
        ("deposits that failed", merchant(&|it| it["fates"].is_array())),
        ("rows from later versions", merchant(&|it| any(&it["rows"], &|row| row["since"] != 1))),
        ("reports that are done", report(&|it| !it["frozen_version"].is_null())),
        ("forced phases", report(&|it| !it["forced_phase"].is_null())),
        ("callbacks held", callback(&|it| it["held"] == true)),
        ("callbacks to be tried again", callback(&waits)),
        ("callbacks that have ended", callback(&|it| !it["ending"].is_null())),
        ("callbacks named by a fault", callback(&|it| !it["fault"].is_null())),
        ("copies", callback(&|it| !it["copy_of"].is_null())),
    ]
    .into_iter()
    .filter_map(|(action, is_there)| is_there.then_some(action))
    .collect()
}

/// A receiver of callbacks: `/yes` accepts, `/no` refuses, other paths do either depending on the
/// report.
pub(super) async fn receiver() -> Receiver {
    Receiver::new(|_, it| {
        let answer = match it.target.as_str() {
            "/yes" => 200,
            "/no" => 500,
            // The status depends on the report and is the same on each attempt.
            _ => 200 + u16::from(it.body.bytes().last().unwrap_or(0)) % 2,
        };
        Box::pin(async move { status(answer) })
    })
    .await
}

/// Where callbacks may be sent: to that one in three ways, and to nobody.
pub(super) fn uris(receiver: &Receiver) -> [String; 4] {
    let [yes, no, odd] = ["/yes", "/no", "/odd"].map(|path| format!("{}{path}", receiver.url));
    [yes, no, odd, "http://receiver.invalid/ipn".to_owned()]
}

/// Whether a snapshot between these deeds goes on; what it held.
async fn goes_on(
    before: &[Operation],
    after: &[Operation],
    prefix: &'static str,
) -> Vec<&'static str> {
    let receiver = receiver().await;
    let uris = uris(&receiver);
    let first = Server::with(throttled()).await;
    let mut first = World { server: &first, prefix: "", token: String::new(), uris: uris.clone() };
    for operation in before {
        first.perform(operation).await;
    }
    let snapshot = first.admin("GET", "/snapshot", "").await.1.trim_start().to_owned();

    let other = Server::frozen("empty", "2026-01-01T00:00:00Z").await;
    let mut second = World { server: &other, prefix, token: first.token.clone(), uris };
    let (status, text) = second.admin("PUT", "/snapshot", &snapshot).await;
    assert_eq!(status, 200, "{text}");
    // It is the same before anything is done, to the byte.
    let again = second.admin("GET", "/snapshot", "").await.1.trim_start().to_owned();
    assert_eq!(again, snapshot);
    for path in ["/callbacks?limit=1000", "/reports?limit=1000", "/faults", "/clock", "/scenario"] {
        assert_eq!(first.admin("GET", path, "").await, second.admin("GET", path, "").await);
    }
    for operation in after {
        let (left, right) = (first.perform(operation).await, second.perform(operation).await);
        let (left, right): (Vec<_>, Vec<_>) =
            (left.iter().map(plain).collect(), right.iter().map(plain).collect());
        assert_eq!(left, right, "{operation:?}");
    }
    assert_eq!(first.observable_state().await, second.observable_state().await);
    held(&snapshot)
}

/// An answer without what real time it was.
fn plain(answer: &(u16, String)) -> (u16, String) {
    let (status, text) = answer;
    let (entry, body) = text.split_once(' ').unwrap();
    let Ok(mut value) = serde_json::from_str::<Value>(body) else { return answer.clone() };
    without_real_time(&mut value);
    (*status, format!("{entry} {value}"))
}

#[tokio::test]
async fn a_restored_snapshot_goes_on_as_the_world_it_was_taken_of() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let operations =
        (prop::collection::vec(operation(), 25..45), prop::collection::vec(operation(), 15..30));
    let mut all = std::collections::BTreeSet::new();
    for case in 0..16 {
        let (before, after) = operations.new_tree(&mut runner).unwrap().current();
        let prefix = if case % 2 == 0 { "" } else { "/@copy" };
        all.extend(goes_on(&before, &after, prefix).await);
    }
    // Chance has brought about everything that could get lost.
    assert_eq!(all.len(), 15, "{all:?}");
}
