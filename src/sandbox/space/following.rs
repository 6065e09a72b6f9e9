//! A space that several servers share: what this one reads of the others, and what it appends.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use strum::VariantArray;

use super::super::clock::Stopwatch;
use super::super::history::{History, MAX_EVENTS};
use super::super::log::lease::Known;
use super::super::log::line::{Checkpoint, hole};
use super::super::log::store::{Append, Changed, Look, Mark, News, Replica, Wants};
use super::super::log::{Line, LogError};
use super::super::state::event::{Event, Record, Topic};
use super::super::world::World;
use super::deciding::{NotMade, topics};
use super::{Held, Space};
use crate::sandbox::facts::Named;

/// What this server knows of the space in the store.
#[derive(Debug)]
pub(super) struct Following {
    pub(super) replica: Arc<Replica>,
    /// Held while a change is decided and appended, so that changes of this server do not race each other.
    pub(super) turn: Mutex<()>,
    /// The incarnation of the space; empty until the store has it.
    incarnation: OnceLock<String>,
    /// Up to which change of any kind this server knows all.
    pub(super) seen: Seen,
    /// The place in the journal up to which this server has read it.
    pub(super) journal: Mutex<String>,
    /// When the store was asked last.
    looked: Mutex<Option<Stopwatch>>,
    /// The right to send its callbacks, if this server has it.
    lease: Known,
    /// Changes that were not made, and of which it is unknown whether they were.
    refused: AtomicU64,
    unknown: AtomicU64,
    /// The number of the last event that a checkpoint covers, and estimated bytes of events since then.
    covered: AtomicU64,
    tail: AtomicU64,
}

/// The number of the last change of any kind up to which a server knows all; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen(Arc<AtomicU64>);

impl Seen {
    fn last(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn reached(&self, number: u64) {
        self.0.fetch_max(number, Ordering::SeqCst);
    }

    /// Remembers a change of this server. If nobody else has changed anything since it looked last, it need
    /// not read what is new; otherwise there is something.
    pub(super) fn made(&self, changed: &Changed) {
        let _ = self.0.compare_exchange(
            changed.before,
            changed.pulse,
            Ordering::SeqCst,
            Ordering::SeqCst,
        );
    }
}

impl Following {
    pub(super) fn new(replica: Arc<Replica>) -> Self {
        let [refused, unknown, covered, tail] = std::array::from_fn(|_| 0.into());
        let (turn, incarnation, looked) = (Mutex::default(), OnceLock::new(), Mutex::default());
        let (lease, journal) = (Known::default(), Mutex::new("0-0".to_owned()));
        Self {
            replica,
            turn,
            incarnation,
            seen: Seen::default(),
            journal,
            looked,
            lease,
            refused,
            unknown,
            covered,
            tail,
        }
    }

    fn position(&self) -> String {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn note_failure(&self, why: NotMade) {
        let count = if why == NotMade::Unknown { &self.unknown } else { &self.refused };
        count.fetch_add(1, Ordering::SeqCst);
    }

    /// The numbers of changes so far that were not made, and of which that is unknown.
    pub(super) fn failures(&self) -> (u64, u64) {
        (self.refused.load(Ordering::SeqCst), self.unknown.load(Ordering::SeqCst))
    }

    /// Appends events to the store.
    pub(super) fn append(&self, space: &str, records: &[Arc<Record>]) -> Result<Changed, LogError> {
        let Replica { store, codec, .. } = &*self.replica;
        let lines = records.iter().map(|record| codec.write(record)).collect::<Result<_, _>>();
        let lines: Vec<Line> = lines.map_err(|err| LogError::Damaged(err.to_string()))?;
        let mut topics: Vec<&str> = topics(records).iter().map(Named::name).collect();
        topics.sort_unstable();
        topics.dedup();
        let incarnation = self.incarnation.get().map(String::as_str);
        let appended = store.append(Append { space, incarnation, lines, topics });
        self.replica.note(&appended);
        if let Ok(changed) = &appended {
            // Set before, unless this append has made the space.
            let _ = self.incarnation.set(changed.incarnation.clone());
        }
        appended
    }
}

fn unlocked(mutex: &Mutex<Option<Stopwatch>>) -> std::sync::MutexGuard<'_, Option<Stopwatch>> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Space {
    /// Whether the store has the space as this server knows it, in this incarnation.
    pub(in crate::sandbox) fn is_incarnation(&self, mark: &Mark) -> bool {
        let known = self.following.as_ref().and_then(|it| it.incarnation.get());
        known == Some(&mark.incarnation)
    }

