//! Measures the same page again and again, which shows what a cache of responses could gain.
//! Importers do not read like this; `walks` measures what they see.

use crate::load::{once, same};
use crate::process::Served;
use crate::requests;
use crate::scenario::scenario;
use crate::series::{Baseline, Series, compare};
use crate::small;
use crate::table::Table;
use crate::workloads;

pub fn run(table: &mut Table) {
    let served = served();
    let request = requests::begateway("2026-01-10 00:00:00", "");
    let page = once(&served.address, &request);
    let source = same(&request);
    let baselines = vec![
        Baseline::structs("begateway", 100, &source, page.len()).with_target(200),
        Baseline::bytes(&page, &source),
    ];
    let label = "beGateway, the same page of 100 rows again and again";
    compare(table, label, Series::endless(served, &source), baselines);
    let served = self::served();
    let request = requests::flitt(&requests::flitt_token(&served.address), 1, "");
    let page = once(&served.address, &request);
    let source = same(&request);
    let baselines = vec![Baseline::bytes(&page, &source)];
    let label = "Flitt, the same page of 50 rows again and again";
    compare(table, label, Series::endless(served, &source), baselines);
}

fn served() -> Served {
    let file = scenario(100, 90);
    Served::sandtill(&["--scenario", file.path().to_str().unwrap()])
}

/// Load for a profiler: nine turns of one series.
pub fn load(name: &str) {
    let mut series = match name {
        "begateway" => Series::once(workloads::begateway(workloads::plain)),
        "flitt" => Series::once(workloads::flitt),
        "epicpay" => Series::once(workloads::epicpay("trxnactivity", &[])),
        other => small::series_of(other).unwrap(),
    };
    for _ in 0..9 {
        println!("{}/s", series.turn());
    }
    println!("{}", series.end().trim_start_matches("; "));
}
