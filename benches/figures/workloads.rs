//! The workloads: for each kind of request a server and all distinct requests that it can receive.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

use crate::load::{RequestSource, all, once, request};
use crate::process::Served;
use crate::requests;
use crate::scenario::Scenario;
use crate::series::Workload;
use crate::turns::{Client, Walker, clients};

/// Starts the server of a workload with the rows of a seed.
pub type Start = fn(u64) -> Served;

/// A server with a million rows, on one core.
pub fn plain(seed: u64) -> Served {
    Scenario::million(seed).served(&[])
}

/// The same server without a journal.
pub fn without_journal(seed: u64) -> Served {
    Scenario::million(seed).served(&["--journal-entries", "0"])
}

/// The same server on all cores.
pub fn on_all_cores(seed: u64) -> Served {
    Scenario::million(seed).served_by(Served::on_all_cores, &[])
}

/// The same server with one added row, which is the last of its rows.
pub fn with_an_added_row(seed: u64) -> Served {
    let served = plain(seed);
    let body = r#"{"merchant":"bench-1","amount":777}"#;
    let headers = [("Content-Type", "application/json")];
    once(&served.address, &request("POST", "/_admin/transactions", &headers, body));
    served
}

/// The same server with 100,000 added rows, as many in each of the 90 days.
pub fn with_many_added_rows(seed: u64) -> Served {
    let served = plain(seed);
    let headers = [("Content-Type", "application/json")];
    let requests = (0..100_000_u32).map(|number| {
        let at = date(2025, 12, 15).at(0, 0, 0, 0) + i64::from(number * 77).seconds();
        let body = format!(r#"{{"merchant":"bench-1","amount":777,"at":"{at}Z"}}"#);
        request("POST", "/_admin/transactions", &headers, &body)
    });
    all(&served.address, requests);
    served
}

/// The same server with a reporting lag of beGateway.
pub fn with_a_lag(seed: u64) -> Served {
    let served = plain(seed);
    let headers = [("Content-Type", "application/json")];
    let body = r#"{"lag":"1h","jitter":"6h"}"#;
    once(&served.address, &request("PUT", "/_admin/reporting/begateway", &headers, body));
    served
}

/// Length of a slice in hours. A slice has about 27 pages and belongs to one walker.
const SLICE_HOURS: u32 = 6;

/// Number of slices in the 90.5 days that end at noon of 14 March.
const SLICES: u32 = 362;

/// Reads all rows of beGateway by cursors. Each walker reads one slice of time and takes the next
/// free slice at its end.
pub fn begateway(start: Start) -> impl Fn(u64) -> Workload {
    move |seed| {
        // There are about 9200 pages. The estimate is lower because not all walkers finish at the
        // same time.
        Workload::new(start(seed), followers(), 8700)
    }
}

/// Clients that read all rows of beGateway together, each page once.
pub fn followers() -> Vec<Client> {
    let slices = Arc::new(AtomicU32::new(0));
    clients(|| follower(Arc::clone(&slices)))
}

/// A walker that follows the cursors of a slice to its end, slice after slice.
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
        Some(requests::begateway_page(1, (&span.0, &span.1), &after).into())
    })
}

/// The cursor of the next page, read from the end of a page; `None` on the last page.
pub fn cursor(end: &[u8]) -> Option<&str> {
    let end = end.split_at(memchr::memmem::rfind(end, br#""has_more":true"#)?).1;
    let name = br#""last_object_id":"#;
    let id = end.split_at(memchr::memmem::find(end, name).unwrap() + name.len()).1;
    let digits = id.iter().take_while(|byte| byte.is_ascii_digit()).count();
    Some(std::str::from_utf8(&id[..digits]).unwrap())
}

/// First and last second of a slice, both included.
fn slice(number: u32) -> (String, String) {
    let from = date(2025, 12, 14).at(0, 0, 0, 0) + i64::from(number * SLICE_HOURS).hours();
    let to = from + i64::from(SLICE_HOURS).hours() - 1.second();
    let spell = |time: jiff::civil::DateTime| time.strftime("%Y-%m-%d %H:%M:%S").to_string();
    (spell(from), spell(to))
}

/// Reads pages 1, 2, 3 … of all orders.
pub fn flitt(seed: u64) -> Workload {
    let served = plain(seed);
    let token = requests::flitt_token(&served.address);
    // There are about 17,400 full pages; the number of orders depends on the seed.
    Workload::counted(served, &flitt_pages(token), 17_000)
}

/// Requests for the pages of report 745; number 0 is page 1.
pub fn flitt_pages(token: String) -> RequestSource {
    Arc::new(move |number| requests::flitt(&token, u32::try_from(number + 1).unwrap(), "").into())
}

/// Number of merchants, and of the days for which each of them has rows.
const MERCHANTS: u32 = 10;
const DAYS: u32 = 3660;

/// A server with ten merchants, ten years and a hundred payments per day and merchant.
pub fn ten_years(seed: u64) -> Served {
    ten_years_with(&[])(seed)
}

fn ten_years_with(args: &'static [&str]) -> impl Fn(u64) -> Served {
    move |seed| Scenario { volume: 100, days: DAYS, seed, merchants: MERCHANTS }.served(args)
}

/// Reads an EpicPay report day after day, merchant after merchant.
pub fn epicpay(report: &'static str, args: &'static [&str]) -> impl Fn(u64) -> Workload {
    move |seed| {
        let (source, size) = epicpay_days(report);
        Workload::counted(ten_years_with(args)(seed), &source, size)
    }
}

/// Requests for an EpicPay report by the number of the day, and how many distinct days there are. A
/// larger number starts again at the first day.
pub fn epicpay_days(report: &'static str) -> (RequestSource, u64) {
    // Payments from before the start of the ledger are settled ten days after it. There are no
    // deposits on a Saturday or a Sunday, and the last days are not settled yet.
    let (first, last): (Date, Date) = (date(2016, 3, 17), date(2026, 3, 12));
    let deposits = report == "deposits";
    let works = |day: &Date| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let all = first.series(1.day()).take_while(|day| *day <= last);
    let days: Vec<String> =
        all.filter(|day| !deposits || works(day)).map(|day| day.to_string()).collect();
    let size = u64::from(MERCHANTS) * u64::try_from(days.len()).unwrap();
    let source = move |number: u64| {
        let number = usize::try_from(number % size).unwrap();
        let merchant = u32::try_from(number / days.len()).unwrap() + 1;
        requests::epicpay_report(report, merchant, &days[number % days.len()]).into()
    };
    (Arc::new(source), size)
}
