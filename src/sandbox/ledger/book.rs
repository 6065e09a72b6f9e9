//! The generated rows of one merchant: made a day at a time when first looked at, then immutable.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::columns::{Block, Builder, Seed};
use super::memo::Memo;
use super::row_id::RowId;
use crate::sandbox::generate::birth::{self, REACH};
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::generate::schedule::{self, Scheduled};
use crate::sandbox::generate::stream;
use crate::sandbox::merchant::Trade;

/// Days that a book can hold: 2010 to 2099.
const DAYS: Day = 32_872;
/// Days that are allocated together.
const CHUNK: Day = 64;

#[derive(Debug, Default)]
struct Cell {
    /// What will happen later to the payments born this day.
    seeds: OnceLock<Box<[Seed]>>,
    block: OnceLock<Block>,
    /// What is open when a window begins this day.
    opening: OnceLock<Box<[RowId]>>,
}

type Chunk = Box<[Cell]>;

/// Everything generated for one merchant, a pure function of (seed, merchant, trade). Shared by all
/// spaces that show it; a day is filled once and then read without a lock.
#[derive(Debug)]
pub struct Book {
    key: u64,
    trade: Trade,
    /// Numbers a day has room for on a wire, a power of ten.
    slots: i64,
    chunks: Box<[OnceLock<Chunk>]>,
    /// Deposits of generated rows alone.
    pub(super) deposits: Memo,
}

impl Book {
    /// The book of a merchant. Nothing is generated yet.
    #[must_use]
    pub fn new(seed: u64, merchant: &str, trade: Trade) -> Self {
        let mut slots = 1000;
        // A subscription is tried some twenty times on average, some seventy times at most.
        let scheduled = i64::from(trade.subscriptions.min(250_000)) / 10;
        while slots < i64::from(trade.volume) * 2 + scheduled + 500 && slots < 1_000_000 {
            slots *= 10;
        }
        let chunks = DAYS.div_ceil(CHUNK);
        Self {
            key: stream::merchant_key(seed, merchant),
            trade,
            slots,
            chunks: (0..chunks).map(|_| OnceLock::new()).collect(),
            deposits: Memo::default(),
        }
    }

    /// What the merchant's days look like.
    #[must_use]
    pub fn trade(&self) -> &Trade {
        &self.trade
    }

    /// What all draws of the merchant start from.
    #[must_use]
    pub fn key(&self) -> u64 {
        self.key
    }

    /// How many numbers a day has on a wire.
    pub(super) fn slots(&self) -> i64 {
        self.slots
    }

    fn cell(&self, day: Day) -> Option<&Cell> {
        let chunk = self.chunks.get((day / CHUNK) as usize)?;
        let cells = chunk.get_or_init(|| (0..CHUNK).map(|_| Cell::default()).collect());
        cells.get((day % CHUNK) as usize)
    }

    /// The rows of a day, made now if nobody has looked at it before; `None` beyond the calendar.
    pub(super) fn day(&self, day: Day) -> Option<&Block> {
        let cell = self.cell(day)?;
        Some(cell.block.get_or_init(|| self.make(day, cell)))
    }

    /// Whether the rows of a day have been made.
    #[must_use]
    pub fn is_made(&self, day: Day) -> bool {
        self.cell(day).is_some_and(|cell| cell.block.get().is_some())
    }

    /// Makes the rows of a day unless they are made, and says how many there are.
    pub fn rows_of(&self, day: Day) -> u32 {
        self.day(day).map_or(0, Block::len)
    }

    fn make(&self, day: Day, cell: &Cell) -> Block {
        let mut builder = Builder::default();
        let mut own = Vec::new();
        birth::births(self.key, &self.trade, day, |number, birth| {
            let before = own.len();
            birth::life(&self.trade, day, number, birth, |spawn| {
                own.push(seed(birth, spawn));
            });
            builder.birth(birth, own.len() > before);
        });
        cell.seeds.get_or_init(|| own.into());
        let mut today = Vec::new();
        for from in day.saturating_sub(REACH)..=day {
            let seeds = self.seeds(from).iter();
            let falling = seeds.filter(|seed| calendar::day_of(seed.spawn.at) == day);
            today.extend(falling.map(|seed| (from, *seed)));
        }
        builder.finish((day, birth::day_key(self.key, day)), &self.trade, today)
    }

