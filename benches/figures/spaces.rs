//! Measures the memory of a thousand spaces, and the time of a reset and a snapshot.

use crate::load::{fastest, once, request};
use crate::process::Served;
use crate::requests;
use crate::scenario::scenario;
use crate::table::Table;

pub fn run(table: &mut Table) {
    let file = scenario(100, 90);
    let served = Served::sandtill(&["--scenario", file.path().to_str().unwrap()]);
    let default_request = String::from_utf8(requests::epicpay("2026-03-10")).unwrap();
    let send_to_spaces = |count: std::ops::Range<u32>| {
        for number in count {
            let default_request =
                default_request.replacen("/reporting", &format!("/@space-{number}/reporting"), 1);
            once(&served.address, default_request.as_bytes());
        }
    };
    send_to_spaces(0..10);
    let (before, _) = served.memory();
    send_to_spaces(10..1010);
    let (after, _) = served.memory();
    table.line(
        "a thousand spaces in use: memory each, with the one entry in its journal",
        format!("{}.{} KB", (after - before) / 1000, (after - before) / 100 % 10),
        "≤ 5 KB",
        Some(after - before <= 5 * 1000),
    );
    let file = scenario(11_111, 90);
    let served = Served::sandtill(&["--scenario", file.path().to_str().unwrap()]);
    once(&served.address, &requests::begateway_count());
    let reset = fastest(&served.address, &request("POST", "/_admin/reset", &[], ""), 20);
    let snapshot = fastest(&served.address, &request("GET", "/_admin/snapshot", &[], ""), 20);
    table.line(
        "reset and snapshot at a million rows",
        format!("{reset:.0?}; {snapshot:.0?}"),
        "≤ 1 ms",
        Some(reset.as_millis() < 1 && snapshot.as_millis() < 1),
    );
}
