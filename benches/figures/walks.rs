//! Page after page, as importers read: each row once, and no page twice within a measurement. All days
//! are made before; what is measured is what an answer costs that was not given before.

use crate::asks;
use crate::load::{once, same};
use crate::series::{NO_TARGET, Rival, Series, by_turns, compare};
use crate::stocks::{self, Start};
use crate::table::{Table, hundredths, ratio};

/// The seed of servers that only show what an answer looks like; those that are measured have others.
const SAMPLE: u64 = 0;

pub fn run(table: &mut Table) {
    begateway(table);
    flitt(table);
    epicpay(table);
    added_row(table);
    journal(table);
}

fn begateway(table: &mut Table) {
    let sample = stocks::plain(SAMPLE);
    // A page of some noon, as full as all the others.
    let asked = asks::begateway("2026-01-10 12:00:00", "");
    let page = once(&sample.address, &asked);
    drop(sample);
    let asked = same(&asked);
    let rivals = vec![
        Rival::structs("begateway", 100, &asked, page.len()).reaching(200),
        Rival::bytes(&page, &asked),
    ];
    let own = Series::once(stocks::begateway(stocks::plain));
    let what = "beGateway, 1 million rows page after page of 100, 32 connections, one core";
    compare(table, what, own, rivals);
}

fn flitt(table: &mut Table) {
    let sample = stocks::plain(SAMPLE);
    let ask = stocks::flitt_pages(asks::flitt_token(&sample.address));
    let page = once(&sample.address, &ask(8000));
    drop(sample);
    let rivals = vec![Rival::structs("flitt", 50, &ask, page.len()), Rival::bytes(&page, &ask)];
    let own = Series::once(stocks::flitt);
    compare(table, "Flitt 745, the same rows page after page of 50", own, rivals);
}

fn epicpay(table: &mut Table) {
    let sample = stocks::ten_years(SAMPLE);
    let (ask, size) = stocks::epicpay_days("trxnactivity");
    // Days have more rows and fewer: the mean of some weeks of all merchants.
    let step = size / 70;
    let days: Vec<Vec<u8>> =
        (0..70).map(|number| once(&sample.address, &ask(number * step + number % 7))).collect();
    drop(sample);
    let bytes = days.iter().map(Vec::len).sum::<usize>() / days.len();
    let rows = days.iter().map(|day| memchr::memmem::find_iter(day, "\"trxn_type\"").count());
    let rows = rows.sum::<usize>() / days.len();
    let rows = u64::try_from(rows).unwrap();
    let rivals = vec![Rival::structs("epicpay", rows, &ask, bytes)];
    let own = Series::once(stocks::epicpay("trxnactivity", &[]));
    compare(table, &format!("EpicPay trxnactivity day after day, {rows} rows each"), own, rivals);
}

/// Two servers with the same walk: answers a second of both, the hundredths that the first reaches of
/// the second, and how many pages there were.
fn both(left: Start, right: Start) -> (u64, u64, u64, String) {
    let mut left = Series::once(stocks::begateway(left));
    let mut right = Series::once(stocks::begateway(right));
    let figures = by_turns(&mut [&mut left, &mut right]);
    right.end();
    (figures[0].rate, figures[1].rate, figures[1].behind, left.end())
}

fn added_row(table: &mut Table) {
    let (with, without, times, asked) = both(stocks::with_an_added_row, stocks::plain);
    table.line(
        "the beGateway walk when one row was added to the space",
        format!("{with}/s with and {without}/s without it: {}{asked}", ratio(times)),
        NO_TARGET,
        None,
    );
}

/// What the journal costs: the same load with one and without.
fn journal(table: &mut Table) {
    let line = |table: &mut Table, what: &str, figures: (u64, u64, u64, String)| {
        let (with, without, times, asked) = figures;
        let cost = 100_u64.saturating_sub(times);
        table.line(
            &format!("journal under load, {what}"),
            format!("{with}/s with and {without}/s without it: {cost} %{asked}"),
            "≤ 10 % of throughput",
            Some(cost <= 10),
        );
    };
    line(table, "the beGateway walk", both(stocks::plain, stocks::without_journal));
    let mut with = Series::once(stocks::epicpay("deposits", &[]));
    let mut without = Series::once(stocks::epicpay("deposits", &["--journal-entries", "0"]));
    let figures = by_turns(&mut [&mut with, &mut without]);
    without.end();
    let figures = (figures[0].rate, figures[1].rate, figures[1].behind, with.end());
    line(table, "EpicPay deposits day after day", figures);
}

/// Two cores against one. The load has no core of its own then: it sleeps while it waits, and what it
/// takes of the second core is missing to the server. On two cores that comes out as 1.6 × or as 0.9 ×,
/// by where the threads happen to stay, so the line is no figure of the README and measured only when it
/// is asked for. The time that the server computes for a page tells more: were its threads in each
/// other's way, it grew.
pub fn cores(table: &mut Table) {
    if std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 2) {
        println!("two cores against one: written for machines with two cores");
    }
    let mut two = Series::once(stocks::begateway(stocks::on_all_cores)).drowsy();
    let mut one = Series::once(stocks::begateway(stocks::plain)).drowsy();
    let figures = by_turns(&mut [&mut two, &mut one]);
    let asked = two.end();
    one.end();
    let micros =
        |series: &Series| u64::try_from(series.cpu.as_micros()).unwrap() / series.asked.max(1);
    let (of_two, of_one) = (micros(&two), micros(&one));
    table.line(
        "the beGateway walk on two cores, the second shared with the load, against one core",
        format!(
            "{}/s, {} of {}/s; the server computes {of_two} µs a page, {} of {of_one} µs{asked}",
            figures[0].rate,
            ratio(figures[1].behind),
            figures[1].rate,
            ratio(hundredths(of_two, of_one)),
        ),
        "no target: the load takes its part",
        None,
    );
}
