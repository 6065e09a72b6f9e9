//! Turns of load: so many connections that each ask on as soon as they are answered, as importers do,
//! and a check that nothing was asked twice.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::load::{Ask, Connection, block_on};

/// What a connection asks next. It is given the end of the answer before, which is empty at first, and
/// gives nothing when there is nothing left to ask.
pub type Walker = Box<dyn FnMut(&[u8]) -> Option<Arc<[u8]>> + Send>;

/// Connections that ask at the same time.
pub const CONNECTIONS: usize = 32;

/// Bytes at the end of an answer that are kept: the cursors of a page are there.
const END: usize = 256;

/// A walker between two turns: the next turn goes on where this one has stopped.
pub struct Client {
    walker: Walker,
    end: Vec<u8>,
    /// Of all that it has asked: digests of the request and of the end of its answer.
    pub asked: Vec<[u64; 2]>,
}

/// Clients for each connection.
pub fn clients(mut walker: impl FnMut() -> Walker) -> Vec<Client> {
    let client = |walker| Client { walker, end: Vec::new(), asked: Vec::new() };
    (0..CONNECTIONS).map(|_| client(walker())).collect()
}

/// Clients that ask what there is for each number up to `size`, each number once among all of them.
pub fn counting(ask: &Ask, size: u64) -> Vec<Client> {
    let next = Arc::new(AtomicU64::new(0));
    clients(|| {
        let (next, ask) = (Arc::clone(&next), Arc::clone(ask));
        Box::new(move |_| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            (number < size).then(|| ask(number))
        })
    })
}

/// What a turn came to.
pub struct Turn {
    /// Answers a second.
    pub rate: u64,
    /// All that was asked, also while the turn warmed up.
    pub asked: u64,
}

/// From when to when answers of a turn count.
struct Bounds {
    warm: Instant,
    end: Instant,
    /// When a client found that there is nothing left. The turn ends with it: fewer connections would
    /// be another load.
    dry: OnceLock<Instant>,
}

/// How long a turn is.
#[derive(Clone, Copy)]
pub struct Length {
    pub time: Duration,
    /// Whether the load never sleeps. A load that slept whenever a server is slow would have it pay for
    /// being woken, which costs as much as a small answer; a load that shares its core has to sleep.
    pub awake: bool,
}

/// Has these clients ask for `time` after a short warm-up.
pub fn turn(address: &str, clients: &mut Vec<Client>, length: Length) -> Turn {
    block_on(async {
        let warm = Instant::now() + length.time / 4;
        let end = warm + length.time;
        let bounds = Arc::new(Bounds { warm, end, dry: OnceLock::new() });
        let spinner = length.awake.then(|| {
            tokio::spawn(async {
                loop {
                    tokio::task::yield_now().await;
                }
            })
        });
        let before: usize = clients.iter().map(|client| client.asked.len()).sum();
        let mut tasks = tokio::task::JoinSet::new();
        for client in clients.drain(..) {
            tasks.spawn(client.ask(address.to_owned(), Arc::clone(&bounds)));
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
        let after: usize = clients.iter().map(|client| client.asked.len()).sum();
        let time = bounds.dry.get().unwrap_or(&end).saturating_duration_since(warm);
        assert!(time > Duration::from_millis(40), "there is too little to ask for one turn");
        let micros = u64::try_from(time.as_micros()).unwrap();
        Turn { rate: answers * 1_000_000 / micros, asked: u64::try_from(after - before).unwrap() }
    })
}

impl Client {
    /// Asks until the turn is over; gives itself back with how many answers count.
    async fn ask(mut self, address: String, bounds: Arc<Bounds>) -> (Self, u64) {
        let mut connection = Connection::open(&address).await;
        let mut answers = 0;
        while bounds.dry.get().is_none() {
            let Some(request) = (self.walker)(&self.end) else {
                let _ = bounds.dry.set(Instant::now());
                break;
            };
            self.end.clear();
            let end = &mut self.end;
            connection.ask(&request, |part| keep_end(end, part)).await;
            self.asked.push([digest(&request), digest(&self.end)]);
            let now = Instant::now();
            if now >= bounds.end {
                break;
            }
            answers += u64::from(now >= bounds.warm && bounds.dry.get().is_none());
        }
        (self, answers)
    }
}

/// Keeps the last bytes of what came in parts.
fn keep_end(end: &mut Vec<u8>, part: &[u8]) {
    end.extend_from_slice(&part[part.len().saturating_sub(END)..]);
    end.drain(..end.len().saturating_sub(END));
}

fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// Gives up when a request was sent twice or two answers end alike (each ends with something of its
/// own: ids of its rows, the number of its page, a signature). Says how many there were.
pub fn assert_none_twice(clients: &[Client]) -> u64 {
    let mut count = 0;
    for (place, what) in ["requests", "answers"].into_iter().enumerate() {
        let all = clients.iter().flat_map(|client| &client.asked);
        let mut all: Vec<u64> = all.map(|digests| digests[place]).collect();
        count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "{} {what} of {count} came twice", count - all.len());
    }
    u64::try_from(count).unwrap()
}

/// Answers a second to requests by their numbers, measured for `time` after a short warm-up.
pub fn rate(address: &str, ask: &Ask, time: Duration) -> u64 {
    turn(address, &mut counting(ask, u64::MAX), Length { time, awake: true }).rate
}
