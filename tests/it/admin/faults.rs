//! Faults: what strikes, how often, and what arrives on the wire.

use std::io::ErrorKind;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::Server;

/// Everything that arrives after a count request, byte by byte, and how the connection ends.
async fn raw(server: &Server) -> (Vec<u8>, Option<ErrorKind>) {
    let address = server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let body = r#"{"report_params":{"date_type":"created_at","from":"2026-03-01 00:00:00","to":"2026-03-02 23:59:59","status":"all","payment_method_type":"credit_card","time_zone":"UTC"}}"#;
    let request = format!(
        "POST /api/reports/count HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Api-Version: 3\r\n\
         Authorization: Basic MTpzYW5kdGlsbC1zaG9wLXNlY3JldA==\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).await;
    (bytes, end.err().map(|err| err.kind()))
}

async fn statuses(server: &Server, prefix: &str, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(server.count(prefix, "2026-03-01", "2026-03-02").await.status);
    }
    statuses
}

async fn post(server: &Server, body: &str) -> Value {
    server.did("POST", "/faults", body).await
}

#[tokio::test]
async fn times_every_and_always_strike_as_often_as_they_say() {
    let server = Server::start().await;
    let rule = post(&server, r#"{"provider":"begateway","operation":"count","times":2,"fault":{"kind":"status","status":503}}"#).await;
    assert_eq!(
        rule,
        json!({
            "id": "status-1", "provider": "begateway", "operation": "count", "times": 2,
            "fault": {"kind": "status", "status": 503}, "seen": 0, "hits": 0, "over": false,
        })
    );
    assert_eq!(statuses(&server, "", 4).await, [503, 503, 200, 200]);
    let entries = server.did("GET", "/journal?outcome=faulted", "").await;
    assert_eq!(entries["entries"].as_array().unwrap().len(), 2);
    assert_eq!(entries["entries"][0]["fault"], "status-1");
    let list = server.did("GET", "/faults", "").await;
    let rule = &list["faults"][0];
    assert_eq!((&rule["hits"], &rule["seen"], &rule["over"]), (&json!(2), &json!(4), &json!(true)));
    server.did("DELETE", "/faults/status-1", "").await;
    server.refuses(404, "DELETE", "/faults/status-1", "").await;

    post(&server, r#"{"every":3,"fault":{"kind":"status","status":500}}"#).await;
    assert_eq!(statuses(&server, "", 6).await, [200, 200, 500, 200, 200, 500]);
    server.did("DELETE", "/faults", "").await;
    post(&server, r#"{"provider":"wepay","fault":{"kind":"status","status":500}}"#).await;
    assert_eq!(statuses(&server, "", 1).await, [200]);
    post(&server, r#"{"fault":{"kind":"status","status":502}}"#).await;
    assert_eq!(statuses(&server, "", 2).await, [502, 502]);
    assert_eq!(server.did("GET", "/health", "").await["status"], "ok");
    server.did("POST", "/reset", "").await;
    assert_eq!(statuses(&server, "", 1).await, [200]);
}

#[tokio::test]
async fn chance_is_the_same_in_every_run_and_its_own_in_every_space() {
    let rule = r#"{"probability":0.5,"fault":{"kind":"status","status":500}}"#;
    let mut runs = Vec::new();
    for _ in 0..2 {
        let server = Server::start().await;
        post(&server, rule).await;
        server.send("POST", "/@other/_admin/faults", &[], rule).await;
        // Requests of another space in between change nothing.
        let mut run = (Vec::new(), Vec::new());
        for _ in 0..24 {
            run.0.extend(statuses(&server, "", 1).await);
            run.1.extend(statuses(&server, "/@other", 1).await);
        }
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0].0, runs[0].1);
    let struck = runs[0].0.iter().filter(|status| **status == 500).count();
    assert!((4..=20).contains(&struck), "{struck}");
}

#[tokio::test]
async fn errors_are_in_the_words_of_the_provider() {
    let server = Server::start().await;
    for (fault, status, message) in [
        (r#"{"kind":"throttle"}"#, 429, "Too many requests"),
        (r#"{"kind":"expired_token"}"#, 401, "Invalid shop_id/secret_key."),
        (r#"{"kind":"error","error":"422"}"#, 422, "Unprocessable entity"),
    ] {
        post(&server, &format!(r#"{{"provider":"begateway","times":1,"fault":{fault}}}"#)).await;
        let answer = server.count("", "2026-03-01", "2026-03-02").await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.json()["message"], message);
    }
    let reason = server.last_entry().note.reason.clone();
    assert_eq!(reason.as_deref(), Some("the fault `error-3` struck"));
}

#[tokio::test]
async fn a_connection_is_closed_or_reset_instead_of_an_answer() {
    let server = Server::start().await;
    post(&server, r#"{"times":1,"fault":{"kind":"empty"}}"#).await;
    assert_eq!(raw(&server).await, (Vec::new(), None));
    assert_eq!(server.last_entry().status, 0);
    post(&server, r#"{"times":1,"fault":{"kind":"reset"}}"#).await;
    assert_eq!(raw(&server).await, (Vec::new(), Some(ErrorKind::ConnectionReset)));
    assert_eq!(server.last_entry().fault.as_deref(), Some("reset-2"));
    assert!(raw(&server).await.0.starts_with(b"HTTP/1.1 200 OK"));
}

/// The body behind the head, and the length that the head promises.
fn body(bytes: &[u8]) -> (usize, &[u8]) {
    let end = bytes.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
    (length.parse().unwrap(), &bytes[end..])
}

#[tokio::test]
async fn a_body_is_cut_after_what_is_promised() {
    let server = Server::start().await;
    let (good, _) = raw(&server).await;
    let (length, whole) = body(&good);
    assert_eq!(length, whole.len());
    post(&server, r#"{"times":1,"fault":{"kind":"truncate","after":5}}"#).await;
    let (cut, _) = raw(&server).await;
    assert_eq!(body(&cut), (length, &whole[..5]));
    assert_eq!(server.last_entry().answer_body.body().bytes, whole[..5]);
    post(&server, r#"{"times":1,"fault":{"kind":"truncate"}}"#).await;
    let (cut, _) = raw(&server).await;
    assert_eq!(body(&cut), (length, &whole[..length / 2]));
    post(&server, r#"{"times":1,"fault":{"kind":"truncate","after":100000}}"#).await;
    let (cut, _) = raw(&server).await;
    assert_eq!(body(&cut), (length, &whole[..length - 1]));
}

#[tokio::test]
async fn a_dripping_body_arrives_whole_and_late() {
    let server = Server::start().await;
    let good = server.count("", "2026-03-01", "2026-03-02").await;
    post(&server, r#"{"times":1,"fault":{"kind":"drip","ms":60}}"#).await;
    let begun = tokio::time::Instant::now();
    let answer = server.count("", "2026-03-01", "2026-03-02").await;
    assert!(begun.elapsed() >= Duration::from_millis(60));
    assert_eq!((answer.status, answer.body), (200, good.body));
}

#[tokio::test]
async fn broken_json_has_its_length_and_no_parser_takes_it() {
    let server = Server::start().await;
    let good = server.count("", "2026-03-01", "2026-03-02").await;
    post(&server, r#"{"times":1,"fault":{"kind":"broken_json"}}"#).await;
    let broken = server.count("", "2026-03-01", "2026-03-02").await;
    assert_eq!((broken.status, broken.body.len()), (200, good.body.len()));
    assert!(serde_json::from_slice::<Value>(&broken.body).is_err());
}

#[tokio::test]
async fn delays_add_up_under_a_frozen_clock() {
    let server = Server::start().await;
    post(&server, r#"{"times":1,"fault":{"kind":"delay","ms":30}}"#).await;
    post(&server, r#"{"times":1,"fault":{"kind":"delay","min_ms":20,"max_ms":40}}"#).await;
    let begun = tokio::time::Instant::now();
    assert_eq!(statuses(&server, "", 1).await, [200]);
    assert!(begun.elapsed() >= Duration::from_millis(50));
    assert_eq!(server.last_entry().fault.as_deref(), Some("delay-1, delay-2"));
}

#[tokio::test]
async fn wrong_rules_are_refused_and_none_is_in_force() {
    let server = Server::start().await;
    for (body, expected_detail) in [
        ("{}", "missing field `fault`"),
        (r#"{"fault":{"kind":"dely","ms":5}}"#, "did you mean `delay`?"),
        (r#"{"fault":{"kind":"delay"}}"#, "say `ms`"),
        (r#"{"fault":{"kind":"delay","ms":5,"max_ms":6}}"#, "say `ms`"),
        (r#"{"fault":{"kind":"delay","min_ms":7,"max_ms":6}}"#, "say `ms`"),
        (r#"{"fault":{"kind":"delay","ms":5,"sigma":1}}"#, "say `ms`"),
        (r#"{"fault":{"kind":"delay","median_ms":5,"sigma":9}}"#, "0 to 3"),
        (r#"{"fault":{"kind":"delay","ms":600001}}"#, "the most is 600000"),
        (r#"{"fault":{"kind":"status"}}"#, "`status` needs `status`"),
        (r#"{"fault":{"kind":"status","status":700}}"#, "200 to 599"),
        (r#"{"fault":{"kind":"reset","ms":1}}"#, "it takes nothing"),
        (r#"{"fault":{"kind":"reset","m":1}}"#, "did you mean `ms`?"),
        (r#"{"times":0,"fault":{"kind":"reset"}}"#, "at least 1"),
        (r#"{"times":-1,"fault":{"kind":"reset"}}"#, "invalid value"),
        (r#"{"probability":1.5,"fault":{"kind":"reset"}}"#, "0 to 1"),
        (r#"{"provider":"flit","fault":{"kind":"reset"}}"#, "did you mean `flitt`?"),
        (r#"{"operation":"count","fault":{"kind":"reset"}}"#, "needs its `provider`"),
        (
            r#"{"provider":"begateway","operation":"cuont","fault":{"kind":"reset"}}"#,
            "did you mean `count`?",
        ),
        (
            r#"{"provider":"begateway","fault":{"kind":"error","error":"E99"}}"#,
            "has no error `E99`",
        ),
        (r#"{"fault":{"kind":"error","error":"422"}}"#, "needs the `provider`"),
        (
            r#"{"provider":"flitt","fault":{"kind":"error","error":"Merchant not fund"}}"#,
            "known are, the nearest first, `Merchant not found`, ",
        ),
        (
            r#"{"provider":"flitt","operation":"token","fault":{"kind":"error","error":"Merchant not found"}}"#,
            "at `token`; known are, the nearest first, `Incorrect signature`, `403`",
        ),
        (
            r#"{"provider":"payfort","fault":{"kind":"error","error":"00999"}}"#,
            "known are, the nearest first, `00099`, ",
        ),
        (r#"{"provider":"flitt","fault":{"kind":"drop"}}"#, "flitt sends none"),
        (
            r#"{"provider":"wepay","operation":"report","fault":{"kind":"late"}}"#,
            "belong to no `operation`",
        ),
        (r#"{"probability":0.0000001,"fault":{"kind":"reset"}}"#, "in steps of 0.000001"),
        (r#"{"fault":"reset"}"#, "expected an object"),
    ] {
        let detail = server.refuses(400, "POST", "/faults", body).await;
        assert!(detail.contains(expected_detail), "{body}: {detail}");
    }
    assert_eq!(server.did("GET", "/faults", "").await["faults"], json!([]));
}

#[tokio::test]
async fn the_outage_scenario_strikes_as_its_comment_says() {
    let server = Server::frozen("outage", crate::support::NOON).await;
    let mut kinds = std::collections::BTreeSet::new();
    for _ in 0..60 {
        raw(&server).await;
        if let Some(fault) = &server.last_entry().fault {
            kinds.extend(fault.split(", ").map(|id| id.split('-').next().unwrap().to_owned()));
        }
    }
    assert!(
        ["delay", "throttle", "truncate", "status"].iter().all(|it| kinds.contains(*it)),
        "{kinds:?}"
    );
}

#[tokio::test]
async fn an_error_strikes_where_the_provider_has_the_words_for_it() {
    let server = Server::start().await;
    let flitt = async |path: &str| server.send("POST", path, &[], "{}").await.text();
    let (token, report) = ("/authorizer/token/application/get", "/api/extend/company/report/");
    for (error, own, other) in [
        ("Incorrect signature", token, report),
        ("403", token, report),
        ("Merchant not found", report, token),
        ("you have no access to this report", report, token),
    ] {
        let rule =
            json!({"provider": "flitt", "times": 1, "fault": {"kind": "error", "error": error}});
        post(&server, &rule.to_string()).await;
        // A request that cannot have this error neither has it nor is counted.
        flitt(other).await;
        assert_eq!(server.last_entry().fault, None, "{error}");
        let text = flitt(own).await;
        let expected_detail = if error == "403" { "Incorrect signature" } else { error };
        assert!(text.contains(&format!("\"{expected_detail}\"")), "{error}: {text}");
        let all = server.did("GET", "/faults", "").await;
        let rule = all["faults"].as_array().unwrap().last().unwrap();
        assert_eq!((&rule["seen"], &rule["hits"]), (&json!(1), &json!(1)), "{rule}");
    }
}

#[tokio::test]
async fn every_code_of_every_provider_is_known_somewhere() {
    use sandtill::providers::{self, InjectedError};
    let server = Server::start().await;
    let moment = server.space().moment();
    for provider in providers::ALL {
        let codes = (provider.codes)();
        assert!(codes.len() >= 4, "{}", provider.name);
        for code in codes {
            let knows = |operation: &&str| {
                let error = InjectedError::Error(&code);
                let has_words = (provider.error_response)(
                    &moment,
                    operation,
                    &axum::http::HeaderMap::new(),
                    error,
                )
                .is_some();
                assert_eq!((provider.knows)(operation, &code), has_words, "{operation} {code}");
                has_words
            };
            assert!(["report", "token"].iter().any(knows), "{}: {code}", provider.name);
        }
    }
}

#[tokio::test]
async fn an_error_is_taken_for_the_operations_that_have_words_for_it_and_for_no_others() {
    use sandtill::providers;
    let server = Server::start().await;
    let mut refused = 0;
    for provider in providers::ALL {
        let codes = (provider.codes)();
        for operation in provider.operations.iter().map(|it| it.name) {
            let known: Vec<&String> =
                codes.iter().filter(|code| (provider.knows)(operation, code)).collect();
            // All but a few of the hundreds of one provider are alike.
            for code in codes.iter().step_by(codes.len() / 8 + 1) {
                let rule = json!({
                    "provider": provider.slug, "operation": operation,
                    "fault": {"kind": "error", "error": code},
                });
                if known.contains(&code) {
                    post(&server, &rule.to_string()).await;
                    continue;
                }
                refused += 1;
                let detail = server.refuses(400, "POST", "/faults", &rule.to_string()).await;
                let expected_detail =
                    format!("{} has no error `{code}` at `{operation}`; ", provider.slug);
                assert!(detail.starts_with(&expected_detail), "{detail}");
                let named = known.iter().any(|known| detail.contains(&format!("`{known}`")));
                assert!(named || known.is_empty(), "{detail}");
            }
        }
        server.did("DELETE", "/faults", "").await;
    }
    assert!(refused > 3, "{refused}");
}

#[tokio::test]
async fn a_scenario_with_an_error_that_nobody_knows_is_refused() {
    let server = Server::start().await;
    for (fault, expected_detail) in [
        (r#"{"provider":"epicpay","fault":{"kind":"error","error":"E05"}}"#, "has no error `E05`"),
        (r#"{"provider":"epicpay","fault":{"kind":"reorder"}}"#, "epicpay sends none"),
        (r#"{"fault":{"kind":"error","error":"E01"}}"#, "needs the `provider`"),
    ] {
        let scenario = format!(r#"{{"merchant":[{{"name":"m"}}],"fault":[{fault}]}}"#);
        let detail = server.refuses(400, "PUT", "/scenario", &scenario).await;
        assert!(detail.contains(": fault[0]") && detail.contains(expected_detail), "{detail}");
    }
}
