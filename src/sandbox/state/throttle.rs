//! Limits on the number of calls of one caller within a window of sandbox time.

use std::sync::Arc;

use imbl::OrdMap;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::event::Event;

/// The maximum number of callers remembered; for one more, all are forgotten.
const MAX_CALLERS: usize = 10_000;

/// The instants of the recent calls of one space, by caller.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Written", from = "Written")]
pub struct Throttle(OrdMap<Arc<str>, Arc<[Timestamp]>>);

type Written = std::collections::BTreeMap<String, Vec<Timestamp>>;

impl From<Throttle> for Written {
    fn from(throttle: Throttle) -> Self {
        throttle.0.iter().map(|(caller, calls)| (caller.to_string(), calls.to_vec())).collect()
    }
}

impl From<Written> for Throttle {
    fn from(written: Written) -> Self {
        let calls = written.into_iter();
        Self(calls.map(|(caller, calls)| (Arc::from(caller), Arc::from(calls))).collect())
    }
}

/// The calls within `window` before `now`. Calls after `now` are ignored: they exist when the clock was set
/// back, and have not happened yet.
fn recent(
    calls: &[Timestamp],
    now: Timestamp,
    window: SignedDuration,
) -> impl Iterator<Item = Timestamp> {
    let is_recent = move |at: &Timestamp| *at <= now && now.duration_since(*at) < window;
    calls.iter().copied().filter(is_recent)
}

impl Throttle {
    fn calls(&self, caller: &str) -> &[Timestamp] {
        self.0.get(caller).map_or(&[], |calls| calls)
    }

    /// The event that admits a call, if fewer than `limit` admitted calls lie within `window` before `now`;
    /// else `None`. Only admitted calls count.
    #[must_use]
    pub fn admit(
        &self,
        caller: &str,
        now: Timestamp,
        limit: usize,
        window: SignedDuration,
    ) -> Option<Event> {
        let count = recent(self.calls(caller), now, window).count();
        (count < limit).then(|| Event::CallAdmitted { caller: caller.to_owned(), at: now, window })
    }

    pub(in crate::sandbox) fn insert(
        &mut self,
        caller: &str,
        now: Timestamp,
        window: SignedDuration,
    ) {
        if self.0.len() >= MAX_CALLERS && !self.0.contains_key(caller) {
            self.0.clear();
        }
        let calls: Arc<[Timestamp]> =
            recent(self.calls(caller), now, window).chain([now]).collect();
        self.0.insert(caller.into(), calls);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides_with_sandbox_time() {
        let mut throttle = Throttle::default();
        let window = SignedDuration::from_secs(10);
        let mut admit = |caller: &str, second| {
            let at = Timestamp::from_second(second).unwrap();
            let event = throttle.admit(caller, at, 2, window);
            if event.is_some() {
                throttle.insert(caller, at, window);
            }
            event.is_some()
        };
        assert!(admit("a", 0));
        assert!(admit("a", 5));
        assert!(!admit("a", 9));
        assert!(admit("b", 9));
        assert!(admit("a", 10));
        assert!(!admit("a", 14));
        assert!(admit("a", 3), "back in time");
    }
}
