//! Measures long reports against a loop that prints the same columns from a prepared array, and
//! against one that serialises the same rows from plain structs.

use std::time::Duration;

use crate::load::{fastest, once, request, without_chunks};
use crate::process::Served;
use crate::requests;
use crate::scenario::Scenario;
use crate::table::{Table, hundredths, ratio};

/// Number of turns; the reported figure is the best. Each turn starts a server with other rows, so
/// that no report is downloaded twice.
const TURNS: u64 = 5;

pub fn run(table: &mut Table) {
    measure(table, "PayFort download", payfort, ["json", "payfort"]);
    measure(table, "WePay CSV", wepay, ["csv", "wepay"]);
}

/// A server with a finished report, and the request that downloads it.
fn payfort(seed: u64) -> (Served, Vec<u8>) {
    let served = world(11_300, seed);
    // The longest period before noon of 14 March whose rows stay below the vendor's limit with each
    // of the seeds.
    once(&served.address, &requests::payfort_generate("long", "2026-02-27T00:00:00+00:00"));
    (served, requests::payfort_download("long"))
}

fn wepay(seed: u64) -> (Served, Vec<u8>) {
    let served = world(11_700, seed);
    let (_, path) = requests::wepay_report(&served.address);
    (served, request("GET", &path, &[], ""))
}

fn world(volume: u32, seed: u64) -> Served {
    Scenario { volume, days: 90, seed, merchants: 1 }.served(&[])
}

fn measure(
    table: &mut Table,
    label: &str,
    begin: fn(u64) -> (Served, Vec<u8>),
    [array, structs]: [&str; 2],
) {
    let (served, request_bytes) = begin(0);
    served.forget_peak();
    let (before, _) = served.memory();
    let text = once(&served.address, &request_bytes);
    assert!(text.len() > 1 << 20, "{label}: {}", String::from_utf8_lossy(&text));
    let text = without_chunks(&text);
    let (_, after) = served.memory();
    drop(served);
    let rows = match array {
        "csv" => memchr::memchr_iter(b'\n', &text).count() - 1,
        _ => memchr::memchr_iter(b'{', &text).count() - 1,
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &text).unwrap();
    let bytes = text.len();
    drop(text);
    let bare = [array, structs].map(|kind| Served::bare(kind, file.path().to_str().unwrap()));
    for bare in &bare {
        let own = without_chunks(&once(&bare.address, &request_bytes)).len();
        let near = (bytes * 99 / 100..=bytes * 101 / 100).contains(&own);
        assert!(near, "{label}: a bare loop sends {own} bytes, the server {bytes}");
    }
    // The servers alternate, so that a disturbance from outside affects all of them alike.
    let turns = (1..=TURNS).map(|seed| {
        let (served, request_bytes) = begin(seed);
        let [array, structs] = &bare;
        [&served, array, structs].map(|served| fastest(&served.address, &request_bytes, 1))
    });
    let best =
        |best: [Duration; 3], turn: [Duration; 3]| [0, 1, 2].map(|it| best[it].min(turn[it]));
    let [own, array, structs] = turns.reduce(best).unwrap();
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap();
    let speed = hundredths(micros(array), micros(own));
    let grown = after.saturating_sub(before);
    let label = format!("{label}, {rows} rows, {} MB", bytes >> 20);
    table.line(
        &label,
        format!(
            "{own:.2?}, {} of a bare loop ({array:.2?}); peak memory grew {grown} KB",
            ratio(speed)
        ),
        "0.50 × a bare loop over a prepared array; < 32 MB",
        Some(speed >= 50 && grown < 32 * 1024),
    );
    let speed = hundredths(micros(structs), micros(own));
    table.line(
        &format!("{label}, against serialising the same rows from plain structs"),
        format!("{own:.2?}, {} of {structs:.2?}", ratio(speed)),
        "2.00 ×",
        Some(speed >= 200),
    );
}