    /// Whether other servers share the space.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.following.is_some()
    }

    /// The incarnation of the space; `None` while the store does not have it.
    pub(in crate::sandbox) fn incarnation(&self) -> Option<&str> {
        self.following.as_ref()?.incarnation.get().map(String::as_str)
    }

    /// Takes the incarnation that the space has in the store; called before anybody else knows the space.
    pub(in crate::sandbox) fn found_as(&self, mark: &Mark) {
        if let Some(following) = &self.following {
            let _ = following.incarnation.set(mark.incarnation.clone());
            following.covered.store(self.read().history.dropped(), Ordering::SeqCst);
        }
    }

    /// Appends the first event of a new space to the store.
    ///
    /// # Errors
    ///
    /// [`LogError::Conflict`] when the store has a space of this name.
    pub(in crate::sandbox) fn publish(&self) -> Result<(), LogError> {
        let Some(following) = &self.following else { return Ok(()) };
        let records: Vec<Arc<Record>> = self.read().history.since(0).cloned().collect();
        let changed = following.append(&self.name, &records)?;
        self.pulse.moved_to(Topic::VARIANTS, changed.pulse);
        following.seen.made(&changed);
        Ok(())
    }

    /// Whether the store was asked so lately that it need not be asked again.
    pub(in crate::sandbox) fn is_fresh(&self) -> bool {
        let Some(following) = &self.following else { return true };
        let staleness = following.replica.staleness;
        let looked = *unlocked(&following.looked);
        !staleness.is_zero() && looked.is_some_and(|looked| looked.elapsed() < staleness)
    }

    /// Reads what other servers have done up to what `look` says.
    ///
    /// # Errors
    ///
    /// The store does not work, or lacks events of the space.
    pub(in crate::sandbox) async fn follow_to(
        self: &Arc<Self>,
        look: &Look,
        since_request: Stopwatch,
    ) -> Result<(), LogError> {
        let (Some(following), Some(mark)) = (&self.following, &look.mark) else { return Ok(()) };
        if mark.pulse > following.seen.last() || mark.last > self.revision() {
            let position = following.position();
            let news = following.replica.store.news(&self.name, self.revision(), &position).await;
            following.replica.note(&news);
            self.take(following, news?)?;
        }
        *unlocked(&following.looked) = Some(since_request);
        Ok(())
    }

    /// The store of the servers that share the space, and where the lease for its callbacks is kept; `None`
    /// without a store.
    pub(in crate::sandbox) fn lease(&self) -> Option<(&Arc<Replica>, &Known)> {
        self.following.as_ref().map(|it| (&it.replica, &it.lease))
    }

    /// Remembers that something that was asked for was not done.
    pub(in crate::sandbox) fn note_not_made(&self) {
        if let Some(following) = &self.following {
            following.note_failure(NotMade::Nothing);
        }
    }

    /// Whether an advance of another server moves the clock, or was cut short by its end.
    pub(in crate::sandbox) fn is_left_driven(&self) -> bool {
        let held = self.read();
        self.is_shared() && held.resumes.is_some() && !held.is_driven
    }

    /// Reads what other servers have done.
    ///
    /// # Errors
    ///
    /// The store does not work, or does not have this space any more.
    pub(in crate::sandbox) async fn refresh(self: &Arc<Self>) -> Result<(), LogError> {
        let Some(following) = &self.following else { return Ok(()) };
        let since_request = Stopwatch::start();
        let look = following.replica.store.look(&self.name, Wants::default()).await;
        following.replica.note(&look);
        let look = look?;
        if !look.mark.as_ref().is_some_and(|mark| self.is_incarnation(mark)) {
            return Err(LogError::Gone);
        }
        self.follow_to(&look, since_request).await
    }

    /// The number of the last event that is known here.
    pub(in crate::sandbox) fn revision(&self) -> u64 {
        self.read().world.state.revision
    }

    /// Reads what other servers have done behind the event `base`, on this thread.
    pub(super) fn catch_up_now(&self, following: &Following, base: u64) -> Result<(), LogError> {
        let before = self.revision();
        if before > base {
            // A request that only reads has caught up meanwhile.
            return Ok(());
        }
        let news = following.replica.store.news_now(&self.name, before, &following.position());
        following.replica.note(&news);
        let news = news?;
        if news.lines.is_empty() && self.revision() == before {
            // Others were first, and yet there is nothing: its stream was cut.
            return Err(hole(&self.name, before + 1));
        }
        self.take(following, news)
    }

