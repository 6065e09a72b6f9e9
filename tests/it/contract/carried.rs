//! Tests that the journal knows which rows each answer carried, at every provider.

use sandtill::providers;
use sandtill::sandbox::truth::RowMapper;
use serde_json::{Deserializer, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::shown::view;
use crate::drivers::begateway::{METHODS, params};
use crate::drivers::{self, ReportQuery};
use crate::support::Server;

fn query(merchant: &str) -> ReportQuery<'_> {
    let day = |text: &str| text.parse().unwrap();
    ReportQuery { merchant, first: day("2026-02-10"), last: day("2026-02-12"), size: 37 }
}

#[tokio::test]
async fn an_entry_has_exactly_the_rows_of_its_answer() {
    let span = [10, 13].map(|day| {
        let at: jiff::Timestamp = format!("2026-02-{day}T00:00:00Z").parse().unwrap();
        at.as_second()
    });
    for provider in providers::ALL {
        let server = Server::start().await;
        let merchant = "everywhere";
        drivers::rows(&server, provider.slug, query(merchant), &mut async |_| {}).await;
        let space = server.space();
        let (view, seed) = (view(&server, merchant), space.world().scenario.seed);
        let mapper = RowMapper::new(provider.row_mapping.unwrap(), provider.slug, seed, view);
        // The driver of beGateway reads everything forwards and backwards.
        let times = if provider.slug == "begateway" { 2 } else { 1 };
        let by_day = if provider.slug == "epicpay" { "paid" } else { "created" };
        let (mut carried, mut last) = (0, None);
        for row in mapper.view.all() {
            let at = if by_day == "paid" { row.paid_at() } else { Some(row.created_at) };
            let is_asked = at.is_some_and(|at| (span[0]..span[1]).contains(&at));
            let reported = mapper
                .map(&row)
                .filter(|reported| reported.report == mapper.row_mapping.reports[0]);
            let expected = if is_asked && reported.is_some() { times } else { 0 };
            let seen = space.journal.carriers(merchant, row.id());
            assert_eq!(seen.len(), expected, "{} {} {:?}", provider.slug, row.id(), row.kind);
            carried += expected;
            last = seen.last().map(|entry| (row.number(), *entry)).or(last);
        }
        assert!(carried > 100, "{} {carried}", provider.slug);
        let entries = space.journal.entries();
        let counts = entries.iter().filter_map(|it| Some(it.rows.as_ref()?.carried().count()));
        assert_eq!(counts.sum::<u64>(), u64::try_from(carried).unwrap(), "{}", provider.slug);
        let (number, entry) = last.unwrap();
        let seen = server.did("GET", &format!("/transactions/{number}"), "").await["seen"].clone();
        assert!(seen.as_array().unwrap().contains(&json!(entry)), "{seen} {entry}");
        let rows = server.did("GET", &format!("/journal/{entry}"), "").await["rows"].clone();
        let has = |run: &Value| {
            let bound = |name: &str| run[name].as_i64().unwrap();
            (bound("first")..=bound("last")).contains(&number)
        };
        assert!(rows.as_array().unwrap().iter().any(has), "{rows} {number}");
    }
}

/// An answer of beGateway as far as it arrives.
async fn raw(server: &Server) -> Vec<u8> {
    let address = server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let body = json!({"report_params": params(query("begateway"), METHODS[0])}).to_string();
    let request = format!(
        "POST /api/reports HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Api-Version: 3\r\n\
         Authorization: Basic MTpzYW5kdGlsbC1zaG9wLXNlY3JldA==\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    // A cut answer ends with an error.
    let _ = stream.read_to_end(&mut bytes).await;
    bytes
}

/// The body of an answer.
fn body(mut answer: Vec<u8>) -> Vec<u8> {
    let head = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
    answer.split_off(head)
}

/// The ids of the row objects that a body contains whole.
fn whole_rows(body: &[u8]) -> Vec<i64> {
    let start = body.iter().position(|it| *it == b'[').map_or(body.len(), |at| at + 1);
    let (mut rest, mut ids) = (&body[start..], Vec::new());
    loop {
        let mut rows = Deserializer::from_slice(rest).into_iter::<Value>();
        let Some(Ok(row)) = rows.next() else { return ids };
        ids.push(row["id"].as_i64().unwrap());
        rest = &rest[rows.byte_offset()..];
        rest = rest.strip_prefix(b",").unwrap_or(rest);
    }
}

#[tokio::test]
async fn a_cut_answer_carried_the_rows_that_arrived_whole() {
    let server = Server::start().await;
    let all = whole_rows(&body(raw(&server).await));
    assert!(all.len() > 50);
    for after in [5, 1000, 20_000, 77_777] {
        let fault = json!({"provider": "begateway", "times": 1,
            "fault": {"kind": "truncate", "after": after}});
        server.did("POST", "/faults", &fault.to_string()).await;
        let arrived = whole_rows(&body(raw(&server).await));
        assert!(arrived.len() < all.len() && all.starts_with(&arrived));
        let entry = server.last_entry();
        let carried = entry.rows.as_ref().unwrap().carried();
        assert_eq!(carried.count(), u64::try_from(arrived.len()).unwrap(), "{after}");
        let view = view(&server, "begateway");
        for number in &all {
            let id = view.find(*number).unwrap().id();
            assert_eq!(carried.contains(id), arrived.contains(number), "{after} {number}");
            assert!(
                entry.rows.as_ref().unwrap().requested().unwrap().includes(&view.get(id).unwrap())
            );
        }
    }
    for kind in ["reset", "empty"] {
        let fault = json!({"provider": "begateway", "times": 1, "fault": {"kind": kind}});
        server.did("POST", "/faults", &fault.to_string()).await;
        assert!(raw(&server).await.is_empty(), "{kind}");
        assert!(server.last_entry().rows.is_none(), "{kind}");
    }
}
