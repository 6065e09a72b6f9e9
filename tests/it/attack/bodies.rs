//! Bodies that are refused: the client can read the refusal, and nothing of the body is kept.

use sandtill::sandbox::Options;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{NOON, Server, frozen};

/// The answer to a client that sends its whole body before it reads.
async fn answer_after_sending(server: &Server, head: &str, length: usize) -> String {
    let address = server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let piece = vec![b' '; 1024 * 1024];
    let mut left = length;
    while left > 0 {
        let some = piece.get(..left.min(piece.len())).unwrap();
        stream.write_all(some).await.unwrap();
        left -= some.len();
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_body_that_is_too_long_is_read_to_its_end_and_refused() {
    let server = Server::frozen("empty", NOON).await;
    for (head, status) in [
        ("POST /api/reports", 413),
        ("POST /FortAPI/reportingApi", 413),
        ("POST /v2/report", 413),
        ("POST /nowhere", 413),
        ("GET /healthz", 413),
    ] {
        for length in [5_000_000, 20_000_000] {
            let answer = answer_after_sending(&server, head, length).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{head} {answer}");
        }
    }
}

#[tokio::test]
async fn strangers_are_told_so_after_any_body() {
    let options = Options { admin_token: Some("t0ken".into()), ..Options::default() };
    let server = Server::started(frozen("empty", NOON), options).await;
    let answer = answer_after_sending(&server, "PUT /_admin/clock", 64_000_000).await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

#[tokio::test]
async fn a_client_that_waits_for_a_continue_is_refused_at_once() {
    let server = Server::frozen("empty", NOON).await;
    let address = server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST /api/reports HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}
