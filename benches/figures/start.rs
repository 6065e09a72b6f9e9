//! Measures the time from start to the first response, and the memory of an idle server.

use std::time::{Duration, Instant};

use crate::load::once;
use crate::process::Served;
use crate::requests::{self, begateway};
use crate::table::{Table, hundredths, ratio};

/// Median time from start to the first response, over nine starts.
fn first_answer(start: impl Fn() -> Served, request: &[u8]) -> Duration {
    let mut times: Vec<Duration> = (0..9)
        .map(|_| {
            let begun = Instant::now();
            let served = start();
            once(&served.address, request);
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

pub fn run(table: &mut Table) {
    // The same page as that of `sandtill curl begateway`: from yesterday on.
    let yesterday = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24);
    let yesterday = yesterday.strftime("%Y-%m-%d 00:00:00").to_string();
    let request = begateway(&yesterday, "");
    let own = first_answer(|| Served::sandtill(&[]), &request);
    let bare = first_answer(|| Served::bare("bytes", ""), &request);
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap();
    let times = hundredths(micros(own), micros(bare));
    table.line(
        "start to first answered page, scenario `default`",
        format!("{own:.1?}, {} of bare axum ({bare:.1?})", ratio(times)),
        "≤ 10 ms",
        Some(own.as_micros() <= 10_000),
    );
    let request = begateway("2020-01-01 00:00:00", "");
    let whole = first_answer(|| Served::sandtill(&[]), &request);
    table.line(
        "the same for the first page of the whole window, with what was open before it",
        format!("{whole:.1?}"),
        "≤ 10 ms",
        Some(whole.as_micros() <= 10_000),
    );
    let served = Served::sandtill(&["--hold-callbacks"]);
    let address = served.address.as_str();
    once(address, &request);
    let token = requests::flitt_token(address);
    once(address, &requests::flitt(&token, 1, ""));
    once(address, &requests::epicpay("2026-03-10"));
    once(address, &requests::payfort_generate("rest", "2026-03-13T00:00:00+00:00"));
    requests::wepay_created(address);
    let (resident, _) = served.memory();
    let bare = Served::bare("bytes", "");
    once(&bare.address, &request);
    table.line(
        "memory at rest, `default`, after a request to each provider",
        format!("{resident} KB (bare axum {} KB)", bare.memory().0),
        "≤ 12 MB",
        Some(resident <= 12 * 1024),
    );
    let program = std::fs::metadata(env!("CARGO_BIN_EXE_sandtill")).unwrap().len();
    table.line(
        "size of the program, with the page (profile `dist`, glibc)",
        format!("{}.{} MB", program / 1_000_000, program / 100_000 % 10),
        "≤ 14 MB",
        Some(program <= 14_000_000),
    );
}
