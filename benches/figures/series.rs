//! Measurements that are made of turns: servers under load by turns in one run, so that a disturbance
//! from outside meets all of them.

use std::time::Duration;

use crate::load::{Ask, once};
use crate::process::Served;
use crate::table::{Table, hundredths, ratio};
use crate::turns::{Client, Length, assert_none_twice, counting, turn};

/// Turns of each series; what is said is their median.
const TURNS: usize = 9;
const LENGTH: Length = Length { time: Duration::from_millis(320), awake: true };

/// A server and what can be asked of it.
pub struct Stock {
    served: Served,
    clients: Vec<Client>,
    /// How many requests there are, rather a little less than more.
    size: u64,
    asked: u64,
}

impl Stock {
    pub fn new(served: Served, clients: Vec<Client>, size: u64) -> Self {
        Self { served, clients, size, asked: 0 }
    }

    /// What there is for each number up to `size`, each number once.
    pub fn counted(served: Served, ask: &Ask, size: u64) -> Self {
        Self::new(served, counting(ask, size), size)
    }
}

/// A server under load for some turns. When what it has left to ask might not last for a turn, a new
/// server with other rows takes its place.
pub struct Series {
    begin: Option<Box<dyn Fn(u64) -> Stock>>,
    stock: Option<Stock>,
    length: Length,
    /// Servers so far: the seed of the rows of the latest.
    servers: u64,
    /// What was asked in the turn before.
    last: u64,
    /// What was asked of servers that are gone.
    pub asked: u64,
    /// Time that the servers computed during the turns.
    pub cpu: Duration,
}

impl Series {
    /// Everything is asked once; `begin` starts the server with the rows of a seed.
    pub fn once(begin: impl Fn(u64) -> Stock + 'static) -> Self {
        Self::new(Some(Box::new(begin)), None)
    }

    /// A server that is asked again and again.
    pub fn endless(served: Served, ask: &Ask) -> Self {
        Self::new(None, Some(Stock::counted(served, ask, u64::MAX)))
    }

    fn new(begin: Option<Box<dyn Fn(u64) -> Stock>>, stock: Option<Stock>) -> Self {
        let cpu = Duration::ZERO;
        Self { begin, stock, length: LENGTH, servers: 0, last: 0, asked: 0, cpu }
    }

    /// The same with a load that sleeps while it waits.
    pub fn drowsy(mut self) -> Self {
        self.length.awake = false;
        self
    }

    /// Answers a second.
    pub fn turn(&mut self) -> u64 {
        if let Some(begin) = &self.begin
            && self.stock.as_ref().is_none_or(|stock| stock.asked + self.last > stock.size)
        {
            // The old one ends first.
            self.asked += self.stock.take().map_or(0, |stock| assert_none_twice(&stock.clients));
            self.servers += 1;
            self.stock = Some(begin(self.servers));
        }
        let stock = self.stock.as_mut().unwrap();
        let before = stock.served.cpu();
        let done = turn(&stock.served.address, &mut stock.clients, self.length);
        self.cpu += stock.served.cpu() - before;
        stock.asked += done.asked;
        self.last = done.asked;
        done.rate
    }

    /// Ends it; for a series in which everything is asked once, checks that and says so.
    pub fn end(&mut self) -> String {
        let Some(stock) = self.stock.take() else { return String::new() };
        if self.begin.is_none() {
            self.asked += stock.asked;
            return String::new();
        }
        self.asked += assert_none_twice(&stock.clients);
        format!("; {} asked, none twice", self.asked)
    }
}

/// How a series did.
pub struct Figures {
    /// The median of its answers a second.
    pub rate: u64,
    /// The median ratio of the first series to this one, in hundredths.
    pub behind: u64,
}

/// All of these by turns.
pub fn by_turns(series: &mut [&mut Series]) -> Vec<Figures> {
    let turns: Vec<Vec<u64>> =
        (0..TURNS).map(|_| series.iter_mut().map(|series| series.turn()).collect()).collect();
    let figures = |place: usize| Figures {
        rate: median(turns.iter().map(|turn| turn[place])),
        behind: median(turns.iter().map(|turn| hundredths(turn[0], turn[place]))),
    };
    (0..series.len()).map(figures).collect()
}

fn median(all: impl Iterator<Item = u64>) -> u64 {
    let mut all: Vec<u64> = all.collect();
    all.sort_unstable();
    all[all.len() / 2]
}

/// What a series is measured against, and the hundredths of it that are to be reached, if any are.
pub struct Rival {
    pub what: &'static str,
    pub least: Option<u64>,
    pub series: Series,
}

impl Rival {
    /// A bare route that sends bytes ready-made.
    pub fn bytes(bytes: &[u8], ask: &Ask) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let served = Served::bare("bytes", file.path().to_str().unwrap());
        let series = Series::endless(served, ask);
        Self { what: "the bytes ready-made", least: Some(50), series }
    }

    /// The same with something to reach.
    pub fn reaching(mut self, least: u64) -> Self {
        self.least = Some(least);
        self
    }

    /// A bare route that serialises so many plain structs of a kind, which have to come to about as many
    /// bytes as they stand for.
    pub fn structs(kind: &str, rows: u64, ask: &Ask, bytes: usize) -> Self {
        let served = Served::bare(kind, &rows.to_string());
        let own = once(&served.address, &ask(0)).len();
        let near = (bytes * 9 / 10..=bytes * 11 / 10).contains(&own);
        assert!(near, "{kind}: {rows} plain structs have {own} bytes, the answer has {bytes}");
        let series = Series::endless(served, ask);
        Self { what: "serialising plain structs", least: None, series }
    }
}

/// What is measured for the first time.
pub const NO_TARGET: &str = "no target yet";

/// Measures a series against its rivals: a line for each.
pub fn compare(table: &mut Table, what: &str, mut own: Series, mut rivals: Vec<Rival>) {
    let mut all = vec![&mut own];
    all.extend(rivals.iter_mut().map(|rival| &mut rival.series));
    let figures = by_turns(&mut all);
    let asked = own.end();
    for (rival, figure) in rivals.iter().zip(&figures[1..]) {
        let Rival { what: other, least, .. } = rival;
        let (rate, times) = (figures[0].rate, ratio(figure.behind));
        let to_reach = least.map_or(NO_TARGET.to_owned(), ratio);
        table.line(
            &format!("{what}, against {other}"),
            format!("{rate}/s, {times} of {}/s{asked}", figure.rate),
            &to_reach,
            least.map(|least| figure.behind >= least),
        );
    }
}
