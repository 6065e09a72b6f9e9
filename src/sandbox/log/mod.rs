//! The log of a server: the events of all its spaces, where they outlast the process.
//!
//! [`Log`] is what a store has to do; [`memory`], `file` and `redis` do it. A [`Line`] is an event or a checkpoint
//! as text, [`line`] writes and reads it. The [`writer`] takes what happens in the spaces, writes it in the
//! background, and tells who waits when it is durable.

pub mod entry_line;
#[cfg(feature = "data")]
pub mod file;
pub mod lease;
pub mod line;
pub mod memory;
#[cfg(feature = "store")]
pub mod redis;
pub mod store;
pub mod writer;

use std::fmt::Debug;

/// An event or a checkpoint as it is stored: its number and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The number of the event; that of the last event it covers, for a checkpoint.
    pub id: u64,
    /// One line of JSON, as [`line`] writes it.
    pub text: String,
}

/// A change of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Says for whom the log is: with which scenario its server began.
    Begin {
        /// One line of JSON.
        header: String,
    },
    /// Appends events to a space. The first append makes the space.
    Append {
        /// The name of the space.
        space: String,
        /// The number of the last event that the log is expected to have; 0 if it is expected to have none.
        expected: u64,
        /// The events, with the numbers that follow.
        lines: Vec<Line>,
    },
    /// Replaces the events up to the number of the checkpoint, and all earlier checkpoints, by a checkpoint.
    Checkpoint {
        /// The name of the space.
        space: String,
        /// The checkpoint.
        line: Line,
    },
    /// Sets the number below which all numbers of journal entries of a space may have been given out.
    Entries {
        /// The name of the space.
        space: String,
        /// That number.
        below: u64,
    },
    /// Removes a space with everything the log has of it.
    Delete {
        /// The name of the space.
        space: String,
    },
}

/// Why a log cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// Somebody else has appended, or the caller has left out an event.
    #[error(
        "the last event of the space `{space}` is {last}, expected was {expected}: something else \
         has written to the log"
    )]
    Conflict {
        /// The name of the space.
        space: String,
        /// The number of the last event that was expected.
        expected: u64,
        /// The number of the last event that the log has.
        last: u64,
    },
    /// The space was dropped, or dropped and made anew, by another server.
    #[error("the space was dropped meanwhile")]
    Gone,
    /// What is stored cannot be a log, or is not whole.
    #[error("{0}")]
    Damaged(String),
    /// The store does not work, and nothing was changed.
    #[error("{0}")]
    Unavailable(String),
    /// The store has not answered; it is unknown whether it has made the change.
    #[error("{0}")]
    Uncertain(String),
}

/// A store of the events of spaces.
///
/// All functions can take as long as the store does, so none of them is called under the lock of a space.
pub trait Log: Debug + Send + Sync {
    /// Makes changes in this order, all or none of them. They are durable when the function returns.
    ///
    /// # Errors
    ///
    /// Nothing was changed: an expected number is another one ([`LogError::Conflict`]), or the store does not
    /// work.
    fn write(&self, changes: &[Change]) -> Result<(), LogError>;

    /// The header; `None` for a log that was never begun.
    ///
    /// # Errors
    ///
    /// The store does not work, or is damaged.
    fn header(&self) -> Result<Option<String>, LogError>;

    /// The names of the spaces that have events or a checkpoint, in their order.
    ///
    /// # Errors
    ///
    /// The store does not work, or is damaged.
    fn spaces(&self) -> Result<Vec<String>, LogError>;

    /// The checkpoint of a space; `None` if its events are all there.
    ///
    /// # Errors
    ///
    /// The store does not work, or is damaged.
    fn checkpoint(&self, space: &str) -> Result<Option<Line>, LogError>;

    /// The events of a space with numbers greater than `id`, in their order.
    ///
    /// # Errors
    ///
    /// The store does not work, or is damaged.
    fn since(&self, space: &str, id: u64) -> Result<Vec<Line>, LogError>;

    /// The number below which all numbers of journal entries of a space may have been given out; 0 if none
    /// was said.
    ///
    /// # Errors
    ///
    /// The store does not work, or is damaged.
    fn entries(&self, space: &str) -> Result<u64, LogError>;
}

/// Checks that the numbers of lines follow `expected` one by one.
fn check_numbers(space: &str, expected: u64, lines: &[Line]) -> Result<(), LogError> {
    let numbers = lines.iter().map(|line| line.id);
    let wrong = numbers.zip(expected + 1..).find(|(found, wanted)| found != wanted);
    wrong.map_or(Ok(()), |(found, wanted)| {
        Err(LogError::Damaged(format!(
            "event {found} of the space `{space}` comes where event {wanted} should"
        )))
    })
}
