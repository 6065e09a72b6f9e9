//! Measures what a right import holds of a million rows: the sums of a ledger, and all its rows as CSV.

use crate::load::{fastest, once, request, without_chunks};
use crate::process::Served;
use crate::scenario::Scenario;
use crate::table::Table;

pub fn run(table: &mut Table) {
    let served = Scenario::million(1).served(&[]);
    measure(table, &served, "sums and digest", "");
    measure(table, &served, "all rows as CSV", "&format=csv");
}

/// Adds the line of one form of the truth: its best time of three, and by how much the memory grew.
fn measure(table: &mut Table, served: &Served, form: &str, query: &str) {
    let path = format!("/_admin/truth?provider=begateway&merchant=bench-1{query}");
    let request = request("GET", &path, &[], "");
    served.forget_peak();
    let (before, _) = served.memory();
    let answer = once(&served.address, &request);
    let (_, after) = served.memory();
    let rows = match query {
        "" => {
            let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
            answer["count"].as_u64().unwrap()
        }
        _ => {
            let lines = memchr::memchr_iter(b'\n', &without_chunks(&answer)).count();
            u64::try_from(lines).unwrap() - 1
        }
    };
    assert!(rows > 900_000, "the truth has {rows} rows");
    let time = fastest(&served.address, &request, 3);
    let grown = after.saturating_sub(before);
    table.line(
        &format!("truth of {rows} rows, {form}"),
        format!("{time:.2?}; peak memory grew {grown} KB"),
        "< 32 MB",
        Some(grown < 32 * 1024),
    );
}
