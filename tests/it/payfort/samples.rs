//! What the vendor's page shows, in the scenario that holds it.

use serde_json::{Value, json};

use super::{HOME, pass};
use crate::support::Server;

/// The request of the page with straight quotes and without the comma behind the last column.
fn documented(format: &str) -> Value {
    json!({
        "query_command": "GENERATE_REPORT",
        "access_code": "zx0IPmPy5jp1vAz8Kpg7",
        "merchant_identifier": "CycHZxVj",
        "merchant_reference": "XYZ9239-yu898",
        "from_date": "2017-08-03T00:00:01+03:00",
        "to_date": "2017-08-03T23:59:59+03:00",
        "response_format": format,
        "language": "en",
        "columns": [
            "order_description", "customer_ip", "eci", "geolocation_ip", "merchant_reference",
            "card_holder_name", "currency", "amount", "payment_option", "fort_id",
            "customer_email", "customer_name", "operation",
        ],
        "filters": [
            {"key": "currency", "value": "USD"},
            {"key": "payment_option", "value": "VISA"},
        ],
    })
}

#[tokio::test]
async fn the_documented_request_gets_the_documented_json() {
    let server = Server::frozen("docs-samples", "").await;
    let answer = HOME.ask(&server, &documented("JSON")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json;charset=UTF-8");
    // python3: hashlib.sha256 over the sorted fields between two `sandtill-response`.
    assert_eq!(
        answer.text(),
        r#"{"query_command":"GENERATE_REPORT","access_code":"zx0IPmPy5jp1vAz8Kpg7","merchant_identifier":"CycHZxVj","merchant_reference":"XYZ9239-yu898","from_date":"2017-08-03T00:00:01+03:00","to_date":"2017-08-03T23:59:59+03:00","response_format":"JSON","signature":"2e3ade54f3350f2df1dd322a100df042dd05357016d9540f59181ee65cbc9d58","language":"en","response_message":"Success","response_code":"56000","status":"56"}"#
    );
}

#[tokio::test]
async fn the_documented_request_gets_the_documented_xml() {
    let server = Server::frozen("docs-samples", "").await;
    let answer = HOME.ask(&server, &documented("XML")).await;
    assert_eq!(answer.header("content-type"), "application/xml;charset=UTF-8");
    assert_eq!(
        answer.text(),
        "<response><response_code>56000</response_code>\
         <from_date>2017-08-03T00:00:01+03:00</from_date>\
         <signature>df2717a8f273c3c836422c635fe4f3ad836af73b25eef39814109fe70fb96ce2</signature>\
         <merchant_identifier>CycHZxVj</merchant_identifier>\
         <access_code>zx0IPmPy5jp1vAz8Kpg7</access_code><language>en</language>\
         <response_format>XML</response_format><response_message>Success</response_message>\
         <to_date>2017-08-03T23:59:59+03:00</to_date>\
         <merchant_reference>XYZ9239-yu898</merchant_reference>\
         <query_command>GENERATE_REPORT</query_command><status>56</status></response>"
    );
}

#[tokio::test]
async fn the_documented_report_holds_the_visa_payments_in_dollars() {
    let server = Server::frozen("docs-samples", "").await;
    HOME.ask(&server, &documented("JSON")).await;
    pass(&server, 2);
    let answer = HOME.ask(&server, &HOME.download("XYZ9239-yu898")).await;
    // The second id: 2017-08-03T12:00:00Z is 1501761600. Noon is half of a day that has no generated
    // rows and a thousand numbers, and the row is the first there.
    assert_eq!(
        answer.text(),
        r#"[{"data_count":2},[{"order_description":"iPhone 6-S","customer_ip":"192.178.1.10","eci":"ECOMMERCE","geolocation_ip":"SA","merchant_reference":"XYZ9239-yu898","card_holder_name":"John Smith","currency":"USD","amount":"10000","payment_option":"VISA","fort_id":"149295435400084008","customer_email":"test@payfort.com","customer_name":"John Smith","operation":"PURCHASE"},{"order_description":"Phone case","customer_ip":"192.178.1.11","eci":"ECOMMERCE","geolocation_ip":"AE","merchant_reference":"XYZ9239-yu899","card_holder_name":"Jane Roe","currency":"USD","amount":"2550","payment_option":"VISA","fort_id":"150176160000500001","customer_email":"jane@example.com","customer_name":"Jane Roe","operation":"PURCHASE"}]]"#
    );
}

#[tokio::test]
async fn a_pinned_fort_id_is_found_by_its_filter() {
    let server = Server::frozen("docs-samples", "").await;
    let mut request = documented("JSON");
    request["columns"] = json!(["amount"]);
    request["filters"] = json!([{"key": "fort_id", "value": "149295435400084008"}]);
    assert_eq!(HOME.rows(&server, &request).await, [json!({"amount": "10000"})]);
}

#[tokio::test]
async fn the_request_as_the_page_prints_it_is_no_json() {
    let server = Server::frozen("docs-samples", "").await;
    let body = "{\n“query_command”: “GENERATE_REPORT”,\n“access_code”: “zx0IPmPy5jp1vAz8Kpg7”\n}";
    let answer = server.send("POST", super::PATH, &[], body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.text(),
        r#"{"response_message":"Invalid request format","response_code":"00073","status":"00"}"#
    );
    let reason = server.last_entry().note.reason.clone().unwrap();
    assert!(reason.contains("curly quotes"), "{reason}");
}
