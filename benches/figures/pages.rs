//! Pages and small answers under load, each against bare axum routes in the same run.

use std::sync::Arc;
use std::time::Duration;

use crate::asks;
use crate::load::{Ask, Versus, once, rate, same, versus};
use crate::process::Served;
use crate::table::{Table, ratio};

/// A server against a bare route that sends the same bytes ready-made.
fn against_bytes(address: &str, ask: &Ask) -> Versus {
    let page = once(address, &ask(u64::MAX));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &page).unwrap();
    let bare = Served::bare("bytes", file.path().to_str().unwrap());
    versus((address, ask), (&bare.address, ask))
}

pub fn run(table: &mut Table) {
    let file = asks::scenario(100, 90);
    let served = Served::sandtill(&["--scenario", file.path().to_str().unwrap()]);
    let asked = same(&asks::begateway("2026-01-10 00:00:00", ""));
    let bare = Served::bare("serialise", "");
    let turns = versus((&served.address, &asked), (&bare.address, &asked));
    table.line(
        "beGateway page of 100 rows, 32 connections, one core",
        format!(
            "{}/s, {} of serialising plain structs ({}/s)",
            turns.left,
            ratio(turns.hundredths),
            turns.right
        ),
        "2 × serialising plain structs",
        Some(turns.hundredths >= 200),
    );
    drop(bare);
    let turns = against_bytes(&served.address, &asked);
    table.line(
        "the same against the bytes ready-made",
        format!("{} of {}/s", ratio(turns.hundredths), turns.right),
        "aim for 0.50 ×",
        Some(turns.hundredths >= 50),
    );
    drop(served);
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
    println!("{}/s", rate(&served.address, ask, Duration::from_secs(3)));
}

/// The other providers.
fn others(table: &mut Table) {
    let file = asks::scenario(100, 90);
    let served =
        Served::sandtill(&["--scenario", file.path().to_str().unwrap(), "--hold-callbacks"]);
    let address = served.address.as_str();
    for (_, what, ask) in asked_of(address).into_iter().skip(1) {
        let turns = against_bytes(address, &ask);
        let times = ratio(turns.hundredths);
        table.line(
            what,
            format!("{}/s, {times} of the bytes ready-made ({}/s)", turns.left, turns.right),
            "0.50 × the bytes ready-made",
            Some(turns.hundredths >= 50),
        );
    }
}

/// What the journal costs: the same load with one and without.
fn journal(table: &mut Table, page: &Ask, scenario: &str) {
    let with = Served::sandtill(&["--scenario", scenario]);
    let without = Served::sandtill(&["--scenario", scenario, "--journal-entries", "0"]);
    let small = same(&asks::epicpay("2026-03-10"));
    for (what, ask) in [("pages of 100 rows", page), ("small answers", &small)] {
        let turns = versus((&with.address, ask), (&without.address, ask));
        let cost = 100_u64.saturating_sub(turns.hundredths);
        table.line(
            &format!("journal under load, {what}"),
            format!("{}/s with and {}/s without it: {cost} %", turns.left, turns.right),
            "≤ 10 % of throughput",
            Some(cost <= 10),
        );
    }
}
