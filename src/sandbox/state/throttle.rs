//! Limits on the number of calls of one caller within a window of sandbox time.

use std::sync::Arc;

use imbl::OrdMap;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::event::Event;

/// The maximum number of callers remembered; for one more, the least recently used one is forgotten.
const MAX_CALLERS: usize = 10_000;

/// The instants of the recent calls of one space, by caller.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(into = "Written", from = "Written")]
pub struct Throttle {
    callers: OrdMap<Arc<str>, Caller>,
    /// The callers in the order of their last admitted calls.
    by_use: OrdMap<u64, Arc<str>>,
    /// The number of admitted calls so far.
    uses: u64,
}

#[derive(Clone, Debug)]
struct Caller {
    calls: Arc<[Timestamp]>,
    /// Position in `by_use`.
    used: u64,
}

/// Equal if the calls are: a snapshot does not contain the order of use.
impl PartialEq for Throttle {
    fn eq(&self, other: &Self) -> bool {
        let calls = |throttle: &Self| Written::from(throttle.clone());
        calls(self) == calls(other)
    }
}

type Written = std::collections::BTreeMap<String, Vec<Timestamp>>;

impl From<Throttle> for Written {
    fn from(throttle: Throttle) -> Self {
        let callers = throttle.callers.iter();
        callers.map(|(name, caller)| (name.to_string(), caller.calls.to_vec())).collect()
    }
}

impl From<Written> for Throttle {
    fn from(written: Written) -> Self {
        let mut callers: Vec<(String, Vec<Timestamp>)> = written.into_iter().collect();
        callers.sort_by_key(|(_, calls)| calls.last().copied());
        let mut throttle = Self::default();
        callers.into_iter().for_each(|(name, calls)| throttle.put(&name, calls.into()));
        throttle
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
        self.callers.get(caller).map_or(&[], |it| &it.calls)
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
        let calls = recent(self.calls(caller), now, window).chain([now]).collect();
        self.put(caller, calls);
    }

    /// Stores the calls of a caller, who is the most recently used one now.
    fn put(&mut self, name: &str, calls: Arc<[Timestamp]>) {
        if let Some(known) = self.callers.get(name) {
            self.by_use.remove(&known.used);
        } else if self.callers.len() >= MAX_CALLERS
            && let Some((used, oldest)) = self.by_use.get_min().cloned()
        {
            self.by_use.remove(&used);
            self.callers.remove(&*oldest);
        }
        self.uses += 1;
        let name: Arc<str> = name.into();
        self.by_use.insert(self.uses, Arc::clone(&name));
        self.callers.insert(name, Caller { calls, used: self.uses });
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

    #[test]
    fn the_least_recently_used_caller_makes_room() {
        let mut throttle = Throttle::default();
        let window = SignedDuration::from_secs(10);
        let at = Timestamp::UNIX_EPOCH;
        throttle.insert("first", at, window);
        (1..MAX_CALLERS).for_each(|it| throttle.insert(&it.to_string(), at, window));
        throttle.insert("first", at, window);
        throttle.insert("new", at, window);
        assert_eq!(throttle.callers.len(), MAX_CALLERS);
        assert_eq!(throttle.by_use.len(), MAX_CALLERS);
        assert!(throttle.admit("first", at, 2, window).is_none(), "its two calls still count");
        assert!(throttle.calls("1").is_empty());
        assert_eq!(throttle.calls("2"), [at]);
        let read = Throttle::from(Written::from(throttle.clone()));
        assert_eq!(read, throttle);
    }
}
