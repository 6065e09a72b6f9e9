//! What is wrong with the parameters of `/report/create`, in the words and the order of the documents.

use super::calls::{check, refusal};
use super::{JSON, TOKEN};
use crate::support::Server;

const WHOLE: &str = r#""type":"merchant_transactions","resource":{"object_type":"account","object_id":216083312},"callback_uri":"http://127.0.0.1/""#;
const RESOURCE: &str = r#"{"object_type":"account","object_id":216083312}"#;
const URI: &str = r#""http://127.0.0.1/""#;

/// A good request with one thing changed.
fn with(from: &str, to: &str) -> String {
    assert!(WHOLE.contains(from), "{from}");
    format!("{{{}}}", WHOLE.replacen(from, to, 1))
}

/// A good request with these options.
fn options(options: &str) -> String {
    format!(r#"{{{WHOLE},"advanced_options":{options}}}"#)
}

/// Every body is refused with its code and text, and leaves nothing behind.
async fn refused(rows: &[(String, &str)], code: u32) {
    let server = Server::start().await;
    for (body, text) in rows {
        let expected = refusal(code, text);
        let to = "POST /v2/report/create";
        check(&server, &[TOKEN, JSON], to, body, (400, &expected)).await;
    }
    let world = server.space().world();
    assert!(world.state.reports.is_empty());
    assert_eq!(world.state.outbox.all().count(), 0);
}

#[tokio::test]
async fn missing_parameters_are_named_in_the_documents_order() {
    let rows = [
        (String::new(), "type"),
        ("{}".to_owned(), "type"),
        ("[]".to_owned(), "type"),
        (with("\"merchant_transactions\"", "null"), "type"),
        (with("\"type\"", "\"tipe\""), "type"),
        (with("\"resource\"", "\"source\""), "resource"),
        (with(RESOURCE, "{}"), "resource.object_type"),
        (with(r#""object_type":"account","#, ""), "resource.object_type"),
        (with(r#","object_id":216083312"#, ""), "resource.object_id"),
        (with("callback_uri", "callback_url"), "callback_uri"),
        (with(URI, "\"\""), "callback_uri"),
    ];
    let server = Server::start().await;
    for (body, name) in rows {
        let expected = refusal(1004, &format!("{name} parameter is required"));
        let to = "POST /v2/report/create";
        check(&server, &[TOKEN, JSON], to, &body, (400, &expected)).await;
    }
}

#[tokio::test]
async fn wrong_words_and_structures_are_named() {
    let of_resource = "Invalid parameter resource";
    let of_object = "Invalid parameter resource.object_type";
    let of_end = "Invalid parameter advanced_options.end_time";
    let rows = [
        (with("merchant_transactions", "transactions"), "Invalid parameter type"),
        (with("\"merchant_transactions\"", "7"), "Invalid parameter type"),
        (with(RESOURCE, "[1]"), of_resource),
        (with(RESOURCE, "\"account\""), of_resource),
        (with(r#""account""#, r#""user""#), of_object),
        (with(r#""account""#, r#""withdrawal""#), of_object),
        (with(r#""account""#, "[]"), of_object),
        (with("merchant_transactions", "reconciliation"), of_object),
        (options("7"), "Invalid parameter advanced_options"),
        (options(r#"{"end_time":9223372036854775807}"#), of_end),
        (options(r#"{"start_time":1000,"end_time":999}"#), of_end),
        (options(r#"{"end_time":1000}"#), of_end),
        (options(r#"{"start_time":-1}"#), "Invalid parameter advanced_options.start_time"),
    ];
    refused(&rows, 1003).await;
}

#[tokio::test]
async fn whole_numbers_have_64_bits() {
    let text = "Parameter 'resource.object_id' expected integer";
    let mut rows: Vec<(String, &str)> = Vec::new();
    for value in [
        "\"x\"",
        "1.5",
        "1e3",
        "true",
        "[]",
        "92233720368547758080",
        "\"92233720368547758080\"",
        "\"+1\"",
        "\" 1\"",
        "\"-\"",
    ] {
        rows.push((with("216083312", value), text));
    }
    rows.push((
        options(r#"{"start_time":"soon"}"#),
        "Parameter 'advanced_options.start_time' expected integer",
    ));
    rows.push((
        options(r#"{"end_time":[]}"#),
        "Parameter 'advanced_options.end_time' expected integer",
    ));
    refused(&rows, 1003).await;
}

#[tokio::test]
async fn a_callback_uri_is_absolute_and_of_the_web() {
    let not_full = "callback_uri must be a full uri (ex https:\\/\\/www.wepay.com)";
    let mut rows: Vec<(String, &str)> = Vec::new();
    for uri in [
        "/ipn",
        "ipn",
        "//host/ipn",
        "ftp://127.0.0.1/",
        "http:example.com",
        "http://",
        "javascript:alert(1)",
        "http://[::1/",
    ] {
        rows.push((with(URI, &format!("\"{uri}\"")), not_full));
    }
    let long = format!("\"http://127.0.0.1/{}\"", "x".repeat(239));
    rows.push((with(URI, &long), "Invalid parameter callback_uri"));
    rows.push((with(URI, "{}"), "Invalid parameter callback_uri"));
    refused(&rows, 1003).await;
    // 255 characters are not too many.
    let server = Server::start().await;
    let longest = format!("http://127.0.0.1/{}", "x".repeat(238));
    super::create(&server, &longest, "").await;
}

#[tokio::test]
async fn unreadable_bodies_are_1005() {
    let text = "the parameters could not be parsed";
    let deep = "[".repeat(100_000);
    let bodies = ["{\"type\":", "7", "null", "\"\"", "[1]", "{}{}", "\u{feff}{}", &deep];
    let rows: Vec<(String, &str)> = bodies.iter().map(|it| ((*it).to_owned(), text)).collect();
    refused(&rows, 1005).await;
}
