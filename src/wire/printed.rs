//! Rows as they were printed last, so that a row that is asked for again is a copy; bounded.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::tz::TimeZone;

use crate::sandbox::ledger::{RowId, View};

/// Sets of places; a row stands in one of the places of its set.
const SETS: u64 = 512;

/// Places of a set. With two, a page of rows that lie far apart often has three of them that push each
/// other out; with four hardly ever.
const WAYS: usize = 4;

/// The text of a row and what it is the text of.
#[derive(Clone, Debug)]
struct Slot {
    /// Whose row it is: different for every merchant of every scenario that was loaded.
    serial: u64,
    id: RowId,
    /// What decides how a row is printed, beside the row.
    form: Arc<str>,
    /// The moments at which the row is told like this, Unix seconds.
    steady: Range<i64>,
    text: Arc<[u8]>,
}

/// The rows that one provider printed last, of all spaces; clones are the same rows. Every row has
/// four places where it can stand, and rows next to each other fill them evenly.
#[derive(Clone, Debug, Default)]
pub struct Printed {
    // A `std` lock: held to look up or keep one row, never across an `.await`.
    slots: Arc<Mutex<Vec<[Option<Slot>; WAYS]>>>,
}

/// How rows are printed: everything that decides it beside the row and its merchant, as a name.
#[derive(Clone, Debug)]
pub struct Form(Option<Arc<str>>);

impl Form {
    /// Rows with instants in this zone, and a name for what else there is to decide.
    #[must_use]
    pub fn new(what: &str, zone: &TimeZone) -> Self {
        // A zone without a name cannot be told from others: such rows are printed each time.
        Self(zone.iana_name().map(|zone| format!("{what} {zone}").into()))
    }

    /// Its name; `None` where it cannot be told from others.
    #[must_use]
    pub fn name(&self) -> Option<&Arc<str>> {
        self.0.as_ref()
    }
}

impl Printed {
    /// Appends what `print` appends for a row of a view in a form; from memory where it was printed
    /// before and nothing about it has changed since.
    pub fn push(
        &self,
        out: &mut Vec<u8>,
        (view, id): (&View, RowId),
        form: &Form,
        print: impl FnOnce(&mut Vec<u8>),
    ) {
        let Some(form) = form.name().filter(|_| view.is_plain()) else { return print(out) };
        let place = place(view, id);
        if let Some(text) = self.known(place, (view, id), form) {
            return out.extend_from_slice(&text);
        }
        let from = out.len();
        print(out);
        if let Some((text, steady)) = out.get(from..).zip(view.steady(id)) {
            let form = Arc::clone(form);
            self.keep(place, Slot { serial: view.serial(), id, form, steady, text: text.into() });
        }
    }

    fn known(&self, place: usize, (view, id): (&View, RowId), form: &str) -> Option<Arc<[u8]>> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let is = |it: &&Slot| it.is_of(view.serial(), id, form) && it.steady.contains(&view.now);
        let slot = slots.get(place)?.iter().flatten().find(is)?;
        Some(Arc::clone(&slot.text))
    }

    fn keep(&self, place: usize, slot: Slot) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.is_empty() {
            slots.resize_with(usize::try_from(SETS).unwrap_or(0), Default::default);
        }
        let Some(slots) = slots.get_mut(place) else { return };
        // The oldest goes, unless the new one takes the place of what it was before.
        let same = |it: &Option<Slot>| {
            it.as_ref().is_some_and(|it| it.is_of(slot.serial, slot.id, &slot.form))
        };
        let goes = slots.iter().position(same).unwrap_or(slots.len() - 1);
        if let Some(newest) = slots.get_mut(..=goes) {
            newest.rotate_right(1);
        }
        if let Some(first) = slots.first_mut() {
            *first = Some(slot);
        }
    }
}

impl Slot {
    fn is_of(&self, serial: u64, id: RowId, form: &str) -> bool {
        self.id == id && self.serial == serial && *self.form == *form
    }
}

fn place(view: &View, id: RowId) -> usize {
    // Two days, or two merchants, begin at places that are far apart.
    let start = u64::from(id.day()).wrapping_mul(619) ^ view.serial().wrapping_mul(1103);
    usize::try_from(start.wrapping_add(u64::from(id.number())) % SETS).unwrap_or(0)
}
