//! What is asked of each provider, ready to be sent.

use sha2::{Digest, Sha256, Sha512};

use crate::load::{once, request};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A scenario of one merchant that every provider knows, with pages of 100 and reports that are done
/// at once. Its clock stands.
pub fn scenario(volume: u32, days: u32) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    let text = format!(
        r#"days = {days}
[clock]
mode = "frozen"
now = "2026-03-14T12:00:00Z"
[settings.begateway]
page_size = 100
[settings.payfort]
report_ready = "0s"
[settings.wepay]
report_queued = "0s"
report_running = "0s"
[[merchant]]
name = "bench"
[[merchant.credentials.begateway]]
shop_id = "1"
secret_key = "sandtill-shop-secret"
[[merchant.credentials.flitt]]
application_id = "1019"
key = "test"
merchant_id = "1549902"
[[merchant.credentials.epicpay]]
key_id = "sandtill-terminal-1"
password = "sandtill-password-1"
[[merchant.credentials.payfort]]
merchant_identifier = "CycHZxVj"
access_code = "zx0IPmPy5jp1vAz8Kpg7"
request_phrase = "sandtill-request"
response_phrase = "sandtill-response"
[[merchant.credentials.wepay]]
access_token = "STAGE_sandtill"
user_id = "242359999"
account_id = "216083312"
client_id = "1000"
client_secret = "sandtill-client-secret"
[merchant.trade]
volume = {volume}
"#
    );
    std::fs::write(file.path(), text).unwrap();
    file
}

/// Payments a day with which ninety days, and what was open before them, make a million rows.
pub const MILLION: u32 = 9400;

/// A beGateway page of the first 100 rows of a span.
pub fn begateway(from: &str, cursor: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"report_params":{{"date_type":"created_at","from":"{from}","to":"2099-12-31 23:59:59","status":"all","payment_method_type":"credit_card","time_zone":"UTC"{cursor}}}}}"#
    );
    let headers =
        [("Authorization", "Basic MTpzYW5kdGlsbC1zaG9wLXNlY3JldA=="), ("X-Api-Version", "3"), JSON];
    request("POST", "/api/reports", &headers, &body)
}

/// How many rows beGateway has; looks at all of them.
pub fn begateway_count() -> Vec<u8> {
    let page = String::from_utf8(begateway("2000-01-01 00:00:00", "")).unwrap();
    page.replacen("/api/reports", "/api/reports/count", 1).into_bytes()
}

/// The deposits of a day at EpicPay.
pub fn epicpay(day: &str) -> Vec<u8> {
    let body = format!(r#"{{"start_date":"{day}","end_date":"{day}"}}"#);
    let basic = "Basic c2FuZHRpbGwtdGVybWluYWwtMTpzYW5kdGlsbC1wYXNzd29yZC0x";
    let headers = [("Authorization", basic), JSON];
    request("POST", "/reporting/v1/GetReport/deposits", &headers, &body)
}

/// A token of Flitt.
pub fn flitt_token(address: &str) -> String {
    let date = "2026-03-14 12:00:00";
    let signature = hex::encode(Sha512::digest(format!("test|1019|{date}")));
    let body = format!(r#"{{"application_id":"1019","date":"{date}","signature":"{signature}"}}"#);
    let asked = request("POST", "/authorizer/token/application/get", &[JSON], &body);
    let answer: serde_json::Value = serde_json::from_slice(&once(address, &asked)).unwrap();
    answer["token"].as_str().unwrap().to_owned()
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
    let body = r#"{"type":"merchant_transactions","resource":{"object_type":"account","object_id":216083312},"callback_uri":"http://127.0.0.1:9/ipn","advanced_options":{"start_time":1600000000,"end_time":1773300000}}"#;
    serde_json::from_slice(&once(address, &wepay("report/create", body))).unwrap()
}

/// What asks for such a report, and the path of its file.
pub fn wepay_report(address: &str) -> (Vec<u8>, String) {
    let created = wepay_created(address);
    let asked = wepay("report", &format!("{{\"report_id\":{}}}", created["report_id"]));
    let report: serde_json::Value = serde_json::from_slice(&once(address, &asked)).unwrap();
    let uri = report["report_uri"].as_str().unwrap();
    let path = uri.find("/api/").unwrap();
    (asked, uri.split_at(path).1.to_owned())
}
