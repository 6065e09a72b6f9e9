//! Builds the requests to each provider as bytes that can be sent unchanged.

use base64::Engine;
use sha2::{Digest, Sha256, Sha512};

use crate::load::{once, request};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A request for the first 100 card rows of beGateway from a time on, or for the page at a cursor.
pub fn begateway(from: &str, cursor: &str) -> Vec<u8> {
    begateway_page(1, (from, "2099-12-31 23:59:59"), cursor)
}

/// A request for a beGateway page of a shop. The span includes both ends; `cursor` is a JSON
/// fragment that starts with a comma, or empty.
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

/// A request for the number of card rows of shop 1. The server has to read all rows for it.
pub fn begateway_count() -> Vec<u8> {
    begateway_count_of(1)
}

/// A request for the number of card rows of a shop.
pub fn begateway_count_of(shop: u32) -> Vec<u8> {
    let page = begateway_page(shop, ("2000-01-01 00:00:00", "2099-12-31 23:59:59"), "");
    let page = String::from_utf8(page).unwrap();
    page.replacen("/api/reports", "/api/reports/count", 1).into_bytes()
}

/// A request for the EpicPay deposits of a day of the first merchant.
pub fn epicpay(day: &str) -> Vec<u8> {
    epicpay_report("deposits", 1, day)
}

/// A request for an EpicPay report of one day of a merchant.
pub fn epicpay_report(report: &str, merchant: u32, day: &str) -> Vec<u8> {
    let body = format!(r#"{{"start_date":"{day}","end_date":"{day}"}}"#);
    let authorization = basic(&format!("sandtill-terminal-{merchant}:sandtill-password-1"));
    let headers = [("Authorization", authorization.as_str()), JSON];
    request("POST", &format!("/reporting/v1/GetReport/{report}"), &headers, &body)
}

/// Fetches a Flitt token from the server.
pub fn flitt_token(address: &str) -> String {
    let poll = flitt_token_request("2026-03-14 12:00:00");
    let answer: serde_json::Value = serde_json::from_slice(&once(address, &poll)).unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

/// A signed request for a Flitt token.
pub fn flitt_token_request(date: &str) -> Vec<u8> {
    let signature = hex::encode(Sha512::digest(format!("test|1019|{date}")));
    let body = format!(r#"{{"application_id":"1019","date":"{date}","signature":"{signature}"}}"#);
    request("POST", "/authorizer/token/application/get", &[JSON], &body)
}

/// A request for a page of 50 rows of Flitt's report 745. `filter` is a JSON fragment that starts
/// with a comma, or empty.
pub fn flitt(token: &str, page: u32, filter: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"on_page":50,"page":{page},"filters":[{{"s":"order_timestart","m":"from","v":"2020-01-01"}}{filter}],"merchant_id":1549902,"report_id":745}}"#
    );
    let token = format!("Token {token}");
    let headers = [("Authorization", token.as_str()), JSON];
    request("POST", "/api/extend/company/report/", &headers, &body)
}

/// A text filter that matches nearly every row.
pub const UNSELECTIVE: &str = r#",{"s":"sender_email","m":"like","v":"example"}"#;

/// The columns of the PayFort report.
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

/// A signed request that creates a PayFort report from `from` to the end of the window.
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

/// A signed request that downloads a created PayFort report.
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

/// Creates a WePay report of all transactions up to 12 March 2026 and returns the response.
pub fn wepay_created(address: &str) -> serde_json::Value {
    serde_json::from_slice(&once(address, &wepay_create(1_600_000_000))).unwrap()
}

/// A request that creates a WePay report of the transactions since `start` (Unix seconds).
pub fn wepay_create(start: u64) -> Vec<u8> {
    let body = format!(
        r#"{{"type":"merchant_transactions","resource":{{"object_type":"account","object_id":216083312}},"callback_uri":"http://127.0.0.1:9/ipn","advanced_options":{{"start_time":{start},"end_time":1773300000}}}}"#
    );
    wepay("report/create", &body)
}

/// The same request in a space.
pub fn in_space(request: &[u8], space: u64) -> Vec<u8> {
    let text = std::str::from_utf8(request).unwrap();
    text.replacen(" /", &format!(" /@bench-{space}/"), 1).into_bytes()
}

/// A request for the state of a WePay report.
pub fn wepay_poll(report: &serde_json::Value) -> Vec<u8> {
    wepay("report", &format!("{{\"report_id\":{}}}", report["report_id"]))
}

/// Creates a WePay report; returns the request that polls it, and the path of its file.
pub fn wepay_report(address: &str) -> (Vec<u8>, String) {
    let created = wepay_created(address);
    let poll = wepay_poll(&created);
    let report: serde_json::Value = serde_json::from_slice(&once(address, &poll)).unwrap();
    let uri = report["report_uri"].as_str().unwrap();
    let path = uri.find("/api/").unwrap();
    (poll, uri.split_at(path).1.to_owned())
}
