//! Everything that is wrong gets beGateway's JSON and a journal entry with the reason.

use serde_json::{Value, json};

use super::{SHOP, params, with};
use crate::support::{Answer, Server};

const V3: (&str, &str) = ("X-Api-Version", "3");

/// An error: JSON object with `message` and `errors`, and a reason in the journal.
#[track_caller]
fn check(server: &Server, answer: &Answer, status: u16, errors: &Value) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/json");
    let body = answer.json();
    assert!(body["message"].is_string());
    assert_eq!(&body["errors"], errors, "{body}");
    let entry = server.last_entry();
    assert!(entry.note.reason.is_some());
    assert_eq!(answer.header("sandtill-journal"), format!("/_admin/journal/{}", entry.id));
}

async fn post(server: &Server, body: impl Into<reqwest::Body>) -> Answer {
    server.send("POST", "/api/reports", &[SHOP, V3], body).await
}

#[tokio::test]
async fn all_bad_parameters_are_reported_at_once() {
    let server = Server::start().await;
    let invalid = |names: &[&str]| -> Value {
        names.iter().map(|name| ((*name).to_owned(), json!(["is invalid"]))).collect()
    };
    let missing = |names: &[&str]| -> Value {
        names.iter().map(|name| ((*name).to_owned(), json!(["is missing"]))).collect()
    };
    let all = ["date_type", "from", "to", "status", "payment_method_type", "time_zone"];
    let good = params("2026-03-01 00:00:00", "2026-03-02 00:00:00");
    for (change, errors) in [
        (
            json!({"date_type": 1, "from": [], "to": {}, "status": true, "payment_method_type": 0.5, "time_zone": -1}),
            invalid(&all),
        ),
        (
            json!({"date_type": null, "from": null, "to": "", "status": null, "payment_method_type": null, "time_zone": null}),
            missing(&all),
        ),
        (json!({"date_type": "created"}), invalid(&["date_type"])),
        (
            json!({"status": "expired", "payment_method_type": "sepa"}),
            invalid(&["status", "payment_method_type"]),
        ),
        (json!({"from": "2026-02-30 00:00:00"}), invalid(&["from"])),
        (json!({"from": "2026-03-01"}), invalid(&["from"])),
        (json!({"from": "2026-03-01T00:00:00"}), invalid(&["from"])),
        (json!({"from": "2026-03-01 24:00:00"}), invalid(&["from"])),
        (json!({"from": "2026-03-01 00:00:60"}), invalid(&["from"])),
        (json!({"from": "99999-03-01 00:00:00"}), invalid(&["from"])),
        (json!({"from": "2026-03-03 00:00:00"}), invalid(&["to"])),
        (json!({"date_type": "settled_at"}), invalid(&["from", "to"])),
        (json!({"time_zone": "+03:00"}), invalid(&["time_zone"])),
        (json!({"time_zone": "Mars/Olympus"}), invalid(&["time_zone"])),
        (json!({"time_zone": "../../etc/passwd"}), invalid(&["time_zone"])),
        (
            json!({"starting_after": "x", "ending_before": 1.5}),
            invalid(&["starting_after", "ending_before"]),
        ),
        (json!({"starting_after": "99999999999999999999"}), invalid(&["starting_after"])),
        (json!({"manual_correction_from": "soon"}), invalid(&["manual_correction_from"])),
        (
            json!({"manual_correction_from": "2026-03-02 00:00:00", "manual_correction_to": "2026-03-01 00:00:00"}),
            invalid(&["manual_correction_to"]),
        ),
    ] {
        let body = json!({"report_params": with(good.clone(), change.clone())}).to_string();
        let answer = post(&server, body).await;
        check(&server, &answer, 422, &json!({"report_params": errors}));
    }
}

#[tokio::test]
async fn absurd_but_well_formed_dates_are_answered() {
    let server = Server::start().await;
    for (from, to) in [
        ("0000-01-01 00:00:00", "9999-12-31 23:59:59"),
        ("9999-01-01 00:00:00", "9999-12-31 23:59:59"),
        ("0001-01-01 00:00:00", "0001-01-02 00:00:00"),
    ] {
        let body = json!({"report_params": params(from, to)}).to_string();
        assert_eq!(post(&server, body).await.status, 200, "{from}");
    }
}

