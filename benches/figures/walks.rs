//! Measures page after page, as importers read: each row once, and no page twice within a
//! measurement. All days are generated before, so the figure is the cost of a response that was not
//! sent before.

use crate::load::{once, same};
use crate::requests;
use crate::series::{Baseline, Series, by_turns, compare};
use crate::table::{Table, hundredths, ratio};
use crate::workloads::{self, Start};

/// Seed of the servers that provide a sample response. The measured servers have other seeds.
const SAMPLE: u64 = 0;

pub fn run(table: &mut Table) {
    begateway(table);
    flitt(table);
    epicpay(table);
    against_plain(table);
    journal(table);
}

fn begateway(table: &mut Table) {
    let sample = workloads::plain(SAMPLE);
    // A page that starts at noon is as full as all others.
    let request = requests::begateway("2026-01-10 12:00:00", "");
    let page = once(&sample.address, &request);
    drop(sample);
    let source = same(&request);
    let baselines = vec![
        Baseline::structs("begateway", 100, &source, page.len()),
        Baseline::bytes(&page, &source).with_target(40),
    ];
    let own = Series::once(workloads::begateway(workloads::plain));
    let label = "beGateway, 1 million rows page after page of 100, 32 connections, one core";
    compare(table, label, own, baselines);
}

fn flitt(table: &mut Table) {
    let sample = workloads::plain(SAMPLE);
    let source = workloads::flitt_pages(requests::flitt_token(&sample.address));
    let page = once(&sample.address, &source(8000));
    drop(sample);
    let baselines = vec![
        Baseline::structs("flitt", 50, &source, page.len()),
        Baseline::bytes(&page, &source).with_target(40),
    ];
    let own = Series::once(workloads::flitt);
    compare(table, "Flitt 745, the same rows page after page of 50", own, baselines);
}

fn epicpay(table: &mut Table) {
    let sample = workloads::ten_years(SAMPLE);
    let (source, size) = workloads::epicpay_days("trxnactivity");
    // The number of rows differs from day to day, so the baseline has the mean over 70 days of all
    // merchants.
    let step = size / 70;
    let days: Vec<Vec<u8>> =
        (0..70).map(|number| once(&sample.address, &source(number * step + number % 7))).collect();
    drop(sample);
    let bytes = days.iter().map(Vec::len).sum::<usize>() / days.len();
    let rows = days.iter().map(|day| memchr::memmem::find_iter(day, "\"trxn_type\"").count());
    let rows = rows.sum::<usize>() / days.len();
    let rows = u64::try_from(rows).unwrap();
    let baselines = vec![Baseline::structs("epicpay", rows, &source, bytes)];
    let own = Series::once(workloads::epicpay("trxnactivity", &[]));
    compare(
        table,
        &format!("EpicPay trxnactivity day after day, {rows} rows each"),
        own,
        baselines,
    );
}

/// Runs the same walk on two servers: responses per second of both, the ratio of the first to the
/// second in hundredths, and a summary of the first.
fn both(left: Start, right: Start) -> (u64, u64, u64, String) {
    let mut left = Series::once(workloads::begateway(left));
    let mut right = Series::once(workloads::begateway(right));
    let figures = by_turns(&mut [&mut left, &mut right]);
    right.end();
    (figures[0].rate, figures[1].rate, figures[1].ratio_to_first, left.end())
}

/// Measures what makes pages dearer: rows that were added, and a reporting lag.
fn against_plain(table: &mut Table) {
    let changed: [(&str, Start, u64); 3] = [
        ("one row was added to the space", workloads::with_an_added_row, 120),
        ("100,000 rows were added to the space", workloads::with_many_added_rows, 120),
        ("the reports lag by an hour, with a jitter of six", workloads::with_a_lag, 130),
    ];
    for (label, start, most) in changed {
        let (with, without, ratio_to_second, summary) = both(start, workloads::plain);
        // The cost of a page is the reciprocal of their number per second.
        let cost = hundredths(100, ratio_to_second);
        table.line(
            &format!("the beGateway walk when {label}: cost of a page"),
            format!("{} ({with}/s with and {without}/s without it{summary})", ratio(cost)),
            &format!("≤ {}", ratio(most)),
            Some(cost <= most),
        );
    }
}

/// Measures the cost of the journal: the same load with and without one.
fn journal(table: &mut Table) {
    let line = |table: &mut Table, label: &str, figures: (u64, u64, u64, String)| {
        let (with, without, ratio_to_second, summary) = figures;
        let cost = 100_u64.saturating_sub(ratio_to_second);
        table.line(
            &format!("journal under load, {label}"),
            format!("{with}/s with and {without}/s without it: {cost} %{summary}"),
            "≤ 10 % of throughput",
            Some(cost <= 10),
        );
    };
    line(table, "the beGateway walk", both(workloads::plain, workloads::without_journal));
    let mut with = Series::once(workloads::epicpay("deposits", &[]));
    let mut without = Series::once(workloads::epicpay("deposits", &["--journal-entries", "0"]));
    let figures = by_turns(&mut [&mut with, &mut without]);
    without.end();
    let figures = (figures[0].rate, figures[1].rate, figures[1].ratio_to_first, with.end());
    line(table, "EpicPay deposits day after day", figures);
}

/// Measures two cores against one. On a machine with two cores the load has no core of its own here: it sleeps
/// while it waits, and the server lacks the time that the load takes, so the CPU time of the server per page says
/// more than the rate. It would grow if the threads held each other up; what two cores give at best is twice the
/// rate, divided by that growth.
pub fn cores(table: &mut Table) {
    let mut two = Series::once(workloads::begateway(workloads::on_all_cores)).with_sleeping_load();
    let mut one = Series::once(workloads::begateway(workloads::plain)).with_sleeping_load();
    let figures = by_turns(&mut [&mut two, &mut one]);
    let summary = two.end();
    one.end();
    let micros =
        |series: &Series| u64::try_from(series.cpu.as_micros()).unwrap() / series.sent.max(1);
    let (of_two, of_one) = (micros(&two), micros(&one));
    let gain = hundredths(2 * of_one, of_two);
    table.line(
        "the beGateway walk on two cores, the second shared with the load, against one core",
        format!(
            "{} by the CPU time of a page ({of_two} µs against {of_one} µs); {}/s, {} of {}/s{summary}",
            ratio(gain),
            figures[0].rate,
            ratio(figures[1].ratio_to_first),
            figures[1].rate,
        ),
        "≥ 1.80 ×",
        Some(gain >= 180),
    );
}
