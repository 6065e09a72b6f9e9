//! The pulse: which topics of a space have changed, and the wake-up of the tasks that wait for a change.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use strum::VariantArray;
use tokio::sync::watch;

use super::state::event::Topic;

/// The part of the pulse that all spaces of a server share: one sequence of numbers, and the list of spaces.
#[derive(Debug, Default)]
pub struct ServerPulse {
    /// The number of the last change in any space.
    last: AtomicU64,
    /// The number of the last change to the list of spaces.
    spaces: AtomicU64,
    bell: watch::Sender<()>,
    /// Whether the server ends, so that nobody waits any longer.
    is_ending: watch::Sender<bool>,
}

impl ServerPulse {
    /// Goes on behind this number. Numbers of an earlier process that were below it are then of the past.
    pub fn skip_to(&self, number: u64) {
        self.last.fetch_max(number, Ordering::Relaxed);
    }

    fn next(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Tells all waiting tasks that the server ends.
    pub fn end(&self) {
        self.is_ending.send_replace(true);
    }

    /// Records that the list of spaces has changed with the change `number` of a store.
    pub fn spaces_moved_to(&self, number: u64) {
        self.skip_to(number);
        if self.spaces.fetch_max(number, Ordering::Relaxed) < number {
            ring(&self.bell);
        }
    }

    /// Records a change to the list of spaces and wakes all waiting tasks.
    pub fn spaces_moved(&self) {
        self.spaces.fetch_max(self.next(), Ordering::Relaxed);
        ring(&self.bell);
    }
}

/// The changes of one space: for each topic, the number of its last change.
#[derive(Debug)]
pub struct Pulse {
    server: Arc<ServerPulse>,
    topics: [AtomicU64; Topic::VARIANTS.len()],
    bell: watch::Sender<()>,
    /// Notified of the changes that decide when callbacks are sent: those of the clock and of callbacks.
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

    /// Records a change of these topics and wakes the tasks that wait for it.
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
        self.ring_for(topics);
    }

    /// Records that these topics have changed with the change `number` of a store, and wakes the tasks that
    /// wait for it, unless it is known already.
    pub fn moved_to(&self, topics: &[Topic], number: u64) {
        self.server.skip_to(number);
        let news = |topic: &&Topic| {
            let last = self.topics.get(**topic as usize);
            last.is_some_and(|last| last.fetch_max(number, Ordering::Relaxed) < number)
        };
        // Each of them is recorded, also behind the first that is new.
        let news: Vec<Topic> = topics.iter().filter(news).copied().collect();
        self.ring_for(&news);
    }

    /// Wakes the tasks that wait for a change of these topics, without one.
    pub fn ring_for(&self, topics: &[Topic]) {
        if topics.is_empty() {
            return;
        }
        ring(&self.bell);
        if topics.iter().any(|it| matches!(it, Topic::Clock | Topic::Callbacks)) {
            ring(&self.agenda);
        }
    }

    /// The number of the last change, and the topics that have changed after the change number `since`.
    #[must_use]
    pub fn since(&self, since: u64) -> (u64, Vec<Topic>) {
        // A waiting task subscribes before it looks here. This fence is the counterpart of the one in `ring`.
        fence(Ordering::SeqCst);
        let number = |topic: Topic| match topic {
            Topic::Spaces => self.server.spaces.load(Ordering::Relaxed),
            _ => self.topics.get(topic as usize).map_or(0, |last| last.load(Ordering::Relaxed)),
        };
        let last = Topic::VARIANTS.iter().copied().map(number).max().unwrap_or(0);
        // A number that was never given is one of an earlier process: everything may have changed.
        let is_strange = since > self.server.last.load(Ordering::Relaxed);
        let since = if is_strange { 0 } else { since };
        (last, Topic::VARIANTS.iter().copied().filter(|topic| number(*topic) > since).collect())
    }

    /// Two receivers: one is notified of every change in this space, one of every change to the list of
    /// spaces.
    #[must_use]
    pub fn bells(&self) -> (watch::Receiver<()>, watch::Receiver<()>) {
        (self.bell.subscribe(), self.server.bell.subscribe())
    }

    /// Whether the server ends.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        *self.server.is_ending.borrow()
    }

    /// Completes when the server ends.
    pub async fn ending(&self) {
        // An error would mean that the server is gone.
        let _ = self.server.is_ending.subscribe().wait_for(|is_ending| *is_ending).await;
    }

    /// A receiver that is notified of every change of the clock and of callbacks.
    #[must_use]
    pub fn agenda(&self) -> watch::Receiver<()> {
        self.agenda.subscribe()
    }
}

/// Wakes the waiting tasks. Costs almost nothing when there are none.
fn ring(bell: &watch::Sender<()>) {
    // The fence orders the recorded change before the count of receivers. Together with the fence of the
    // waiting task in `since`, either that task sees the change, or this function sees its receiver.
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
        // A number that this server has never given is of an earlier process.
        assert_eq!(one.since(next + 1), (next, vec![Topic::Clock, Topic::Spaces]));
    }
}
