//! Everything that can be wrong with a request: its code, its reason, and no effect.

use serde_json::{Value, json};

use super::{EVERYWHERE, HOME, PATH, pass, send, with};
use crate::support::{Answer, Server};

/// A request that is right but for nothing, with every field there is.
fn good() -> Value {
    let mut request = HOME.generate("bad-1");
    request["language"] = json!("en");
    request["response_format"] = json!("JSON");
    request["filters"] = json!([{"key": "currency", "value": "AED"}]);
    request
}

/// That a code came, signed, with the vendor's text and a reason that names the culprit.
#[track_caller]
fn check(server: &Server, answer: &Answer, code: &str, text: &str, culprit: &str) {
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(body["response_code"], code, "{body} for {culprit}");
    assert_eq!(body["status"], code.split_at(2).0);
    assert_eq!(body["response_message"], text);
    assert!(body.get("columns").is_none() && body.get("filters").is_none());
    let entry = server.last_entry();
    assert_eq!(entry.outcome, sandtill::sandbox::journal::Outcome::Refused);
    let reason = entry.note.reason.clone().unwrap();
    assert!(reason.contains(culprit), "{reason} does not speak of {culprit}");
}

/// Sends each request signed; none may have an effect.
async fn check_all(tries: Vec<(Value, &str, &str, &str)>) {
    let server = Server::start().await;
    for (request, code, text, culprit) in tries {
        let answer = HOME.ask(&server, &request).await;
        check(&server, &answer, code, text, culprit);
        HOME.verify(&answer.json());
        assert!(server.space().world().state.reports.is_empty(), "{culprit}");
    }
    assert_eq!(HOME.ask(&server, &good()).await.json()["response_code"], "56000");
}

#[tokio::test]
async fn a_mandatory_field_that_is_missing_null_or_empty_is_00001() {
    let server = Server::start().await;
    let names = [
        "query_command",
        "access_code",
        "merchant_identifier",
        "merchant_reference",
        "from_date",
        "to_date",
        "columns",
        "signature",
    ];
    for name in names {
        let empty = if name == "columns" { json!([]) } else { json!("") };
        for value in [Value::Null, empty] {
            let mut request = HOME.signed(&good());
            request[name] = value.clone();
            let answer = send(&server, &request).await;
            check(&server, &answer, "00001", "Missing parameter", &format!("`{name}`"));
            request.as_object_mut().unwrap().remove(name);
            let answer = send(&server, &request).await;
            check(&server, &answer, "00001", "Missing parameter", &format!("`{name}`"));
        }
    }
    for filter in [json!({"key": "eci"}), json!({"value": "x"}), json!({"key": "", "value": "x"})] {
        let request = with(&good(), "filters", json!([filter]));
        let answer = HOME.ask(&server, &request).await;
        check(&server, &answer, "00001", "Missing parameter", "`filters.");
    }
    assert!(server.space().world().state.reports.is_empty());
}

