//! The way back to an earlier point of a space, and copies of one.

use serde_json::{Value, json};

use super::{admin, space_names};
use crate::support::Server;

/// Adds a payment and returns its id.
async fn pay(server: &Server, prefix: &str, amount: u64) -> i64 {
    let payment = json!({"merchant": "everywhere", "amount": amount, "currency": "USD", "status": "captured"});
    let (status, added) =
        admin(server, "POST", &format!("{prefix}/_admin/transactions"), payment).await;
    assert_eq!(status, 201, "{added}");
    added["id"].as_i64().unwrap()
}

async fn has(server: &Server, prefix: &str, id: i64) -> bool {
    let path = format!("{prefix}/_admin/transactions/{id}");
    admin(server, "GET", &path, Value::Null).await.0 == 200
}

async fn last(server: &Server, prefix: &str) -> u64 {
    let path = format!("{prefix}/_admin/history");
    admin(server, "GET", &path, Value::Null).await.1["last"].as_u64().unwrap()
}

async fn rewind(server: &Server, to: u64) -> (u16, Value) {
    admin(server, "POST", "/_admin/history/rewind", json!({"to": to})).await
}

#[tokio::test]
async fn a_space_goes_back_and_forward_again_and_nothing_is_erased() {
    let server = Server::start().await;
    let first = pay(&server, "", 100).await;
    let one = last(&server, "").await;
    admin(&server, "POST", "/_admin/clock/advance", json!({"by": "1h"})).await;
    let second = pay(&server, "", 200).await;
    let two = last(&server, "").await;
    let (status, world) = rewind(&server, one).await;
    assert_eq!((status, &world["now"]), (200, &json!("2026-03-14T12:00:00Z")));
    assert!(has(&server, "", first).await && !has(&server, "", second).await);
    // The rewind is an event of its own; those before it are still told.
    let (_, history) = admin(&server, "GET", "/_admin/history", Value::Null).await;
    let kinds: Vec<&str> = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["kind"].as_str().unwrap())
        .collect();
    let ids: Vec<u64> =
        history["events"].as_array().unwrap().iter().map(|it| it["id"].as_u64().unwrap()).collect();
    assert_eq!(*kinds.last().unwrap(), "rewound");
    assert_eq!(ids, (1..=two + 1).collect::<Vec<_>>());
    assert_eq!(history["events"].as_array().unwrap().last().unwrap()["details"]["to"], one);
    // `since` is exclusive.
    let path = format!("/_admin/history?since={two}");
    let (_, later) = admin(&server, "GET", &path, Value::Null).await;
    assert_eq!(later["events"].as_array().unwrap().len(), 1);
    // A payment of this instant gets another id than the one that is gone.
    admin(&server, "POST", "/_admin/clock/advance", json!({"by": "1h"})).await;
    let third = pay(&server, "", 300).await;
    assert_ne!(third, second);
    // Forward again, to where the second one was.
    let (status, world) = rewind(&server, two).await;
    assert_eq!((status, &world["now"]), (200, &json!("2026-03-14T13:00:00Z")));
    assert!(has(&server, "", second).await && !has(&server, "", third).await);
    let fourth = pay(&server, "", 400).await;
    assert!(![first, second, third].contains(&fourth));
}

