//! Long reports against a bare loop that prints the same columns from a prepared array.

use std::time::Duration;

use crate::asks;
use crate::load::{fastest, once, request, without_chunks};
use crate::process::Served;
use crate::table::{Table, hundredths, ratio};

pub fn run(table: &mut Table) {
    let file = asks::scenario(11_700, 90);
    let served =
        Served::sandtill(&["--scenario", file.path().to_str().unwrap(), "--hold-callbacks"]);
    let address = served.address.as_str();
    once(address, &asks::begateway_count());
    // The last days before noon of 14 March that hold just less than what the vendor allows.
    once(address, &asks::payfort_generate("long", "2026-02-27T00:00:00+00:00"));
    measure(table, "PayFort download", &served, &asks::payfort_download("long"), "json");
    let (_, path) = asks::wepay_report(address);
    measure(table, "WePay CSV", &served, &request("GET", &path, &[], ""), "csv");
}

fn measure(table: &mut Table, what: &str, served: &Served, asked: &[u8], form: &str) {
    served.forget_peak();
    let (before, _) = served.memory();
    let text = without_chunks(&once(&served.address, asked));
    let (_, after) = served.memory();
    let rows = match form {
        "csv" => memchr::memchr_iter(b'\n', &text).count() - 1,
        _ => memchr::memchr_iter(b'{', &text).count() - 1,
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &text).unwrap();
    let bytes = text.len();
    drop(text);
    let bare = Served::bare(form, file.path().to_str().unwrap());
    // By turns, so that a disturbance from outside meets both.
    let turns =
        (0..5).map(|_| (fastest(&served.address, asked, 1), fastest(&bare.address, asked, 1)));
    let (own, loop_) = turns
        .reduce(|best, turn| (best.0.min(turn.0), best.1.min(turn.1)))
        .unwrap_or((Duration::MAX, Duration::MAX));
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap();
    let speed = hundredths(micros(loop_), micros(own));
    table.line(
        &format!("{what}, {rows} rows, {} MB", bytes >> 20),
        format!(
            "{own:.2?}, {} of a bare loop ({loop_:.2?}); peak memory grew {} KB",
            ratio(speed),
            after.saturating_sub(before)
        ),
        "0.50 × a bare loop over a prepared array; < 32 MB",
        Some(speed >= 50 && after.saturating_sub(before) < 32 * 1024),
    );
}
