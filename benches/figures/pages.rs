//! Pages and small answers under load, each against bare axum routes in the same run.

use std::time::Duration;

use crate::load::{once, rate, request};
use crate::process::Served;
use crate::table::{Table, hundredths, ratio};

const TIME: Duration = Duration::from_secs(3);
const CONNECTIONS: usize = 32;

/// A beGateway page of the first 100 rows of a span.
pub fn begateway(from: &str, cursor: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"report_params":{{"date_type":"created_at","from":"{from}","to":"2099-12-31 23:59:59","status":"all","payment_method_type":"credit_card","time_zone":"UTC"{cursor}}}}}"#
    );
    let headers = [
        ("Authorization", "Basic MTpzYW5kdGlsbC1zaG9wLXNlY3JldA=="),
        ("X-Api-Version", "3"),
        ("Content-Type", "application/json"),
    ];
    request("POST", "/api/reports", &headers, &body)
}

/// A scenario of one beGateway shop with pages of 100.
pub fn scenario(volume: u32, days: u32) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    let text = format!(
        r#"days = {days}
[clock]
mode = "frozen"
now = "2026-03-14T12:00:00Z"
[settings.begateway]
page_size = 100
[[merchant]]
name = "begateway"
[[merchant.credentials.begateway]]
shop_id = "1"
secret_key = "sandtill-shop-secret"
[merchant.trade]
volume = {volume}
"#
    );
    std::fs::write(file.path(), text).unwrap();
    file
}

/// Answers a second of a server, and of a bare route that sends the same bytes ready-made.
fn against_bytes(address: &str, asked: &[u8]) -> (u64, u64) {
    let page = once(address, asked);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &page).unwrap();
    let own = rate(address, asked, CONNECTIONS, TIME);
    let bare = Served::bare("bytes", file.path().to_str().unwrap());
    (own, rate(&bare.address, asked, CONNECTIONS, TIME))
}

pub fn run(table: &mut Table) {
    let file = scenario(100, 90);
    let served = Served::sandtill(&["--scenario", file.path().to_str().unwrap()]);
    let asked = begateway("2026-01-10 00:00:00", "");
    let (own, bytes) = against_bytes(&served.address, &asked);
    let bare = Served::bare("serialise", "");
    let serialised = rate(&bare.address, &asked, CONNECTIONS, TIME);
    let times = hundredths(own, serialised);
    table.line(
        "beGateway page of 100 rows, 32 connections, one core",
        format!("{own}/s, {} of serialising plain structs ({serialised}/s)", ratio(times)),
        "2 × serialising plain structs",
        Some(times >= 200),
    );
    table.line(
        "the same against the bytes ready-made",
        format!("{} of {bytes}/s", ratio(hundredths(own, bytes))),
        "aim for 0.50 ×",
        Some(hundredths(own, bytes) >= 50),
    );
}
