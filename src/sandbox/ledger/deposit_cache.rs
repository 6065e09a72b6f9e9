//! A bounded cache of the deposits of recently requested days: a complete deposit never changes, and
//! clients request the same days repeatedly.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::settlement::Deposit;
use crate::sandbox::generate::calendar::Day;

/// Maximum number of cached days.
const MAX_DAYS: usize = 64;

/// Maximum number of lines in all cached deposits: half a megabyte.
const MAX_LINES: usize = 1 << 16;

#[derive(Debug)]
struct CachedDay {
    day: Day,
    deposits: Arc<[Deposit]>,
    lines: usize,
}

/// The complete deposits of some days of one merchant.
#[derive(Debug, Default)]
pub(super) struct DepositCache {
    // A `std` lock: it is held to search the days or to add one, never across an `.await`.
    days: Mutex<VecDeque<CachedDay>>,
}

impl DepositCache {
    /// The deposits of a day; `make` computes them if they are not cached. `is_whole` tells afterwards
    /// whether they are complete; those of a cancelled computation are not, and are not cached.
    pub(super) fn of(
        &self,
        day: Day,
        make: impl FnOnce() -> Vec<Deposit>,
        is_whole: impl FnOnce() -> bool,
    ) -> Arc<[Deposit]> {
        if let Some(deposits) = self.known(day) {
            return deposits;
        }
        let deposits: Arc<[Deposit]> = make().into();
        let lines = 1 + deposits.iter().map(Deposit::len).sum::<usize>();
        if lines <= MAX_LINES && is_whole() {
            self.insert(CachedDay { day, deposits: Arc::clone(&deposits), lines });
        }
        deposits
    }

    fn known(&self, day: Day) -> Option<Arc<[Deposit]>> {
        let days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        days.iter().find(|cached| cached.day == day).map(|cached| Arc::clone(&cached.deposits))
    }

    fn insert(&self, cached: CachedDay) {
        let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        days.push_front(cached);
        while days.len() > MAX_DAYS || days.iter().map(|it| it.lines).sum::<usize>() > MAX_LINES {
            days.pop_back();
        }
    }
}
