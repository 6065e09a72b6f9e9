//! The same requests, played to one server alone and to three in turn, are answered with the same bytes.

use std::process::Stdio;

use super::fleet::replica;
use super::redis_server::RedisServer;
use crate::attack::program::Program;

/// Members of answers that tell real time, or memory.
const REAL: [&str; 6] = ["real_at", "made_at", "duration_us", "age_s", "idle_s", "bytes"];

const WEPAY: &str = "Authorization: Bearer STAGE_sandtill";
const JSON: &str = "Content-Type: application/json";

/// Method, path, headers and body of a request.
type Asked = (&'static str, &'static str, &'static [&'static str], &'static str);

const TAPE: [Asked; 30] = [
    ("PUT", "/_admin/clock", &[], r#"{"mode":"frozen","now":"2026-03-14T12:00:00Z"}"#),
    ("GET", "/_admin/clock", &[], ""),
    (
        "POST",
        "/_admin/transactions",
        &[],
        r#"{"merchant":"everywhere","amount":100,"currency":"USD","status":"captured"}"#,
    ),
    (
        "POST",
        "/_admin/transactions",
        &[],
        r#"[{"merchant":"everywhere","amount":7,"currency":"EUR"},{"merchant":"everywhere","amount":8,"currency":"EUR","status":"captured"}]"#,
    ),
    ("GET", "/_admin/transactions?merchant=everywhere&limit=5", &[], ""),
    (
        "POST",
        "/_admin/faults",
        &[],
        r#"{"provider":"wepay","times":2,"fault":{"kind":"status","status":502}}"#,
    ),
    ("POST", "/v2/user", &[WEPAY, JSON], "{}"),
    ("POST", "/v2/user", &[WEPAY, JSON], "{}"),
    ("POST", "/v2/user", &[WEPAY, JSON], "{}"),
    ("GET", "/_admin/faults", &[], ""),
    ("DELETE", "/_admin/faults", &[], ""),
    (
        "POST",
        "/v2/report/create",
        &[WEPAY, JSON],
        r#"{"type":"merchant_transactions","resource":{"object_type":"account","object_id":216083312}}"#,
    ),
    ("POST", "/v2/report/find", &[WEPAY, JSON], "{}"),
    ("POST", "/v2/nothing", &[JSON], "{}"),
    ("GET", "/_admin/reports", &[], ""),
    ("POST", "/_admin/clock/advance", &[], r#"{"by":"36h"}"#),
    ("POST", "/v2/report/find", &[WEPAY, JSON], "{}"),
    ("GET", "/api/reports?sample=1", &[], ""),
    ("POST", "/FortAPI/paymentApi", &[JSON], "{}"),
    ("POST", "/nowhere", &[], ""),
    ("GET", "/_admin/journal?limit=50", &[], ""),
    ("GET", "/_admin/journal/3", &[], ""),
    ("POST", "/_admin/spaces", &[], r#"{"name":"fork","fork":""}"#),
    ("GET", "/@fork/_admin/history", &[], ""),
    ("POST", "/_admin/history/rewind", &[], r#"{"to":3}"#),
    ("GET", "/_admin/history", &[], ""),
    ("POST", "/_admin/reset", &[], ""),
    ("GET", "/_admin/journal", &[], ""),
    ("POST", "/v2/user", &[WEPAY, JSON], "{}"),
    ("GET", "/_admin/spaces", &[], ""),
];

/// An answer without what tells real time.
fn scrubbed(answer: &str) -> String {
    let date = |line: &&str| !line.starts_with("Date: ");
    let mut text: String = answer.split("\r\n").filter(date).collect::<Vec<_>>().join("\n");
    for name in REAL {
        let mark = format!("\"{name}\":");
        let mut rest = std::mem::take(&mut text);
        while let Some(at) = rest.find(&mark) {
            let value = at + mark.len();
            text.push_str(&rest[..value]);
            let end = rest[value..].find([',', '}']).unwrap();
            rest = rest[value + end..].to_owned();
        }
        text.push_str(&rest);
    }
    // Its length is that of the numbers that are left out.
    let length = |line: &&str| !line.starts_with("Content-Length: ");
    text.split('\n').filter(length).collect::<Vec<_>>().join("\n")
}

fn play(servers: &[Program]) -> Vec<String> {
    let one = |(number, (method, path, headers, body)): (usize, &Asked)| {
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let length = body.len();
        let server = &servers[number % servers.len()];
        let request =
            format!("{method} {path} HTTP/1.1\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
        scrubbed(&server.ask(&request))
    };
    TAPE.iter().enumerate().map(one).collect()
}

#[test]
fn three_servers_answer_a_tape_as_one_does() {
    let Some(store) = RedisServer::start() else { return };
    let args = ["--scenario", "exponents"];
    let alone = [Program::start(&args, Stdio::null())];
    let servers: Vec<Program> = (0..3).map(|_| replica(&store.url(), &args)).collect();
    let (of_one, of_three) = (play(&alone), play(&servers));
    for ((request, one), three) in TAPE.iter().zip(&of_one).zip(&of_three) {
        assert_eq!(one, three, "{request:?}");
    }
    let good = of_one.iter().filter(|it| it.starts_with("HTTP/1.1 2")).count();
    assert!(good > 20, "{of_one:#?}");
}
