//! Load for a sampling profiler that watches the server.

use crate::series::Series;
use crate::small;
use crate::workloads;

/// Nine turns of one series.
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
