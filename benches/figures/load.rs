//! Load: so many connections that each ask again as soon as they are answered.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request as bytes.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: bench\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    text.into_bytes()
}

/// One connection that is kept.
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

    /// Asks, reads the answer whole, and gives its length; the answer itself only to `keep`.
    pub async fn ask(&mut self, request: &[u8], mut keep: impl FnMut(&[u8])) -> usize {
        self.stream.write_all(request).await.unwrap();
        let mut have = 0;
        let (head, length) = loop {
            let read = self.stream.read(&mut self.buffer[have..]).await.unwrap();
            assert!(read > 0, "the server hung up");
            have += read;
            let text = &self.buffer[..have];
            if let Some(end) = text.windows(4).position(|it| it == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&text[..end]).to_lowercase();
                assert!(head.starts_with("http/1.1 200"), "{head}");
                let length = head.lines().find_map(|it| it.strip_prefix("content-length: "));
                break (end + 4, length.map(|it| it.parse::<usize>().unwrap()));
            }
        };
        keep(&self.buffer[head..have]);
        let mut got = have - head;
        let mut tail = self.buffer[head..have].to_vec();
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
                tail.extend_from_slice(&self.buffer[..read]);
                let from = tail.len().saturating_sub(16);
                tail.drain(..from);
            }
        }
    }
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Asks once and gives the answer's body (as it came, chunks and all).
pub fn once(address: &str, request: &[u8]) -> Vec<u8> {
    block_on(async {
        let mut body = Vec::new();
        Connection::open(address).await.ask(request, |part| body.extend_from_slice(part)).await;
        body
    })
}

/// The least time in which one of `times` requests is answered.
pub fn fastest(address: &str, request: &[u8], times: u32) -> Duration {
    block_on(async {
        let mut connection = Connection::open(address).await;
        let mut best = Duration::MAX;
        for _ in 0..times {
            let begun = Instant::now();
            connection.ask(request, |_| {}).await;
            best = best.min(begun.elapsed());
        }
        best
    })
}

/// Answers a second over `connections` connections, measured for `time` after a short warm-up.
pub fn rate(address: &str, request: &[u8], connections: usize, time: Duration) -> u64 {
    block_on(async {
        let warm = Instant::now() + time / 4;
        let end = warm + time;
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..connections {
            let (address, request) = (address.to_owned(), request.to_vec());
            tasks.spawn(async move {
                let mut connection = Connection::open(&address).await;
                let mut answers = 0_u64;
                loop {
                    connection.ask(&request, |_| {}).await;
                    let now = Instant::now();
                    if now >= end {
                        return answers;
                    }
                    answers += u64::from(now >= warm);
                }
            });
        }
        let mut answers = 0;
        while let Some(done) = tasks.join_next().await {
            answers += done.unwrap();
        }
        let millis = u64::try_from(time.as_millis()).unwrap();
        answers * 1000 / millis
    })
}
