//! Servers over one store, and how tests ask them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::redis_server::RedisServer;
use crate::attack::program::Program;

/// Longest time that a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer: status, head and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|err| panic!("{err}: {self:?}"))
    }
}

/// A server with this store and further arguments.
pub(crate) fn replica(store: &str, args: &[&str]) -> Program {
    Program::start(&[&["--store", store], args].concat(), Stdio::null())
}

/// Servers over a store of their own; `None`, with a line on standard error, without `redis-server`.
pub(crate) fn fleet(count: usize) -> Option<(RedisServer, Vec<Program>)> {
    let store = RedisServer::start()?;
    let servers = (0..count).map(|_| replica(&store.url(), &[])).collect();
    Some((store, servers))
}

/// Sends a request; `None` when the server is gone.
pub(crate) fn try_send(address: &str, method: &str, path: &str, body: &str) -> Option<Reply> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Reply { status, head: head.to_owned(), body: body.to_owned() })
}

/// Sends a request.
pub(crate) fn send(server: &Program, method: &str, path: &str, body: &str) -> Reply {
    try_send(&server.address, method, path, body).unwrap()
}

/// The answer to `GET`, as JSON, which has to be 200.
pub(crate) fn get(server: &Program, path: &str) -> Value {
    let reply = send(server, "GET", path, "");
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    reply.json()
}

/// The answer to a change, as JSON, which has to be one.
pub(crate) fn change(server: &Program, method: &str, path: &str, body: &str) -> Value {
    let reply = send(server, method, path, body);
    assert!(matches!(reply.status, 200 | 201), "{path}: {reply:?}");
    reply.json()
}

/// Adds a payment in a space and returns it.
pub(crate) fn pay(server: &Program, space: &str, amount: u64) -> Value {
    change(server, "POST", &format!("{space}/_admin/transactions"), &payment(amount))
}

/// A payment to be added.
pub(crate) fn payment(amount: u64) -> String {
    format!(r#"{{"merchant":"everywhere","amount":{amount},"currency":"USD","status":"captured"}}"#)
}

/// Asks until the answer is as wanted.
pub(crate) fn until(expected: &str, is_so: impl Fn() -> bool) {
    let limit = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < limit, "{expected} did not come true");
        std::thread::yield_now();
    }
}

/// Whether a server says that it is ready.
pub(crate) fn is_ready(server: &Program) -> bool {
    send(server, "GET", "/readyz", "").status == 200
}