    /// What will happen to the payments born on a day, by payment.
    pub(super) fn seeds(&self, day: Day) -> &[Seed] {
        let Some(cell) = self.cell(day) else { return &[] };
        cell.seeds.get_or_init(|| {
            let mut seeds = Vec::new();
            birth::births(self.key, &self.trade, day, |number, birth| {
                birth::life(&self.trade, day, number, birth, |spawn| {
                    seeds.push(seed(birth, spawn));
                });
            });
            seeds.into()
        })
    }

    /// The id of the row that a birth has.
    pub(super) fn row_of_birth(&self, day: Day, birth: u32) -> RowId {
        let row = self.day(day).map_or(birth, |block| block.row_of_birth(birth));
        generated(day, row)
    }

    /// What the birth with this number is drawn from.
    pub(super) fn key_of_birth(&self, block: &Block, birth: u32) -> u64 {
        match block.scheduled_of(birth) {
            Some(scheduled) => schedule::key(self.key, &self.trade, scheduled),
            None => birth::key(block.key, birth),
        }
    }

    /// Rows of the days before `first` that `reaches` says to keep; it is told of each whether
    /// something happens to its payment on `first` or later.
    pub(super) fn opening(&self, first: Day, reaches: impl Fn(RowId, bool) -> bool) -> &[RowId] {
        let Some(cell) = self.cell(first) else { return &[] };
        cell.opening.get_or_init(|| {
            let start = calendar::start_of(first);
            let mut open = Vec::new();
            for day in first.saturating_sub(REACH)..first {
                let Some(block) = self.day(day) else { continue };
                let lasting = |day: Day, birth: u32| {
                    let seeds = self.seeds(day);
                    let from = seeds.partition_point(|seed| seed.spawn.birth < birth);
                    let own = seeds.iter().skip(from);
                    own.take_while(|seed| seed.spawn.birth == birth)
                        .any(|seed| seed.spawn.at >= start)
                };
                for row in 0..block.len() {
                    let late = match block.kid_or_birth(row) {
                        Ok(kid) => lasting(kid.day, kid.birth),
                        Err(birth) => lasting(day, birth),
                    };
                    let id = generated(day, row);
                    if reaches(id, late) {
                        open.push(id);
                    }
                }
            }
            // What happened to an open payment before, and the payment of an open row, are open too.
            self.with_relatives(first, open)
        })
    }

    fn with_relatives(&self, first: Day, open: Vec<RowId>) -> Box<[RowId]> {
        let mut roots = BTreeSet::new();
        for id in open {
            let Some(block) = self.day(id.day()) else { continue };
            roots.insert(match block.kid_or_birth(id.number().saturating_sub(1)) {
                Ok(kid) => (kid.day, kid.birth),
                Err(birth) => (id.day(), birth),
            });
        }
        let mut all = BTreeSet::new();
        for (day, birth) in roots {
            all.insert(self.row_of_birth(day, birth));
            let seeds = self.seeds(day);
            let from = seeds.partition_point(|seed| seed.spawn.birth < birth);
            for seed in seeds.iter().skip(from).take_while(|seed| seed.spawn.birth == birth) {
                let on = calendar::day_of(seed.spawn.at);
                if on >= first {
                    continue;
                }
                if let Some(kid) = self.day(on).and_then(|block| block.kid_of(&seed.spawn, day)) {
                    all.insert(generated(on, kid.row));
                }
            }
        }
        all.into_iter().collect()
    }

    /// The scheduled payment that a birth is a try of.
    pub(super) fn scheduled(&self, day: Day, birth: u32) -> Option<Scheduled> {
        self.day(day)?.scheduled_of(birth)
    }

    /// The day from which the card of a payment was in use: its own, or that of its subscription.
    pub(super) fn first_use(&self, day: Day, birth: u32) -> Day {
        self.scheduled(day, birth).map_or(day, |scheduled| scheduled.day)
    }

    /// The row of a try at a scheduled payment, on the day the try was made.
    pub(super) fn row_of_scheduled(&self, day: Day, scheduled: Scheduled) -> Option<RowId> {
        let block = self.day(day)?;
        let found = block.scheduled.iter().find(|entry| entry.1 == scheduled)?;
        Some(self.row_of_birth(day, found.0))
    }
}

/// The id of the generated row with this place in its day.
pub(super) fn generated(day: Day, row: u32) -> RowId {
    // Number 0 is kept for rows added before the first generated row of a day.
    RowId::new(day, row + 1, 0)
}

fn seed(birth: &birth::Birth, spawn: birth::Spawn) -> Seed {
    Seed { spawn, method: birth.method, currency: birth.currency, key: birth.key }
}
