//! Bad input: every refusal in the documented envelope, nothing lost, nothing panics.

use sandtill::sandbox::scenario::{Overrides, Scenario};
use serde_json::{Value, json};

use super::{BUSY, REPORT, ask, token};
use crate::support::{Server, scenario};

const GOOD: &str = r#"{"filters":[{"s":"payment_id","m":"notnull"}],"merchant_id":"1549902","report_id":"745","on_page":"2","page":"1","signature":"ignored"}"#;

async fn busy() -> Server {
    Server::with(scenario(BUSY)).await
}

/// Sends a body and expects this refusal under both keys.
async fn refused(server: &Server, body: impl Into<reqwest::Body>, text: &str) {
    let answer = ask(server, body).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let quoted = Value::from(text).to_string();
    assert_eq!(answer.text(), format!(r#"{{"error": {quoted}, "err_code": {quoted}}}"#));
    assert!(server.last_entry().note.reason.is_some(), "{text}");
}

#[tokio::test]
async fn numbers_may_be_text_and_unknown_keys_do_not_matter() {
    let server = busy().await;
    let answer = ask(&server, GOOD).await.json();
    assert_eq!(answer["data"].as_array().unwrap().len(), 2);
    assert_eq!((&answer["rows_page"], &answer["rows_on_page"]), (&json!(1), &json!(2)));
    // An array around the request, as the vendor's examples have it, and any content type.
    let header = format!("Token {}", token(&server).await);
    for kind in ["application/x-www-form-urlencoded", "application/json; charset=utf8", "text/xml"]
    {
        let headers = [("Authorization", header.as_str()), ("Content-Type", kind)];
        for path in [REPORT, "/api/extend/company/report"] {
            let wrapped = server.send("POST", path, &headers, format!(" [ {GOOD} ]\n")).await;
            assert_eq!(wrapped.json(), answer, "{kind}");
        }
    }
    // Without a length, in pieces.
    let pieces = GOOD.as_bytes().chunks(7).map(|piece| Ok::<_, std::io::Error>(piece.to_vec()));
    let pieces: Vec<_> = pieces.collect();
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    assert_eq!(ask(&server, body).await.json(), answer);
}

#[tokio::test]
async fn the_header_is_the_word_token_and_a_token() {
    let server = busy().await;
    let token = token(&server).await;
    let required = "Authorization token required";
    for (header, text) in [
        (None, required),
        (Some(format!("Bearer {token}")), required),
        (Some(token.clone()), required),
        (Some("Token".to_owned()), required),
        (Some("Token ".to_owned()), required),
        (Some("Token None".to_owned()), "Invalid auth token"),
        (Some(format!("Token {token}x")), "Invalid auth token"),
    ] {
        let headers: Vec<(&str, &str)> =
            header.iter().map(|it| ("Authorization", it.as_str())).collect();
        // The header is judged before the body is.
        let answer = server.send("POST", REPORT, &headers, "{").await;
        let expected = format!(r#"{{"error": "{text}", "err_code": "{text}"}}"#);
        assert_eq!((answer.status, answer.text()), (200, expected), "{header:?}");
    }
}

#[tokio::test]
async fn a_merchant_is_one_of_the_applications() {
    let server = Server::start().await;
    // 1549999 is the merchant of application 2024.
    for id in ["1549999", "1", "\"\"", "null", "[1549902]", "1549902.0", "\"x\"", "-1", "1e400"] {
        let body = format!(r#"{{"filters":[],"merchant_id":{id},"report_id":745}}"#);
        refused(&server, body, "Merchant not found").await;
    }
    refused(&server, r#"{"report_id":745}"#, "Merchant not found").await;
    let reason = server.last_entry().note.reason.clone().unwrap();
    assert_eq!(reason, "there is no merchant_id; application 1019 has 1549902");
}

#[tokio::test]
async fn reports_nobody_has_access_to_are_refused() {
    let server = busy().await;
    for id in
        ["688", "404", "\"688\"", "\"\"", "null", "{}", "-745", "745.5", "99999999999999999999"]
    {
        let body = format!(r#"{{"filters":[],"merchant_id":1549902,"report_id":{id}}}"#);
        refused(&server, body, "you have no access to this report").await;
    }
    refused(&server, r#"{"merchant_id":1549902}"#, "you have no access to this report").await;
}

#[tokio::test]
async fn pages_below_the_first_are_the_first_and_pages_past_the_end_are_empty() {
    let server = busy().await;
    let body = |on_page: &str, page: &str| {
        format!(
            r#"{{"filters":[{{"s":"payment_id","m":"notnull","v":null}}],"merchant_id":1549902,"report_id":745{on_page}{page}}}"#
        )
    };
    let whole = ask(&server, body(r#","on_page":1000000000"#, "")).await.json();
    let count = whole["data"].as_array().unwrap().len();
    assert_eq!(whole["rows_count"], count);
    for (on_page, page, size, number, rows) in [
        ("", "", 10, 1, 10),
        (r#","on_page":0"#, r#","page":0"#, 10, 1, 10),
        (r#","on_page":-5"#, r#","page":-1"#, 10, 1, 10),
        (r#","on_page":null"#, r#","page":"""#, 10, 1, 10),
        (r#","on_page":3"#, r#","page":1000000000000"#, 3, 1_000_000_000_000_i64, 0),
        (
            r#","on_page":9223372036854775807"#,
            r#","page":9223372036854775807"#,
            i64::MAX,
            i64::MAX,
            0,
        ),
        (r#","on_page":9223372036854775807"#, "", i64::MAX, 1, count),
    ] {
        let answer = ask(&server, body(on_page, page)).await.json();
        assert_eq!(answer["data"].as_array().unwrap().len(), rows, "{on_page} {page}");
        assert_eq!((&answer["rows_page"], &answer["rows_on_page"]), (&json!(number), &json!(size)));
        assert_eq!(answer["rows_count"], count);
    }
    for bad in ["\"x\"", "1.5", "[]", "{}", "true", "99999999999999999999", "1e3"] {
        refused(
            &server,
            body(&format!(",\"on_page\":{bad}"), ""),
            "Parameter on_page must be an integer",
        )
        .await;
        refused(
            &server,
            body("", &format!(",\"page\":{bad}")),
            "Parameter page must be an integer",
        )
        .await;
    }
}

/// Invalid filters of report 745 and their error messages; `ID` stands for the mandatory filter.
const SENSELESS: &[(&str, &str)] = &[
    (
        "null",
        "Mandatory filter required: order_timestart or order_timeend or payment_id or order_id",
    ),
    ("[]", "Mandatory filter required: order_timestart or order_timeend or payment_id or order_id"),
    (
        r#"[{"s":"amount","m":">","v":"1"}]"#,
        "Mandatory filter required: order_timestart or order_timeend or payment_id or order_id",
    ),
    ("{}", "Parameter filters must be an array of objects"),
    ("\"x\"", "Parameter filters must be an array of objects"),
    ("[1]", "Filter 1 is not an object"),
    ("[ID, null]", "Filter 2 is not an object"),
    ("[ID, []]", "Filter 2 is not an object"),
    (r#"[{"m":"=","v":"1"}]"#, "Filter 1 lacks s"),
    (r#"[{"s":"","m":"=","v":"1"}]"#, "Filter 1 lacks s"),
    (r#"[{"s":"payment_id","v":"1"}]"#, "Filter 1 lacks m"),
    (r#"[{"s":"payment_id","m":null,"v":"1"}]"#, "Filter 1 lacks m"),
    (r#"[{"s":"payment_id","m":"="}]"#, "Filter 1 lacks v"),
    (
        r#"[{"s":"payment_id","m":"=","v":{}}]"#,
        "Filter 1: v must be a string, a number or an array of them",
    ),
    (
        r#"[{"s":"payment_id","m":"=","v":[[1]]}]"#,
        "Filter 1: v must be a string, a number or an array of them",
    ),
    (
        r#"[{"s":"payment_id","m":"=","v":"\ud800"}]"#,
        "Filter 1: v must be a string, a number or an array of them",
    ),
    (r#"[ID,{"s":"nope","m":"=","v":"1"}]"#, "Unknown filter field: nope"),
    (r#"[ID,{"s":"amount_from","m":"=","v":"1"}]"#, "Unknown filter field: amount_from"),
    (r#"[ID,{"s":"transaction_id","m":"=","v":"1"}]"#, "Unknown filter field: transaction_id"),
    (r#"[ID,{"s":"amount","m":">=","v":"1"}]"#, "Unknown filter operand: >="),
    (
        r#"[ID,{"s":"amount","m":"like","v":"1"}]"#,
        "Filter operand like is not for fields of type float: amount",
    ),
    (
        r#"[ID,{"s":"amount","m":"any","v":"1"}]"#,
        "Filter operand any is not for fields of type float: amount",
    ),
    (
        r#"[ID,{"s":"order_id","m":"isnull","v":"1"}]"#,
        "Filter operand isnull is not for fields of type text: order_id",
    ),
    (
        r#"[ID,{"s":"order_timestart","m":"=","v":"2026-03-01"}]"#,
        "Filter operand = is not for fields of type date: order_timestart",
    ),
    (
        r#"[ID,{"s":"payment_id","m":"istrue"}]"#,
        "Filter operand istrue is not for fields of type int: payment_id",
    ),
    (
        r#"[ID,{"s":"order_id","m":"in_array","v":"1"}]"#,
        "Filter operand in_array is not for fields of type text: order_id",
    ),
    (
        r#"[ID,{"s":"order_timestart","m":"from","v":"yesterday"}]"#,
        "Invalid filter value for order_timestart from: yesterday",
    ),
    (
        r#"[ID,{"s":"order_timestart_to","m":"x","v":"2026-02-30"}]"#,
        "Invalid filter value for order_timestart to: 2026-02-30",
    ),
    (
        r#"[ID,{"s":"order_timestart","m":"daterange","v":"2026-02-01"}]"#,
        "Invalid filter value for order_timestart daterange: 2026-02-01",
    ),
    (r#"[ID,{"s":"payment_id","m":"<","v":"1,2"}]"#, "Invalid filter value for payment_id <: 1,2"),
    (r#"[ID,{"s":"payment_id","m":"=","v":"ten"}]"#, "Invalid filter value for payment_id =: ten"),
    (r#"[ID,{"s":"payment_id","m":"=","v":null}]"#, "Invalid filter value for payment_id =: "),
    (r#"[ID,{"s":"amount","m":"=","v":"1,50"}]"#, "Invalid filter value for amount =: 1,50"),
    (r#"[ID,{"s":"amount","m":"=","v":1e3}]"#, "Invalid filter value for amount =: 1e3"),
    (
        r#"[ID,{"s":"order_desc","m":"like","v":["a","b"]}]"#,
        "Invalid filter value for order_desc like: a,b",
    ),
];

#[tokio::test]
async fn filters_that_make_no_sense_are_refused_by_name() {
    let server = busy().await;
    let id = r#"{"s":"payment_id","m":"notnull"}"#;
    for (filters, text) in SENSELESS {
        let filters = filters.replace("ID", id);
        let body = format!(r#"{{"filters":{filters},"merchant_id":1549902,"report_id":745}}"#);
        refused(&server, body, text).await;
    }
}

#[tokio::test]
async fn garbage_is_answered_in_the_envelope() {
    let server = busy().await;
    let deep = format!(r#"{{"filters":{}"#, "[".repeat(200_000));
    let wide = format!(r#"{{"filters":[{{"s":"{}","m":"="}}]"#, "x".repeat(200_000));
    let bodies: [&[u8]; 10] = [
        b"",
        b"null",
        b"[]",
        b"[{},{}]",
        b"\xff\xfe{}",
        b"{\"merchant_id\":1549902,",
        b"a=b&c=d",
        b"\"text\"",
        deep.as_bytes(),
        wide.as_bytes(),
    ];
    for body in bodies {
        let answer = ask(&server, body.to_vec()).await;
        let value = answer.json();
        assert_eq!(answer.status, 200);
        assert!(
            value["error"].as_str().unwrap().starts_with("Request is not valid JSON: "),
            "{value}"
        );
        assert_eq!(value["error"], value["err_code"]);
        assert!(answer.body.len() < 1000);
    }
    for (method, path, status) in [
        ("GET", REPORT, 405),
        ("DELETE", REPORT, 405),
        ("POST", "/api/extend/company/reports/", 404),
        ("POST", "/authorizer/token", 404),
    ] {
        let answer = server.send(method, path, &[], "").await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.json()["err_code"].is_string());
        assert_eq!(server.last_entry().provider, "flitt");
    }
}

#[tokio::test]
async fn lenient_filters_are_a_quirk() {
    let server =
        Server::with(scenario(&format!("quirks = [\"flitt.lenient-filters\"]\n{BUSY}"))).await;
    let count = async |filters: Value| {
        let body = json!({"filters": filters, "merchant_id": 1_549_902, "report_id": 745});
        ask(&server, body.to_string()).await.json()["rows_count"].clone()
    };
    let all = count(json!([])).await;
    assert!(all.as_i64().unwrap() > 100);
    for ignored in [
        json!([{"s": "nope", "m": "=", "v": "1"}]),
        json!([{"s": "amount", "m": "~", "v": "1"}]),
        json!([{"s": "amount", "m": "like", "v": "1"}]),
    ] {
        assert_eq!(count(ignored).await, all);
    }
    // What is understood still counts, and a value that is wrong still is.
    assert_eq!(count(json!([{"s": "currency", "m": "=", "v": "XXX"}])).await, 0);
    assert_eq!(count(json!([{"s": "amount", "m": "=", "v": "x"}])).await, json!(null));
}

#[tokio::test]
async fn html_is_the_content_type_of_reports_with_the_quirk() {
    let server =
        Server::with(scenario(&format!("quirks = [\"flitt.html-content-type\"]\n{BUSY}"))).await;
    for body in [GOOD, "{}"] {
        let answer = ask(&server, body).await;
        assert_eq!(answer.header("content-type"), "text/html; charset=UTF-8");
    }
    let answer = server.send("POST", super::TOKEN, &[], "{}").await;
    assert_eq!(answer.header("content-type"), "application/json");
}

#[test]
fn a_scenario_with_an_unknown_zone_is_refused_when_it_is_read() {
    let text = format!("{BUSY}\n[settings.flitt]\ntimezone = \"Asia/Tiflis-on-Kura\"\n");
    let vocabulary = sandtill::providers::vocabulary();
    let refused = Scenario::parse("test", &text, &vocabulary, &Overrides::default()).unwrap_err();
    assert_eq!(
        refused.mistakes[0].problem,
        "`timezone` must be a zone of the IANA time zone database such as \"Europe/London\" or \"UTC\"; \
         it is \"Asia/Tiflis-on-Kura\""
    );
    assert_eq!(refused.mistakes.len(), 1);
}
