//! Measures how cost grows with the number of rows: generation, first and last page, memory per
//! row.

use std::time::{Duration, Instant};

use crate::load::{fastest, once, request, same};
use crate::process::Served;
use crate::requests::{self, begateway};
use crate::scenario::{MILLION, scenario};
use crate::table::{Table, hundredths, ratio};
use crate::turns::rate;

/// Cursors of the first, a middle and the last page of a ledger, as JSON fragments.
fn cursors(address: &str) -> [String; 3] {
    let last =
        once(address, &begateway("2000-01-01 00:00:00", ",\"ending_before\":9223372036854775807"));
    let page: serde_json::Value = serde_json::from_slice(&last).unwrap();
    let id = |page: &serde_json::Value, name: &str| page[name].as_i64().unwrap();
    let first = once(address, &begateway("2000-01-01 00:00:00", ""));
    let first: serde_json::Value = serde_json::from_slice(&first).unwrap();
    let middle = i64::midpoint(id(&first, "first_object_id"), id(&page, "last_object_id"));
    [
        String::new(),
        format!(",\"starting_after\":{middle}"),
        format!(",\"starting_after\":{}", id(&page, "first_object_id")),
    ]
}

/// Time of the server for each of these three pages under load, the median of seven turns.
fn pages(address: &str) -> [Duration; 3] {
    const TURNS: usize = 7;
    let sources = cursors(address).map(|cursor| same(&begateway("2000-01-01 00:00:00", &cursor)));
    let mut times = [[Duration::ZERO; TURNS]; 3];
    for turn in 0..TURNS {
        for (times, source) in times.iter_mut().zip(&sources) {
            let rate = rate(address, source, Duration::from_millis(200));
            times[turn] = Duration::from_secs(1) / u32::try_from(rate.max(1)).unwrap();
        }
    }
    times.map(|mut times| {
        times.sort_unstable();
        times[TURNS / 2]
    })
}

fn nanos(time: Option<&Duration>) -> u64 {
    time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap())
}

pub fn run(table: &mut Table) {
    let mut small_first = Duration::ZERO;
    for rows in [10_000_u64, 100_000, 1_000_000, 10_000_000] {
        let volume = u32::try_from(rows * u64::from(MILLION) / 1_000_000).unwrap();
        let file = scenario(volume, 90);
        let begun = Instant::now();
        let served =
            Served::sandtill(&["--scenario", file.path().to_str().unwrap(), "--hold-callbacks"]);
        once(&served.address, &begateway("2026-03-01 00:00:00", ""));
        let first_page = begun.elapsed();
        let before = Instant::now();
        // A count reads every row, so all days are generated before the pages are measured.
        let count = requests::begateway_count();
        let counted = once(&served.address, &count);
        let generated = before.elapsed();
        let counted: serde_json::Value = serde_json::from_slice(&counted).unwrap();
        let counted = counted["transactions"]["count"].as_u64().unwrap();
        let (resident, _) = served.memory();
        let again = fastest(&served.address, &count, 3);
        let times = pages(&served.address);
        if small_first.is_zero() {
            small_first = times[0];
        }
        let slowest = nanos(times.iter().max());
        let quickest = nanos(times.iter().chain([&small_first]).min());
        let spread = hundredths(slowest, quickest);
        table.line(
            &format!("{rows} rows: first, middle, last page of 100, each again and again"),
            format!("{:.1?} / {:.1?} / {:.1?}, {}", times[0], times[1], times[2], ratio(spread)),
            "within 1.20 × of each other and of the first page of 10,000 rows",
            Some(spread <= 120),
        );
        table.line(
            &format!("{rows} rows: start to first page; all rows made and counted; counted again"),
            format!("{first_page:.1?}; {generated:.1?} ({counted} card rows); {again:.1?}"),
            "10 million: first page ≤ 3 s",
            Some(first_page.as_millis() <= 3000),
        );
        whole(table, &served, rows);
        let bytes = resident * 1024 / rows;
        let to_reach = if rows == 10_000_000 { "≤ 64 bytes a row" } else { "" };
        let good = (rows == 10_000_000).then_some(bytes <= 64);
        table.line(
            &format!("{rows} rows: memory of the process, all rows made"),
            format!("{resident} KB, {bytes} bytes a row"),
            to_reach,
            good,
        );
    }
}

/// Measures requests that read every row.
fn whole(table: &mut Table, served: &Served, rows: u64) {
    let address = served.address.as_str();
    let token = requests::flitt_token(address);
    let filter = fastest(address, &requests::flitt(&token, 1, requests::UNSELECTIVE), 1);
    let (_, path) = requests::wepay_report(address);
    let file = fastest(address, &request("GET", &path, &[], ""), 1);
    table.line(
        &format!("{rows} rows: Flitt 745 with a filter on text, cold; WePay CSV of all"),
        format!("{filter:.1?}; {file:.1?}"),
        "grows as the rows do",
        None,
    );
}
