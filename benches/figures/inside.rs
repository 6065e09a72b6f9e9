//! A walk in one process without a socket, for a profiler: callgrind counts the instructions of
//! `measured`, and their number does not depend on what else the machine does.
//!
//! ```text
//! valgrind --tool=callgrind --toggle-collect='*inside::measured*' BENCH --inside begateway 60
//! ```

use std::hint::black_box;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use sandtill::app::{App, app};
use sandtill::providers;
use sandtill::sandbox::Options;
use sandtill::sandbox::scenario::{Overrides, Scenario as Loaded};
use sandtill::sandbox::spaces::Spaces;
use tokio::runtime::{Builder, Runtime};

use crate::plain;
use crate::requests;
use crate::scenario::Scenario;
use crate::workloads;

/// Answers `count` requests of a kind, each of them another one. `structs-KIND` serialises as many plain
/// structs instead.
pub fn run(kind: &str, count: u64) {
    let bytes = match kind.strip_prefix("structs-") {
        Some(kind) => structs(kind, count),
        None => answers(kind, count),
    };
    println!("{kind}: {count} answers, {bytes} bytes");
}

/// Does the work `count` times and returns the sum of the results.
#[inline(never)]
fn measured(count: u64, work: &mut dyn FnMut(u64) -> usize) -> usize {
    (0..count).map(work).sum()
}

/// Serialises the rows of a kind of answer and returns the number of bytes.
fn structs(kind: &str, count: u64) -> usize {
    fn measure(count: u64, print: impl Fn() -> Vec<u8>) -> usize {
        measured(count, &mut |_| black_box(print()).len())
    }
    match kind {
        "begateway" => {
            let rows: Vec<_> = (0..100).map(plain::begateway).collect();
            measure(count, || serde_json::to_vec(&rows).unwrap())
        }
        "flitt" => {
            let page = plain::Flitt::new(50);
            measure(count, || serde_json::to_vec(&page).unwrap())
        }
        _ => {
            let answer = plain::EpicPay::new(110);
            measure(count, || serde_json::to_vec(&answer).unwrap())
        }
    }
}

/// A server without a socket.
struct Inside {
    app: App,
    runtime: Runtime,
}

impl Inside {
    fn new(size: Scenario) -> Self {
        let file = size.file();
        let path = file.path().to_str().unwrap();
        let scenario = Loaded::load(path, &providers::vocabulary(), &Overrides::default()).unwrap();
        let options = Options { hold_callbacks: true, ..Options::default() };
        let app = app(Spaces::new(Arc::new(scenario), options));
        Self { app, runtime: Builder::new_current_thread().enable_all().build().unwrap() }
    }

    /// Sends a request as it would be written to a socket; returns the body of the answer.
    fn exchange(&self, text: &[u8]) -> Vec<u8> {
        self.exchange_parsed(parsed(text)).0
    }

    /// Sends a request; returns the body of the answer, of a long one only the ends of its pieces, and its size.
    fn exchange_parsed(&self, request: Request<Body>) -> (Vec<u8>, usize) {
        self.runtime.block_on(async {
            let response = self.app.answer(request).await;
            assert!(response.status().is_success(), "{response:?}");
            let mut body = response.into_body();
            let (mut bytes, mut size) = (Vec::new(), 0);
            while let Some(frame) = body.frame().await {
                let piece = frame.unwrap().into_data().unwrap();
                size += piece.len();
                bytes.extend_from_slice(&piece[piece.len().saturating_sub(1 << 12)..]);
            }
            (bytes, size)
        })
    }

    fn json(&self, text: &[u8]) -> serde_json::Value {
        serde_json::from_slice(&self.exchange(text)).unwrap()
    }
}

fn parsed(text: &[u8]) -> Request<Body> {
    let end = memchr::memmem::find(text, b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&text[..end]).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let mut request = Request::builder().method(first.next().unwrap()).uri(first.next().unwrap());
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    request.body(Body::from(text[end + 4..].to_vec())).unwrap()
}

/// The largest ledgers whose requests are answered on the thread that reads them: a profiler mixes up the
/// threads of long work.
const DAILY: Scenario = Scenario { volume: 200, days: 90, seed: 1, merchants: 1 };
const YEARLY: Scenario = Scenario { volume: 40, days: 480, seed: 1, merchants: 1 };

/// Sends `count` distinct requests of a kind and returns the number of bytes that were looked at.
fn answers(kind: &str, count: u64) -> usize {
    let server = Inside::new(match kind {
        "deposits" => YEARLY,
        _ => DAILY,
    });
    server.exchange(&requests::begateway_count());
    let source: Box<dyn Fn(u64) -> Arc<[u8]>> = match kind {
        "begateway" => return walk(&server, count),
        "flitt" => {
            let date = requests::flitt_token_request("2026-03-14 12:00:00");
            let token = server.json(&date)["token"].as_str().unwrap().to_owned();
            let pages = workloads::flitt_pages(token);
            Box::new(move |number| pages(number))
        }
        "epicpay" => {
            let days = workloads::epicpay_days("trxnactivity").0;
            Box::new(move |number| days(number + 3572))
        }
        "deposits" => {
            let days = workloads::epicpay_days("deposits").0;
            Box::new(move |number| days(number + 2400))
        }
        "payfort" => {
            let from = "2026-01-01T00:00:00+00:00";
            server.json(&requests::payfort_generate("long", from));
            let request: Arc<[u8]> = requests::payfort_download("long").into();
            Box::new(move |_| Arc::clone(&request))
        }
        "generate" => Box::new(|number| {
            let from = "2026-03-13T00:00:00+00:00";
            requests::payfort_generate(&format!("bench-{number}"), from).into()
        }),
        "token" => Box::new(|number| {
            requests::flitt_token_request(&(1_773_000_000 + number).to_string()).into()
        }),
        "wepay" => {
            let created = server.json(&requests::wepay_create(1_600_000_000));
            let report = server.json(&requests::wepay_poll(&created));
            let uri = report["report_uri"].as_str().unwrap();
            let path = uri.split_at(uri.find("/api/").unwrap()).1.to_owned();
            let request: Arc<[u8]> = crate::load::request("GET", &path, &[], "").into();
            Box::new(move |_| Arc::clone(&request))
        }
        _ => {
            let mut polls: Vec<Arc<[u8]>> = Vec::new();
            for number in 0..=count {
                let created = server.json(&requests::wepay_create(1_600_000_000 + number));
                polls.push(requests::wepay_poll(&created).into());
            }
            Box::new(move |number| Arc::clone(&polls[usize::try_from(number).unwrap()]))
        }
    };
    server.exchange(&source(count));
    let mut requests: Vec<_> = (0..count).rev().map(|number| parsed(&source(number))).collect();
    measured(count, &mut |_| server.exchange_parsed(requests.pop().unwrap()).1)
}

/// Follows the cursors of beGateway.
fn walk(server: &Inside, count: u64) -> usize {
    let span = ("2025-12-20 00:00:00", "2026-03-14 12:00:00");
    let page = |after: &str| parsed(&requests::begateway_page(1, span, after));
    let mut end_of_page = server.exchange_parsed(page("")).0;
    let mut requests = Vec::new();
    for _ in 0..count {
        let id = workloads::cursor(&end_of_page).unwrap();
        let after = format!(",\"starting_after\":{id}");
        requests.push(page(&after));
        end_of_page = server.exchange_parsed(page(&after)).0;
    }
    measured(count, &mut |_| server.exchange_parsed(requests.pop().unwrap()).1)
}
