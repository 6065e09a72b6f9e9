//! The memory that the journals of all spaces use together. When it is used up, the oldest entries of the
//! largest journal make room.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::Ring;

/// The default of the maximum memory of all journals of a server: 256 MiB, in bytes, estimated.
pub const MAX_TOTAL_BYTES: usize = 256 * 1024 * 1024;

/// The journals that share the budget, with their sizes in bytes.
#[derive(Debug, Default)]
struct Members {
    total: usize,
    /// The number of journals that have ever joined; the last one has this id.
    count: u64,
    journals: BTreeMap<u64, (usize, Weak<Mutex<Ring>>)>,
    /// Sizes with ids, the largest last; journals without entries are not in it.
    by_size: BTreeSet<(usize, u64)>,
}

/// A number of bytes that several journals use together.
///
/// A journal reports its size while it holds its own lock, so the lock of the budget is always taken second
/// and no journal is locked by a thread that holds it.
#[derive(Debug)]
pub struct Budget {
    max: usize,
    members: Mutex<Members>,
}

impl Budget {
    /// A budget of about `max` bytes.
    #[must_use]
    pub fn of(max: usize) -> Arc<Self> {
        Arc::new(Self { max, members: Mutex::default() })
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes that all journals use.
    #[must_use]
    pub fn used(&self) -> usize {
        self.members().total
    }

    /// Adds an empty journal and returns its id.
    pub(super) fn join(&self, ring: &Arc<Mutex<Ring>>) -> u64 {
        let mut members = self.members();
        members.count += 1;
        let id = members.count;
        members.journals.insert(id, (0, Arc::downgrade(ring)));
        id
    }

    /// Sets the size of a journal.
    pub(super) fn report(&self, id: u64, bytes: usize) {
        let mut members = self.members();
        let Some((size, _)) = members.journals.get_mut(&id) else { return };
        let before = std::mem::replace(size, bytes);
        members.by_size.remove(&(before, id));
        if bytes > 0 {
            members.by_size.insert((bytes, id));
        }
        members.total = members.total.saturating_sub(before).saturating_add(bytes);
    }

    /// Removes a journal.
    pub(super) fn leave(&self, id: u64) {
        self.report(id, 0);
        self.members().journals.remove(&id);
    }

    /// The largest journal with its id, if the journals use more than the budget.
    pub(super) fn largest_of_too_many(&self) -> Option<(u64, Arc<Mutex<Ring>>)> {
        let members = self.members();
        if members.total <= self.max {
            return None;
        }
        let (_, id) = members.by_size.last()?;
        let ring = members.journals.get(id)?.1.upgrade()?;
        Some((*id, ring))
    }
}
