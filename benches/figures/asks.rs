//! What is asked of each provider, ready to be sent.

use base64::Engine;
use sha2::{Digest, Sha256, Sha512};

use crate::load::{once, request};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A beGateway page of the first 100 rows of a span.
pub fn begateway(from: &str, cursor: &str) -> Vec<u8> {
    begateway_page(1, (from, "2099-12-31 23:59:59"), cursor)
}

/// A beGateway page of a shop, from a time to a time (both included), at a cursor.
pub fn begateway_page(shop: u32, (from, to): (&str, &str), cursor: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"report_params":{{"date_type":"created_at","from":"{from}","to":"{to}","status":"all","payment_method_type":"credit_card","time_zone":"UTC"{cursor}}}}}"#
    );
    let authorization = basic(&format!("{shop}:sandtill-shop-secret"));
    let headers = [("Authorization", authorization.as_str()), ("X-Api-Version", "3"), JSON];
    request("POST", "/api/reports", &headers, &body)
}

fn basic(secret: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(secret))
}

/// How many rows beGateway has; looks at all of them.
pub fn begateway_count() -> Vec<u8> {
    begateway_count_of(1)
}

/// The same for a shop.
pub fn begateway_count_of(shop: u32) -> Vec<u8> {
    let page = begateway_page(shop, ("2000-01-01 00:00:00", "2099-12-31 23:59:59"), "");
    let page = String::from_utf8(page).unwrap();
    page.replacen("/api/reports", "/api/reports/count", 1).into_bytes()
}

/// The deposits of a day at EpicPay.
pub fn epicpay(day: &str) -> Vec<u8> {
    epicpay_report("deposits", 1, day)
}

/// A report of EpicPay about a day of a merchant.
pub fn epicpay_report(report: &str, merchant: u32, day: &str) -> Vec<u8> {
    let body = format!(r#"{{"start_date":"{day}","end_date":"{day}"}}"#);
    let authorization = basic(&format!("sandtill-terminal-{merchant}:sandtill-password-1"));
    let headers = [("Authorization", authorization.as_str()), JSON];
    request("POST", &format!("/reporting/v1/GetReport/{report}"), &headers, &body)
}

/// A token of Flitt.
pub fn flitt_token(address: &str) -> String {
    let asked = flitt_token_request("2026-03-14 12:00:00");
    let answer: serde_json::Value = serde_json::from_slice(&once(address, &asked)).unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

/// A signed request for a token.
pub fn flitt_token_request(date: &str) -> Vec<u8> {
    let signature = hex::encode(Sha512::digest(format!("test|1019|{date}")));
    let body = format!(r#"{{"application_id":"1019","date":"{date}","signature":"{signature}"}}"#);
    request("POST", "/authorizer/token/application/get", &[JSON], &body)
}

/// A page of 50 rows of report 745, with a further filter (or none: empty).
pub fn flitt(token: &str, page: u32, filter: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"on_page":50,"page":{page},"filters":[{{"s":"order_timestart","m":"from","v":"2020-01-01"}}{filter}],"merchant_id":1549902,"report_id":745}}"#
    );
    let token = format!("Token {token}");
    let headers = [("Authorization", token.as_str()), JSON];
    request("POST", "/api/extend/company/report/", &headers, &body)
}

/// A filter on text that nearly every row satisfies.
pub const UNSELECTIVE: &str = r#",{"s":"sender_email","m":"like","v":"example"}"#;

/// The columns that are downloaded from PayFort.
pub const COLUMNS: [&str; 12] = [
    "fort_id",
    "merchant_reference",
    "customer_name",
    "customer_email",
    "payment_option",
    "transaction_date",
    "card_number",
    "amount",
    "currency",
    "operation",
    "status",
    "response_message",
];

/// A signed request to generate a report from `from` to the end of the window.
pub fn payfort_generate(reference: &str, from: &str) -> Vec<u8> {
    let common = payfort_common(reference);
    let (columns, to) = (COLUMNS.map(|name| format!("\"{name}\"")).join(","), PAYFORT_END);
    let string = format!(
        "sandtill-requestaccess_code=zx0IPmPy5jp1vAz8Kpg7columns=[{}]from_date={from}\
         merchant_identifier=CycHZxVjmerchant_reference={reference}\
         query_command=GENERATE_REPORTto_date={to}sandtill-request",
        COLUMNS.join(", ")
    );
    let signature = hex::encode(Sha256::digest(string));
    let body = format!(
        r#"{{"query_command":"GENERATE_REPORT",{common},"from_date":"{from}","to_date":"{to}","columns":[{columns}],"signature":"{signature}"}}"#
    );
    request("POST", "/FortAPI/reportingApi", &[JSON], &body)
}

const PAYFORT_END: &str = "2026-03-14T12:00:00+00:00";

/// A signed request for the rows of a generated report.
pub fn payfort_download(reference: &str) -> Vec<u8> {
    let common = payfort_common(reference);
    let string = format!(
        "sandtill-requestaccess_code=zx0IPmPy5jp1vAz8Kpg7merchant_identifier=CycHZxVj\
         merchant_reference={reference}query_command=DOWNLOAD_REPORTsandtill-request"
    );
    let signature = hex::encode(Sha256::digest(string));
    let body =
        format!(r#"{{"query_command":"DOWNLOAD_REPORT",{common},"signature":"{signature}"}}"#);
    request("POST", "/FortAPI/reportingApi", &[JSON], &body)
}

fn payfort_common(reference: &str) -> String {
    format!(
        r#""access_code":"zx0IPmPy5jp1vAz8Kpg7","merchant_identifier":"CycHZxVj","merchant_reference":"{reference}""#
    )
}

fn wepay(call: &str, body: &str) -> Vec<u8> {
    let headers = [("Authorization", "Bearer STAGE_sandtill"), JSON];
    request("POST", &format!("/v2/{call}"), &headers, body)
}

/// Has a WePay report made about everything there is up to two days ago.
pub fn wepay_created(address: &str) -> serde_json::Value {
    serde_json::from_slice(&once(address, &wepay_create(1_600_000_000))).unwrap()
}

/// Has a WePay report made about what there is from a second of Unix time on.
pub fn wepay_create(start: u64) -> Vec<u8> {
    let body = format!(
        r#"{{"type":"merchant_transactions","resource":{{"object_type":"account","object_id":216083312}},"callback_uri":"http://127.0.0.1:9/ipn","advanced_options":{{"start_time":{start},"end_time":1773300000}}}}"#
    );
    wepay("report/create", &body)
}

/// Asks how a WePay report is.
pub fn wepay_poll(report: &serde_json::Value) -> Vec<u8> {
    wepay("report", &format!("{{\"report_id\":{}}}", report["report_id"]))
}

/// What asks for such a report, and the path of its file.
pub fn wepay_report(address: &str) -> (Vec<u8>, String) {
    let created = wepay_created(address);
    let asked = wepay_poll(&created);
    let report: serde_json::Value = serde_json::from_slice(&once(address, &asked)).unwrap();
    let uri = report["report_uri"].as_str().unwrap();
    let path = uri.find("/api/").unwrap();
    (asked, uri.split_at(path).1.to_owned())
}
