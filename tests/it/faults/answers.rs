//! Answers that a rule spells out, that come from in between, or that are compressed.

use std::io::Read;

use sandtill::providers::{self, Provider};
use serde_json::{Value, json};

use super::rule;
use crate::support::{Answer, Server};

/// The first request of the first ready command of a provider.
async fn first(server: &Server, provider: &Provider) -> Answer {
    let example = (provider.examples)(&server.space().moment(), &server.url).remove(0);
    let step = &example.steps[0];
    let headers: Vec<_> = step.headers.iter().map(|it| (it.0, it.1.as_str())).collect();
    server.send(step.method, &step.path, &headers, step.body.clone().unwrap_or_default()).await
}

async fn count(server: &Server, fault: Value) -> Answer {
    rule(server, &json!({"times": 1, "fault": fault})).await;
    server.count("", "2026-03-01", "2026-03-02").await
}

#[tokio::test]
async fn a_status_has_the_headers_and_the_body_that_the_rule_spells_out() {
    let server = Server::start().await;
    let fault = json!({
        "kind": "status", "status": 503, "body": "<h1>Wartung</h1>", "content_type": "text/html",
        "headers": {"Retry-After": "120", "X-Cache": "MISS"},
    });
    for provider in providers::ALL {
        rule(&server, &json!({"provider": provider.slug, "times": 1, "fault": fault})).await;
        let answer = first(&server, provider).await;
        assert_eq!((answer.status, answer.text().as_str()), (503, "<h1>Wartung</h1>"));
        let headers = ["content-type", "retry-after", "x-cache"].map(|name| answer.header(name));
        assert_eq!(headers, ["text/html", "120", "MISS"], "{}", provider.slug);
    }
}

#[tokio::test]
async fn a_status_is_what_rfc_9110_allows() {
    let server = Server::start().await;
    for status in [204, 205, 304] {
        let answer = count(&server, json!({"kind": "status", "status": status})).await;
        assert_eq!((answer.status, answer.body.len()), (status, 0));
        assert_eq!(answer.header("content-type"), "");
    }
    for (status, name, expected) in [
        (401, "www-authenticate", "Basic realm=\"gateway\""),
        (405, "allow", "GET, HEAD, POST"),
        (407, "proxy-authenticate", "Basic realm=\"proxy\""),
        (206, "content-range", "bytes 0-14/15"),
        (429, "retry-after", "1"),
        (503, "retry-after", "1"),
    ] {
        let answer = count(&server, json!({"kind": "status", "status": status})).await;
        assert_eq!((answer.status, answer.header(name)), (status, expected));
    }
    for (fault, expected) in [
        (json!({"status": 100}), "200 to 599"),
        (json!({"status": 103}), "200 to 599"),
        (json!({"status": 426}), "needs the header `Upgrade`"),
        (json!({"status": 204, "body": "x"}), "has no `body`"),
        (json!({"status": 304, "body": "x"}), "has no `body`"),
        (json!({"status": 500, "headers": {"Connection": "close"}}), "one connection only"),
        (
            json!({"status": 500, "headers": {"transfer-encoding": "chunked"}}),
            "one connection only",
        ),
        (json!({"status": 500, "headers": {"Content-Length": "1"}}), "follows from the body"),
        (json!({"status": 500, "headers": {"Content-Type": "a/b"}}), "say it as `content_type`"),
        (json!({"status": 500, "headers": {"a b": "c"}}), "no name of a header"),
        (json!({"status": 500, "headers": {"a": "b\r\nc: d"}}), "visible ASCII"),
        (json!({"status": 500, "content_type": "a/b\n"}), "visible ASCII"),
        (json!({"status": 500, "page": "nginx-502"}), "does not take `page`"),
    ] {
        let mut rule = json!({"fault": {"kind": "status"}});
        rule["fault"].as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        let detail = server.refuses(400, "POST", "/faults", &rule.to_string()).await;
        assert!(detail.contains(expected), "{fault}: {detail}");
    }
}