#[tokio::test]
async fn what_is_too_long_is_00032() {
    let text = "Invalid parameter length";
    let long = |field: &str, length: usize| with(&good(), field, json!("a".repeat(length)));
    let filters: Vec<_> = (0..11).map(|_| json!({"key": "currency", "value": "AED"})).collect();
    let columns: Vec<_> = (0..111).map(|_| "amount").collect();
    check_all(vec![
        (long("merchant_reference", 41), "00032", text, "`merchant_reference`"),
        (long("from_date", 31), "00032", text, "`from_date`"),
        (long("to_date", 31), "00032", text, "`to_date`"),
        (long("language", 3), "00032", text, "`language`"),
        (long("response_format", 5), "00032", text, "`response_format`"),
        (with(&good(), "columns", json!(columns)), "00032", text, "`columns`"),
        (with(&good(), "columns", json!(["a".repeat(111)])), "00032", text, "`columns`"),
        (with(&good(), "filters", json!(filters)), "00032", text, "`filters`"),
        (
            with(&good(), "filters", json!([{"key": "a".repeat(111), "value": "x"}])),
            "00032",
            text,
            "`filters.key`",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_wrong_type_or_character_or_date_is_00002() {
    let text = "Invalid parameter format";
    let mut tries = Vec::new();
    for (field, value) in [
        ("merchant_reference", json!("a b")),
        ("merchant_reference", json!("a/b")),
        ("merchant_reference", json!("مرجع")),
        ("merchant_reference", json!(["a"])),
        ("merchant_reference", json!({"a": "b"})),
        ("merchant_reference", json!([[[[[["a"]]]]]])),
        ("from_date", json!("2026-03-01")),
        ("from_date", json!("2026-03-01T00:00:00")),
        ("from_date", json!("2026-02-30T00:00:00+00:00")),
        ("from_date", json!("2026-03-01T00:00:00.5Z")),
        ("from_date", json!(20_260_301)),
        ("to_date", json!("2026-03-31 23:59:59")),
        ("to_date", json!(["2026-03-31T23:59:59+00:00"])),
        ("columns", json!("amount")),
        ("columns", json!({"0": "amount"})),
        ("columns", json!(["amount", 5])),
        ("columns", json!(["amount", null])),
        ("columns", json!(["amount", ["status"]])),
        ("columns", json!(["amount-"])),
        ("columns", json!(["“amount”"])),
        ("filters", json!("currency")),
        ("filters", json!({"key": "currency", "value": "AED"})),
        ("filters", json!(["currency"])),
        ("filters", json!([{"key": ["currency"], "value": "AED"}])),
        ("filters", json!([{"key": 5, "value": "AED"}])),
        ("filters", json!([{"key": "currency", "value": ["AED"]}])),
        ("filters", json!([{"key": "currency;", "value": "AED"}])),
        ("language", json!("e1")),
        ("language", json!(["en"])),
        ("response_format", json!("J-N")),
    ] {
        tries.push((with(&good(), field, value), "00002", text, field));
    }
    check_all(tries).await;
}

#[tokio::test]
async fn a_value_outside_its_list_is_00033() {
    let text = "Parameter value not allowed";
    let filter =
        |key: &str, value: &str| with(&good(), "filters", json!([{"key": key, "value": value}]));
    check_all(vec![
        (with(&good(), "language", json!("fr")), "00033", text, "`fr`"),
        (with(&good(), "response_format", json!("CSV")), "00033", text, "`CSV`"),
        (with(&good(), "response_format", json!("json")), "00033", text, "`json`"),
        (with(&good(), "columns", json!(["amount", "amounts"])), "00033", text, "`amounts`"),
        (with(&good(), "columns", json!(["invoice_id"])), "00033", text, "`Invoice_id`"),
        (filter("amounts", "1"), "00033", text, "`amounts`"),
        (filter("payment_option", "PAYPAL"), "00033", text, "PAYPAL"),
        (filter("channel", "MerchantPage"), "00033", text, "Merchant Page"),
        (filter("eci", "05"), "00033", text, "ECOMMERCE"),
        (filter("3ds_indicator", "maybe"), "00033", text, "YES, NO"),
        (filter("fraud_indicator", "1"), "00033", text, "YES, NO"),
        (filter("installments_indicator", "true"), "00033", text, "YES, NO"),
        (filter("digital_wallet", "GOOGLE_PAY"), "00033", text, "APPLE_PAY"),
        (filter("operation", "SALE"), "00033", text, "PURCHASE"),
        (filter("status", "Accepted"), "00033", text, "14"),
    ])
    .await;
}

#[tokio::test]
async fn unknown_fields_are_00027() {
    let text = "Invalid extra parameters";
    let filter = json!([{"key": "currency", "value": "AED", "operator": "eq"}]);
    check_all(vec![
        (with(&good(), "page", json!("1")), "00027", text, "`page`"),
        (with(&good(), "Language", json!("en")), "00027", text, "`Language`"),
        (with(&good(), "filters", filter), "00027", text, "`filters.operator`"),
        (with(&HOME.download("d"), "from_date", json!("x")), "00027", text, "`from_date`"),
        (with(&HOME.download("d"), "columns", json!(["amount"])), "00027", text, "`columns`"),
    ])
    .await;
}

#[tokio::test]
async fn unknown_commands_are_00004() {
    let command = |value: Value| with(&good(), "query_command", value);
    let text = "Invalid command";
    check_all(vec![
        (command(json!("GET_REPORT")), "00004", text, "GET_REPORT"),
        (command(json!("generate_report")), "00004", text, "generate_report"),
        (command(json!(["GENERATE_REPORT"])), "00004", text, "a list"),
        (command(json!(1)), "00004", text, "a number"),
    ])
    .await;
}

#[tokio::test]
async fn who_is_not_known_is_told_so_without_a_signature() {
    let server = Server::start().await;
    for (field, value, code, text) in [
        ("merchant_identifier", json!("nobody"), "00009", "Invalid merchant identifier"),
        ("merchant_identifier", json!(["CycHZxVj"]), "00009", "Invalid merchant identifier"),
        ("access_code", json!("wrong"), "00010", "Invalid access code"),
        ("access_code", json!(EVERYWHERE.access_code), "00010", "Invalid access code"),
    ] {
        let answer = HOME.ask(&server, &with(&good(), field, value)).await;
        check(&server, &answer, code, text, "merchant_identifier");
        assert!(answer.json().get("signature").is_none());
    }
}

#[tokio::test]
async fn the_first_complaint_wins_in_the_documented_order() {
    let server = Server::start().await;
    let mut request = with(&HOME.signed(&good()), "to_date", json!("2020-01-01T00:00:00Z"));
    request["signature"] = json!("00");
    let mut steps = vec![("00008", request.clone())];
    for (field, value, code) in [
        ("language", json!("fr"), "00033"),
        ("merchant_reference", json!("a b"), "00002"),
        ("response_format", json!("LONGER"), "00032"),
        ("extra", json!("x"), "00027"),
        ("access_code", json!("wrong"), "00010"),
        ("merchant_identifier", json!("nobody"), "00009"),
        ("columns", Value::Null, "00001"),
        ("query_command", json!("NONE"), "00004"),
    ] {
        request = with(&request, field, value);
        steps.push((code, request.clone()));
    }
    for (code, request) in steps {
        assert_eq!(send(&server, &request).await.json()["response_code"], code, "{request}");
    }
}

#[tokio::test]
async fn an_error_echoes_what_the_request_said_of_itself() {
    let server = Server::start().await;
    let mut request = good();
    request["signature"] = json!("00");
    let answer = send(&server, &request).await;
    // python3: hashlib.sha256 over the sorted fields between two `sandtill-response`.
    assert_eq!(
        answer.text(),
        r#"{"query_command":"GENERATE_REPORT","access_code":"zx0IPmPy5jp1vAz8Kpg7","merchant_identifier":"CycHZxVj","merchant_reference":"bad-1","from_date":"2026-03-01T00:00:00+00:00","to_date":"2026-03-31T23:59:59+00:00","response_format":"JSON","signature":"d76eebf8e6208781b4011a5dfb320ccddb1584c694b655f48fdb00df238943fc","language":"en","response_message":"Signature mismatch","response_code":"00008","status":"00"}"#
    );
    request["response_format"] = json!("XML");
    let answer = send(&server, &request).await;
    assert_eq!(answer.header("content-type"), "application/xml;charset=UTF-8");
    assert_eq!(
        answer.text(),
        "<response><response_code>00008</response_code>\
         <from_date>2026-03-01T00:00:00+00:00</from_date><signature>e83f47fd4b66075e24b5918cb0ff20dfd6865c9978422224b9c0ff59a0911e2f</signature>\
         <merchant_identifier>CycHZxVj</merchant_identifier>\
         <access_code>zx0IPmPy5jp1vAz8Kpg7</access_code><language>en</language>\
         <response_format>XML</response_format>\
         <response_message>Signature mismatch</response_message>\
         <to_date>2026-03-31T23:59:59+00:00</to_date><merchant_reference>bad-1</merchant_reference>\
         <query_command>GENERATE_REPORT</query_command><status>00</status></response>"
    );
}

#[tokio::test]
async fn what_is_no_json_object_is_00073() {
    let server = Server::start().await;
    let deep = "[".repeat(200_000);
    let twice = HOME.signed(&good()).to_string().replacen('{', r#"{"language":"ar","#, 1);
    let nested = r#"{"filters":[{"key":"eci","key":"eci","value":"MOTO"}]}"#;
    let bodies: [(&[u8], &str); 13] = [
        (b"", "empty"),
        (b"   ", "empty"),
        (b"{", "EOF"),
        (b"[]", "object"),
        (b"null", "object"),
        (b"\"text\"", "object"),
        (b"{\"a\":1,}", "comma"),
        (b"{} {}", "trailing"),
        (b"query_command=GENERATE_REPORT", "expected value"),
        (b"{\"a\":\"\xff\"}", "UTF-8"),
        (deep.as_bytes(), "object"),
        (twice.as_bytes(), "`language` is there twice"),
        (nested.as_bytes(), "`key` is there twice"),
    ];
    for (body, culprit) in bodies {
        let answer = server.send("POST", PATH, &[], body.to_vec()).await;
        check(&server, &answer, "00073", "Invalid request format", culprit);
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
    let answer = server.send("POST", PATH, &[], deep).await;
    check(&server, &answer, "00001", "Missing parameter", "`query_command`");
}

#[tokio::test]
async fn another_content_type_is_00073_and_none_is_json() {
    let server = Server::start().await;
    let body = HOME.signed(&good()).to_string();
    for kind in ["application/x-www-form-urlencoded", "text/plain", "application/xml"] {
        let answer = server.send("POST", PATH, &[("Content-Type", kind)], body.clone()).await;
        check(&server, &answer, "00073", "Invalid request format", kind);
    }
    for kinds in [vec![("Content-Type", "application/json; charset=utf-8")], vec![]] {
        let answer = server.send("POST", PATH, &kinds, body.clone()).await;
        let code = answer.json()["response_code"].clone();
        assert_eq!(code, if kinds.is_empty() { "57066" } else { "56000" });
    }
}

#[tokio::test]
async fn other_methods_are_405_and_other_paths_404() {
    let server = Server::start().await;
    for method in ["GET", "PUT", "DELETE", "HEAD"] {
        let answer = server.send(method, PATH, &[], "").await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{method}");
        assert!(answer.body.is_empty());
    }
    let answer = server.send("POST", "/FortAPI/paymentApi", &[], "{}").await;
    assert_eq!(answer.status, 404);
    let reason = server.last_entry().note.reason.clone().unwrap();
    assert!(reason.contains("/FortAPI/reportingApi"), "{reason}");
}

#[tokio::test]
async fn a_number_is_as_good_as_its_digits() {
    let server = Server::start().await;
    let request = with(&HOME.generate("x"), "merchant_reference", json!(12345));
    assert_eq!(HOME.ask(&server, &request).await.json()["merchant_reference"], "12345");
    pass(&server, 2);
    assert!(HOME.ask(&server, &HOME.download("12345")).await.json().is_array());
}

#[tokio::test]
async fn faults_speak_in_codes_of_the_vendor() {
    use axum::body::to_bytes;
    use sandtill::providers::{InjectedError, find};
    use sandtill::wire::body::TransportError;
    let server = Server::start().await;
    let provider = find("payfort").unwrap();
    let (moment, none) = (server.space().moment(), axum::http::HeaderMap::new());
    for (trouble, expected) in [
        (
            InjectedError::Error("57128"),
            "{\"response_message\":\"The generated report is still pending, you can’t download it \
             now\",\"response_code\":\"57128\",\"status\":\"57\"}",
        ),
        (
            InjectedError::Error("00008"),
            r#"{"response_message":"Signature mismatch","response_code":"00008","status":"00"}"#,
        ),
        (
            InjectedError::Throttled,
            r#"{"response_message":"You have exceeded the maximum number of attempts","response_code":"57123","status":"57"}"#,
        ),
        (
            InjectedError::ExpiredToken,
            r#"{"response_message":"Invalid access code","response_code":"00010","status":"00"}"#,
        ),
    ] {
        let response = (provider.error_response)(&moment, "generate", &none, trouble).unwrap();
        assert_eq!(response.status(), 200);
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        assert_eq!(String::from_utf8(body.to_vec()).unwrap(), expected);
    }
    for unknown in ["", "8", "99008", "00999", "E01"] {
        assert!(
            (provider.error_response)(&moment, "generate", &none, InjectedError::Error(unknown))
                .is_none()
        );
    }
    let refused = (provider.reject_early)(&moment, "generate", &none, TransportError::TooLarge);
    assert_eq!(refused.status(), 413);
}

#[tokio::test]
async fn what_xml_cannot_carry_is_replaced_and_the_signature_covers_what_is_carried() {
    let server = Server::start().await;
    let mut request = with(&good(), "response_format", json!("XML"));
    request["merchant_reference"] = json!("a\u{1}<&>\r\u{ffff}");
    let text = HOME.ask(&server, &request).await.text();
    let document = roxmltree::Document::parse(&text).unwrap();
    let fields: serde_json::Map<_, _> = document
        .root_element()
        .children()
        .map(|it| (it.tag_name().name().to_owned(), it.text().unwrap_or("").into()))
        .collect();
    assert_eq!(fields["response_code"], "00002");
    assert_eq!(fields["merchant_reference"], "a\u{fffd}<&>\r\u{fffd}");
    HOME.verify(&Value::Object(fields));
}
