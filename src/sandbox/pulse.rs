//! What has moved, and waking those who wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use strum::VariantArray;
use tokio::sync::watch;

use super::state::event::Topic;

/// What all spaces of a server have in common: one row of numbers, and the list of spaces.
#[derive(Debug, Default)]
pub struct ServerPulse {
    /// The number of the last move in any space.
    last: AtomicU64,
    /// The number of the last move of the list of spaces.
    spaces: AtomicU64,
    bell: watch::Sender<()>,
}

impl ServerPulse {
    fn next(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The list of spaces has moved.
    pub fn spaces_moved(&self) {
        self.spaces.fetch_max(self.next(), Ordering::Relaxed);
        ring(&self.bell);
    }
}

/// The moves of one space: for each topic the number of the last one.
#[derive(Debug)]
pub struct Pulse {
    server: Arc<ServerPulse>,
    topics: [AtomicU64; Topic::VARIANTS.len()],
    bell: watch::Sender<()>,
    /// Rings for what decides when callbacks leave: the clock and the callbacks themselves.
    agenda: watch::Sender<()>,
}

impl Pulse {
    pub(super) fn new(server: Arc<ServerPulse>) -> Self {
        Self {
            server,
            topics: Default::default(),
            bell: watch::Sender::default(),
            agenda: watch::Sender::default(),
        }
    }

    /// Something about these topics has moved.
    pub fn moved(&self, topics: &[Topic]) {
        if topics.is_empty() {
            return;
        }
        let number = self.server.next();
        for topic in topics {
            if let Some(last) = self.topics.get(*topic as usize) {
                last.fetch_max(number, Ordering::Relaxed);
            }
        }
        ring(&self.bell);
        if topics.iter().any(|it| matches!(it, Topic::Clock | Topic::Callbacks)) {
            ring(&self.agenda);
        }
    }

    /// The number of the last move, and the topics that have moved since the one with this number.
    #[must_use]
    pub fn since(&self, since: u64) -> (u64, Vec<Topic>) {
        // Whoever waits has subscribed before looking; see `ring`.
        fence(Ordering::SeqCst);
        let number = |topic: Topic| match topic {
            Topic::Spaces => self.server.spaces.load(Ordering::Relaxed),
            _ => self.topics.get(topic as usize).map_or(0, |last| last.load(Ordering::Relaxed)),
        };
        let last = Topic::VARIANTS.iter().copied().map(number).max().unwrap_or(0);
        (last, Topic::VARIANTS.iter().copied().filter(|topic| number(*topic) > since).collect())
    }

    /// Wakes with every move.
    #[must_use]
    pub fn bells(&self) -> (watch::Receiver<()>, watch::Receiver<()>) {
        (self.bell.subscribe(), self.server.bell.subscribe())
    }

    /// Wakes with every move of the clock and of callbacks.
    #[must_use]
    pub fn agenda(&self) -> watch::Receiver<()> {
        self.agenda.subscribe()
    }
}

/// Wakes whoever waits, at next to no cost when nobody does.
fn ring(bell: &watch::Sender<()>) {
    // Between what has moved and the look whether somebody waits: with the fence of the waiter, either it
    // sees the move or it is seen here.
    fence(Ordering::SeqCst);
    if bell.receiver_count() > 0 {
        bell.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_that_moved_are_told_once() {
        let server = Arc::new(ServerPulse::default());
        let (one, other) = (Pulse::new(Arc::clone(&server)), Pulse::new(Arc::clone(&server)));
        assert_eq!(one.since(0), (0, vec![]));
        one.moved(&[Topic::Clock]);
        let (last, moved) = one.since(0);
        assert_eq!(moved, [Topic::Clock]);
        assert_eq!(one.since(last), (last, vec![]));
        other.moved(&[Topic::Faults]);
        assert_eq!(one.since(last), (last, vec![]));
        server.spaces_moved();
        let (next, moved) = one.since(last);
        assert!(next > last && moved == [Topic::Spaces]);
    }
}