#[tokio::test]
async fn a_throttled_client_hears_when_to_come_back_in_every_dialect() {
    let server = Server::start().await;
    // Half a minute of sandbox time, both ends included.
    let between = json!(["2026-03-14T11:00:00Z", "2026-03-14T12:00:29Z"]);
    for provider in providers::ALL {
        for (when, fault, expected) in [
            (Value::Null, json!({"kind": "throttle"}), "1"),
            (json!({"between": between}), json!({"kind": "throttle"}), "30"),
            (
                json!({"between": between}),
                json!({"kind": "throttle", "retry_after": "date"}),
                "Sat, 14 Mar 2026 12:00:30 GMT",
            ),
            (Value::Null, json!({"kind": "throttle", "retry_after": 3600}), "3600"),
        ] {
            let mut body = json!({"provider": provider.slug, "times": 1, "fault": fault});
            if !when.is_null() {
                body["when"] = when;
            }
            rule(&server, &body).await;
            let answer = first(&server, provider).await;
            assert_eq!(answer.header("retry-after"), expected, "{} {body}", provider.slug);
            let expected = if provider.slug == "payfort" { 200 } else { 429 };
            assert_eq!(answer.status, expected, "{}", provider.slug);
        }
    }
    // When the time is over, the call will do.
    let body = json!({"provider": "begateway", "when": {"between": between}, "fault": {"kind": "throttle"}});
    rule(&server, &body).await;
    assert_eq!(server.count("", "2026-03-01", "2026-03-02").await.status, 429);
    server.did("POST", "/clock/advance", r#"{"by":"30s"}"#).await;
    assert_eq!(server.count("", "2026-03-01", "2026-03-02").await.status, 200);
    let wrong = json!({"fault": {"kind": "throttle", "retry_after": "later"}});
    let detail = server.refuses(400, "POST", "/faults", &wrong.to_string()).await;
    assert!(detail.contains("\"date\" or a number"), "{detail}");
}

#[tokio::test]
async fn what_stands_in_between_answers_at_every_provider() {
    let server = Server::start().await;
    for provider in providers::ALL {
        for (page, status, piece) in [
            ("nginx-502", 502, "<center>nginx</center>"),
            ("cloudflare-520", 520, "Error code 520"),
            ("login-200", 200, "type=\"password\""),
        ] {
            let fault = json!({"kind": "gateway", "page": page});
            rule(&server, &json!({"provider": provider.slug, "times": 1, "fault": fault})).await;
            let answer = first(&server, provider).await;
            assert_eq!((answer.status, answer.header("content-type")), (status, "text/html"));
            assert!(answer.text().contains(piece), "{page}: {}", answer.text());
        }
        // A client that follows the redirect with its method and body gets its answer.
        let fault = json!({"kind": "gateway", "page": "redirect-308"});
        rule(&server, &json!({"provider": provider.slug, "times": 1, "fault": fault})).await;
        assert_eq!(first(&server, provider).await.status, 200, "{}", provider.slug);
        let entries = server.space().journal.entries();
        let [.., redirect, followed] = entries.as_slice() else { panic!("two entries") };
        assert_eq!((redirect.status, followed.status), (308, 200));
        assert_eq!(
            (&redirect.method, redirect.head.target()),
            (&followed.method, followed.head.target())
        );
    }
    let wrong = json!({"fault": {"kind": "gateway", "page": "nginx-503"}});
    let detail = server.refuses(400, "POST", "/faults", &wrong.to_string()).await;
    assert!(detail.contains("did you mean `nginx-502`?"), "{detail}");
}

#[tokio::test]
async fn a_compressed_answer_is_the_same_answer_at_every_provider() {
    let server = Server::start().await;
    for provider in providers::ALL {
        // A token and a reference are new each time; everything else is the same.
        if matches!(provider.slug, "flitt" | "payfort" | "wepay") {
            continue;
        }
        let good = first(&server, provider).await;
        rule(&server, &json!({"provider": provider.slug, "times": 1, "fault": {"kind": "gzip"}}))
            .await;
        let answer = first(&server, provider).await;
        assert_eq!((answer.status, answer.header("content-encoding")), (200, "gzip"));
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(answer.body.as_slice()).read_to_end(&mut plain).unwrap();
        assert_eq!(plain, good.body, "{}", provider.slug);
        let note = server.last_entry().note.altered.clone().unwrap();
        assert_eq!(note, "compressed, whatever the client accepts");
    }
    let (server, requests) = super::listing::served("default").await;
    for request in &requests {
        let good = request.send(&server).await.body;
        rule(
            &server,
            &json!({"provider": request.provider, "times": 1, "fault": {"kind": "gzip"}}),
        )
        .await;
        let mut plain = Vec::new();
        let packed = request.send(&server).await.body;
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut plain).unwrap();
        assert_eq!(plain, good, "{request:?}");
    }
}
