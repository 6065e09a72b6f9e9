//! Who asks too often: so many calls within a time, by sandbox time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Askers that are remembered at most; one more and all are forgotten.
const MOST: usize = 10_000;

/// The recent calls of one space, by asker.
#[derive(Debug, Default)]
pub struct Throttle {
    // A `std` lock: held for a look-up, never across an `.await`.
    calls: Mutex<BTreeMap<String, VecDeque<Timestamp>>>,
}

impl Throttle {
    /// Whether an asker may call once more: fewer than `most` calls that were admitted lie within
    /// `window` before `now`. A call that is admitted counts.
    pub fn admit(&self, asker: &str, now: Timestamp, most: usize, window: SignedDuration) -> bool {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() >= MOST && !calls.contains_key(asker) {
            calls.clear();
        }
        let recent = calls.entry(asker.to_owned()).or_default();
        // The clock may have gone back, and what lies ahead now has not happened.
        recent.retain(|at| *at <= now && now.duration_since(*at) < window);
        let admitted = recent.len() < most;
        if admitted {
            recent.push_back(now);
        }
        admitted
    }

    /// The calls that are remembered, by asker: for snapshots.
    #[must_use]
    pub fn all(&self) -> BTreeMap<String, Vec<Timestamp>> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = calls.iter();
        calls.map(|(asker, recent)| (asker.clone(), recent.iter().copied().collect())).collect()
    }

    /// One that remembers these calls.
    #[must_use]
    pub fn restored(calls: BTreeMap<String, Vec<Timestamp>>) -> Self {
        let calls = calls.into_iter().map(|(asker, recent)| (asker, recent.into())).collect();
        Self { calls: Mutex::new(calls) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides_with_sandbox_time() {
        let throttle = Throttle::default();
        let window = SignedDuration::from_secs(10);
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(throttle.admit("a", at(0), 2, window));
        assert!(throttle.admit("a", at(5), 2, window));
        assert!(!throttle.admit("a", at(9), 2, window));
        assert!(throttle.admit("b", at(9), 2, window));
        assert!(throttle.admit("a", at(10), 2, window));
        assert!(!throttle.admit("a", at(14), 2, window));
        assert!(throttle.admit("a", at(3), 2, window), "back in time");
    }
}
