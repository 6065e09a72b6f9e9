//! Accepting connections: so many at a time and no more, and a pause where it fails.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use sandtill::sandbox::Options;
use sandtill::sandbox::clock::Stopwatch;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{NOON, Server, frozen};

const PROBE: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[tokio::test]
async fn further_connections_wait_until_one_ends() {
    let options = Options { max_connections: Some(2), ..Options::default() };
    let server = Server::started(frozen("empty", NOON), options).await;
    let address = server.url.strip_prefix("http://").unwrap();
    let ask = async |stream: &mut tokio::net::TcpStream| {
        stream.write_all(PROBE).await.unwrap();
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
    };
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        ask(&mut stream).await;
        streams.push(stream);
    }
    let mut third = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut waiting = Box::pin(ask(&mut third));
    // Accepted clients get all their responses, the third client gets none.
    let mut first = streams.pop().unwrap();
    for _ in 0..50 {
        tokio::select! {
            biased;
            () = &mut waiting => panic!("it was answered"),
            () = async {
                first.write_all(PROBE).await.unwrap();
                let mut some = [0; 64];
                assert!(first.read(&mut some).await.unwrap() > 0);
            } => {}
        }
    }
    drop(first);
    waiting.await;
}

#[cfg(unix)]
#[test]
fn without_descriptors_accepting_pauses_and_goes_on_afterwards() {
    let program = env!("CARGO_BIN_EXE_sandtill");
    let script = format!("ulimit -n 24; exec '{program}' serve --listen 127.0.0.1:0 --quiet");
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let address = ready.trim_end().strip_prefix("sandtill ready on http://").unwrap();
    let streams: Vec<_> = (0..40).map(|_| TcpStream::connect(address).unwrap()).collect();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut begun = None;
    // After the first one it pauses for 100 ms, then for 200, then for 400.
    for _ in 0..4 {
        let line = log.by_ref().map(Result::unwrap).find(|it| it.contains("could not be accepted"));
        assert!(line.is_some());
        begun.get_or_insert_with(Stopwatch::start);
    }
    let paused = begun.unwrap().elapsed();
    drop(streams);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(PROBE).unwrap();
    let mut answer = [0; 15];
    stream.read_exact(&mut answer).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    assert!(paused >= Duration::from_millis(500), "{paused:?}");
}