#[tokio::test]
async fn no_id_and_no_token_is_given_out_twice() {
    let server = Server::start().await;
    let fault =
        || json!({"provider": "wepay", "times": 3, "fault": {"kind": "status", "status": 503}});
    let token = || async {
        // The signature of the README.
        let body = r#"{"application_id":"1019","date":"readme","signature":"1cd7328b61275a33145f8b40541e5b3be7ac25fb2d712ef1675e0654ac849763f020b3dff46f87f5ade7836abf7e47b68029ba8684302920a6b0a15eda4ae569"}"#;
        let answer = server.send("POST", "/authorizer/token/application/get", &[], body).await;
        answer.text().split("\"token\": \"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let report = || async {
        let body = json!({
            "type": "merchant_transactions",
            "resource": {"object_type": "account", "object_id": 216_083_313},
            "callback_uri": "http://receiver.invalid/ipn",
        });
        let token =
            [("Authorization", "Bearer STAGE_everywhere"), ("Content-Type", "application/json")];
        let answer = server.send("POST", "/v2/report/create", &token, body.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        format!("report {}", answer.json()["report_id"])
    };
    let mut seen = std::collections::BTreeSet::new();
    let mut rounds = Vec::new();
    for round in 0..4 {
        let (_, rule) = admin(&server, "POST", "/_admin/faults", fault()).await;
        admin(&server, "DELETE", "/_admin/faults", Value::Null).await;
        let payment = pay(&server, "", 500).await;
        for id in [token().await, rule["id"].to_string(), report().await, payment.to_string()] {
            assert!(seen.insert(id.clone()), "{id} was given out before round {round}");
        }
        rounds.push(last(&server, "").await);
        // Back to the beginning, or to the middle of what was done.
        let to = if round % 2 == 0 { 1 } else { rounds[0] - 2 };
        assert_eq!(rewind(&server, to).await.0, 200);
    }
}

#[tokio::test]
async fn an_event_that_the_history_does_not_have_is_refused() {
    let server = Server::start().await;
    let before = last(&server, "").await;
    for (body, wanted) in [
        (json!({"to": 99}), 409),
        (json!({"to": 0}), 409),
        (json!({"to": -1}), 400),
        (json!({"to": "1"}), 400),
        (json!({}), 400),
        (json!({"to": 1, "at": 2}), 400),
    ] {
        let (status, problem) =
            admin(&server, "POST", "/_admin/history/rewind", body.clone()).await;
        assert_eq!(status, wanted, "{body}: {problem}");
    }
    let (_, problem) = rewind(&server, 99).await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("no event 99") && detail.contains("1 to 1"), "{detail}");
    assert_eq!(last(&server, "").await, before);
}

#[tokio::test]
async fn a_fork_begins_as_its_origin_was_and_goes_its_own_way() {
    let server = Server::start().await;
    let first = pay(&server, "", 100).await;
    let at = last(&server, "").await;
    let second = pay(&server, "", 200).await;
    let fork = |body: Value| admin(&server, "POST", "/_admin/spaces", body);
    assert_eq!(fork(json!({"name": "now", "fork": ""})).await.0, 201);
    assert_eq!(fork(json!({"name": "then", "fork": "", "at": at})).await.0, 201);
    assert_eq!(fork(json!({"name": "again", "fork": "then"})).await.0, 201);
    assert!(has(&server, "/@now", first).await && has(&server, "/@now", second).await);
    for prefix in ["/@then", "/@again"] {
        assert!(has(&server, prefix, first).await && !has(&server, prefix, second).await);
    }
    // What happens in a copy happens there alone, and the other way round.
    let third = pay(&server, "/@then", 300).await;
    assert!(!has(&server, "", third).await || third == second);
    admin(&server, "POST", "/@then/_admin/clock/advance", json!({"by": "5h"})).await;
    let (_, clock) = admin(&server, "GET", "/_admin/clock", Value::Null).await;
    assert_eq!(clock["now"], "2026-03-14T12:00:00Z");
    let (_, history) = admin(&server, "GET", "/@then/_admin/history", Value::Null).await;
    assert_eq!(history["events"][0]["kind"], "forked");
    assert_eq!(history["events"][0]["details"]["origin"], "");
    assert_eq!(history["events"][0]["details"]["event"], at);
    // A fork has a history of its own: it can go back to its beginning.
    let rewound = admin(&server, "POST", "/@then/_admin/history/rewind", json!({"to": 1})).await;
    assert_eq!(rewound.0, 200);
    assert!(!has(&server, "/@then", third).await && has(&server, "/@then", first).await);
}

#[tokio::test]
async fn a_fork_that_cannot_be_is_refused() {
    let server = Server::start().await;
    let fork = |body: Value| admin(&server, "POST", "/_admin/spaces", body);
    assert_eq!(fork(json!({"name": "a"})).await.0, 201);
    for (body, wanted) in [
        (json!({"name": "a", "fork": ""}), 409),
        (json!({"name": "b", "fork": "nobody"}), 404),
        (json!({"name": "b", "fork": "", "at": 77}), 409),
        (json!({"name": "b", "at": 1}), 400),
        (json!({"name": "b", "fork": "", "scenario": "empty"}), 400),
        (json!({"name": "b", "fork": 3}), 400),
    ] {
        let (status, problem) = fork(body.clone()).await;
        assert_eq!(status, wanted, "{body}: {problem}");
    }
    // None of them made a space, the unknown origin included.
    assert_eq!(space_names(&server).await, ["", "a"]);
}

#[tokio::test]
async fn a_long_history_is_rewound_from_a_world_that_was_kept() {
    let server = Server::start().await;
    let mut points = Vec::new();
    for amount in 1..=700 {
        pay(&server, "", amount).await;
        points.push((last(&server, "").await, server.space().world().state.clone()));
    }
    for (to, before) in points.iter().step_by(97) {
        assert_eq!(rewind(&server, *to).await.0, 200);
        let now = server.space().world().state.clone();
        let rows = |state: &sandtill::sandbox::state::State| -> Vec<_> {
            let overlays = state.additions.all().iter();
            overlays.flat_map(|it| it.rows().map(|(id, row)| (id, row.clone()))).collect()
        };
        assert_eq!(rows(&now), rows(before));
        assert_eq!(now.clock, before.clock);
    }
}
