//! Connections on which nothing moves: each is closed after the connection time-out, so that with room for a
//! single connection the next client is answered.

use std::time::Duration;

use sandtill::sandbox::Options;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{NOON, Server, frozen};

const PROBE: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// The preface of HTTP/2 with empty settings, RFC 9113 section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// A server with room for one connection, which is closed after 100 ms without progress.
async fn server(scenario: &str) -> Server {
    let options = Options {
        max_connections: Some(1),
        connection_timeout: Some(Duration::from_millis(100)),
        ..Options::default()
    };
    Server::started(frozen(scenario, NOON), options).await
}

fn address(server: &Server) -> &str {
    server.url.strip_prefix("http://").unwrap()
}

/// Whether the server answers a client that comes after the ones that are there.
async fn answers(server: &Server) {
    let mut stream = TcpStream::connect(address(server)).await.unwrap();
    stream.write_all(PROBE).await.unwrap();
    let mut status = [0; 15];
    stream.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 200 OK");
}

#[tokio::test]
async fn a_connection_that_sends_nothing_or_half_a_request_is_closed() {
    let server = server("empty").await;
    let ping = [PREFACE, &[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]].concat();
    let beginnings: [&[u8]; 7] =
        [b"", b"G", b"PRI * HT", b"GET /healthz HTTP/1.1\r\nHo", PROBE, PREFACE, &ping];
    for beginning in beginnings {
        let mut stream = TcpStream::connect(address(&server)).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        answers(&server).await;
        let mut rest = Vec::new();
        // The end of the connection, or its reset.
        let _ = stream.read_to_end(&mut rest).await;
    }
}

#[tokio::test]
async fn silent_connections_make_room_for_a_client_that_waits() {
    let options = Options { max_connections: Some(2), ..Options::default() };
    let server = Server::started(frozen("empty", NOON), options).await;
    let mut streams = Vec::new();
    for beginning in [&b""[..], b"GET /heal"] {
        let mut stream = TcpStream::connect(address(&server)).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        streams.push(stream);
    }
    // Without a client that waits they would stay for 30 seconds.
    let answered = tokio::time::timeout(Duration::from_secs(20), answers(&server)).await;
    assert!(answered.is_ok());
}

#[tokio::test]
async fn a_client_that_reads_nothing_does_not_keep_its_answer_for_ever() {
    let server = server("default").await;
    let body = r#"{"report_params":{"date_type":"created_at","from":"2026-01-01 00:00:00","to":"2026-03-13 23:59:59","status":"all","payment_method_type":"credit_card","time_zone":"UTC"}}"#;
    let request = format!(
        "POST /api/reports HTTP/1.1\r\nHost: localhost\r\nX-Api-Version: 3\r\nAuthorization: Basic MTpzYW5kdGlsbC1zaG9wLXNlY3JldA==\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address(&server).parse().unwrap()).await.unwrap();
    stream.write_all(request.repeat(4).as_bytes()).await.unwrap();
    answers(&server).await;
    let entries = server.space().journal.entries();
    let lengths: Vec<u64> = entries.iter().map(|it| it.answer_body.body().length).collect();
    assert!(lengths.iter().any(|length| *length > 1_000_000), "{lengths:?}");
}

#[tokio::test]
async fn a_request_that_is_being_answered_has_no_limit() {
    let server = server("empty").await;
    let body = r#"{"timeout_ms":500}"#;
    let waited = server.send("POST", "/_admin/journal/wait", &[], body).await;
    assert_eq!(waited.status, 200, "{}", waited.text());
    assert_eq!(waited.json()["matched"], false);
}

#[tokio::test]
async fn a_client_that_closes_its_sending_side_gets_its_answer() {
    let server = Server::frozen("empty", NOON).await;
    for _ in 0..100 {
        let mut stream = TcpStream::connect(address(&server)).await.unwrap();
        stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_wait_ends_with_its_client() {
    let server = server("empty").await;
    let mut stream = TcpStream::connect(address(&server)).await.unwrap();
    let body = r#"{"timeout_ms":600000}"#;
    let request = format!(
        "POST /_admin/journal/wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    drop(stream);
    answers(&server).await;
}
