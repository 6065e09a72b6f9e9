//! Turns of load: a fixed number of connections of which each sends its next request as soon as it
//! has the response, as importers do, and a check that no request was sent twice.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::load::{Connection, RequestSource, block_on};

/// Returns the next request of a connection, or `None` at the end. The argument is the end of the
/// previous response body, which is empty at first.
pub type Walker = Box<dyn FnMut(&[u8]) -> Option<Arc<[u8]>> + Send>;

/// Number of concurrent connections.
pub const CONNECTIONS: usize = 32;

/// Number of bytes kept from the end of a response: the cursors of a page are there.
const END: usize = 256;

/// The state of a connection between two turns: the next turn continues where this one stopped.
pub struct Client {
    walker: Walker,
    end: Vec<u8>,
    /// For each request sent so far: digests of the request and of the end of its response.
    pub sent_digests: Vec<[u64; 2]>,
}

/// One client for each connection.
pub fn clients(walker: impl FnMut() -> Walker) -> Vec<Client> {
    so_many_clients(CONNECTIONS, walker)
}

/// So many clients.
pub fn so_many_clients(count: usize, mut walker: impl FnMut() -> Walker) -> Vec<Client> {
    let client = |walker| Client { walker, end: Vec::new(), sent_digests: Vec::new() };
    (0..count).map(|_| client(walker())).collect()
}

/// Clients that send the request of each number below `size`, each number once among all clients.
pub fn counting(source: &RequestSource, size: u64) -> Vec<Client> {
    let next = Arc::new(AtomicU64::new(0));
    clients(|| {
        let (next, source) = (Arc::clone(&next), Arc::clone(source));
        Box::new(move |_| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            (number < size).then(|| source(number))
        })
    })
}

/// The result of a turn.
pub struct Turn {
    /// Responses per second.
    pub rate: u64,
    /// Requests sent, including those of the warm-up.
    pub sent: u64,
}

/// The time in which responses of a turn are counted.
struct Bounds {
    warm_up_end: Instant,
    end: Instant,
    /// Set when a client has no request left. The turn ends then, since fewer connections would be
    /// another load.
    exhausted: OnceLock<Instant>,
}

/// The length of a turn, and how the load waits.
#[derive(Clone, Copy)]
pub struct Length {
    pub time: Duration,
    /// Whether the load never sleeps. If the load slept whenever the server is slow, the server
    /// would pay for waking it, which costs as much as a small response; a load that shares its
    /// core has to sleep.
    pub busy_wait: bool,
}

/// Runs these clients for the given time after a warm-up of a quarter of it.
pub fn turn(address: &str, clients: &mut Vec<Client>, length: Length) -> Turn {
    turn_of_all(&[address], clients, length)
}

/// The same with several servers, among which the clients are dealt out.
pub fn turn_of_all(addresses: &[&str], clients: &mut Vec<Client>, length: Length) -> Turn {
    block_on(async {
        let warm_up_end = Instant::now() + length.time / 4;
        let end = warm_up_end + length.time;
        let bounds = Arc::new(Bounds { warm_up_end, end, exhausted: OnceLock::new() });
        let spinner = length.busy_wait.then(|| {
            tokio::spawn(async {
                loop {
                    tokio::task::yield_now().await;
                }
            })
        });
        let before: usize = clients.iter().map(|client| client.sent_digests.len()).sum();
        let mut tasks = tokio::task::JoinSet::new();
        for (client, address) in clients.drain(..).zip(addresses.iter().cycle()) {
            tasks.spawn(client.run((*address).to_owned(), Arc::clone(&bounds)));
        }
        let mut answers = 0;
        while let Some(done) = tasks.join_next().await {
            let (client, counted) = done.unwrap();
            clients.push(client);
            answers += counted;
        }
        if let Some(spinner) = spinner {
            spinner.abort();
        }
        let after: usize = clients.iter().map(|client| client.sent_digests.len()).sum();
        let time = bounds.exhausted.get().unwrap_or(&end).saturating_duration_since(warm_up_end);
        assert!(time > Duration::from_millis(40), "there is too little to ask for one turn");
        let micros = u64::try_from(time.as_micros()).unwrap();
        Turn { rate: answers * 1_000_000 / micros, sent: u64::try_from(after - before).unwrap() }
    })
}

impl Client {
    /// Sends requests until the turn ends; returns the client and the number of responses that
    /// count.
    async fn run(mut self, address: String, bounds: Arc<Bounds>) -> (Self, u64) {
        let mut connection = Connection::open(&address).await;
        let mut answers = 0;
        while bounds.exhausted.get().is_none() {
            let Some(request) = (self.walker)(&self.end) else {
                let _ = bounds.exhausted.set(Instant::now());
                break;
            };
            self.end.clear();
            let end = &mut self.end;
            connection.exchange(&request, |part| keep_end(end, part)).await;
            self.sent_digests.push([digest(&request), digest(&self.end)]);
            let now = Instant::now();
            if now >= bounds.end {
                break;
            }
            answers += u64::from(now >= bounds.warm_up_end && bounds.exhausted.get().is_none());
        }
        (self, answers)
    }
}

/// Appends a piece of a body and keeps only the last `END` bytes.
fn keep_end(end: &mut Vec<u8>, part: &[u8]) {
    end.extend_from_slice(&part[part.len().saturating_sub(END)..]);
    end.drain(..end.len().saturating_sub(END));
}

fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// Panics if a request was sent twice or two responses have the same end (each end is unique: ids
/// of rows, a page number, a signature). Returns the number of requests.
pub fn assert_none_twice(clients: &[Client]) -> u64 {
    let mut count = 0;
    for (index, name) in ["requests", "answers"].into_iter().enumerate() {
        let all = clients.iter().flat_map(|client| &client.sent_digests);
        let mut all: Vec<u64> = all.map(|pair| pair[index]).collect();
        count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "{} {name} of {count} came twice", count - all.len());
    }
    u64::try_from(count).unwrap()
}

/// Responses per second to the requests of `source`, measured for `time` after a warm-up.
pub fn rate(address: &str, source: &RequestSource, time: Duration) -> u64 {
    turn(address, &mut counting(source, u64::MAX), Length { time, busy_wait: true }).rate
}
