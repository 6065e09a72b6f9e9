//! Making the days of large ledgers before somebody asks, with progress on a terminal.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use crate::sandbox::generate::calendar::{Day, day_of};
use crate::sandbox::ledger::GeneratedLedger;
use crate::sandbox::space::Moment;

/// Ledgers below this many rows are made by the requests that look at them.
const LARGE: u64 = 500_000;

/// Starts making the days of large ledgers beside the server, newest merchant last. Requests need not
/// wait for it: a day that is asked for before is made by the request.
pub(super) fn start(moment: &Moment) {
    let days = moment.scenario().days;
    let rows = |book: &GeneratedLedger| u64::from(book.trade().volume) * u64::from(days);
    let large: Vec<Arc<GeneratedLedger>> = moment
        .scenario()
        .ledgers
        .iter()
        .map(|ledger| &ledger.generated)
        .filter(|book| rows(book) >= LARGE)
        .map(Arc::clone)
        .collect();
    if large.is_empty() {
        return;
    }
    let first = moment.world.first_day();
    let last = day_of(moment.now.as_second());
    // One thread: the other cores are for requests.
    let _ = std::thread::Builder::new()
        .name("warm".to_owned())
        .spawn(move || make(&large, first, last));
}

fn make(books: &[Arc<GeneratedLedger>], first: Day, last: Day) {
    let shown = std::io::stderr().is_terminal();
    let total = u64::from(last - first + 1) * u64::try_from(books.len()).unwrap_or(1);
    let mut done = 0_u64;
    let mut rows = 0_u64;
    for book in books {
        for day in first..=last {
            rows += u64::from(book.rows_of(day));
            done += 1;
            if shown {
                let percent = done * 100 / total.max(1);
                let _ =
                    write!(std::io::stderr(), "\rmaking the ledger: {percent:>3} %, {rows} rows ");
            }
        }
    }
    if shown {
        let _ = writeln!(std::io::stderr(), "\rmade the ledger: {rows} rows          ");
    }
    tracing::info!(rows, "the ledger is made");
}
