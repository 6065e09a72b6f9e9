//! Writes what happens in the spaces to a log in the background, in the order in which it happened: everything
//! that has come together meanwhile is one write.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use super::line::{Checkpoint, Codec};
use super::{Change, Log, LogError};
use crate::sandbox::state::event::Record;

/// Pause before a write that has failed is tried again: 0.2 seconds of real time.
const RETRY: Duration = Duration::from_millis(200);

/// The longest time that an answer waits until what it tells is durable: 4 seconds of real time.
pub const PATIENCE: Duration = Duration::from_secs(4);

/// Changes that are made in one write at most.
const MAX_CHANGES: usize = 4096;

/// Something that happened, for the log.
#[derive(Debug)]
pub enum Task {
    /// Events of a space, in order.
    Append(Arc<str>, Vec<Arc<Record>>),
    /// The state of a space behind one of its events.
    Checkpoint(Arc<str>, Checkpoint),
    /// Numbers of journal entries below this one may be given out.
    Entries(Arc<str>, u64),
    /// The space was dropped.
    Delete(Arc<str>),
}

#[derive(Debug, Default)]
struct Queue {
    tasks: VecDeque<Task>,
    /// The number of the last task that was ever put in.
    last: u64,
    is_closed: bool,
}

/// What the spaces and the thread that writes share.
#[derive(Debug)]
struct Shared {
    log: Arc<dyn Log>,
    codec: Codec,
    queue: Mutex<Queue>,
    bell: Condvar,
    /// The number of the last task that is durable.
    durable: watch::Sender<u64>,
    /// Why the last write failed; `None` when it did not.
    trouble: watch::Sender<Option<String>>,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why it is not known whether a change is durable: a sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsettled(pub String);

/// The way of events to a log.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread that writes to this log.
    ///
    /// # Errors
    ///
    /// The system has no thread to give.
    pub fn start(log: Arc<dyn Log>, codec: Codec) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            log,
            codec,
            queue: Mutex::default(),
            bell: Condvar::new(),
            durable: watch::Sender::new(0),
            trouble: watch::Sender::new(None),
        });
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("log".to_owned()).spawn(move || run(&own))?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Puts a task behind all others and returns its number. Takes no time, so it can be called under the lock
    /// of a space.
    pub fn put(&self, task: Task) -> u64 {
        let mut queue = self.shared.queue();
        queue.tasks.push_back(task);
        queue.last += 1;
        let number = queue.last;
        drop(queue);
        self.shared.bell.notify_one();
        number
    }

    /// The number of the last task that was put in.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.shared.queue().last
    }

    /// Whether the task with this number is durable.
    #[must_use]
    pub fn is_durable(&self, number: u64) -> bool {
        *self.shared.durable.borrow() >= number
    }

    /// Waits until the task with this number is durable, however long it takes.
    pub async fn durable(&self, number: u64) {
        // An error would mean that the writer is gone, and with it the space that asks.
        let _ = self.shared.durable.subscribe().wait_for(|last| *last >= number).await;
    }

    /// Waits until the task with this number is durable, for [`PATIENCE`] at most.
    ///
    /// # Errors
    ///
    /// It is not, and may yet become so.
    pub async fn settled(&self, number: u64) -> Result<(), Unsettled> {
        if self.is_durable(number) {
            return Ok(());
        }
        let waited = tokio::time::timeout(PATIENCE, self.durable(number)).await;
        waited.map_err(|_| {
            let why = self.trouble().unwrap_or_else(|| "it is slow".to_owned());
            Unsettled(format!(
                "the log could not be written in time ({why}); it is unknown whether what was \
                 asked for will last"
            ))
        })
    }

    /// Why nothing can be written at the moment; `None` when all is well.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.shared.trouble.borrow().clone()
    }
}

impl Drop for Writer {
    /// Writes what is left, unless writing fails.
    fn drop(&mut self) {
        self.shared.queue().is_closed = true;
        self.shared.bell.notify_one();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // The message of a panic is printed already.
            let _ = thread.join();
        }
    }
}

/// Takes what there is, up to [`MAX_CHANGES`], and the number of its last task; `None` at the end.
fn next_tasks(shared: &Shared) -> Option<(Vec<Task>, u64)> {
    let mut queue = shared.queue();
    while queue.tasks.is_empty() {
        if queue.is_closed {
            return None;
        }
        queue = shared.bell.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
    let count = queue.tasks.len().min(MAX_CHANGES);
    let tasks: Vec<Task> = queue.tasks.drain(..count).collect();
    let left = u64::try_from(queue.tasks.len()).unwrap_or(u64::MAX);
    Some((tasks, queue.last - left))
}

/// Writes until the queue is closed and empty, or closed and nothing can be written.
fn run(shared: &Shared) {
    while let Some((tasks, last)) = next_tasks(shared) {
        let written = tasks.iter().map(|task| change(&shared.codec, task)).collect();
        let written: Result<Vec<Change>, LogError> = written;
        let mut outcome =
            written.as_ref().map_err(Clone::clone).and_then(|it| shared.log.write(it));
        while let Err(error) = outcome {
            let is_new = shared.trouble.borrow().is_none();
            shared.trouble.send_replace(Some(error.to_string()));
            if is_new {
                tracing::error!(%error, "the log cannot be written; it is tried again");
            }
            let queue = shared.queue();
            if queue.is_closed {
                return;
            }
            // Rung early by a new task, which does no harm.
            drop(shared.bell.wait_timeout(queue, RETRY));
            outcome = written.as_ref().map_err(Clone::clone).and_then(|it| shared.log.write(it));
        }
        if shared.trouble.send_replace(None).is_some() {
            tracing::info!("the log is written again");
        }
        shared.durable.send_replace(last);
    }
}

fn change(codec: &Codec, task: &Task) -> Result<Change, LogError> {
    let lost = |error: serde_json::Error| LogError::Damaged(error.to_string());
    let space = |name: &Arc<str>| name.to_string();
    Ok(match task {
        Task::Append(name, records) => {
            let lines = records.iter().map(|record| codec.write(record));
            let lines = lines.collect::<Result<Vec<_>, _>>().map_err(lost)?;
            let expected = lines.first().map_or(0, |line| line.id.saturating_sub(1));
            Change::Append { space: space(name), expected, lines }
        }
        Task::Checkpoint(name, checkpoint) => {
            let line = codec.write_checkpoint(checkpoint).map_err(lost)?;
            Change::Checkpoint { space: space(name), line }
        }
        Task::Entries(name, below) => Change::Entries { space: space(name), below: *below },
        Task::Delete(name) => Change::Delete { space: space(name) },
    })
}
