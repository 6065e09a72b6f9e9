//! The journal for tests: waiting without racing, secrets, other tools' shapes, what fell out.

use serde_json::{Value, json};

use super::SHOP;
use crate::support::{NOON, Server, scenario};

async fn wait(server: &Server, body: Value) -> Value {
    server.did("POST", "/journal/wait", &body.to_string()).await
}

#[tokio::test]
async fn a_wait_answers_as_soon_as_it_holds() {
    let server = std::sync::Arc::new(Server::start().await);
    let waiting = tokio::spawn({
        let server = std::sync::Arc::clone(&server);
        async move {
            let expected = json!({
                "provider": "begateway", "operation": "count", "outcome": "answered",
                "merchant": "begateway", "contains": "2026-03-05", "at_least": 2,
                "timeout_ms": 60000,
            });
            wait(&server, expected).await
        }
    });
    server.count("", "2026-03-01", "2026-03-02").await;
    for _ in 0..2 {
        server.count("", "2026-03-04", "2026-03-05").await;
    }
    let done = waiting.await.unwrap();
    assert_eq!((&done["matched"], &done["count"]), (&json!(true), &json!(2)));
    assert_eq!(done["entries"][0]["id"], 3);
}

#[tokio::test]
async fn an_entry_is_there_before_its_answer_leaves() {
    let server = Server::start().await;
    for since in 0..20 {
        server.count("", "2026-03-01", "2026-03-02").await;
        let done = wait(&server, json!({"since": since, "exactly": 1, "timeout_ms": 0})).await;
        assert_eq!(done["matched"], true);
    }
}

#[tokio::test]
async fn a_wait_that_fails_names_the_closest_miss() {
    let server = Server::start().await;
    server.send("POST", "/api/reports", &[], "{}").await;
    server.count("", "2026-03-01", "2026-03-02").await;
    let missed =
        wait(&server, json!({"operation": "count", "contains": "2027", "timeout_ms": 1})).await;
    assert_eq!(missed["matched"], false);
    assert_eq!(missed["why"], "0 of 2 requests matched; at least 1 were expected");
    assert_eq!(missed["closest"]["entry"]["id"], 2);
    assert_eq!(missed["closest"]["because"], json!(["target and body do not contain `2027`"]));
    // More than exactly as many can never become as many.
    let lost = wait(&server, json!({"exactly": 1, "timeout_ms": 60000})).await;
    assert_eq!(lost["why"], "2 of 2 requests matched; exactly 1 were expected");
}

#[tokio::test]
async fn quiet_proves_absence() {
    let server = Server::start().await;
    let quiet = json!({"provider": "wepay", "exactly": 0, "quiet_ms": 20, "timeout_ms": 1000});
    assert_eq!(wait(&server, quiet).await["matched"], true);
    server.count("", "2026-03-01", "2026-03-02").await;
    let loud = json!({"provider": "begateway", "exactly": 0, "quiet_ms": 20});
    assert_eq!(wait(&server, loud).await["matched"], false);
}

