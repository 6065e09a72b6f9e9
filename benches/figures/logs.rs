//! Measures what the log of a server costs its answers: none, a file, a store of one server and of three.
//!
//! Servers and store share all cores, and the load sleeps while it waits.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use crate::load::request;
use crate::process::Served;
use crate::requests;
use crate::scenario::Scenario;
use crate::table::Table;
use crate::turns::{Client, Length, Walker, so_many_clients, turn_of_all};
use crate::workloads;

/// Turns of each load with each log; the reported figure is their median.
const TURNS: usize = 3;
const LENGTH: Length = Length { time: Duration::from_millis(500), busy_wait: false };

/// Clients of the load that makes changes.
const CHANGING: [usize; 3] = [1, 16, 64];

/// Clients of the small answers.
const SMALL: usize = 32;

/// Servers with a log, all with the same rows.
struct Logged {
    name: &'static str,
    servers: Vec<Served>,
    /// Outlive the servers, which are dropped before them.
    _store: Option<Served>,
    _folder: TempDir,
}

/// Makes the clients of a turn.
type Load = Box<dyn Fn() -> Vec<Client>>;

pub fn run(table: &mut Table) {
    let mut all = vec![alone(), with_file()];
    for (name, count) in [("--store, one server", 1), ("--store, three servers", 3)] {
        if let Some(logged) = with_store(name, count) {
            all.push(logged);
        } else {
            println!("{name}: left out, there is no `redis-server` (apt-get install redis-server)");
        }
    }
    let pages = "beGateway, 1 million rows page after page of 100, 32 connections";
    measure(table, pages, &all, Box::new(workloads::followers));
    let reports = format!("PayFort GENERATE, another one each time, {SMALL} connections");
    measure(table, &reports, &all, generating());
    for count in CHANGING {
        let label =
            format!("changes a second (`PUT /_admin/clock`, an event each), {count} clients");
        measure(table, &label, &all, changing(count));
    }
}

/// Adds a line with the median rate of each log, measured by turns.
fn measure(table: &mut Table, label: &str, all: &[Logged], load: Load) {
    let mut rates = vec![Vec::new(); all.len()];
    for _ in 0..TURNS {
        for (logged, rates) in all.iter().zip(&mut rates) {
            let addresses: Vec<&str> = logged.servers.iter().map(|it| &*it.address).collect();
            rates.push(turn_of_all(&addresses, &mut load(), LENGTH).rate);
        }
    }
    let median = |mut rates: Vec<u64>| {
        rates.sort_unstable();
        rates[rates.len() / 2]
    };
    let figures = all.iter().zip(rates);
    let figures = figures.map(|(logged, rates)| format!("{}: {}/s", logged.name, median(rates)));
    table.line(label, figures.collect::<Vec<_>>().join("; "), "", None);
}

/// Clients that ask for PayFort reports, each for one that nobody has asked for before.
fn generating() -> Load {
    let next = Arc::new(AtomicU64::new(0));
    Box::new(move || {
        so_many_clients(SMALL, || {
            let next = Arc::clone(&next);
            let walker: Walker = Box::new(move |_| {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let from = "2026-03-13T00:00:00+00:00";
                Some(requests::payfort_generate(&format!("bench-{number}"), from).into())
            });
            walker
        })
    })
}

/// Clients that change the state with each request.
fn changing(count: usize) -> Load {
    let body = r#"{"mode":"frozen","now":"2026-03-14T12:00:00Z"}"#;
    let headers = [("Content-Type", "application/json")];
    let change: Arc<[u8]> = request("PUT", "/_admin/clock", &headers, body).into();
    Box::new(move || {
        so_many_clients(count, || {
            let change = Arc::clone(&change);
            Box::new(move |_| Some(Arc::clone(&change)))
        })
    })
}

fn server(args: &[&str]) -> Served {
    let args = [args, &["--log-level", "error"]].concat();
    Scenario::million(1).served_by(Served::on_all_cores, &args)
}

fn alone() -> Logged {
    let _folder = TempDir::new().unwrap();
    Logged { name: "no log", servers: vec![server(&[])], _store: None, _folder }
}

fn with_file() -> Logged {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("log");
    let servers = vec![server(&["--data", file.to_str().unwrap()])];
    Logged { name: "--data", servers, _store: None, _folder: folder }
}

/// Servers over a store of their own, which writes to its disk once a second; `None` where there is no program
/// for it.
fn with_store(name: &'static str, count: usize) -> Option<Logged> {
    let folder = TempDir::new().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (number, path) = (port.to_string(), folder.path().to_str().unwrap());
    let location = ["--port", &number, "--bind", "127.0.0.1", "--dir", path, "--save", ""];
    let lasting = ["--appendonly", "yes", "--appendfsync", "everysec"];
    let store = Served::on_cores("redis-server", &[&location[..], &lasting].concat(), port)?;
    while TcpStream::connect(&store.address).is_err() {
        std::thread::yield_now();
    }
    let url = format!("redis://{}", store.address);
    let servers = (0..count).map(|_| server(&["--store", &url])).collect();
    Some(Logged { name, servers, _store: Some(store), _folder: folder })
}
