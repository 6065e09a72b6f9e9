//! Load for a sampling profiler that watches the server, and for a comparison of two builds by the CPU time
//! of an answer, which a busy machine disturbs less than answers per second.

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
    let rates: Vec<u64> = (0..9).map(|_| series.turn()).collect();
    let summary = series.end();
    let each = series.cpu / u32::try_from(series.sent).unwrap();
    println!("{name}: {each:?} of CPU time an answer; {rates:?}/s{summary}");
}
