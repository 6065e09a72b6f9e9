//! A log that several servers write at the same time, and how one of them follows the others.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use tokio::sync::watch;

use super::line::Codec;
use super::{Line, Log, LogError};

/// How far a space is in the store: one short answer that says whether there is anything new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// A number that no other space of this name ever had.
    pub incarnation: String,
    /// The number of its last event.
    pub last: u64,
    /// The number of its last change of any kind.
    pub pulse: u64,
}

/// What a change has made of a space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// The incarnation of the space.
    pub incarnation: String,
    /// The number of the change.
    pub pulse: u64,
    /// The number of the change before it; 0 for the first one of a space.
    pub before: u64,
}

/// What else is done with that question.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wants {
    /// Takes the number of a new journal entry.
    pub entry: bool,
    /// Notes that the space is used at this instant, Unix seconds.
    pub used: Option<i64>,
}

/// What a server learns with one question before it answers a request.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// How far the space is; `None` when there is none of this name.
    pub mark: Option<Mark>,
    /// The number of the last change to the list of spaces.
    pub listed: u64,
    /// The number of a new journal entry, if one was asked for.
    pub entry: Option<u64>,
}

/// What happened in a space behind an event.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// How far the space is; `None` when there is none of this name.
    pub mark: Option<Mark>,
    /// The events.
    pub lines: Vec<Line>,
    /// Names of topics, each with the number of its last change.
    pub topics: Vec<(String, u64)>,
    /// What was written to the journal behind a place in it: places and texts.
    pub entries: Vec<(String, String)>,
}

/// Events that a server appends to a space.
#[derive(Clone, Debug)]
pub struct Append<'a> {
    /// The name of the space.
    pub space: &'a str,
    /// The incarnation that the server knows; `None` to make the space.
    pub incarnation: Option<&'a str>,
    /// The events.
    pub lines: Vec<Line>,
    /// The topics that they move.
    pub topics: Vec<&'static str>,
}

/// A log that several servers share.
pub trait Store: Log {
    /// How far a space is.
    fn look(&self, space: &str, wants: Wants) -> BoxFuture<'static, Result<Look, LogError>>;

    /// Like [`Self::look`], without a journal entry, waited for on this thread.
    ///
    /// # Errors
    ///
    /// The store does not work.
    fn look_now(&self, space: &str) -> Result<Look, LogError>;

    /// All spaces.
    fn marks(&self) -> BoxFuture<'static, Result<Vec<(String, Mark)>, LogError>>;

    /// What happened in a space behind the event `id`, and in its journal behind the place `entry`.
    fn news(&self, space: &str, id: u64, entry: &str)
    -> BoxFuture<'static, Result<News, LogError>>;

    /// Like [`Self::news`], waited for on this thread.
    ///
    /// # Errors
    ///
    /// The store does not work, or is damaged.
    fn news_now(&self, space: &str, id: u64, entry: &str) -> Result<News, LogError>;

    /// The name of this server among those that share the store.
    fn server(&self) -> &str;

    /// Writes a text to the journal of a space, of which so many entries are kept.
    fn put_entry(
        &self,
        space: &str,
        incarnation: &str,
        entry: (String, usize),
    ) -> BoxFuture<'static, Result<Changed, LogError>>;

    /// Clears the journal of a space. The text says so to the other servers; numbers of entries go on above the
    /// number.
    ///
    /// # Errors
    ///
    /// The store does not work.
    fn clear_entries(
        &self,
        space: &str,
        incarnation: &str,
        cleared: (String, u64),
    ) -> Result<Changed, LogError>;

    /// Appends events behind the one before the first of them, on this thread.
    ///
    /// # Errors
    ///
    /// [`LogError::Conflict`] when another server has appended, or dropped the space.
    fn append(&self, append: Append<'_>) -> Result<Changed, LogError>;

    /// Replaces what a checkpoint covers by it.
    fn put_checkpoint(
        &self,
        space: &str,
        incarnation: &str,
        line: Line,
    ) -> BoxFuture<'static, Result<(), LogError>>;

    /// When a space was used last, Unix seconds; 0 when that is not known.
    ///
    /// # Errors
    ///
    /// The store does not work.
    fn used(&self, space: &str) -> Result<i64, LogError>;

    /// Removes a space, if it is this one still, and its last event this one unless that is `None`.
    ///
    /// # Errors
    ///
    /// The store does not work.
    fn remove(&self, space: &str, incarnation: &str, last: Option<u64>) -> Result<(), LogError>;

    /// Takes or renews the right of this server to send the callbacks of a space; `false` while another server
    /// has it.
    fn hold(&self, space: &str, length: Duration) -> BoxFuture<'static, Result<bool, LogError>>;

    /// Gives that right back.
    fn give_back(&self, space: &str) -> BoxFuture<'static, Result<(), LogError>>;

    /// The names of spaces that other servers change, as they do.
    fn listen(&self) -> BoxFuture<'static, Result<BoxStream<'static, String>, LogError>>;

    /// Completes when the store answers.
    fn ping(&self) -> BoxFuture<'static, Result<(), LogError>>;
}

/// One of several servers over a store.
#[derive(Debug)]
pub struct Replica {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Writes and reads its lines.
    pub codec: Codec,
    /// For how long an answer may lack what others have done meanwhile.
    pub staleness: Duration,
    /// Why the store cannot be used; `None` when all is well.
    trouble: watch::Sender<Option<String>>,
    counts: Counts,
}

/// What the metrics tell.
#[derive(Debug, Default)]
pub struct Counts {
    /// Appends that the store has taken.
    pub appends: std::sync::atomic::AtomicU64,
    /// Appends that came behind those of another server and were decided again.
    pub conflicts: std::sync::atomic::AtomicU64,
    /// Events of other servers that were read.
    pub followed: std::sync::atomic::AtomicU64,
}

impl Replica {
    /// A server over this store. Until the first answer of the store it is not known to work.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, codec: Codec, staleness: Duration) -> Self {
        let trouble = watch::Sender::new(Some("it was not reached yet".to_owned()));
        Self { store, codec, staleness, trouble, counts: Counts::default() }
    }

    /// Why the store cannot be used at the moment; `None` when all is well.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.borrow().clone()
    }

    /// Whether the store cannot be used at the moment.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.trouble.borrow().is_some()
    }

    /// Completes when the store can be used.
    pub async fn working(&self) {
        // The sender lives as long as this value.
        let _ = self.trouble.subscribe().wait_for(Option::is_none).await;
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Remembers that the store works, or why it does not. Trouble with one space is none of the store.
    pub fn note<T>(&self, outcome: &Result<T, LogError>) {
        match outcome {
            Err(LogError::Unavailable(why) | LogError::Uncertain(why)) => {
                if self.trouble.send_replace(Some(why.clone())).is_none() {
                    tracing::warn!(%why, "the store cannot be used; it is tried again");
                }
            }
            Err(LogError::Conflict { .. } | LogError::Gone | LogError::Damaged(_)) | Ok(_) => {}
        }
    }

    /// Remembers that the store works again.
    pub fn works(&self) {
        if self.trouble.send_replace(None).is_some() {
            tracing::info!("the store answers");
        }
    }
}