#[tokio::test]
async fn bodies_that_are_no_requests() {
    let server = Server::start().await;
    let not_json = json!({"request": ["is not valid JSON"]});
    let nested = "[".repeat(100) + &"]".repeat(100);
    let too_deep = "{\"report_params\":".repeat(5000);
    for body in [b"".to_vec(), b"{".to_vec(), b"\xff\xfe\x00".to_vec(), too_deep.into_bytes()] {
        let answer = post(&server, body).await;
        check(&server, &answer, 400, &not_json);
    }
    let missing = json!({"report_params": ["is missing"]});
    for body in ["[]", "null", "1", "\"x\"", "{}", "{\"report_params\":null}", &nested] {
        let answer = post(&server, body.to_owned()).await;
        check(&server, &answer, 422, &missing);
    }
    let answer = post(&server, "{\"report_params\":[1]}").await;
    check(&server, &answer, 422, &json!({"report_params": ["is invalid"]}));
}

#[tokio::test]
async fn a_huge_body_is_refused_in_the_providers_words() {
    let server = Server::start().await;
    let answer = post(&server, vec![b' '; 20 * 1024 * 1024]).await;
    check(&server, &answer, 413, &json!({"request": ["is too large"]}));
    assert_eq!(server.last_entry().request_body.bytes.len(), 0);
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_an_entry_and_the_server_alive() {
    use tokio::io::AsyncWriteExt;
    let server = Server::start().await;
    let address = server.url.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = "POST /api/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"repo";
    let mut written = server.space().journal.writes();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    written.changed().await.unwrap();
    assert!(server.last_entry().note.reason.as_ref().unwrap().contains("broke"));
    let answer = post(&server, "{}").await;
    assert_eq!(answer.status, 422);
}

#[tokio::test]
async fn who_does_not_prove_who_it_is_gets_401() {
    let server = Server::start().await;
    let errors = json!({"system": ["System error."]});
    let good = json!({"report_params": params("2026-03-01 00:00:00", "2026-03-02 00:00:00")});
    for (header, reason) in [
        (None, "there is no Authorization header"),
        (Some("Basic"), "is not Basic"),
        (Some("Basic MTp3cm9uZw=="), "the secret key of shop `1` is another one"),
        (Some("Basic OTk5Ong="), "no shop has the id `999`"),
        (Some("Bearer MTpzYW5kdGlsbC1zaG9wLXNlY3JldA=="), "is not Basic"),
        (Some("Basic c2FuZHRpbGwtdGVybWluYWwtMTpzYW5kdGlsbC1wYXNzd29yZC0x"), "no shop has the id"),
    ] {
        let mut headers = vec![V3];
        headers.extend(header.map(|header| ("Authorization", header)));
        let answer = server.send("POST", "/api/reports", &headers, good.to_string()).await;
        check(&server, &answer, 401, &errors);
        assert!(answer.header("www-authenticate").starts_with("Basic"));
        let entry = server.last_entry();
        assert!(entry.note.reason.as_ref().unwrap().contains(reason), "{:?}", entry.note);
        assert!(!format!("{entry:?}").contains("MTp3cm9uZw"), "secrets are masked");
    }
}

#[tokio::test]
async fn versions_and_methods() {
    let server = Server::start().await;
    let body = json!({"report_params": params("2026-03-01 00:00:00", "2026-03-02 00:00:00")});
    for (version, complaint) in [
        (None, "is missing"),
        (Some("1"), "is invalid"),
        (Some(""), "is missing"),
        (Some("3.0"), "is invalid"),
    ] {
        let mut headers = vec![SHOP];
        headers.extend(version.map(|version| ("x-api-version", version)));
        let answer = server.send("POST", "/api/reports", &headers, body.to_string()).await;
        check(&server, &answer, 422, &json!({"X-Api-Version": [complaint]}));
    }
    let answer =
        server.send("POST", "/api/reports/count", &[SHOP, ("X-API-VERSION", "2")], "{}").await;
    check(&server, &answer, 422, &json!({"X-Api-Version": ["is invalid"]}));
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
        let answer = server.send(method, "/api/reports", &[SHOP, V3], "").await;
        check(&server, &answer, 405, &json!({"request": ["use POST"]}));
        assert_eq!(answer.header("allow"), "POST");
    }
}
