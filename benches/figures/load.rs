//! Builds requests as bytes and sends them over TCP connections that stay open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A complete HTTP/1.1 request as bytes.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    text.into_bytes()
}

/// An open connection that is used for several requests.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: vec![0; 256 * 1024] }
    }

    /// Sends a request, reads the whole response and returns the length of its body. `keep` gets
    /// the body piece by piece.
    pub async fn exchange(&mut self, request: &[u8], mut keep: impl FnMut(&[u8])) -> usize {
        self.stream.write_all(request).await.unwrap();
        let mut have = 0;
        let (head, length) = loop {
            let read = self.stream.read(&mut self.buffer[have..]).await.unwrap();
            assert!(read > 0, "the server hung up");
            have += read;
            let text = &self.buffer[..have];
            if let Some(end) = memchr::memmem::find(text, b"\r\n\r\n") {
                let head = std::str::from_utf8(&text[..end]).unwrap();
                assert!(head.starts_with("HTTP/1.1 20"), "{head}");
                break (end + 4, content_length(head));
            }
        };
        keep(&self.buffer[head..have]);
        let mut got = have - head;
        let mut tail = match length {
            Some(_) => Vec::new(),
            None => self.buffer[head..have].to_vec(),
        };
        loop {
            let done = match length {
                Some(length) => got >= length,
                // Chunked: the last chunk is empty.
                None => tail.ends_with(b"\r\n0\r\n\r\n"),
            };
            if done {
                return got;
            }
            let read = self.stream.read(&mut self.buffer).await.unwrap();
            assert!(read > 0, "the server hung up");
            keep(&self.buffer[..read]);
            got += read;
            if length.is_none() {
                tail.extend_from_slice(&self.buffer[read.saturating_sub(16)..read]);
                let from = tail.len().saturating_sub(16);
                tail.drain(..from);
            }
        }
    }
}

fn content_length(head: &str) -> Option<usize> {
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse().unwrap())
    })
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Sends one request on a new connection and returns the response body (still chunked, if it was
/// sent in chunks).
pub fn once(address: &str, request: &[u8]) -> Vec<u8> {
    block_on(async {
        let mut body = Vec::new();
        Connection::open(address)
            .await
            .exchange(request, |part| body.extend_from_slice(part))
            .await;
        body
    })
}

/// Sends all requests on one connection, one after the other.
pub fn all(address: &str, requests: impl Iterator<Item = Vec<u8>>) {
    block_on(async {
        let mut connection = Connection::open(address).await;
        for request in requests {
            connection.exchange(&request, |_| {}).await;
        }
    });
}

/// The body without its chunk framing.
pub fn without_chunks(mut text: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(text.len());
    while let Some(end) = memchr::memmem::find(text, b"\r\n") {
        let size = std::str::from_utf8(&text[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        body.extend_from_slice(&text[end + 2..end + 2 + size]);
        text = &text[end + 4 + size..];
    }
    body
}

/// The shortest time to a whole response, over `times` requests.
pub fn fastest(address: &str, request: &[u8], times: u32) -> Duration {
    block_on(async {
        let mut connection = Connection::open(address).await;
        let mut best = Duration::MAX;
        for _ in 0..times {
            let begun = Instant::now();
            connection.exchange(request, |_| {}).await;
            best = best.min(begun.elapsed());
        }
        best
    })
}

/// Returns the request of a number.
pub type RequestSource = Arc<dyn Fn(u64) -> Arc<[u8]> + Send + Sync>;

/// The same request for every number.
pub fn same(request: &[u8]) -> RequestSource {
    let request: Arc<[u8]> = request.into();
    Arc::new(move |_| Arc::clone(&request))
}
