//! The generated rows of one merchant: a day is generated at its first use and is immutable afterwards.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::day_builder::Builder;
use super::day_rows::{DayRows, FutureEvent};
use super::deposit_cache::DepositCache;
use super::deposit_summary::Summary;
use super::row_id::RowId;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::generate::original::{self, LIFECYCLE_DAYS};
use crate::sandbox::generate::schedule::{self, Scheduled};
use crate::sandbox::generate::stream;
use crate::sandbox::merchant::Trade;

/// Number of days that a generated ledger can hold: from 2010 to 2099.
const DAYS: Day = 32_872;
/// Number of days that are allocated together.
const CHUNK: Day = 64;

#[derive(Debug, Default)]
struct DaySlot {
    /// The future events of the original transactions of this day.
    future_events: OnceLock<Box<[FutureEvent]>>,
    rows: OnceLock<DayRows>,
    /// The rows that are still open when a window begins on this day.
    carried_over: OnceLock<Box<[RowId]>>,
    /// What the deposits of this day add up to, if they contain generated rows only.
    deposits: OnceLock<Box<[Summary]>>,
}

type Chunk = Box<[DaySlot]>;

/// All generated rows of one merchant: a pure function of (seed, merchant, trade). All spaces that show the
/// merchant share it; a day is filled once and is then read without a lock.
#[derive(Debug)]
pub struct GeneratedLedger {
    key: u64,
    trade: Trade,
    /// Number of row numbers per day in the ids that providers print; a power of ten.
    slots: i64,
    chunks: Box<[OnceLock<Chunk>]>,
    /// Cached deposits that contain generated rows only.
    pub(super) deposits: DepositCache,
}

impl GeneratedLedger {
    /// Creates the generated ledger of a merchant. Nothing is generated yet.
    #[must_use]
    pub fn new(future: u64, merchant: &str, trade: Trade) -> Self {
        let mut slots = 1000;
        // A subscription has about twenty attempts on average and about seventy at most.
        let scheduled = i64::from(trade.subscriptions.min(250_000)) / 10;
        while slots < i64::from(trade.volume) * 2 + scheduled + 500 && slots < 1_000_000 {
            slots *= 10;
        }
        let chunks = DAYS.div_ceil(CHUNK);
        Self {
            key: stream::merchant_key(future, merchant),
            trade,
            slots,
            chunks: (0..chunks).map(|_| OnceLock::new()).collect(),
            deposits: DepositCache::default(),
        }
    }

    /// The settings of the generator for this merchant: volume, subscriptions, shares.
    #[must_use]
    pub fn trade(&self) -> &Trade {
        &self.trade
    }

    /// The key from which all random values of the merchant are derived.
    #[must_use]
    pub fn key(&self) -> u64 {
        self.key
    }

    /// Number of row numbers per day in the ids that providers print.
    pub(super) fn slots(&self) -> i64 {
        self.slots
    }

    fn slot(&self, day: Day) -> Option<&DaySlot> {
        let chunk = self.chunks.get((day / CHUNK) as usize)?;
        let slots_of_chunk = chunk.get_or_init(|| (0..CHUNK).map(|_| DaySlot::default()).collect());
        slots_of_chunk.get((day % CHUNK) as usize)
    }

    /// The rows of a day, generated now if this is the first use; `None` outside 2010 to 2099.
    pub(super) fn day(&self, day: Day) -> Option<&DayRows> {
        let slot = self.slot(day)?;
        Some(slot.rows.get_or_init(|| self.make(day, slot)))
    }

    /// Where the sums of the deposits of a day are kept; `None` outside 2010 to 2099.
    pub(super) fn deposit_summaries(&self, day: Day) -> Option<&OnceLock<Box<[Summary]>>> {
        self.slot(day).map(|slot| &slot.deposits)
    }

    /// Whether the rows of a day were generated already.
    #[must_use]
    pub fn is_made(&self, day: Day) -> bool {
        self.slot(day).is_some_and(|slot| slot.rows.get().is_some())
    }

    /// Generates the rows of a day unless they exist, and returns their number.
    pub fn rows_of(&self, day: Day) -> u32 {
        self.day(day).map_or(0, DayRows::len)
    }

    fn make(&self, day: Day, slot: &DaySlot) -> DayRows {
        let mut builder = Builder::default();
        let mut own = Vec::new();
        original::originals(self.key, &self.trade, day, |number, original| {
            let before = own.len();
            original::lifecycle(&self.trade, day, number, original, |event| {
                own.push(future_event(original, event));
            });
            builder.original(original, own.len() > before);
        });
        slot.future_events.get_or_init(|| own.into());
        let mut today = Vec::new();
        for from in day.saturating_sub(LIFECYCLE_DAYS)..=day {
            let future_events = self.future_events(from).iter();
            let falling = future_events.filter(|future| calendar::day_of(future.event.at) == day);
            today.extend(falling.map(|future| (from, *future)));
        }
        builder.finish((day, original::day_key(self.key, day)), &self.trade, today)
    }

