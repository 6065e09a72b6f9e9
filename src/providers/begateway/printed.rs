//! Rows as they were printed last, so that a page that is asked for again is a copy; bounded.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::object::{self, Page};
use crate::sandbox::ledger::{RowId, Transaction};

/// Rows in one of the two generations at most; some three kilobytes each.
const MOST: usize = 1200;

/// What the text of a generated row depends on: whose row it is, and how far its life has come.
type Key = (u64, RowId, [bool; 3]);

#[derive(Debug, Default)]
struct Generations {
    young: BTreeMap<Key, Arc<[u8]>>,
    old: BTreeMap<Key, Arc<[u8]>>,
}

/// The rows printed last, of all spaces.
#[derive(Clone, Debug, Default)]
pub(super) struct Printed {
    // A `std` lock: held to look up or keep one row, never across an `.await`.
    rows: Arc<Mutex<Generations>>,
}

impl Printed {
    /// Appends the object of a row whose timestamps are UTC.
    pub(super) fn push(&self, out: &mut Vec<u8>, row: &Transaction<'_>, page: &Page) {
        let view = row.view();
        if !view.is_plain() {
            return object::push(out, row, page);
        }
        let instants = [row.finished_at(), row.settled_at(), row.corrected_at()];
        let key = (view.serial(), row.id(), instants.map(|at| at.is_some()));
        if let Some(text) = self.known(&key) {
            return out.extend_from_slice(&text);
        }
        let from = out.len();
        object::push(out, row, page);
        if let Some(text) = out.get(from..) {
            self.keep(key, text.into());
        }
    }

    fn known(&self, key: &Key) -> Option<Arc<[u8]>> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = rows.young.get(key) {
            return Some(Arc::clone(text));
        }
        // What is asked for again stays young.
        let text = rows.old.remove(key)?;
        rows.young.insert(*key, Arc::clone(&text));
        Some(text)
    }

    fn keep(&self, key: Key, text: Arc<[u8]>) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.young.len() >= MOST {
            rows.old = std::mem::take(&mut rows.young);
        }
        rows.young.insert(key, text);
    }
}
