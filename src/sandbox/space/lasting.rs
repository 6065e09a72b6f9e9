//! What a space puts into the log, and from when on that is durable.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use super::super::clock::real_now;
use super::super::history::History;
use super::super::log::line::Checkpoint;
use super::super::log::writer::{Task, Unsettled, Writer};
use super::super::state::event::Record;
use super::super::world::World;
use super::{Held, Shared, Space};

/// Numbers of journal entries that are set aside at a time. The journal is not in the log, but after a restart
/// its numbers go on above all that were given out, so the log has to know a bound of them.
const ENTRIES_AHEAD: u64 = 10_000;

/// Estimated bytes of events in the log behind which a checkpoint is made, at least: 32 MiB.
const MAX_TAIL: usize = 32 * 1024 * 1024;

/// What the log has of a space.
#[derive(Debug)]
pub(super) struct Filed {
    writer: Option<Arc<Writer>>,
    /// The number of the last task of the space.
    last: AtomicU64,
    /// The number of the last event that the checkpoint in the log covers. Changed under the lock of the space
    /// alone, like `tail`.
    covered: AtomicU64,
    /// Estimated bytes of the events behind the checkpoint.
    tail: AtomicU64,
    /// Below this number the log knows of the numbers of journal entries, at the latest with the last task.
    entries: AtomicU64,
}

/// How much of a log no checkpoint covers. Changed under the lock of the space alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct TailCount<'a> {
    /// The number of the last event that a checkpoint covers.
    pub(super) covered: &'a AtomicU64,
    /// Estimated bytes of the events behind it.
    pub(super) tail: &'a AtomicU64,
}

impl Filed {
    pub(super) fn new(writer: Option<Arc<Writer>>) -> Self {
        let [last, covered, tail, entries] = std::array::from_fn(|_| 0.into());
        Self { writer, last, covered, tail, entries }
    }

    fn put(&self, writer: &Writer, task: Task) {
        self.last.fetch_max(writer.put(task), Ordering::SeqCst);
    }
}

impl Space {
    /// A space as a log has it: the world that its history leads to.
    #[must_use]
    pub fn recovered(
        name: &str,
        (world, history): (Arc<World>, History),
        (made_at, entries): (Timestamp, u64),
        shared: Shared,
    ) -> Arc<Self> {
        let covered = history.dropped();
        let space = Self::with(name, (world, history), made_at, shared);
        space.filed.covered.store(covered, Ordering::SeqCst);
        space.filed.entries.store(entries, Ordering::SeqCst);
        space.journal.resume(entries);
        if space.following.is_none() {
            // Nothing drives the clock yet.
            space.end_advance();
        }
        space
    }

    /// Gives the clock back the mode that it had before an `advance` which the end of a process cut short.
    pub(in crate::sandbox) fn end_advance(self: &Arc<Self>) {
        let ended = self.try_make(
            |held| {
                let mode = held.resumes.filter(|_| !held.is_driven).ok_or(())?;
                let real_now = real_now();
                let now = held.world.state.clock.at(real_now);
                self.drafted(held, (now, real_now), |draft| {
                    draft.push(draft.state().clock.set(Some(mode), None, real_now));
                    Ok::<_, ()>(())
                })
            },
            |_, ()| {},
        );
        if let Ok(Ok(((), moment))) = ended {
            let mode: &str = moment.state().clock.mode().into();
            tracing::info!(space = self.name(), mode, "{}an advance was cut short", self.mark());
        }
    }

    /// Puts the first event of a new space into the log.
    pub(super) fn file_first(&self, first: Arc<Record>) {
        let mut held = self.write();
        self.file(&mut held, vec![first]);
        drop(held);
        self.set_entries_aside(0);
    }

