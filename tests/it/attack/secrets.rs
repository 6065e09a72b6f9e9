//! What proves identity: it stands in no log line, and masked in the journal and its exports.

use std::io::Read;
use std::process::Stdio;

use serde_json::{Value, json};

use super::program::Program;
use crate::support::Server;

const TOKEN: &str = "/authorizer/token/application/get";
const SIGNATURE: &str = "a717d2f56bf30915091a3e84693969d16a8c34ac6f8251f4d208a0d774f27f8df668d329bd38d1fbdd6a143fa912d794a7f0f64a3726781a8143c5c89afd122b";

#[test]
fn no_log_line_of_any_level_has_a_query_or_a_secret_of_a_path() {
    let mut program = Program::start(&["--log-level", "trace"], Stdio::piped());
    let mut log = program.child.stderr.take().unwrap();
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).map(|_| text)
    });
    let requests = [
        "GET /v2/oauth2/token?client_id=1&client_secret=hush-secret HTTP/1.1\r\n\r\n",
        "GET /nowhere?access_token=hush-token HTTP/1.1\r\n\r\n",
        "GET /@quiet/api/report/1/hush0123456789abcdef0123456789abcdef HTTP/1.1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nAuthorization: Bearer hush-header\r\nCookie: hush-cookie\r\n\r\n",
    ];
    for request in requests {
        program.ask(request);
    }
    program.signal("-TERM");
    program.child.wait().unwrap();
    let text = reading.join().unwrap().unwrap();
    assert!(text.contains("/v2/oauth2/token?‹masked›"), "{text}");
    assert!(text.contains("/api/report/1/‹masked›"), "{text}");
    for line in text.lines() {
        assert!(!line.contains("hush"), "{line}");
    }
}

#[tokio::test]
async fn a_good_flitt_token_is_masked_in_journal_and_har() {
    let server = Server::start().await;
    let body = json!({
        "application_id": "1019", "date": "2026-04-06 11:15:27", "signature": SIGNATURE,
    });
    let answer = server.send("POST", TOKEN, &[], body.to_string()).await;
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    let header = format!("Token {token}");
    let again = json!({"lost": token, "escaped": format!("%20{token}"), "other": "x".repeat(40)});
    let path = format!("/api/extend/company/report/?token={token}");
    let headers = [("authorization", header.as_str()), ("x-token", token.as_str())];
    server.send("POST", &path, &headers, again.to_string()).await;
    for shown in ["", "?as=har", "/1", "/1?as=har", "/1?as=curl", "/2", "/2?as=har", "/2?as=curl"] {
        let text = server.send("GET", &format!("/_admin/journal{shown}"), &[], "").await.text();
        assert!(!text.contains(&token), "{shown}: {text}");
    }
    let entry = server.send("GET", "/_admin/journal/2", &[], "").await.json();
    let masked = json!({"lost": "‹token›", "escaped": "%20‹token›", "other": "x".repeat(40)});
    let kept: Value =
        serde_json::from_str(entry["request"]["body"]["text"].as_str().unwrap()).unwrap();
    assert_eq!(kept, masked);
    let shown = "/_admin/journal/2?as=curl&secrets=shown";
    assert!(server.send("GET", shown, &[], "").await.text().contains(&token));
    // A wait that begins before the token is made masks it too.
    let wait = r#"{"since": 1, "timeout_ms": 60000}"#;
    let text = server.send("POST", "/_admin/journal/wait", &[], wait).await.text();
    assert!(text.contains("token=‹token›"), "{text}");
}

#[test]
fn with_an_admin_token_nobody_else_is_shown_a_credential() {
    let program =
        Program::start(&["--scenario", "default", "--admin-token", "t0ken"], Stdio::null());
    for path in ["", "/providers", "/credentials", "/scenario", "/openapi.json", "/journal?as=har"]
    {
        for proof in ["", "Authorization: Bearer\r\n", "Authorization: Bearer other\r\n"] {
            let answer = program.ask(&format!("GET /_admin{path} HTTP/1.1\r\n{proof}\r\n"));
            assert!(answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{path}: {answer}");
            assert!(!answer.contains("sandtill-shop-secret"), "{path}: {answer}");
        }
        let proof = "Authorization: Bearer t0ken\r\n";
        let answer = program.ask(&format!("GET /_admin{path} HTTP/1.1\r\n{proof}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {answer}");
    }
}