    /// The future events of the original transactions of a day, in the order of the original transactions.
    pub(super) fn future_events(&self, day: Day) -> &[FutureEvent] {
        let Some(slot) = self.slot(day) else { return &[] };
        slot.future_events.get_or_init(|| {
            let mut future_events = Vec::new();
            original::originals(self.key, &self.trade, day, |number, original| {
                original::lifecycle(&self.trade, day, number, original, |event| {
                    future_events.push(future_event(original, event));
                });
            });
            future_events.into()
        })
    }

    /// The row id of an original transaction, given its day and its number among the originals of the day.
    pub(super) fn row_of_original(&self, day: Day, original: u32) -> RowId {
        let row = self.day(day).map_or(original, |day_rows| day_rows.row_of_original(original));
        generated(day, row)
    }

    /// The key from which the details of an original transaction are drawn.
    pub(super) fn key_of_original(&self, day_rows: &DayRows, original: u32) -> u64 {
        match day_rows.scheduled_of(original) {
            Some(scheduled) => schedule::key(self.key, &self.trade, scheduled),
            None if day_rows.is_lookalike(original) => {
                original::key(day_rows.key, original.saturating_sub(1))
            }
            None => original::key(day_rows.key, original),
        }
    }

    /// The rows of the days before `first` for which `reaches` returns true; `make` is called at the first
    /// use and returns it. The second argument of `reaches` says whether a future event of the payment
    /// happens on `first` or later.
    pub(super) fn carried_over<R: Fn(RowId, bool) -> bool>(
        &self,
        first: Day,
        make: impl FnOnce() -> R,
    ) -> &[RowId] {
        let Some(slot) = self.slot(first) else { return &[] };
        slot.carried_over.get_or_init(|| {
            let reaches = make();
            let start = calendar::start_of(first);
            let mut open = Vec::new();
            for day in first.saturating_sub(LIFECYCLE_DAYS)..first {
                let Some(day_rows) = self.day(day) else { continue };
                let lasting = |day: Day, original: u32| {
                    let future_events = self.future_events(day);
                    let from =
                        future_events.partition_point(|future| future.event.original < original);
                    let own = future_events.iter().skip(from);
                    own.take_while(|future| future.event.original == original)
                        .any(|future| future.event.at >= start)
                };
                for row in 0..day_rows.len() {
                    let late = match day_rows.follow_up_or_original(row) {
                        Ok(follow_up) => lasting(follow_up.day, follow_up.original),
                        Err(original) => lasting(day, original),
                    };
                    let id = generated(day, row);
                    if reaches(id, late) {
                        open.push(id);
                    }
                }
            }
            // The earlier follow-ups of an open payment, and the original transaction of an open row, are
            // open too.
            self.with_relatives(first, open)
        })
    }

    fn with_relatives(&self, first: Day, open: Vec<RowId>) -> Box<[RowId]> {
        let mut roots = BTreeSet::new();
        for id in open {
            let Some(day_rows) = self.day(id.day()) else { continue };
            roots.insert(match day_rows.follow_up_or_original(id.number().saturating_sub(1)) {
                Ok(follow_up) => (follow_up.day, follow_up.original),
                Err(original) => (id.day(), original),
            });
        }
        let mut all = BTreeSet::new();
        for (day, original) in roots {
            all.insert(self.row_of_original(day, original));
            let future_events = self.future_events(day);
            let from = future_events.partition_point(|future| future.event.original < original);
            for future in future_events
                .iter()
                .skip(from)
                .take_while(|future| future.event.original == original)
            {
                let on = calendar::day_of(future.event.at);
                if on >= first {
                    continue;
                }
                if let Some(follow_up) =
                    self.day(on).and_then(|day_rows| day_rows.follow_up_of(&future.event, day))
                {
                    all.insert(generated(on, follow_up.row));
                }
            }
        }
        all.into_iter().collect()
    }

    /// The scheduled payment that an original transaction is an attempt of; `None` for other payments.
    pub(super) fn scheduled(&self, day: Day, original: u32) -> Option<Scheduled> {
        self.day(day)?.scheduled_of(original)
    }

    /// The first day on which the card of a payment was used: the day of the payment or the start of its
    /// subscription.
    pub(super) fn first_use(&self, day: Day, original: u32) -> Day {
        self.scheduled(day, original).map_or(day, |scheduled| scheduled.day)
    }

    /// The row id of an attempt at a scheduled payment, given the day of the attempt.
    pub(super) fn row_of_scheduled(&self, day: Day, scheduled: Scheduled) -> Option<RowId> {
        let day_rows = self.day(day)?;
        let found = day_rows.scheduled.iter().find(|entry| entry.1 == scheduled)?;
        Some(self.row_of_original(day, found.0))
    }
}

/// The id of the generated row with this index in its day.
pub(super) fn generated(day: Day, row: u32) -> RowId {
    // Number 0 is reserved for rows that are added before the first generated row of a day.
    RowId::new(day, row + 1, 0)
}

fn future_event(original: &original::Original, event: original::LifecycleEvent) -> FutureEvent {
    FutureEvent { event, method: original.method, currency: original.currency, key: original.key }
}
