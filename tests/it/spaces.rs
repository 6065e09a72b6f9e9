//! Tests spaces: how a request names one, the list of spaces, and waiting clients while a space is
//! replaced or deleted.

use jiff::SignedDuration;
use sandtill::sandbox::Options;
use sandtill::sandbox::clock::real_now;
use serde_json::{Value, json};

use crate::support::{Answer, NOON, Server, frozen};

async fn started(options: Options) -> Server {
    Server::started(frozen("default", NOON), options).await
}

/// Fetches the clock at a path with these headers.
async fn clock(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    server.send("GET", &format!("{path}/_admin/clock"), headers, "").await
}

/// The names of all spaces there are.
async fn names(server: &Server) -> Vec<String> {
    let list = server.did("GET", "/spaces", "").await;
    let names = list["spaces"].as_array().unwrap().iter();
    names.map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn path_header_and_host_name_a_space_and_every_answer_names_it() {
    let options = Options { space_hosts: vec!["sandbox.example".into()], ..Options::default() };
    let server = started(options).await;
    for (path, headers, space) in [
        ("", &[][..], "-"),
        ("/@t1", &[], "t1"),
        ("", &[("Sandtill-Space", "t1")], "t1"),
        ("", &[("Sandtill-Space", "-")], "-"),
        ("", &[("Host", "t1.localhost")], "t1"),
        ("", &[("Host", "T1.localhost:8080")], "t1"),
        ("", &[("Host", "localhost")], "-"),
        ("/@t1", &[("Host", "t1.localhost"), ("Sandtill-Space", "t1")], "t1"),
    ] {
        let answer = clock(&server, path, headers).await;
        assert_eq!(answer.status, 200, "{path} {headers:?}: {}", answer.text());
        assert_eq!(answer.header("sandtill-space"), space, "{path} {headers:?}");
    }
    // Providers are found the same way, and what they refuse names the space too.
    let named = [("Sandtill-Space", "t2"), ("Host", "anything.example")];
    let answer = server.send("POST", "/v2/user", &named, "").await;
    assert_eq!((answer.status, answer.header("sandtill-space")), (401, "t2"));
    let listed = [("Host", "t3.sandbox.example")];
    let answer = server.send("POST", "/v2/user", &listed, "").await;
    assert_eq!((answer.status, answer.header("sandtill-space")), (401, "t3"));
    // Those of the default space and of each other.
    let journal = server.did("GET", "/journal", "").await;
    assert_eq!(journal["entries"], json!([]));
    for space in ["t2", "t3"] {
        let journal = server.send("GET", &format!("/@{space}/_admin/journal"), &[], "").await;
        assert_eq!(journal.json()["entries"].as_array().unwrap().len(), 1, "{space}");
    }
}

#[tokio::test]
async fn a_space_named_twice_differently_or_wrongly_is_refused_and_not_made() {
    let server = Server::start().await;
    for (path, headers, expected_detail) in [
        (
            "/@a",
            &[("Sandtill-Space", "b")][..],
            "the path names the space `a`, and the header Sandtill-Space names `b`; name one",
        ),
        ("/@a", &[("Host", "b.localhost")], "the path names the space `a`, and the host names `b`"),
        (
            "",
            &[("Host", "a.localhost"), ("Sandtill-Space", "-")],
            "the header Sandtill-Space names the space `-`, and the host names `a`; name one",
        ),
        ("", &[("Sandtill-Space", "a/b")], "the header Sandtill-Space is `a/b`; it must be `-`"),
        ("", &[("Sandtill-Space", "")], "the header Sandtill-Space is ``; it must be `-`"),
        ("", &[("Sandtill-Space", ".."), ("Host", "localhost")], "it must be `-`"),
        ("", &[("Sandtill-Space", "a"), ("Sandtill-Space", "a")], "more than one header"),
    ] {
        let answer = clock(&server, path, headers).await;
        assert_eq!(answer.status, 400, "{path} {headers:?}: {}", answer.text());
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(expected_detail), "{detail}");
    }
    let long = "x".repeat(65);
    assert_eq!(clock(&server, "", &[("Sandtill-Space", &long)]).await.status, 400);
    assert_eq!(names(&server).await, [""]);
}

