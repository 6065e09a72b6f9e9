//! Header names over HTTP/1 are spelled as the vendors spell them, in answers and in callbacks.

use std::sync::{Arc, Mutex};

use sandtill::sandbox::callbacks;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::admin::SHOP;
use crate::callbacks::{message, start};
use crate::support::{Server, plan};

/// The names of the headers of an HTTP/1 message.
fn names(message: &str) -> Vec<&str> {
    let head = message.split("\r\n\r\n").next().unwrap();
    head.lines().skip(1).map(|line| line.split(':').next().unwrap()).collect()
}

/// Whether each word of a name begins with a capital and goes on with small letters and digits.
fn is_title_case(name: &str) -> bool {
    name.split('-').all(|word| {
        word.starts_with(|it: char| it.is_ascii_uppercase())
            && word.chars().skip(1).all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
    })
}

#[tokio::test]
async fn answers_have_title_case_names() {
    let server = Server::start().await;
    let (name, value) = SHOP;
    for (target, expected) in [
        ("/api/reports/count", "Content-Type"),
        ("/nowhere", "Sandtill-Journal"),
        ("/_admin/health", "Sandtill-Space"),
    ] {
        let mut stream =
            TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: localhost\r\n{name}: {value}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let names = names(&answer);
        assert!(names.contains(&expected), "{target}: {names:?}");
        assert!(names.iter().all(|name| is_title_case(name)), "{target}: {names:?}");
    }
}

#[tokio::test]
async fn callbacks_have_title_case_names() {
    let server = start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/ipn", listener.local_addr().unwrap());
    let received = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&received);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        *seen.lock().unwrap() = String::from_utf8(head).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    });
    let space = server.space();
    let now = space.moment().now;
    plan(&space, message(&url, "a=1"), now).unwrap();
    callbacks::advance(&space, now).await;
    let message = received.lock().unwrap().clone();
    let names = names(&message);
    assert!(["Content-Type", "User-Agent", "Content-Length"].iter().all(|it| names.contains(it)));
    assert!(names.iter().all(|name| is_title_case(name)), "{names:?}");
}