    /// Puts events into the log, and a checkpoint when many have come together. Called under the lock of the
    /// space, so that they stand there in the order in which they happened.
    pub(super) fn file(&self, held: &mut Held, records: Vec<Arc<Record>>) {
        let is_nothing = records.is_empty() || self.is_closed();
        let Some(writer) = self.filed.writer.as_ref().filter(|_| !is_nothing) else { return };
        let count = TailCount { covered: &self.filed.covered, tail: &self.filed.tail };
        let due = self.due_checkpoint(held, &records, count);
        self.filed.put(writer, Task::Append(Arc::clone(&self.name), records));
        if let Some(world) = due {
            let checkpoint = Checkpoint { world, made_at: self.made_at };
            self.filed.put(writer, Task::Checkpoint(Arc::clone(&self.name), checkpoint));
        }
    }

    /// Counts events that a log gets, and returns the world of a checkpoint when one is due behind them.
    pub(super) fn due_checkpoint(
        &self,
        held: &Held,
        records: &[Arc<Record>],
        count: TailCount<'_>,
    ) -> Option<Arc<World>> {
        let weight: usize = records.iter().map(|record| record.event.written_weight()).sum();
        let weight = u64::try_from(weight).unwrap_or(u64::MAX);
        let tail = count.tail.fetch_add(weight, Ordering::SeqCst).saturating_add(weight);
        let covered = count.covered.load(Ordering::SeqCst);
        let most = self.options.history_events.unwrap_or(super::MAX_EVENTS);
        let behind = held.history.dropped().saturating_sub(covered);
        let is_long = behind > u64::try_from(most).unwrap_or(u64::MAX);
        let world = match held.history.base() {
            // What the history does not show is no longer needed one by one.
            Some(base) if is_long && base.state.revision > covered => Arc::clone(base),
            _ if tail > u64::try_from(MAX_TAIL).unwrap_or(u64::MAX) => Arc::clone(&held.world),
            _ => return None,
        };
        count.covered.store(world.state.revision, Ordering::SeqCst);
        count.tail.store(0, Ordering::SeqCst);
        Some(world)
    }

    /// Removes the space from the log. Called under the lock of the space.
    pub(super) fn file_end(&self) {
        if let Some(writer) = &self.filed.writer {
            self.filed.put(writer, Task::Delete(Arc::clone(&self.name)));
        }
    }

    /// The id of a new entry of the journal; the one that the store has given, if it has.
    #[must_use]
    pub fn reserve_entry(&self, given: Option<u64>) -> u64 {
        let id = match given {
            Some(id) => self.journal.reserve_as(id),
            None => self.journal.reserve(),
        };
        if self.filed.writer.is_some() {
            let below = self.filed.entries.load(Ordering::SeqCst);
            if id + ENTRIES_AHEAD / 2 >= below {
                self.set_entries_aside(id);
            }
        }
        id
    }

    /// Tells the log a number below which `id` and many after it lie, unless it knows one. Answers wait until the
    /// log has it: a number may leave only when the log knows of it.
    fn set_entries_aside(&self, id: u64) {
        let Some(writer) = &self.filed.writer else { return };
        let held = self.write();
        let below = self.filed.entries.load(Ordering::SeqCst);
        if id + ENTRIES_AHEAD / 2 < below || self.is_closed() {
            return;
        }
        let below = below.max(id) + ENTRIES_AHEAD;
        self.filed.put(writer, Task::Entries(Arc::clone(&self.name), below));
        self.filed.entries.store(below, Ordering::SeqCst);
        drop(held);
    }

    /// Waits until everything that has happened in the space is durable; at once without a log, and when it
    /// is. An answer that tells of a change leaves after this.
    ///
    /// # Errors
    ///
    /// It is not durable in time.
    pub async fn settled(&self) -> Result<(), Unsettled> {
        match &self.filed.writer {
            Some(writer) => writer.settled(self.filed.last.load(Ordering::SeqCst)).await,
            None => Ok(()),
        }
    }

    /// Waits like [`Self::settled`], however long it takes.
    pub async fn durable(&self) {
        if let Some(writer) = &self.filed.writer {
            writer.durable(self.filed.last.load(Ordering::SeqCst)).await;
        }
    }
}
