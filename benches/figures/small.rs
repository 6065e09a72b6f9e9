//! Measures small responses, each of them different, against the same bytes ready-made.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::load::{Connection, RequestSource, block_on, once};
use crate::process::Served;
use crate::requests;
use crate::scenario::Scenario;
use crate::series::{Baseline, Series, Workload, compare};
use crate::table::Table;
use crate::turns::CONNECTIONS;
use crate::workloads;

/// Requests per server. A server keeps the latest 100,000 tokens and as many reports.
const MAX_REQUESTS: u64 = 90_000;

pub fn run(table: &mut Table) {
    measure(table, "PayFort GENERATE with signature, another one each time", payfort);
    measure(table, "Flitt token, another date each time", flitt_token);
    measure(table, "EpicPay deposits, another day each time", epicpay);
    measure(table, "WePay /v2/report, another report each time", wepay);
}

/// A server, its requests by number, and how many numbers there are.
type NumberedRequests = (Served, RequestSource, u64);

fn measure(table: &mut Table, label: &str, begin: fn(u64) -> NumberedRequests) {
    // A separate server, which is not measured, provides the sample response.
    let (sample, source, _) = begin(0);
    let baselines = vec![Baseline::bytes(&once(&sample.address, &source(0)), &source)];
    drop(sample);
    compare(table, label, series(begin), baselines);
}

fn series(begin: fn(u64) -> NumberedRequests) -> Series {
    Series::once(move |seed| {
        let (served, source, size) = begin(seed);
        Workload::counted(served, &source, size)
    })
}

fn world(seed: u64) -> Served {
    Scenario { volume: 100, days: 90, seed, merchants: 1 }.served(&["--log-level", "error"])
}

fn payfort(seed: u64) -> NumberedRequests {
    let from = "2026-03-13T00:00:00+00:00";
    let source = move |number| requests::payfort_generate(&format!("bench-{number}"), from).into();
    (world(seed), Arc::new(source), MAX_REQUESTS)
}

fn flitt_token(seed: u64) -> NumberedRequests {
    // The vendor accepts any text as date; its examples use Unix seconds.
    let source =
        |number: u64| requests::flitt_token_request(&(1_773_000_000 + number).to_string()).into();
    (world(seed), Arc::new(source), MAX_REQUESTS)
}

fn epicpay(seed: u64) -> NumberedRequests {
    let (source, size) = workloads::epicpay_days("deposits");
    (workloads::ten_years(seed), source, size)
}

fn wepay(seed: u64) -> NumberedRequests {
    let served = world(seed);
    let polls = created(&served.address);
    let source = move |number| {
        let index = usize::try_from(number % MAX_REQUESTS).unwrap();
        Arc::clone(&polls[index])
    };
    (served, Arc::new(source), MAX_REQUESTS)
}

/// Spaces that the WePay reports are in: each report has two callbacks, and a space holds 50,000.
const SPACES: u64 = 4;

/// Creates `MAX_REQUESTS` WePay reports and returns the request that polls each of them.
fn created(address: &str) -> Vec<Arc<[u8]>> {
    let next = Arc::new(AtomicU64::new(0));
    block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..CONNECTIONS {
            let (address, next) = (address.to_owned(), Arc::clone(&next));
            tasks.spawn(async move {
                let mut connection = Connection::open(&address).await;
                let mut polls = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= MAX_REQUESTS {
                        return polls;
                    }
                    let space = number % SPACES;
                    let request = requests::wepay_create(1_600_000_000 + number);
                    let (request, mut body) = (requests::in_space(&request, space), Vec::new());
                    connection.exchange(&request, |part| body.extend_from_slice(part)).await;
                    let report = serde_json::from_slice(&body).unwrap();
                    let poll = requests::wepay_poll(&report);
                    polls.push(requests::in_space(&poll, space).into());
                }
            });
        }
        tasks.join_all().await.concat()
    })
}

/// The series that the profiler load (`--load NAME`) can run.
pub fn series_of(name: &str) -> Option<Series> {
    Some(match name {
        "payfort" => series(payfort),
        "token" => series(flitt_token),
        "deposits" => series(epicpay),
        "wepay" => series(wepay),
        _ => return None,
    })
}
