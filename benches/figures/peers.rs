//! Measures the walk through pages against other mock servers. They have no rows: whatever page is asked for,
//! they send the one that they were given. `benches/peers/run` installs them and runs this part.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::load::{RequestSource, once, without_chunks};
use crate::process::Served;
use crate::requests;
use crate::scenario::scenario;
use crate::series::Series;
use crate::table::{Table, hundredths, ratio};
use crate::turns::rate;
use crate::workloads;

const TIME: Duration = Duration::from_secs(4);

/// The folder into which `benches/peers/run` installs their commands.
const INSTALLED: &str = "target/peers/node_modules/.bin";

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits up to 60 seconds until a server responds with status 200.
fn answers(address: &str) {
    let request_bytes =
        b"POST /api/reports HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        assert!(Instant::now() < end, "nothing answers at {address}");
        let answered = TcpStream::connect(address).and_then(|mut stream| {
            stream.write_all(request_bytes)?;
            let mut head = [0; 12];
            stream.read_exact(&mut head).map(|()| head)
        });
        if answered.is_ok_and(|head| head.ends_with(b"200")) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn mockoon(folder: &Path, port: u16, page: &str) -> Served {
    let response = json!({
        "uuid": "2", "body": page, "statusCode": 200, "label": "", "latency": 0, "default": true,
        "headers": [{"key": "Content-Type", "value": "application/json"}], "bodyType": "INLINE",
        "filePath": "", "databucketID": "", "sendFileAsBody": false, "rules": [],
        "rulesOperator": "OR", "disableTemplating": true, "fallbackTo404": false, "crudKey": "id",
        "callbacks": [],
    });
    let route = json!({
        "uuid": "1", "type": "http", "documentation": "", "method": "post",
        "endpoint": "api/reports", "responses": [response], "responseMode": null,
        "streamingMode": null, "streamingInterval": 0,
    });
    let environment = json!({
        "uuid": "0", "lastMigration": 33, "name": "page", "endpointPrefix": "", "latency": 0,
        "port": port, "hostname": "127.0.0.1", "folders": [], "routes": [route],
        "rootChildren": [{"type": "route", "uuid": "1"}], "proxyMode": false, "proxyHost": "",
        "proxyRemovePrefix": false, "tlsOptions": {"enabled": false}, "cors": false, "headers": [],
        "proxyReqHeaders": [], "proxyResHeaders": [], "data": [], "callbacks": [],
    });
    let file = folder.join("mockoon.json");
    std::fs::write(&file, environment.to_string()).unwrap();
    let file = file.to_str().unwrap();
    let args = ["start", "--data", file, "--disable-log-to-file", "--disable-admin-api"];
    Served::program(&format!("{INSTALLED}/mockoon-cli"), &args, port)
}

fn mountebank(folder: &Path, port: u16, page: &str) -> Served {
    // Without this header mountebank closes the connection after each response.
    let headers = json!({"Content-Type": "application/json", "Connection": "keep-alive"});
    let is = json!({"statusCode": 200, "headers": headers, "body": page});
    let imposter = json!({
        "port": port, "protocol": "http", "host": "127.0.0.1",
        "stubs": [{"responses": [{"is": is}]}],
    });
    let file = folder.join("mountebank.json");
    std::fs::write(&file, json!({"imposters": [imposter]}).to_string()).unwrap();
    let (file, admin) = (file.to_str().unwrap(), free_port().to_string());
    let args = [
        "start",
        "--configfile",
        file,
        "--noParse",
        "--nologfile",
        "--loglevel",
        "error",
        "--localOnly",
        "--port",
        &admin,
        "--pidfile",
        "/dev/null",
    ];
    Served::program(&format!("{INSTALLED}/mb"), &args, port)
}

fn wiremock(folder: &Path, port: u16, page: &str) -> Served {
    let mappings = folder.join("mappings");
    std::fs::create_dir(&mappings).unwrap();
    let mapping = json!({
        "request": {"method": "POST", "url": "/api/reports"},
        "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": page},
    });
    std::fs::write(mappings.join("page.json"), mapping.to_string()).unwrap();
    let (folder, port_text) = (folder.to_str().unwrap(), port.to_string());
    let jar = format!("target/peers/node_modules/wiremock/build/{WIREMOCK}");
    // Its own journal keeps every request whole, without an end, so it is off.
    let args = ["-jar", &jar, "--port", &port_text, "--bind-address", "127.0.0.1"];
    let more = ["--root-dir", folder, "--no-request-journal", "--disable-banner"];
    Served::program("java", &[&args[..], &more[..]].concat(), port)
}

/// The jar in the package that `benches/peers/run` installs.
const WIREMOCK: &str = "wiremock-standalone-3.13.2.jar";

/// The walk of Sandtill through a million rows, each page once: answers per second, median of nine turns.
fn own_rate() -> u64 {
    let mut series = Series::once(workloads::begateway(workloads::plain));
    let mut rates: Vec<u64> = (0..9).map(|_| series.turn()).collect();
    series.end();
    rates.sort_unstable();
    rates[4]
}

/// The same walk for a server whose pages do not depend on the request: a cursor that is another one each time.
fn walk() -> RequestSource {
    Arc::new(|number| {
        let after = format!(",\"starting_after\":{}", 1_000_000 + number);
        requests::begateway("2026-01-10 00:00:00", &after).into()
    })
}

pub fn run(table: &mut Table) {
    assert!(Path::new(INSTALLED).exists(), "run benches/peers/run, which installs them");
    let scenario = scenario(100, 90);
    let first_request = requests::begateway("2026-01-10 00:00:00", "");
    let begun = Instant::now();
    let served = Served::sandtill(&["--scenario", scenario.path().to_str().unwrap()]);
    let page = String::from_utf8(once(&served.address, &first_request)).unwrap();
    let started = begun.elapsed();
    let memory = served.memory().0;
    drop(served);
    let own = own_rate();
    let note = "no target: who serves the page";
    let line = |rate: u64, started: Duration, memory: u64| {
        format!("{rate}/s; first answer after {} ms; {} MB", started.as_millis(), memory >> 10)
    };
    table.line(
        "Sandtill, page after page of a million rows",
        line(own, started, memory),
        note,
        None,
    );
    type Start = fn(&Path, u16, &str) -> Served;
    let peers =
        [("WireMock", wiremock as Start), ("Mockoon CLI", mockoon), ("mountebank", mountebank)];
    for (name, start) in peers {
        let folder = tempfile::tempdir().unwrap();
        let (begun, port) = (Instant::now(), free_port());
        let peer = start(folder.path(), port, &page);
        answers(&peer.address);
        let started = begun.elapsed();
        let received = once(&peer.address, &first_request);
        let received =
            if received.len() == page.len() { received } else { without_chunks(&received) };
        assert!(received == page.as_bytes(), "{name} sends another page");
        let rate = rate(&peer.address, &walk(), TIME);
        let memory = peer.memory_of_all();
        let times = ratio(hundredths(own, rate));
        let label = format!("{name}, one page ready-made, whatever cursor is asked for");
        let result = format!("{}; Sandtill {times}", line(rate, started, memory));
        table.line(&label, result, note, None);
    }
}
