//! Deposits of the days that were asked for last: a deposit that is complete never changes again, and
//! clients ask for the same days over and over. Bounded.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::settlement::Deposit;
use crate::sandbox::generate::calendar::Day;

/// Days that are remembered at most.
const MOST_DAYS: usize = 64;

/// Lines in all remembered deposits at most: half a megabyte.
const MOST_LINES: usize = 1 << 16;

#[derive(Debug)]
struct Kept {
    day: Day,
    deposits: Arc<[Deposit]>,
    lines: usize,
}

/// The complete deposits of some days of one merchant.
#[derive(Debug, Default)]
pub(super) struct Memo {
    // A `std` lock: held to look through the days or to put one in, never across an `.await`.
    days: Mutex<VecDeque<Kept>>,
}

impl Memo {
    /// The deposits of a day; `make` says which those are when nobody has asked lately.
    pub(super) fn of(&self, day: Day, make: impl FnOnce() -> Vec<Deposit>) -> Arc<[Deposit]> {
        if let Some(deposits) = self.known(day) {
            return deposits;
        }
        let deposits: Arc<[Deposit]> = make().into();
        let lines = 1 + deposits.iter().map(Deposit::len).sum::<usize>();
        if lines <= MOST_LINES {
            self.keep(Kept { day, deposits: Arc::clone(&deposits), lines });
        }
        deposits
    }

    fn known(&self, day: Day) -> Option<Arc<[Deposit]>> {
        let days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        days.iter().find(|kept| kept.day == day).map(|kept| Arc::clone(&kept.deposits))
    }

    fn keep(&self, kept: Kept) {
        let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        days.push_front(kept);
        while days.len() > MOST_DAYS || days.iter().map(|it| it.lines).sum::<usize>() > MOST_LINES {
            days.pop_back();
        }
    }
}
