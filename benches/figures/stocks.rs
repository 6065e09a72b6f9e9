//! What is walked through: for each kind of request a server and all that can be asked of it once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

use crate::asks;
use crate::load::{Ask, once, request};
use crate::process::Served;
use crate::scenario::Scenario;
use crate::series::Stock;
use crate::turns::{Walker, clients};

/// How `begateway` starts its server.
pub type Start = fn(u64) -> Served;

/// A server of a million rows.
pub fn plain(seed: u64) -> Served {
    Scenario::million(seed).served(&[])
}

/// One that keeps no journal.
pub fn without_journal(seed: u64) -> Served {
    Scenario::million(seed).served(&["--journal-entries", "0"])
}

/// One on all cores.
pub fn on_all_cores(seed: u64) -> Served {
    Scenario::million(seed).served_by(Served::on_all_cores, &[])
}

/// One in whose space a row was added, at the very end of the rows.
pub fn with_an_added_row(seed: u64) -> Served {
    let served = plain(seed);
    let body = r#"{"merchant":"bench-1","amount":777}"#;
    let headers = [("Content-Type", "application/json")];
    once(&served.address, &request("POST", "/_admin/transactions", &headers, body));
    served
}

/// Hours of the window that a walker has for itself: about 27 pages.
const SLICE: u32 = 6;

/// Slices of the ninety days and a half that end at noon of 14 March.
const SLICES: u32 = 362;

/// Walks through all rows of beGateway by cursors, a slice of time for each walker; who has reached the
/// end of a slice takes the next.
pub fn begateway(start: Start) -> impl Fn(u64) -> Stock {
    move |seed| {
        let slices = Arc::new(AtomicU32::new(0));
        // About 9200 pages; fewer because not all walkers reach the end at once.
        Stock::new(start(seed), clients(|| follower(Arc::clone(&slices))), 8700)
    }
}

/// Follows the cursors of a slice to its end, slice after slice.
fn follower(slices: Arc<AtomicU32>) -> Walker {
    let mut span = (String::new(), String::new());
    Box::new(move |end| {
        let mut after = String::new();
        if let Some(id) = cursor(end) {
            after = format!(",\"starting_after\":{id}");
        } else {
            let number = slices.fetch_add(1, Ordering::Relaxed);
            if number >= SLICES {
                return None;
            }
            span = slice(number);
        }
        Some(asks::begateway_page(1, (&span.0, &span.1), &after).into())
    })
}

/// From the end of a page: the id behind which there is more.
fn cursor(end: &[u8]) -> Option<&str> {
    let end = end.split_at(memchr::memmem::rfind(end, br#""has_more":true"#)?).1;
    let name = br#""last_object_id":"#;
    let id = end.split_at(memchr::memmem::find(end, name).unwrap() + name.len()).1;
    let digits = id.iter().take_while(|byte| byte.is_ascii_digit()).count();
    Some(std::str::from_utf8(&id[..digits]).unwrap())
}

/// From when to when a slice is, both included.
fn slice(number: u32) -> (String, String) {
    let from = date(2025, 12, 14).at(0, 0, 0, 0) + i64::from(number * SLICE).hours();
    let to = from + i64::from(SLICE).hours() - 1.second();
    let spell = |time: jiff::civil::DateTime| time.strftime("%Y-%m-%d %H:%M:%S").to_string();
    (spell(from), spell(to))
}

/// Pages 1, 2, 3 … of all orders.
pub fn flitt(seed: u64) -> Stock {
    let served = plain(seed);
    let token = asks::flitt_token(&served.address);
    // 17,400 full pages; a seed has more orders than another.
    Stock::counted(served, &flitt_pages(token), 17_000)
}

/// The pages of report 745 by their numbers.
pub fn flitt_pages(token: String) -> Ask {
    Arc::new(move |number| asks::flitt(&token, u32::try_from(number + 1).unwrap(), "").into())
}

/// Merchants whose days are asked for, and how many rows their days have.
const MERCHANTS: u32 = 10;
const DAYS: u32 = 3660;

/// Ten merchants of ten years with a hundred payments a day.
pub fn ten_years(seed: u64) -> Served {
    ten_years_with(&[])(seed)
}

fn ten_years_with(args: &'static [&str]) -> impl Fn(u64) -> Served {
    move |seed| Scenario { volume: 100, days: DAYS, seed, merchants: MERCHANTS }.served(args)
}

/// Day after day of a report of EpicPay, merchant after merchant.
pub fn epicpay(report: &'static str, args: &'static [&str]) -> impl Fn(u64) -> Stock {
    move |seed| {
        let (ask, size) = epicpay_days(report);
        Stock::counted(ten_years_with(args)(seed), &ask, size)
    }
}

/// A report of EpicPay by the number of its day, and how many days there are; further numbers begin
/// anew.
pub fn epicpay_days(report: &'static str) -> (Ask, u64) {
    // Ten days after the ledger has begun, payments of before are settled. Nothing is deposited on a
    // Saturday or a Sunday, and the last days are not settled yet.
    let (first, last): (Date, Date) = (date(2016, 3, 17), date(2026, 3, 12));
    let deposits = report == "deposits";
    let works = |day: &Date| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let all = first.series(1.day()).take_while(|day| *day <= last);
    let days: Vec<String> =
        all.filter(|day| !deposits || works(day)).map(|day| day.to_string()).collect();
    let size = u64::from(MERCHANTS) * u64::try_from(days.len()).unwrap();
    let ask = move |number: u64| {
        let number = usize::try_from(number % size).unwrap();
        let merchant = u32::try_from(number / days.len()).unwrap() + 1;
        asks::epicpay_report(report, merchant, &days[number % days.len()]).into()
    };
    (Arc::new(ask), size)
}