#[tokio::test]
async fn declared_spaces_are_made_before_they_are_used() {
    let server = started(Options { declared_spaces: true, ..Options::default() }).await;
    let expected_detail =
        "there is no space `t1`; this server has only those that POST /_admin/spaces made";
    for path in ["/@t1/v2/user", "/@t1/_admin/clock", "/@t1/nowhere"] {
        let answer = server.send("GET", path, &[], "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json()["detail"], expected_detail, "{path}");
    }
    server.did("POST", "/spaces", r#"{"name":"t1"}"#).await;
    assert_eq!(clock(&server, "/@t1", &[]).await.status, 200);
    assert_eq!(names(&server).await, ["", "t1"]);
    server.did("DELETE", "/spaces/t1", "").await;
    assert_eq!(clock(&server, "/@t1", &[]).await.status, 404);
}

#[tokio::test]
async fn there_are_only_so_many_spaces_and_all_can_go_at_once() {
    let server = started(Options { max_spaces: Some(3), ..Options::default() }).await;
    for name in ["a", "b"] {
        assert_eq!(clock(&server, &format!("/@{name}"), &[]).await.status, 200);
    }
    let refused = clock(&server, "/@c", &[]).await;
    assert_eq!(refused.status, 429);
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert_eq!(detail, "there are 3 already; delete some, or start the server with --max-spaces");
    // Who makes one on purpose is told of a conflict, with a scenario or as a copy.
    for body in [r#"{"name":"c"}"#, r#"{"name":"c","fork":"a"}"#] {
        assert_eq!(server.refuses(409, "POST", "/spaces", body).await, detail);
    }
    // The deletion wakes clients that wait in a deleted space.
    let space = server.spaces.find("a").unwrap();
    let (mut bell, _) = space.pulse().bells();
    bell.mark_unchanged();
    server.did("DELETE", "/spaces", "").await;
    bell.changed().await.unwrap();
    assert!(space.is_closed());
    assert_eq!(names(&server).await, [""]);
    assert_eq!(clock(&server, "/@c", &[]).await.status, 200);
}

#[tokio::test]
async fn spaces_that_nobody_uses_go() {
    let idle = Some(SignedDuration::from_hours(24));
    let server = started(Options { space_idle: idle, ..Options::default() }).await;
    for name in ["a", "b"] {
        clock(&server, &format!("/@{name}"), &[]).await;
    }
    let later = |hours| real_now() + SignedDuration::from_hours(hours);
    server.spaces.drop_idle(later(23));
    assert_eq!(names(&server).await, ["", "a", "b"]);
    server.spaces.find("b").unwrap().mark_used(later(20));
    server.spaces.drop_idle(later(25));
    assert_eq!(names(&server).await, ["", "b"]);
}

/// What has moved since a number, once something has.
async fn changes(server: &Server, since: u64) -> Value {
    server.did("GET", &format!("/changes?since={since}&wait=60s"), "").await
}

#[tokio::test]
async fn changes_are_told_as_soon_as_there_are_some_and_waiting_survives_a_reset() {
    let server = Server::start().await;
    let mut last = server.did("GET", "/changes", "").await["last"].as_u64().unwrap();
    let add = r#"{"merchant":"wepay","amount":1}"#;
    let fault = r#"{"fault":{"kind":"reset"},"provider":"flitt"}"#;
    for (method, path, body, expected) in [
        ("POST", "/transactions", add, json!(["ledger"])),
        ("POST", "/faults", fault, json!(["faults"])),
        ("PUT", "/clock", r#"{"now":"2026-03-14T12:30:00Z"}"#, json!(["clock"])),
        ("POST", "/spaces", r#"{"name":"t"}"#, json!(["spaces"])),
    ] {
        let (changes, ()) = tokio::join!(changes(&server, last), async {
            server.did(method, path, body).await;
        });
        assert_eq!(changes["changed"], expected, "{path}");
        last = changes["last"].as_u64().unwrap();
    }
    // A reset replaces everything. A client that waits in the space is notified of the reset and of
    // later changes.
    let (changes, _) = tokio::join!(changes(&server, last), server.did("POST", "/reset", ""));
    let all = changes["changed"].as_array().unwrap();
    assert!(all.contains(&json!("ledger")) && all.contains(&json!("journal")), "{changes}");
    let wait = r#"{"timeout_ms":60000,"provider":"wepay","at_least":1}"#;
    let waiting = server.send("POST", "/_admin/journal/wait", &[], wait);
    let asking = async {
        server.did("POST", "/reset", "").await;
        server.send("POST", "/v2/user", &[], "").await;
    };
    let (waited, ()) = tokio::join!(waiting, asking);
    assert_eq!(waited.status, 200, "{}", waited.text());
    for wrong in ["wait=soon", "wait=11m", "since=-", "since=1&since=2"] {
        server.refuses(400, "GET", &format!("/changes?{wrong}"), "").await;
    }
}

#[tokio::test]
async fn history_tells_what_was_done_in_order_and_a_page_at_a_time() {
    let server = started(Options { history_events: Some(4), ..Options::default() }).await;
    let add = r#"{"merchant":"everywhere","amount":700,"at":"2026-03-14T11:00:00Z"}"#;
    let payment = server.did("POST", "/transactions", add).await["id"].clone();
    let refund =
        server.did("POST", &format!("/transactions/{payment}/refund"), "").await["id"].clone();
    server.refuses(409, "POST", &format!("/transactions/{payment}/refund"), "").await;
    let history = server.did("GET", "/history", "").await;
    let changes: Vec<_> = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["kind"].as_str().unwrap(), it["details"].clone()))
        .collect();
    assert_eq!(
        changes[1..],
        [
            ("transaction_added", json!({"merchant": "everywhere", "transaction": payment})),
            (
                "refunded",
                json!({"merchant": "everywhere", "payment": payment, "transaction": refund})
            ),
        ]
    );
    assert_eq!((changes[0].0, &history["last"]), ("scenario_loaded", &json!(3)));
    let page = server.did("GET", "/history?since=1&limit=1", "").await;
    assert_eq!(page["events"][0]["id"], 2);
    assert_eq!(page["next"], 2);
    // Two more, and the first one has made room.
    server.did("POST", "/reset", "").await;
    server.did("PUT", "/clock", r#"{"mode":"running"}"#).await;
    let history = server.did("GET", "/history", "").await;
    assert_eq!(history["truncated"], true);
    assert_eq!(history["last"], 5);
    let first = &history["events"][0];
    // Of an earlier world: its payment is no longer there to be named.
    assert_eq!(first["details"], json!({"merchant": null, "transaction": null}));
    assert_eq!(server.did("GET", "/history?since=1", "").await["truncated"], false);
}
