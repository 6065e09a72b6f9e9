//! Each refusal's reason has the value that came and the form that is wanted, and the answer alone does not
//! give it away; bodies that cannot be read and members that are missing are named everywhere.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use sandtill::providers::SignOptions;
use serde_json::Value;

use super::{Server, examples};
use sandtill::providers;

const BASIC: (&str, &str) = ("Authorization", "Basic MTpzYW5kdGlsbC1zaG9wLXNlY3JldA==");
const WEPAY: (&str, &str) = ("Authorization", "Bearer STAGE_sandtill");

/// The newest line of the journal.
async fn line(server: &Server) -> Value {
    server.did("GET", "/journal?limit=1", "").await["entries"][0].clone()
}

/// A request that is refused, what of it the reason names, and the form that the reason wants.
struct Case {
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    body: String,
    came: &'static str,
    wanted: &'static str,
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

fn cases<const N: usize>(
    path: &'static str,
    headers: &[(&'static str, &str)],
    cases: [(String, &'static str, &'static str); N],
) -> Vec<Case> {
    let headers: Vec<_> = headers.iter().map(|it| (it.0, it.1.to_owned())).collect();
    let case = |(body, came, wanted)| Case { path, headers: headers.clone(), body, came, wanted };
    cases.map(case).into()
}

fn begateway() -> Vec<Case> {
    let shop = |params: &str| {
        let most = r#""status":"all","payment_method_type":"credit_card","time_zone":"UTC""#;
        format!("{{\"report_params\":{{{most},{params}}}}}")
    };
    let settled =
        shop(r#""date_type":"settled_at","from":"2026-03-01 00:00:00","to":"2026-03-02""#);
    let paid = shop(r#""date_type":"paid_at","from":"2026-03-01","to":"2026-03-02 00:00:00""#);
    let zone = shop(
        r#""time_zone":"CET+1","date_type":"settled_at","from":"2026-03-01","to":"2026-03-02""#,
    );
    let version = |version| [BASIC, ("X-Api-Version", version)];
    let mut all = cases(
        "/api/reports",
        &version("3"),
        [
            (settled, "2026-03-01 00:00:00", "a bare date"),
            (paid, "2026-03-01", "a date with a time"),
            (zone, "`CET+1`", "a zone by its name"),
            ("[7]".into(), "[7]", "`report_params`"),
        ],
    );
    all.extend(cases("/api/reports", &version("4"), [("{}".into(), "`4`", "3 (pages)")]));
    all
}

fn payfort() -> Vec<Case> {
    let signed = |name: &str, value: &str| {
        let mut request = crate::payfort::HOME.generate("reasons-1");
        request[name] = value.into();
        crate::payfort::HOME.signed(&request).to_string()
    };
    cases(
        "/FortAPI/reportingApi",
        &[JSON],
        [
            (signed("from_date", "2026-3-1"), "2026-3-1", "T00:00:01+03:00"),
            (signed("language", "fr"), "`fr`", "en"),
            (signed("to_date", ""), "`to_date`", "+03:00"),
            (signed("to_date", "2017"), "`2017", "+03:00"),
            (signed("languages", "en"), "`languages`", "`language`"),
        ],
    )
}

fn epicpay() -> Vec<Case> {
    let basic = ("Authorization", "Basic c2FuZHRpbGwtdGVybWluYWwtMTpzYW5kdGlsbC1wYXNzd29yZC0x");
    let dates = |start: &str| format!(r#"{{"start_date":{start},"end_date":"2026-03-02"}}"#);
    cases(
        "/reporting/v1/GetReport/batches",
        &[basic, JSON],
        [
            (dates(r#""1.3.2026""#), "1.3.2026", "YYYY-MM-DD"),
            (dates("20260301"), "`20260301`", "YYYY-MM-DD"),
            ("{}".into(), "start_date", "YYYY-MM-DD"),
            ("[7]".into(), "an array", "an object with start_date"),
        ],
    )
}

fn wepay() -> Vec<Case> {
    let create = |object: &str| {
        format!(
            r#"{{"type":"merchant_transactions","resource":{{"object_type":"account","object_id":"{object}"}},"callback_uri":"http://h"}}"#
        )
    };
    let limit = |value: &str| format!(r#"{{"account_id":216083312,"limit":{value}}}"#);
    let mut all = cases(
        "/v2/report/create",
        &[WEPAY, JSON],
        [(create("x"), "`x`", "a whole number"), ("{}".into(), "`type`", "merchant_transactions")],
    );
    all.extend(cases(
        "/v2/withdrawal/find",
        &[WEPAY, JSON],
        [(limit("-1"), "`-1`", "from 0 to 1000"), (limit("[]"), "`[]`", "a whole number")],
    ));
    let sort = r#"{"sort_order":"up"}"#.to_owned();
    all.extend(cases("/v2/account/find", &[WEPAY, JSON], [(sort, "`up`", "ASC or DESC")]));
    all
}

fn flitt(token: &str) -> Vec<Case> {
    let filter =
        |one: &str| format!(r#"{{"merchant_id":1549902,"report_id":745,"filters":[{one}]}}"#);
    cases(
        "/api/extend/company/report/",
        &[("Authorization", &format!("Token {token}"))],
        [
            (filter(r#"{"s":"amount","m":"=","v":"x"}"#), "x", "a decimal with a point"),
            (filter(r#"{"s":"amount","m":"==","v":1}"#), "==", "`=`"),
            (filter(r#"{"s":"amount","m":"contains","v":1}"#), "contains", "any"),
            (filter(r#"{"s":"amount"}"#), r#"{"s":"amount"}"#, r#""m": operand"#),
            (filter("5"), "`5`", r#""s": column"#),
            (filter(""), "payment_id", r#""s": column"#),
        ],
    )
}

#[tokio::test]
async fn a_reason_has_what_came_and_what_is_wanted() {
    let server = Server::start().await;
    let token = crate::drivers::flitt::token(&server, "flitt").await;
    let all = [begateway(), payfort(), epicpay(), wepay(), flitt(&token)];
    for Case { path, headers, body, came, wanted } in all.into_iter().flatten() {
        let headers: Vec<_> = headers.iter().map(|it| (it.0, it.1.as_str())).collect();
        let answer = server.send("POST", path, &headers, body).await;
        let reason = line(&server).await["reason"].as_str().unwrap_or("").to_owned();
        assert!(reason.contains(came) && reason.contains(wanted), "{path}: {reason}");
        assert!(!answer.text().contains(&reason), "{reason}");
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_named_at_every_provider() {
    let server = Server::start().await;
    for provider in providers::ALL {
        let step = examples(provider, &server)[0].steps[0].clone();
        let mut headers: Vec<_> = step.headers.iter().map(|it| (it.0, it.1.as_str())).collect();
        headers.retain(|it| it.0 != "Content-Length");
        for (body, fragment) in [
            (&b"\xef\xbb\xbf{}"[..], "byte order mark"),
            (b"\xff\xfe{\0}\0", "UTF-16"),
            (b"<html><body></body></html>", "HTML"),
            (b"<a/>", "XML"),
            (b"{'a': 'b'}", "single quotes"),
            (br#"{"a": NaN}"#, "`NaN`"),
            (br#"{"a": 1,}"#, "a comma behind the last"),
            ("{“a”: 1}".as_bytes(), "curly quotes"),
            (b"\x1f\x8b\x08\0", "gzip"),
        ] {
            server.send(step.method, &step.path, &headers, body.to_vec()).await;
            let line = line(&server).await;
            let mistake = line["likely_mistake"].as_str().unwrap_or("");
            assert!(mistake.contains(fragment), "{}: {line}", provider.slug);
        }
        // The same request, compressed, is taken.
        let plain =
            server.send(step.method, &step.path, &headers, step.body.clone().unwrap_or_default());
        let plain = plain.await.status;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(step.body.clone().unwrap_or_default().as_bytes()).unwrap();
        headers.push(("Content-Encoding", "gzip"));
        let answer = server.send(step.method, &step.path, &headers, gzip.finish().unwrap()).await;
        assert_eq!(answer.status, plain, "{}: {}", provider.slug, answer.text());
        let line = line(&server).await;
        assert_eq!(line["likely_mistake"], Value::Null, "{line}");
    }
}

#[tokio::test]
async fn a_compressed_body_is_bounded_without_its_compression() {
    let server = Server::start().await;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&vec![b' '; 2 * 1024 * 1024]).unwrap();
    let headers = [("Content-Encoding", "gzip"), ("Content-Type", "application/json")];
    let body = gzip.finish().unwrap();
    assert!(body.len() < 10_000);
    let answer = server.send("POST", "/FortAPI/reportingApi", &headers, body).await;
    assert_eq!(answer.status, 413);
}

#[test]
fn the_command_line_names_a_body_that_it_cannot_read() {
    let scenario = crate::support::frozen("default", crate::support::NOON);
    for provider in ["payfort", "flitt"] {
        let sign = providers::find(provider).unwrap().sign.unwrap();
        let err = sign(&scenario, b"{'a': 'b'}", &SignOptions::default()).unwrap_err();
        assert!(err.contains("single quotes"), "{err}");
    }
}

#[tokio::test]
async fn a_missing_member_is_looked_for() {
    let server = Server::start().await;
    let json = ("Content-Type", "application/json");
    let epicpay = ("Authorization", "Basic c2FuZHRpbGwtdGVybWluYWwtMTpzYW5kdGlsbC1wYXNzd29yZC0x");
    for (path, headers, body, fragment) in [
        (
            "/reporting/v1/GetReport/batches",
            vec![epicpay, json],
            r#"{"startDate":"2026-03-01","end_date":"2026-03-02"}"#,
            "`startDate` is there; the name is `start_date`",
        ),
        (
            "/reporting/v1/GetReport/batches",
            vec![epicpay, json],
            r#"{"request":{"start_date":"2026-03-01"}}"#,
            "`start_date` is there, inside of `request`",
        ),
        (
            "/authorizer/token/application/get",
            vec![],
            r#"{"request":{"application_id":"1019"}}"#,
            "`application_id` is there, inside of `request`",
        ),
        (
            "/api/reports",
            vec![BASIC, ("X-Api-Version", "3")],
            r#"{"date_type":"paid_at","report_params":{}}"#,
            "`date_type` is there, at the top of the body; it belongs into `report_params`",
        ),
        (
            "/FortAPI/reportingApi",
            vec![json],
            r#"{"command":"GENERATE_REPORT"}"#,
            "`command` is there; the name is `query_command`",
        ),
        (
            "/v2/report/create",
            vec![WEPAY, json],
            r#"{"report_type":"x","type":"merchant_transactions","object_id":1,"resource":{"object_type":"account"}}"#,
            "`object_id` is there, at the top of the body; it belongs into `resource`",
        ),
    ] {
        server.send("POST", path, &headers, body).await;
        let line = line(&server).await;
        let mistake = line["likely_mistake"].as_str().unwrap_or("");
        assert!(mistake.contains(fragment), "{line}");
    }
}