#[tokio::test]
async fn wrong_expectations_are_refused() {
    let server = Server::start().await;
    for (body, expected_detail) in [
        (r#"{"proivder":"x"}"#, "did you mean `provider`?"),
        (r#"{"provider":"wepya"}"#, "did you mean `wepay`?"),
        (r#"{"outcome":"refusd"}"#, "did you mean `refused`?"),
        (r#"{"at_least":1,"exactly":1}"#, "not both"),
        (r#"{"timeout_ms":600001}"#, "at most 600000"),
    ] {
        let detail = server.refuses(400, "POST", "/journal/wait", body).await;
        assert!(detail.contains(expected_detail), "{detail}");
    }
}

#[tokio::test]
async fn secrets_are_masked_wherever_they_stand() {
    let server = Server::start().await;
    // The secret itself, HTTP Basic, a short key as a value, and the same word as no value.
    let body = r#"{"a":"sandtill-shop-secret","b":"MTpzYW5kdGlsbC1zaG9wLXNlY3JldA==","key":"test","test":1}"#;
    let target = "/api/reports/count?k=sandtill-shop-secret";
    server.send("POST", target, &[SHOP, ("X-Note", "sandtill-request")], body).await;
    for path in
        ["/journal", "/journal/1", "/journal?as=har", "/journal/1?as=har", "/journal/1?as=curl"]
    {
        let text = server.admin("GET", path, "").await.text();
        for secret in [
            "sandtill-shop-secret",
            "MTpzYW5k",
            "sandtill-request",
            r#""key":"test""#,
            r#"\"key\":\"test\""#,
        ] {
            assert!(!text.contains(secret), "{path}: {text}");
        }
    }
    let one = server.did("GET", "/journal/1", "").await;
    assert_eq!(
        one["request"]["body"]["text"],
        r#"{"a":"‹secret_key›","b":"‹secret_key›","key":"‹key›","test":1}"#
    );
    let entry = format!("{:?}", server.last_entry());
    assert!(
        !entry.contains("MTpzYW5kdGlsbC1zaG9wLXNlY3JldA==\"), (") && !entry.contains("Basic MTpz")
    );
}

#[tokio::test]
async fn the_curl_command_repeats_the_request() {
    let server = Server::start().await;
    let body = "{\"it's\": \"\\u263a ☺\"}";
    let answer =
        server.send("POST", "/@one/api/reports/count", &[SHOP, ("X-Api-Version", "3")], body).await;
    let path = format!("{}?as=curl&secrets=shown", answer.header("sandtill-journal"));
    let command = server.send("GET", &path, &[], "").await.text();
    let pasted = command.clone();
    // On another thread: the server runs on this one.
    let output = tokio::task::spawn_blocking(move || {
        std::process::Command::new("sh").arg("-c").arg(pasted).output()
    });
    let output = output.await.unwrap();
    // Where there is no curl, the command is at least the one that is expected.
    assert!(
        command.starts_with(&format!("curl -sS -X POST '{}/@one/api/reports/count'", server.url))
    );
    assert!(command.contains(r"--data-binary '{"), "{command}");
    if let Ok(output) = output.as_ref().map(|it| &it.stdout)
        && !output.is_empty()
    {
        assert_eq!(String::from_utf8_lossy(output), answer.text());
    }
    // Whatever named the space, it is repeated there.
    for named in [("Host", "one.localhost"), ("Sandtill-Space", "one")] {
        let answer = server.send("POST", "/v2/user", &[named], "").await;
        let path = format!("{}?as=curl", answer.header("sandtill-journal"));
        let command = server.send("GET", &path, &[], "").await.text().to_lowercase();
        let url = format!("curl -ss -x post '{}/v2/user'", server.url);
        assert!(command.starts_with(&url), "{command}");
        assert_eq!(command.matches("-h 'sandtill-space: one'").count(), 1, "{command}");
    }
    let masked = server.send("GET", &path.replace("&secrets=shown", ""), &[], "").await.text();
    assert!(masked.contains("-H \"Authorization: $AUTHORIZATION\""), "{masked}");
}

#[tokio::test]
async fn the_archive_is_har_1_2_oldest_first() {
    let server = Server::start().await;
    let good = server.count("", "2026-03-01", "2026-03-02").await;
    server.send("POST", "/api/reports?x=a%20b", &[], "").await;
    let har = server.did("GET", "/journal?as=har", "").await;
    assert_eq!(har["log"]["version"], "1.2");
    let entries = har["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0]["request"]["url"], format!("{}/api/reports/count", server.url));
    assert_eq!(entries[0]["response"]["content"]["text"], good.text());
    assert_eq!(entries[0]["response"]["statusText"], "OK");
    assert_eq!(entries[1]["request"]["queryString"], json!([{"name": "x", "value": "a%20b"}]));
    assert_eq!(entries[1]["response"]["status"], 401);
    for part in ["startedDateTime", "time", "cache", "timings"] {
        assert!(!entries[0][part].is_null(), "{part}");
    }
}

#[tokio::test]
async fn a_reader_that_fell_behind_is_told() {
    let server = Server::start().await;
    for _ in 0..1003 {
        server.send("GET", "/nowhere", &[], "").await;
    }
    let list = server.did("GET", "/journal?since=1&limit=1", "").await;
    assert_eq!((&list["dropped"], &list["last"]), (&json!(3), &json!(1003)));
    assert_eq!(list["truncated"], true);
    assert_eq!(server.did("GET", "/journal?since=3&limit=1", "").await["truncated"], false);
    let detail = server.refuses(404, "GET", "/journal/2", "").await;
    assert_eq!(detail, "entry 2 made room for newer ones");
}

#[tokio::test]
async fn a_long_body_is_kept_to_its_stated_size() {
    let server =
        Server::with(scenario(&format!("[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n"))).await;
    server.send("POST", "/api/reports", &[], "x".repeat(20_000)).await;
    let body = &server.did("GET", "/journal/1", "").await["request"]["body"];
    assert_eq!((&body["length"], &body["cut"]), (&json!(20_000), &json!(true)));
    assert_eq!(body["text"].as_str().unwrap().len(), 16 * 1024);
}

#[tokio::test]
async fn a_reader_is_told_of_what_was_cleared_and_goes_on_behind_it() {
    let server = Server::start().await;
    for _ in 0..3 {
        server.send("GET", "/nowhere", &[], "").await;
    }
    let truncated_and_last = async |query: &str| {
        let list = server.did("GET", &format!("/journal{query}"), "").await;
        (list["truncated"].as_bool().unwrap(), list["last"].as_u64().unwrap())
    };
    assert_eq!(truncated_and_last("?since=1").await, (false, 3));
    server.did("DELETE", "/journal", "").await;
    assert_eq!(truncated_and_last("?since=1").await, (true, 3));
    assert_eq!(truncated_and_last("?since=3").await, (false, 3));
    assert_eq!(truncated_and_last("").await, (false, 3), "who asks for all gets all there is");
    assert_eq!(server.refuses(404, "GET", "/journal/2", "").await, "entry 2 was cleared");
    // Numbers go on behind a clearing, a reset and a snapshot of before.
    let snapshot = server.admin("GET", "/snapshot", "").await.text();
    let mut ids = Vec::new();
    for (method, path, body) in
        [("DELETE", "/journal", ""), ("POST", "/reset", ""), ("PUT", "/snapshot", &snapshot)]
    {
        server.send("GET", "/nowhere", &[], "").await;
        ids.push(server.last_entry().id);
        server.did(method, path, body).await;
    }
    server.send("GET", "/nowhere", &[], "").await;
    ids.push(server.last_entry().id);
    assert_eq!(ids, [4, 5, 6, 7]);
    assert_eq!(truncated_and_last("?since=5").await, (true, 7));
    let missed = wait(&server, json!({"since": 5, "at_least": 9, "timeout_ms": 0})).await;
    assert_eq!(missed["truncated"], true);
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_an_entry_too() {
    use tokio::io::AsyncWriteExt;
    let server = Server::start().await;
    server.did("POST", "/faults", r#"{"times":1,"fault":{"kind":"delay","ms":600000}}"#).await;
    let address = server.url.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /v2/user HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    while server.space().world().state.faults.all().all(|it| it.matched == 0) {
        tokio::task::yield_now().await;
    }
    let early = server.refuses(404, "GET", "/journal/1", "").await;
    assert_eq!(early, "the request of entry 1 is still being answered");
    assert_eq!(server.did("GET", "/journal", "").await["last"], 0);
    drop(stream);
    let done = wait(&server, json!({"outcome": "faulted", "timeout_ms": 60000})).await;
    let entry = &done["entries"][0];
    assert_eq!((&entry["id"], &entry["status"]), (&json!(1), &json!(0)), "{entry}");
    assert_eq!(entry["fault"], "delay-1");
    let reason = "the client went away before it was answered; what it asked for was done";
    assert_eq!(entry["reason"], reason);
}

#[tokio::test]
async fn a_wait_for_quiet_ends_where_it_is_never_quiet() {
    let server = Server::start().await;
    let expected = json!({"at_least": 1, "quiet_ms": 1000, "timeout_ms": 0});
    server.send("GET", "/nowhere", &[], "").await;
    let mut waiting = std::pin::pin!(wait(&server, expected));
    let missed = loop {
        tokio::select! {
            missed = &mut waiting => break missed,
            _ = server.send("GET", "/nowhere", &[], "") => {}
        }
    };
    assert_eq!(missed["matched"], false);
    let why = missed["why"].as_str().unwrap();
    assert!(why.ends_with("requests matched; it was not quiet for 1000 ms"), "{why}");
}

#[tokio::test]
async fn what_a_cut_body_may_hold_is_not_denied() {
    let server = Server::start().await;
    let body = format!("{}needle", "x".repeat(16 * 1024));
    server.send("POST", "/api/reports", &[], body).await;
    let missed = wait(&server, json!({"contains": "needle", "timeout_ms": 0})).await;
    assert_eq!(
        missed["closest"]["because"],
        json!(["target and first 16384 bytes of the body do not contain `needle`"])
    );
}
