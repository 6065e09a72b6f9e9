//! Bad questions: each its code, its HTTP status, and a reason in the journal.

use super::{REPORTS, TERMINAL_1, TERMINAL_2, ask};
use sandtill::providers::{self, InjectedError};

use crate::support::{Answer, NOON, Server, scenario};

const DATES: &str = r#"{"start_date":"2026-03-01","end_date":"2026-03-14"}"#;
const JSON: (&str, &str) = ("Content-Type", "application/json");
const AUTH: (&str, &str) = ("Authorization", TERMINAL_1);

#[track_caller]
fn check(server: &Server, answer: &Answer, status: u16, code: &str, reason: &str) {
    let text = match code {
        "E01" => "Unauthorized.",
        "E02" => "Invalid Request.",
        "E03" => "Invalid Request Header.",
        _ => "Invalid Request Data.",
    };
    let body = format!(
        r#"{{"status":{{"response_code":"Error","reason_code":"{code}","reason_text":"{text}"}}}}"#
    );
    assert_eq!((answer.status, answer.text()), (status, body), "{reason}");
    assert_eq!(answer.header("content-type"), "application/json");
    let entry = server.last_entry();
    let noted = entry.note.reason.as_deref().unwrap_or("");
    assert!(noted.contains(reason), "{noted} has no {reason}");
    assert!(!noted.contains("sandtill-password"), "{noted}");
}

#[tokio::test]
async fn who_asks_is_checked_first() {
    let server = Server::start().await;
    for (authorization, reason) in [
        ("Basic", "not Basic with base64"),
        ("Basic !!!", "not Basic with base64"),
        ("Bearer abc", "not Basic with base64"),
        // nobody:sandtill-password-1
        ("Basic bm9ib2R5OnNhbmR0aWxsLXBhc3N3b3JkLTE=", "no terminal has the API key id `nobody`"),
        // sandtill-terminal-1:sandtill-password-2
        (
            "Basic c2FuZHRpbGwtdGVybWluYWwtMTpzYW5kdGlsbC1wYXNzd29yZC0y",
            "the password of API key `sandtill-terminal-1` is another one",
        ),
        // sandtill-terminal-1: without a password
        ("Basic c2FuZHRpbGwtdGVybWluYWwtMTo=", "is another one"),
    ] {
        let headers = [("Authorization", authorization)];
        let answer = server.send("GET", "/reporting/v1/GetReport/nothing", &headers, "").await;
        check(&server, &answer, 401, "E01", reason);
        assert_eq!(answer.header("www-authenticate"), "Basic realm=\"EpicPay\"");
    }
    let answer = server.send("POST", "/reporting/v1/GetReport/batches", &[JSON], DATES).await;
    check(&server, &answer, 401, "E01", "there is no Authorization header");
}

#[tokio::test]
async fn path_method_and_content_type_come_next() {
    let server = Server::start().await;
    for (path, status, reason) in [
        ("/reporting/v1/GetReport/transactions", 200, "there is no report `transactions`"),
        ("/reporting/v1/GetReport/balance", 200, "there is no report `balance`"),
        ("/reporting/v1/GetReport/Batches", 200, "there is no report `Batches`"),
        ("/reporting/v1/GetReport/", 200, "there is no report ``"),
        ("/reporting/v1/GetReports/batches", 404, "is not `/reporting/v1/GetReport/TYPE`"),
        ("/reporting/v1/", 404, "is not `/reporting/v1/GetReport/TYPE`"),
        ("/reporting/v1", 404, "is not `/reporting/v1/GetReport/TYPE`"),
    ] {
        let answer = server.send("POST", path, &[AUTH, JSON], DATES).await;
        check(&server, &answer, status, "E02", reason);
    }
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let answer =
            server.send(method, "/reporting/v1/GetReport/batches", &[AUTH, JSON], DATES).await;
        check(&server, &answer, 200, "E02", &format!("the method is {method} and not POST"));
    }
    let path = "/reporting/v1/GetReport/batches";
    let answer = server.send("POST", path, &[AUTH], DATES).await;
    check(&server, &answer, 200, "E03", "there is no Content-Type header");
    for bad in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let answer = server.send("POST", path, &[AUTH, ("Content-Type", bad)], DATES).await;
        check(&server, &answer, 200, "E03", "and not application/json");
    }
}

