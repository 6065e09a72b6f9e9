//! The callback policy of a provider: content type, headers, which answers are accepted, and the retry
//! schedule.

use jiff::{SignedDuration, Timestamp};
use url::Url;

/// The wait after each failed attempt. A callback has one attempt more than there are waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetrySchedule(pub &'static [SignedDuration]);

impl RetrySchedule {
    /// The instant of the next attempt, after the attempt planned for `due` failed and was the `failures`-th
    /// failure; `None` when it was the last attempt.
    #[must_use]
    pub fn next_due(self, due: Timestamp, failures: usize) -> Option<Timestamp> {
        let wait = self.0.get(failures.checked_sub(1)?)?;
        due.checked_add(*wait).ok()
    }
}

/// The properties that all callbacks of a provider have in common.
#[derive(Debug)]
pub struct Policy {
    /// Slug of the provider.
    pub provider: &'static str,
    /// The value of the Content-Type header.
    pub content_type: &'static str,
    /// Further headers of each request, names and values.
    pub headers: &'static [(&'static str, &'static str)],
    /// Whether an answer with this HTTP status means that the callback was accepted.
    pub accepts: fn(u16) -> bool,
    /// The retry schedule for answers that are not accepted.
    pub schedule: RetrySchedule,
    /// Hosts to which callbacks are never sent, subdomains included (the real hosts of the providers).
    pub forbidden_hosts: fn() -> Vec<&'static str>,
}

/// Whether a callback to this URL can never arrive. Names under `.invalid` do not exist (RFC 2606); they
/// stand for receivers that pull their callbacks.
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
