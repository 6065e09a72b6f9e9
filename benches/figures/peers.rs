//! Measures the same load against other mock servers, each with the page ready-made.
//! `benches/peers/run` installs them and runs this part.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::load::{once, same, without_chunks};
use crate::process::Served;
use crate::requests;
use crate::scenario::scenario;
use crate::table::{Table, hundredths, ratio};
use crate::turns::rate;

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

pub fn run(table: &mut Table) {
    assert!(Path::new(INSTALLED).exists(), "run benches/peers/run, which installs them");
    let scenario = scenario(100, 90);
    let request_bytes = requests::begateway("2026-01-10 00:00:00", "");
    let begun = Instant::now();
    let served = Served::sandtill(&["--scenario", scenario.path().to_str().unwrap()]);
    let page = String::from_utf8(once(&served.address, &request_bytes)).unwrap();
    let started = begun.elapsed();
    let source = same(&request_bytes);
    let own = rate(&served.address, &source, TIME);
    let memory = served.memory().0;
    drop(served);
    let note = "no target: who serves the page";
    let line = |rate: u64, started: Duration, memory: u64| {
        format!("{rate}/s; first answer after {} ms; {} MB", started.as_millis(), memory >> 10)
    };
    table.line(
        "Sandtill, from its rows, the same page again and again",
        line(own, started, memory),
        note,
        None,
    );
    let folder = tempfile::tempdir().unwrap();
    type Start = fn(&Path, u16, &str) -> Served;
    for (name, start) in [("Mockoon CLI", mockoon as Start), ("mountebank", mountebank as Start)] {
        let (begun, port) = (Instant::now(), free_port());
        let peer = start(folder.path(), port, &page);
        answers(&peer.address);
        let started = begun.elapsed();
        let received = once(&peer.address, &request_bytes);
        let received =
            if received.len() == page.len() { received } else { without_chunks(&received) };
        assert!(received == page.as_bytes(), "{name} sends another page");
        let rate = rate(&peer.address, &source, TIME);
        let memory = peer.memory_of_all();
        let times = ratio(hundredths(own, rate));
        let label = format!("{name}, the same page ready-made");
        let result = format!("{}; Sandtill {times}", line(rate, started, memory));
        table.line(&label, result, note, None);
    }
}
