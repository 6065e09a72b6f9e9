//! How a provider sends callbacks: what all its messages have in common, and when it tries again.

use jiff::{SignedDuration, Timestamp};
use url::Url;

/// How long to wait after each failed attempt; one attempt more than there are waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetrySchedule(pub &'static [SignedDuration]);

impl RetrySchedule {
    /// When to try again after the attempt planned for `due` was the `failures`-th to fail; `None`
    /// when it was the last.
    #[must_use]
    pub fn next_due(self, due: Timestamp, failures: usize) -> Option<Timestamp> {
        let wait = self.0.get(failures.checked_sub(1)?)?;
        due.checked_add(*wait).ok()
    }
}

/// What all messages of a provider have in common: its policy, and none of the mechanics.
#[derive(Debug)]
pub struct Policy {
    /// Slug of the provider.
    pub provider: &'static str,
    /// Content-Type of the bodies.
    pub content_type: &'static str,
    /// Further headers.
    pub headers: &'static [(&'static str, &'static str)],
    /// Whether an answer with this status is a yes.
    pub accepts: fn(u16) -> bool,
    /// When to try again after a no.
    pub schedule: RetrySchedule,
    /// Hosts that must never be called, with everything below them.
    pub forbidden_hosts: fn() -> Vec<&'static str>,
}

/// Whether nothing could ever be sent there: names under `.invalid` (RFC 2606) are for receivers that
/// pull.
pub(super) fn is_unreachable(url: &str) -> bool {
    let url = Url::parse(url).ok();
    let host = url.as_ref().and_then(Url::host_str).map(|host| host.trim_end_matches('.'));
    host.is_some_and(|host| host == "invalid" || host.ends_with(".invalid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_planned_from_the_planned_instant() {
        const WAITS: &[SignedDuration] =
            &[SignedDuration::from_mins(15), SignedDuration::from_hours(1)];
        let schedule = RetrySchedule(WAITS);
        let due: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        assert_eq!(schedule.next_due(due, 0), None);
        assert_eq!(schedule.next_due(due, 1), Some("2026-01-31T12:15:00Z".parse().unwrap()));
        assert_eq!(schedule.next_due(due, 2), Some("2026-01-31T13:00:00Z".parse().unwrap()));
        assert_eq!(schedule.next_due(due, 3), None);
        assert_eq!(schedule.next_due(Timestamp::MAX, 1), None);
    }
}