#[tokio::test]
async fn the_body_comes_last_in_every_report() {
    let server = Server::start().await;
    for report in REPORTS {
        let path = format!("/reporting/v1/GetReport/{report}");
        for (body, reason) in [
            ("", "the body is empty"),
            ("start_date=2026-03-01", "the body is not JSON"),
            ("[]", "must be an object"),
            (r#"{"end_date":"2026-03-14"}"#, "start_date is missing"),
            (r#"{"start_date":"2026-03-01"}"#, "end_date is missing"),
            (
                r#"{"start_date":"2017-02-30","end_date":"2017-03-01"}"#,
                "start_date is `2017-02-30`",
            ),
            (r#"{"start_date":"2026-03-02","end_date":"2026-03-01"}"#, "is after end_date"),
            (r#"{"start_date":"2026-03-01 00:00:00","end_date":"2026-03-02"}"#, "not a real date"),
            (r#"{"start_date":20260301,"end_date":"2026-03-02"}"#, ", a number; a string"),
            (r#"{"start_date":"2026-03-01","end_date":"12026-03-02"}"#, "not a real date"),
            (r#"{"start_date":null,"end_date":"2026-03-02"}"#, ", null; a string"),
        ] {
            let answer = server.send("POST", &path, &[AUTH, JSON], body).await;
            check(&server, &answer, 200, "E04", reason);
        }
        let answer = server.send("POST", &path, &[AUTH, JSON], vec![0xff, 0xfe, 0x00]).await;
        check(&server, &answer, 200, "E04", "the body is not JSON");
    }
}

#[tokio::test]
async fn tolerances_of_published_clients_hold() {
    let server = Server::start().await;
    let plain = ask(&server, TERMINAL_1, "batches", "2026-03-01", "2026-03-14").await;
    let shouting = TERMINAL_1.replace("Basic", "BASIC");
    let auth = ("Authorization", shouting.as_str());
    for (path, content_type) in [
        ("/reporting/v1//GetReport/batches", "application/json; charset=utf-8"),
        ("/reporting/v1/getreport/batches/", "Application/JSON"),
    ] {
        let headers = [auth, ("Content-Type", content_type), ("charset", "utf-8")];
        let crlf = DATES.replace(',', ",\r\n");
        let answer = server.send("POST", path, &headers, crlf).await;
        assert_eq!((answer.status, answer.text()), (200, plain.text()), "{path}");
        assert_eq!(server.last_entry().operation, "batches");
    }
}

#[tokio::test]
async fn every_terminal_sees_all_rows_and_other_merchants_none() {
    let server = Server::frozen("settlement", NOON).await;
    for report in REPORTS {
        // Few subscriptions fail soon after their creation.
        let suspended = report == "suspendedsubscriptions";
        let start = if suspended { "2025-12-01" } else { "2026-03-09" };
        let end = "2026-04-30";
        let one = ask(&server, TERMINAL_1, report, start, end).await;
        let two = ask(&server, TERMINAL_2, report, start, end).await;
        assert_eq!(one.text(), two.text(), "{report}");
        let other = ask(&server, super::EVERYWHERE, report, start, end).await;
        assert_eq!(other.status, 200);
        assert_ne!(one.text(), other.text(), "{report}");
        assert_eq!(server.last_entry().note.merchant.as_deref(), Some("everywhere"));
    }
}

#[tokio::test]
async fn dates_far_away_are_answered() {
    let server = Server::frozen("settlement", NOON).await;
    for report in REPORTS {
        let all = super::rows(&server, TERMINAL_1, report, "0001-01-01", "9999-12-31").await;
        assert!(!all.is_empty(), "{report}");
        let before = super::rows(&server, TERMINAL_1, report, "0001-01-01", "2009-12-31").await;
        let unfiltered = report == "activesubscriptions" || report == "wallettrouble";
        assert_eq!(before, if unfiltered { all } else { Vec::new() }, "{report}");
    }
}

#[tokio::test]
async fn quirks_change_one_thing_each() {
    let text = |quirk: &str| {
        let built_in = sandtill::sandbox::scenario::BUILT_IN;
        let base = built_in.iter().find(|it| it.name == "settlement").unwrap().text;
        let clock = format!("[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n");
        format!("{base}\n{clock}").replacen(
            "seed = 42",
            &format!("seed = 42\nquirks = [{quirk}]"),
            1,
        )
    };
    let plain = Server::with(scenario(&text(""))).await;
    let renamed = Server::with(scenario(&text("\"epicpay.account-no\""))).await;
    for report in REPORTS {
        let before = ask(&plain, TERMINAL_1, report, "2026-03-01", "2026-03-14").await.text();
        let after = ask(&renamed, TERMINAL_1, report, "2026-03-01", "2026-03-14").await.text();
        if ["achrejects", "deposits", "deposits-detail"].contains(&report) {
            assert!(before.contains("\"account_number\":"));
            assert_eq!(after, before.replace("\"account_number\":", "\"account_no\":"));
        } else {
            assert_eq!(after, before);
        }
    }
    let kind = Server::with(scenario(&text("\"epicpay.unauthorized-200\""))).await;
    let answer = kind.send("POST", "/reporting/v1/GetReport/batches", &[JSON], DATES).await;
    check(&kind, &answer, 200, "E01", "there is no Authorization header");
    assert_eq!(answer.header("www-authenticate"), "");
}

#[tokio::test]
async fn ready_commands_are_answered() {
    let server = Server::start().await;
    let provider = providers::find("epicpay").unwrap();
    let examples = (provider.examples)(&server.space().moment(), &server.url);
    assert_eq!(examples.len(), 24);
    for (example, report) in examples.iter().zip(REPORTS.into_iter().cycle()) {
        // curl -s URL -H 'Name: value' -H 'Name: value' -d 'body'
        let quoted: Vec<&str> = example.command.split('\'').collect();
        let [start, authorization, _, content_type, _, body, _] = quoted[..] else {
            panic!("{}", example.command)
        };
        assert_eq!(start, format!("curl -s {}/reporting/v1/GetReport/{report} -H ", server.url));
        let headers = [authorization, content_type].map(|it| it.split_once(": ").unwrap());
        let path = format!("/reporting/v1/GetReport/{report}");
        let answer = server.send("POST", &path, &headers, body.to_owned()).await;
        assert!(answer.text().starts_with(r#"{"result":"#), "{}", answer.text());
        assert_eq!(example.report, report);
        assert_eq!(server.last_entry().note.merchant.as_deref(), Some(example.merchant.as_str()));
    }
}

#[tokio::test]
async fn faults_speak_the_words_of_the_appendix() {
    let server = Server::start().await;
    let error_response = providers::find("epicpay").unwrap().error_response;
    let status = |trouble| {
        error_response(&server.space().moment(), "batches", &axum::http::HeaderMap::new(), trouble)
            .map(|it| it.status().as_u16())
    };
    assert_eq!(status(InjectedError::Error("E01")), Some(401));
    for code in ["E02", "E03", "E04", "E99"] {
        assert_eq!(status(InjectedError::Error(code)), Some(200), "{code}");
    }
    assert_eq!(status(InjectedError::Error("E05")), None);
    assert_eq!(status(InjectedError::ExpiredToken), Some(401));
    assert_eq!(status(InjectedError::Throttled), Some(429));
}
