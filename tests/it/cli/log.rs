//! The lines on standard error: one for each request, and what a person can do with it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

use serde_json::Value;

use super::sandtill;

/// What a server writes to standard error while these requests are answered, at this level.
fn lines(args: &[&str], requests: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("port");
    let mut all = vec!["--listen", "127.0.0.1:0", "--quiet", "--port-file", port.to_str().unwrap()];
    all.extend(args);
    let mut child = sandtill(&all)
        .env("SANDTILL_SCENARIO", "docs-samples")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    let address = format!("127.0.0.1:{}", std::fs::read_to_string(&port).unwrap());
    for request in requests {
        let (head, body) = request
            .split_once(' ')
            .map_or((*request, ""), |_| request.split_once("\n").unwrap_or((request, "")));
        let (method, path) = head.split_once(' ').unwrap();
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
    }
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").arg(id).status().unwrap().success());
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    child.wait().unwrap();
    text.lines().map(str::to_owned).collect()
}

/// The line without its time, whose form is checked.
fn message(line: &str) -> &str {
    let (time, message) = line.split_once(' ').unwrap();
    let digits = |piece: &str| piece.len() == 2 && piece.bytes().all(|it| it.is_ascii_digit());
    assert!(time.split(':').count() == 3 && time.split(':').all(digits), "{line}");
    message
}

const REQUESTS: [&str; 5] = [
    "GET /healthz",
    "POST /nowhere/secret-of-more-than-24-characters?token=x\n{}",
    "POST /@t1/api/reports\n{}",
    "POST /_admin/clock/advance\n{\"by\":\"36h\"}",
    "PUT /_admin/clock\n{\"mode\":\"running\"}",
];

#[test]
fn at_info_each_request_is_a_line() {
    let lines = lines(&["--log-level", "info"], &REQUESTS);
    let lines: Vec<&str> = lines.iter().map(|line| message(line)).collect();
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert!(lines[0].starts_with("POST /nowhere/‹masked› → refused: "), "{}", lines[0]);
    assert!(lines[0].ends_with(", journal 1"), "{}", lines[0]);
    assert!(lines[1].starts_with("@t1 begateway reports → refused: "), "{}", lines[1]);
    assert_eq!(lines[2], "clock → advanced to 2025-02-02T12:00:00Z, callbacks sent: 0");
    assert!(lines[3].starts_with("clock → running at 2025-02-02T12:00:0"), "{}", lines[3]);
}

#[test]
fn without_a_terminal_nothing_is_said_of_requests() {
    assert_eq!(lines(&[], &REQUESTS), Vec::<String>::new());
}

#[test]
fn an_answer_has_its_status_and_time() {
    let form = "POST /v2/user\n{}";
    let lines = lines(&["--log-level", "info"], &[form]);
    assert!(message(&lines[0]).starts_with("wepay user → refused: "), "{lines:?}");
}

#[test]
fn json_lines_have_the_parts_as_members() {
    let lines = lines(&["--log", "json", "--log-level", "info"], &REQUESTS);
    let all: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let fields = &all[1]["fields"];
    assert_eq!(fields["provider"], "begateway");
    assert_eq!(fields["operation"], "reports");
    assert_eq!(fields["space"], "t1");
    assert_eq!(fields["entry"], 1);
    assert!(fields["reason"].as_str().is_some_and(|it| !it.is_empty()), "{fields}");
}
