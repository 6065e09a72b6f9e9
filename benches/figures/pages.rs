//! Pages and small answers under load, each against bare axum routes in the same run.

use std::sync::Arc;
use std::time::Duration;

use crate::asks;
use crate::load::{Ask, once, rate, same};
use crate::process::Served;
use crate::table::{Table, hundredths, ratio};

const TIME: Duration = Duration::from_secs(3);
const CONNECTIONS: usize = 32;

/// Answers a second of a server, and of a bare route that sends the same bytes ready-made.
fn against_bytes(address: &str, ask: &Ask) -> (u64, u64) {
    let page = once(address, &ask(u64::MAX));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &page).unwrap();
    let bare = Served::bare("bytes", file.path().to_str().unwrap());
    let mut rates = [(0, 0); 3];
    for rates in &mut rates {
        // By turns, so that a disturbance from outside meets both.
        *rates = (
            rate(address, ask, CONNECTIONS, TIME / 3),
            rate(&bare.address, ask, CONNECTIONS, TIME / 3),
        );
    }
    median(rates)
}

/// Each rate's middle one.
fn median<const TURNS: usize>(mut rates: [(u64, u64); TURNS]) -> (u64, u64) {
    rates.sort_unstable();
    let own = rates[TURNS / 2].0;
    rates.sort_unstable_by_key(|it| it.1);
    (own, rates[TURNS / 2].1)
}

pub fn run(table: &mut Table) {
    let file = asks::scenario(100, 90);
    let served = Served::sandtill(&["--scenario", file.path().to_str().unwrap()]);
    let asked = same(&asks::begateway("2026-01-10 00:00:00", ""));
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
    others(table);
    journal(table, &asked, file.path().to_str().unwrap());
}

/// What the other providers are asked, with a name for each.
fn asked_of(address: &str) -> [(&'static str, &'static str, Ask); 5] {
    let token = asks::flitt_token(address);
    let (wepay, _) = asks::wepay_report(address);
    let generate: Ask = Arc::new(|number| {
        asks::payfort_generate(&format!("bench-{number}"), "2026-03-13T00:00:00+00:00").into()
    });
    [
        ("begateway", "", same(&asks::begateway("2026-01-10 00:00:00", ""))),
        ("flitt", "Flitt page of 50 rows", same(&asks::flitt(&token, 1, ""))),
        ("epicpay", "EpicPay deposits of a day", same(&asks::epicpay("2026-03-10"))),
        ("wepay", "WePay /v2/report", same(&wepay)),
        ("payfort", "PayFort GENERATE with signature", generate),
    ]
}

/// Load for a profiler: a server with one provider's requests for some seconds.
pub fn load(provider: &str) {
    let file = asks::scenario(100, 90);
    let served =
        Served::sandtill(&["--scenario", file.path().to_str().unwrap(), "--hold-callbacks"]);
    let asked = asked_of(&served.address);
    let (_, _, ask) = asked.iter().find(|it| it.0 == provider).unwrap();
    println!("{}/s", rate(&served.address, ask, CONNECTIONS, TIME));
}

/// The other providers.
fn others(table: &mut Table) {
    let file = asks::scenario(100, 90);
    let served =
        Served::sandtill(&["--scenario", file.path().to_str().unwrap(), "--hold-callbacks"]);
    let address = served.address.as_str();
    for (_, what, ask) in asked_of(address).into_iter().skip(1) {
        let (own, bytes) = against_bytes(address, &ask);
        let times = hundredths(own, bytes);
        table.line(
            what,
            format!("{own}/s, {} of the bytes ready-made ({bytes}/s)", ratio(times)),
            "0.50 × the bytes ready-made",
            Some(times >= 50),
        );
    }
}

/// What the journal costs: the same load with one and without.
fn journal(table: &mut Table, page: &Ask, scenario: &str) {
    let with = Served::sandtill(&["--scenario", scenario]);
    let without = Served::sandtill(&["--scenario", scenario, "--journal-entries", "0"]);
    let small = same(&asks::epicpay("2026-03-10"));
    for (what, ask) in [("pages of 100 rows", page), ("small answers", &small)] {
        let mut rates = [(0, 0); 5];
        for rates in &mut rates {
            *rates = (
                rate(&with.address, ask, CONNECTIONS, TIME / 3),
                rate(&without.address, ask, CONNECTIONS, TIME / 3),
            );
        }
        let (own, most) = median(rates);
        let cost = 100_u64.saturating_sub(own * 100 / most.max(1));
        table.line(
            &format!("journal under load, {what}"),
            format!("{own}/s with and {most}/s without it: {cost} %"),
            "≤ 10 % of throughput",
            Some(cost <= 10),
        );
    }
}
