//! Measures how cost grows with the number of rows: generation, first and last page, memory per
//! row.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::load::{RequestSource, fastest, once, request};
use crate::process::Served;
use crate::requests::{self, begateway};
use crate::scenario::{MILLION, scenario};
use crate::table::{Table, hundredths, ratio};
use crate::turns::rate;

/// Requests for pages from the first, a middle and the last row on. The page of a number begins that many rows
/// behind the one before it, so that none is asked for twice.
fn sources(address: &str) -> [RequestSource; 3] {
    let last =
        once(address, &begateway("2000-01-01 00:00:00", ",\"ending_before\":9223372036854775807"));
    let page: serde_json::Value = serde_json::from_slice(&last).unwrap();
    let id = |page: &serde_json::Value, name: &str| page[name].as_i64().unwrap();
    // The first full day of the window: before it there are rows of scattered days.
    let first = once(address, &begateway("2025-12-15 00:00:00", ""));
    let first: serde_json::Value = serde_json::from_slice(&first).unwrap();
    let (first, last) = (id(&first, "first_object_id"), id(&page, "first_object_id"));
    [(first, ROW), (i64::midpoint(first, last), ROW), (last, -ROW)].map(|(from, step)| {
        let source: RequestSource = Arc::new(move |number| {
            let after = from + step * i64::try_from(number).unwrap();
            begateway("2000-01-01 00:00:00", &format!(",\"starting_after\":{after}")).into()
        });
        source
    })
}

/// Difference of the ids of two rows of a day that follow each other.
const ROW: i64 = 100_000;

/// Time of the server for each of these three pages under load, the median of seven turns.
fn pages(address: &str) -> [Duration; 3] {
    const TURNS: usize = 7;
    let next = [(); 3].map(|()| Arc::new(AtomicU64::new(0)));
    let sources = sources(address);
    let mut times = [[Duration::ZERO; TURNS]; 3];
    for turn in 0..TURNS {
        for ((times, source), next) in times.iter_mut().zip(&sources).zip(&next) {
            let (source, next) = (Arc::clone(source), Arc::clone(next));
            // Each turn goes on where the one before it ended.
            let source: RequestSource =
                Arc::new(move |_| source(next.fetch_add(1, Ordering::Relaxed)));
            let rate = rate(address, &source, Duration::from_millis(200));
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
            &format!("{rows} rows: pages of 100 from the first, the middle and the last row on"),
            format!("{:.1?} / {:.1?} / {:.1?}, {}", times[0], times[1], times[2], ratio(spread)),
            "within 1.20 × of each other and of the first page of 10,000 rows",
            Some(spread <= 120),
        );
        table.line(
            &format!("{rows} rows: start to first page; all rows made and counted; counted again"),
            format!("{first_page:.1?}; {generated:.1?} ({counted} card rows); {again:.1?}"),
            "10 million: first page ≤ 1 s",
            Some(first_page.as_millis() <= 1000),
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
