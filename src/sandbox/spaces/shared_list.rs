//! What a server with a store remembers beside its spaces, and how its list of spaces changes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::super::Options;
use super::super::log::line::Codec;
use super::super::log::store::{Replica, Store};
use super::super::pulse::ServerPulse;
use super::super::scenario::{Scenario, Vocabulary};
use super::super::space::{NotMade, Shared, Space};
use super::{DEFAULT, Spaces};

/// What a server with a store remembers beside its spaces.
#[derive(Debug, Default)]
pub(super) struct SharedList {
    /// Held while a space is made in the store or read from it, so that there is one of each name.
    making: Mutex<()>,
    /// Spaces that could not be dropped, and of which that is unknown.
    refused: AtomicU64,
    unknown: AtomicU64,
}

impl Spaces {
    /// The spaces that several servers share through a store. Nothing is read yet: until the store was reached
    /// ([`Self::follow_others`]), all requests are refused.
    #[must_use]
    pub fn shared_through(
        scenario: Arc<Scenario>,
        options: Options,
        store: Arc<dyn Store>,
        (vocabulary, staleness): (Vocabulary, Duration),
    ) -> Self {
        let codec = Codec::new(Arc::clone(&scenario), vocabulary);
        let replica = Arc::new(Replica::new(store, codec, staleness));
        let spaces = Self::with(scenario, options, None, Some(replica));
        // One that the store does not have; the first request finds or makes that of the store.
        spaces.begin_default();
        spaces
    }

    pub(super) fn replica(&self) -> Option<&Arc<Replica>> {
        self.0.shared.replica.as_ref()
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    pub(super) fn pulse(&self) -> &ServerPulse {
        &self.0.shared.pulse
    }

    /// Held while a space is made in the store, or read from it.
    pub(super) fn making(&self) -> MutexGuard<'_, ()> {
        self.0.shared_list.making.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note_failure(&self, why: NotMade) {
        let SharedList { refused, unknown, .. } = &self.0.shared_list;
        let count = if why == NotMade::Unknown { unknown } else { refused };
        count.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether all spaces that were to be dropped since `before` were dropped.
    ///
    /// # Errors
    ///
    /// The store has not dropped one.
    pub fn outcome(&self, before: (u64, u64)) -> Result<(), NotMade> {
        let (refused, unknown) = self.failures();
        match (refused > before.0, unknown > before.1) {
            (_, true) => Err(NotMade::Unknown),
            (true, false) => Err(NotMade::Nothing),
            (false, false) => Ok(()),
        }
    }

    /// The numbers of spaces so far that could not be dropped, and of which that is unknown.
    #[must_use]
    pub fn failures(&self) -> (u64, u64) {
        let SharedList { refused, unknown, .. } = &self.0.shared_list;
        (refused.load(Ordering::SeqCst), unknown.load(Ordering::SeqCst))
    }

    /// Puts a space into the list. Another one of its name is closed.
    pub(super) fn put(&self, name: &str, space: &Arc<Space>) {
        let old = self.write().insert(name.to_owned(), Arc::clone(space));
        if let Some(old) = old {
            old.close();
        }
    }

    /// Drops a space here that the store does not have any more. The default space stays in the list.
    pub(super) fn forget(&self, space: &Arc<Space>) {
        let mut spaces = self.write();
        let is_it = spaces.get(space.name()).is_some_and(|it| Arc::ptr_eq(it, space));
        if is_it && space.name() != DEFAULT {
            spaces.remove(space.name());
        }
        drop(spaces);
        space.close();
    }

    /// Completes when the store can be used; at once without one.
    pub async fn working(&self) {
        if let Some(replica) = self.replica() {
            replica.working().await;
        }
    }
}
