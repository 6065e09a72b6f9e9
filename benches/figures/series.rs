//! Measures several servers alternately in one run, so that a disturbance from outside affects all
//! of them alike.

use std::time::Duration;

use crate::load::{RequestSource, once};
use crate::process::Served;
use crate::table::{Table, hundredths, ratio};
use crate::turns::{Client, Length, assert_none_twice, counting, turn};

/// Turns of each series; the reported figure is their median.
const TURNS: usize = 9;
const LENGTH: Length = Length { time: Duration::from_millis(320), busy_wait: true };

/// A running server and the clients with the requests that it can still receive.
pub struct Workload {
    served: Served,
    clients: Vec<Client>,
    /// Number of distinct requests. A slightly low estimate is safe, a high one is not.
    size: u64,
    sent: u64,
}

impl Workload {
    pub fn new(served: Served, clients: Vec<Client>, size: u64) -> Self {
        Self { served, clients, size, sent: 0 }
    }

    /// Clients that send the request of each number below `size`, each number once.
    pub fn counted(served: Served, source: &RequestSource, size: u64) -> Self {
        Self::new(served, counting(source, size), size)
    }
}

/// A server under load for some turns. A new server with other rows replaces it when the remaining
/// requests may not suffice for another turn.
pub struct Series {
    begin: Option<Box<dyn Fn(u64) -> Workload>>,
    workload: Option<Workload>,
    length: Length,
    /// Number of servers started so far, which is also the seed of the current server's rows.
    servers: u64,
    /// Requests sent in the previous turn.
    last_sent: u64,
    /// Requests sent to servers that have been replaced or ended.
    pub sent: u64,
    /// CPU time of the servers during the turns.
    pub cpu: Duration,
}

impl Series {
    /// Sends each request once. `begin` starts the server with the rows of a seed.
    pub fn once(begin: impl Fn(u64) -> Workload + 'static) -> Self {
        Self::new(Some(Box::new(begin)), None)
    }

    /// Sends the requests of `source` to one server without an end.
    pub fn endless(served: Served, source: &RequestSource) -> Self {
        Self::new(None, Some(Workload::counted(served, source, u64::MAX)))
    }

    fn new(begin: Option<Box<dyn Fn(u64) -> Workload>>, workload: Option<Workload>) -> Self {
        let cpu = Duration::ZERO;
        Self { begin, workload, length: LENGTH, servers: 0, last_sent: 0, sent: 0, cpu }
    }

    /// The same series with a load that sleeps while it waits for a response.
    pub fn with_sleeping_load(mut self) -> Self {
        self.length.busy_wait = false;
        self
    }

    /// Runs one turn and returns its responses per second.
    pub fn turn(&mut self) -> u64 {
        if let Some(begin) = &self.begin
            && self
                .workload
                .as_ref()
                .is_none_or(|workload| workload.sent + self.last_sent > workload.size)
        {
            // The old server stops before the new one starts, so that they never share a core.
            self.sent +=
                self.workload.take().map_or(0, |workload| assert_none_twice(&workload.clients));
            self.servers += 1;
            self.workload = Some(begin(self.servers));
        }
        let workload = self.workload.as_mut().unwrap();
        let before = workload.served.cpu();
        let done = turn(&workload.served.address, &mut workload.clients, self.length);
        self.cpu += workload.served.cpu() - before;
        workload.sent += done.sent;
        self.last_sent = done.sent;
        done.rate
    }

    /// Stops the server. If each request may be sent only once, checks that and returns a summary;
    /// otherwise returns an empty string.
    pub fn end(&mut self) -> String {
        let Some(workload) = self.workload.take() else { return String::new() };
        if self.begin.is_none() {
            self.sent += workload.sent;
            return String::new();
        }
        self.sent += assert_none_twice(&workload.clients);
        format!("; {} asked, none twice", self.sent)
    }
}

/// The result of a series.
pub struct Figures {
    /// Median of the responses per second.
    pub rate: u64,
    /// Median ratio of the first series to this one, in hundredths.
    pub ratio_to_first: u64,
}

/// Runs the turns of all series alternately.
pub fn by_turns(series: &mut [&mut Series]) -> Vec<Figures> {
    let turns: Vec<Vec<u64>> =
        (0..TURNS).map(|_| series.iter_mut().map(|series| series.turn()).collect()).collect();
    let figures = |index: usize| Figures {
        rate: median(turns.iter().map(|turn| turn[index])),
        ratio_to_first: median(turns.iter().map(|turn| hundredths(turn[0], turn[index]))),
    };
    (0..series.len()).map(figures).collect()
}

fn median(all: impl Iterator<Item = u64>) -> u64 {
    let mut all: Vec<u64> = all.collect();
    all.sort_unstable();
    all[all.len() / 2]
}

/// A server that a series is compared with, and the ratio to reach in hundredths (`None`: no
/// target).
pub struct Baseline {
    pub label: &'static str,
    pub target: Option<u64>,
    pub series: Series,
}

impl Baseline {
    /// An axum route that sends ready-made bytes.
    pub fn bytes(bytes: &[u8], source: &RequestSource) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let served = Served::bare("bytes", file.path().to_str().unwrap());
        let series = Series::endless(served, source);
        Self { label: "the bytes ready-made", target: Some(60), series }
    }

    /// The same baseline with a target, in hundredths.
    pub fn with_target(mut self, target: u64) -> Self {
        self.target = Some(target);
        self
    }

    /// An axum route that serialises `rows` plain structs of a kind. Panics unless their size is
    /// within 10 % of `bytes`, the size of the response that they stand for.
    pub fn structs(kind: &str, rows: u64, source: &RequestSource, bytes: usize) -> Self {
        let served = Served::bare(kind, &rows.to_string());
        let own = once(&served.address, &source(0)).len();
        let near = (bytes * 9 / 10..=bytes * 11 / 10).contains(&own);
        assert!(near, "{kind}: {rows} plain structs have {own} bytes, the answer has {bytes}");
        let series = Series::endless(served, source);
        Self { label: "serialising plain structs", target: Some(200), series }
    }
}

/// Measures a series against its baselines and adds one table line for each.
pub fn compare(table: &mut Table, label: &str, mut own: Series, mut baselines: Vec<Baseline>) {
    let mut all = vec![&mut own];
    all.extend(baselines.iter_mut().map(|baseline| &mut baseline.series));
    let figures = by_turns(&mut all);
    let summary = own.end();
    for (baseline, figure) in baselines.iter().zip(&figures[1..]) {
        let Baseline { label: other, target, .. } = baseline;
        let (rate, times) = (figures[0].rate, ratio(figure.ratio_to_first));
        let to_reach = target.map_or(String::new(), ratio);
        table.line(
            &format!("{label}, against {other}"),
            format!("{rate}/s, {times} of {}/s{summary}", figure.rate),
            &to_reach,
            target.map(|target| figure.ratio_to_first >= target),
        );
    }
}
