//! The journal of a space that several servers share: what this one writes to it, and what it reads of others.

use std::sync::{Arc, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::super::log::LogError;
use super::super::log::entry_line::{self, Journaled};
use super::super::state::event::Topic;
use super::following::Following;
use super::{Entry, NotMade, Space};

impl Space {
    /// Writes an entry to the journal. With a store, what is returned has to complete before the answer leaves:
    /// then all servers have it.
    pub fn record(&self, entry: Entry) -> Option<BoxFuture<'static, ()>> {
        let id = entry.id;
        self.journal.commit(entry);
        if self.following.is_none() {
            self.pulse.moved(&[Topic::Journal]);
            return None;
        }
        self.published(id)
    }

    /// Writes an entry of this server to the journal in the store, again if it is there already. `None` without
    /// a store, or when it cannot be used: what was done counts, and the entry is in this server alone.
    #[must_use]
    pub fn published(&self, id: u64) -> Option<BoxFuture<'static, ()>> {
        let (following, incarnation) = (self.following.as_ref()?, self.incarnation()?);
        let replica = Arc::clone(&following.replica);
        let entry = self.journal.entry(id).filter(|_| !replica.is_away())?;
        let line = entry_line::write(replica.store.server(), &entry).ok()?;
        let put = replica.store.put_entry(&self.name, incarnation, (line, self.journal.most()));
        let (pulse, seen) = (Arc::clone(&self.pulse), following.seen.clone());
        let publishing = async move {
            let put = put.await;
            replica.note(&put);
            if let Ok(changed) = put {
                seen.made(&changed);
                pulse.moved_to(&[Topic::Journal], changed.pulse);
            }
        };
        Some(publishing.boxed())
    }

    /// Removes all entries of the journal, for all servers. Numbering continues.
    pub fn clear_journal(&self) {
        self.journal.clear();
        self.clear_shared_journal(0);
    }

    /// Clears the journal in the store up to what was cleared here. Numbers go on above `last`.
    pub(super) fn clear_shared_journal(&self, last: u64) {
        let (Some(following), Some(incarnation)) = (&self.following, self.incarnation()) else {
            return;
        };
        let replica = &following.replica;
        let up_to = self.journal.cleared();
        let last = last.max(up_to);
        let cleared = entry_line::write_cleared(up_to, last)
            .and_then(|line| replica.store.clear_entries(&self.name, incarnation, (line, last)));
        replica.note(&cleared);
        match cleared {
            Ok(changed) => {
                following.seen.made(&changed);
                self.pulse.moved_to(&[Topic::Journal], changed.pulse);
            }
            Err(LogError::Uncertain(_)) => following.note_failure(NotMade::Unknown),
            Err(_) => following.note_failure(NotMade::Nothing),
        }
    }

    /// Takes what other servers have written to the journal, each text once: requests can read the same ones at the
    /// same time, and an entry that is taken twice would push out another one.
    pub(super) fn take_entries(
        &self,
        following: &Following,
        entries: Vec<(String, String)>,
    ) -> Result<(), LogError> {
        let mut known = following.journal.lock().unwrap_or_else(PoisonError::into_inner);
        for (position, text) in entries {
            if !is_behind(&position, &known) {
                continue;
            }
            match entry_line::read(&text)? {
                Journaled::Cleared(up_to, last) => {
                    self.journal.clear_to(up_to);
                    self.journal.skip_to(last + 1);
                }
                Journaled::Entry(server, entry) => {
                    let is_own = server == following.replica.store.server();
                    if !(is_own && self.journal.has(entry.id)) {
                        self.journal.adopt(*entry);
                    }
                }
            }
            *known = position;
        }
        Ok(())
    }
}

/// Whether a place of a stream, `MILLISECONDS-NUMBER`, comes behind another one.
fn is_behind(position: &str, other: &str) -> bool {
    let parts = |position: &str| -> Option<(u64, u64)> {
        let (millis, number) = position.split_once('-')?;
        Some((millis.parse().ok()?, number.parse().ok()?))
    };
    parts(position) > parts(other)
}
