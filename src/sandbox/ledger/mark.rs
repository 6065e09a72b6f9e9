//! Recognizing a view, so that what was found in it once need not be looked for again.

use std::sync::{Arc, Weak};

use super::book::Book;
use super::overlay::Overlay;
use super::view::View;
use crate::sandbox::generate::calendar::Day;

/// Recognizes a view: the same rows at the same moment. It keeps no rows alive.
#[derive(Clone, Debug)]
pub struct Mark {
    // Weak pointers keep their addresses from being used again, so equal addresses mean the same
    // book and the same overlay; an overlay that changes moves.
    book: Weak<Book>,
    overlay: Weak<Overlay>,
    first: Day,
    now: i64,
}

impl View {
    /// What this view can be recognized by.
    #[must_use]
    pub fn mark(&self) -> Mark {
        let (book, overlay) = (Arc::downgrade(&self.book), Arc::downgrade(&self.overlay));
        Mark { book, overlay, first: self.first, now: self.now }
    }

    /// What the space had added when it was made: for snapshots.
    #[must_use]
    pub fn overlay(&self) -> &Arc<Overlay> {
        &self.overlay
    }

    /// Whether the mark is that of a view with exactly these rows in exactly this state.
    #[must_use]
    pub fn bears(&self, mark: &Mark) -> bool {
        mark.book.as_ptr() == Arc::as_ptr(&self.book)
            && mark.overlay.as_ptr() == Arc::as_ptr(&self.overlay)
            && (mark.first, mark.now) == (self.first, self.now)
    }
}
