//! Small answers of which none is given twice, each against its bytes ready-made.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::asks;
use crate::load::{Ask, Connection, block_on, once};
use crate::process::Served;
use crate::scenario::Scenario;
use crate::series::{Rival, Series, Stock, compare};
use crate::stocks;
use crate::table::Table;
use crate::turns::CONNECTIONS;

/// A server keeps the latest hundred thousand tokens, and as many reports.
const MOST: u64 = 90_000;

pub fn run(table: &mut Table) {
    measure(table, "PayFort GENERATE with signature, another one each time", payfort);
    measure(table, "Flitt token, another date each time", flitt_token);
    measure(table, "EpicPay deposits, another day each time", epicpay);
    measure(table, "WePay /v2/report, another report each time", wepay);
}

/// A server, what it can be asked by a number, and how many numbers there are.
type Asked = (Served, Ask, u64);

fn measure(table: &mut Table, what: &str, begin: fn(u64) -> Asked) {
    // A server that is not measured shows what is answered.
    let (sample, ask, _) = begin(0);
    let rivals = vec![Rival::bytes(&once(&sample.address, &ask(0)), &ask)];
    drop(sample);
    compare(table, what, series(begin), rivals);
}

fn series(begin: fn(u64) -> Asked) -> Series {
    Series::once(move |seed| {
        let (served, ask, size) = begin(seed);
        Stock::counted(served, &ask, size)
    })
}

fn world(seed: u64) -> Served {
    // Reports have more callbacks than a server holds, which it would warn of each time.
    Scenario { volume: 100, days: 90, seed, merchants: 1 }.served(&["--log-level", "error"])
}

fn payfort(seed: u64) -> Asked {
    let from = "2026-03-13T00:00:00+00:00";
    let ask = move |number| asks::payfort_generate(&format!("bench-{number}"), from).into();
    (world(seed), Arc::new(ask), MOST)
}

fn flitt_token(seed: u64) -> Asked {
    // The date can be any text; seconds of Unix time are what the documents show.
    let ask = |number: u64| asks::flitt_token_request(&(1_773_000_000 + number).to_string()).into();
    (world(seed), Arc::new(ask), MOST)
}

fn epicpay(seed: u64) -> Asked {
    let (ask, size) = stocks::epicpay_days("deposits");
    (stocks::ten_years(seed), ask, size)
}

fn wepay(seed: u64) -> Asked {
    let served = world(seed);
    let polls = created(&served.address);
    let ask = move |number| {
        let place = usize::try_from(number % MOST).unwrap();
        Arc::clone(&polls[place])
    };
    (served, Arc::new(ask), MOST)
}

/// Has reports made, and gives what asks about each.
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
                    if number >= MOST {
                        return polls;
                    }
                    let (asked, mut body) =
                        (asks::wepay_create(1_600_000_000 + number), Vec::new());
                    connection.ask(&asked, |part| body.extend_from_slice(part)).await;
                    let report = serde_json::from_slice(&body).unwrap();
                    polls.push(asks::wepay_poll(&report).into());
                }
            });
        }
        tasks.join_all().await.concat()
    })
}

/// What a profiler can look at for some seconds.
pub fn series_of(name: &str) -> Option<Series> {
    Some(match name {
        "payfort" => series(payfort),
        "token" => series(flitt_token),
        "deposits" => series(epicpay),
        "wepay" => series(wepay),
        _ => return None,
    })
}