    /// Adopts events of other servers, and the numbers of their changes.
    fn take(&self, following: &Following, news: News) -> Result<(), LogError> {
        let News { mark, lines, topics, entries } = news;
        let mark = mark.filter(|mark| self.is_incarnation(mark)).ok_or(LogError::Gone)?;
        let last = mark.last;
        let read = |line: &Line| following.replica.codec.read(&self.name, line).map(Arc::new);
        let records: Vec<Arc<Record>> = lines.iter().map(read).collect::<Result<_, _>>()?;
        let known = self.revision();
        let has_hole = records.iter().find(|it| it.id > known).is_some_and(|it| it.id != known + 1)
            || records.last().map_or(known, |it| it.id) < last;
        let checkpoint = match has_hole {
            true => following.replica.store.checkpoint(&self.name)?,
            false => None,
        };
        let mut held = self.write();
        let known = held.world.state.revision;
        let new = records.partition_point(|record| record.id <= known);
        let new = records.get(new..).unwrap_or_default();
        let reached = new.last().map_or(known, |record| record.id);
        let follows = new.first().is_none_or(|first| first.id == known + 1) && reached >= last;
        match follows {
            true => self.follow(&mut held, new)?,
            false => self.jump(&mut held, (following, checkpoint), &records, last)?,
        }
        drop(held);
        let count = u64::try_from(new.len()).unwrap_or(u64::MAX);
        following.replica.counts().followed.fetch_add(count, Ordering::Relaxed);
        self.take_entries(following, entries)?;
        for (topic, number) in topics {
            if let Ok(topic) = topic.parse::<Topic>() {
                self.pulse.moved_to(&[topic], number);
            }
        }
        following.seen.reached(mark.pulse);
        Ok(())
    }

    /// Applies events that follow the last one.
    fn follow(&self, held: &mut Held, records: &[Arc<Record>]) -> Result<(), LogError> {
        if records.is_empty() {
            return Ok(());
        }
        let mut world = World::clone(&held.world);
        for record in records {
            world.follow(record).map_err(|_| hole(&self.name, world.state.revision + 1))?;
        }
        self.adopt(held, Arc::new(world), records);
        let clears = |record: &&Arc<Record>| {
            matches!(record.event, Event::ScenarioLoaded { .. } | Event::SnapshotRestored { .. })
        };
        if records.iter().any(|record| clears(&record)) {
            self.forget_requests();
        }
        Ok(())
    }

    /// Goes on behind a checkpoint, because the store has some of the events no more.
    fn jump(
        &self,
        held: &mut Held,
        (following, checkpoint): (&Following, Option<Line>),
        records: &[Arc<Record>],
        last: u64,
    ) -> Result<(), LogError> {
        let missing = hole(&self.name, held.world.state.revision + 1);
        let Some(line) = checkpoint else { return Err(missing) };
        let Checkpoint { world, .. } =
            following.replica.codec.read_checkpoint(&self.name, &line)?;
        let covered = world.state.revision;
        let tail = records.partition_point(|record| record.id <= covered);
        let tail = records.get(tail..).unwrap_or_default();
        let reached = tail.last().map_or(covered, |record| record.id);
        let follows = tail.first().is_none_or(|first| first.id == covered + 1);
        if covered <= held.world.state.revision || !follows || reached < last {
            return Err(missing);
        }
        let most = self.options.history_events.unwrap_or(MAX_EVENTS);
        held.history = History::behind(Arc::clone(&world), most);
        held.world = world;
        held.generation += 1;
        held.sending.clear();
        held.is_driven = false;
        held.resumes = None;
        self.follow(held, tail)
    }

    /// Makes a checkpoint when many events have come together. Called under the lock of the space.
    pub(super) fn checkpoint_if_due(&self, held: &Held, records: &[Arc<Record>]) {
        let Some(following) = &self.following else { return };
        let Some(incarnation) = following.incarnation.get() else { return };
        let count =
            super::lasting::TailCount { covered: &following.covered, tail: &following.tail };
        let Some(world) = self.due_checkpoint(held, records, count) else { return };
        let checkpoint = Checkpoint { world, made_at: self.made_at };
        let replica = Arc::clone(&following.replica);
        let Ok(line) = replica.codec.write_checkpoint(&checkpoint) else { return };
        let put = replica.store.put_checkpoint(&self.name, incarnation, line);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // Without it the stream is longer, and another one is made later.
            runtime.spawn(async move { replica.note(&put.await) });
        }
    }
}
