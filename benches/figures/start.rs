//! Start to first answer, and memory at rest.

use std::time::{Duration, Instant};

use crate::asks::{self, begateway};
use crate::load::once;
use crate::process::Served;
use crate::table::{Table, hundredths, ratio};

/// The median time from start to the first answer, over some starts.
fn first_answer(start: impl Fn() -> Served, asked: &[u8]) -> Duration {
    let mut times: Vec<Duration> = (0..9)
        .map(|_| {
            let begun = Instant::now();
            let served = start();
            once(&served.address, asked);
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

pub fn run(table: &mut Table) {
    // The page that `sandtill curl begateway` asks for: from yesterday on.
    let yesterday = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24);
    let yesterday = yesterday.strftime("%Y-%m-%d 00:00:00").to_string();
    let asked = begateway(&yesterday, "");
    let own = first_answer(|| Served::sandtill(&[]), &asked);
    let bare = first_answer(|| Served::bare("bytes", ""), &asked);
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap();
    let times = hundredths(micros(own), micros(bare));
    table.line(
        "start to first answered page, scenario `default`",
        format!("{own:.1?}, {} of bare axum ({bare:.1?})", ratio(times)),
        "≤ 3 × bare axum and ≤ 25 ms",
        Some(times <= 300 && own.as_millis() <= 25),
    );
    let asked = begateway("2020-01-01 00:00:00", "");
    let whole = first_answer(|| Served::sandtill(&[]), &asked);
    table.line(
        "the same for the first page of the whole window, with what was open before it",
        format!("{whole:.1?}"),
        "≤ 25 ms",
        Some(whole.as_millis() <= 25),
    );
    let served = Served::sandtill(&["--hold-callbacks"]);
    let address = served.address.as_str();
    once(address, &asked);
    let token = asks::flitt_token(address);
    once(address, &asks::flitt(&token, 1, ""));
    once(address, &asks::epicpay("2026-03-10"));
    once(address, &asks::payfort_generate("rest", "2026-03-13T00:00:00+00:00"));
    asks::wepay_created(address);
    let (resident, _) = served.memory();
    let bare = Served::bare("bytes", "");
    once(&bare.address, &asked);
    table.line(
        "memory at rest, `default`, after a request to each provider",
        format!("{resident} KB (bare axum {} KB)", bare.memory().0),
        "≤ 20 MB",
        Some(resident <= 20 * 1024),
    );
}
