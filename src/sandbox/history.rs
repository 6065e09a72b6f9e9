//! The history of a space: its newest events, in memory, bounded in count and bytes, and how the world was
//! behind each of them.

use std::collections::VecDeque;
use std::sync::Arc;

use super::clock::Mode;
use super::state::event::{Event, Record};
use super::world::{FoldError, World};

/// The default of the maximum number of events that a space keeps.
pub const MAX_EVENTS: usize = 10_000;

/// The maximum memory for the events of a space in bytes, estimated.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Events between two kept worlds at least. A kept world shares almost everything with the next one, so they
/// cost little; the world behind an event is folded from the kept one before it.
const WORLD_EVERY: u64 = 256;

/// The newest events of a space, oldest first.
#[derive(Debug)]
pub struct History {
    /// Besides the events of the history, those between its beginning and the kept world before it.
    records: VecDeque<Arc<Record>>,
    /// Worlds of the past, oldest first, each behind the event that its revision says.
    worlds: VecDeque<Arc<World>>,
    max_events: usize,
    /// Of the events of the history.
    bytes: usize,
    /// The number of the last event that was dropped.
    dropped: u64,
}

impl History {
    /// An empty history that keeps at most `max_events` events.
    #[must_use]
    pub fn keeping(max_events: usize) -> Self {
        let (records, worlds) = (VecDeque::new(), VecDeque::new());
        Self { records, worlds, max_events, bytes: 0, dropped: 0 }
    }

    /// A history without events that goes on behind this world.
    #[must_use]
    pub fn behind(world: Arc<World>, max_events: usize) -> Self {
        let dropped = world.state.revision;
        Self { dropped, worlds: VecDeque::from([world]), ..Self::keeping(max_events) }
    }

    /// Appends events, of which `world` is the result. When the history is full, the oldest events are
    /// dropped.
    pub fn append(&mut self, records: impl IntoIterator<Item = Arc<Record>>, world: &Arc<World>) {
        for record in records {
            self.bytes += record.event.weight();
            self.records.push_back(record);
        }
        let last = self.worlds.back().map_or(0, |world| world.state.revision);
        if world.state.revision >= last + WORLD_EVERY {
            self.worlds.push_back(Arc::clone(world));
        }
        self.shrink();
    }

    fn shrink(&mut self) {
        let mut first = self.place_behind(self.dropped);
        while let Some(oldest) = self.records.get(first) {
            let shown = self.records.len() - first;
            if shown <= self.max_events && (self.bytes <= MAX_BYTES || shown == 1) {
                break;
            }
            self.bytes = self.bytes.saturating_sub(oldest.event.weight());
            self.dropped = oldest.id;
            first += 1;
        }
        // Events before the newest world that is not behind the beginning are needed no more.
        while self.worlds.get(1).is_some_and(|next| next.state.revision <= self.dropped) {
            self.worlds.pop_front();
        }
        if let Some(from) = self.base().map(|base| base.state.revision) {
            self.records.drain(..self.place_behind(from));
        }
    }

    /// The place of the first kept event with a number greater than `id`.
    fn place_behind(&self, id: u64) -> usize {
        self.records.partition_point(|record| record.id <= id)
    }

    /// The number of the last event that was dropped to make room; 0 if none was.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The number of the last event.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.records.back().map_or(self.dropped, |record| record.id)
    }

    /// The events with numbers greater than `id`, oldest first.
    pub fn since(&self, id: u64) -> impl DoubleEndedIterator<Item = &Arc<Record>> {
        self.records.range(self.place_behind(id.max(self.dropped))..)
    }

    /// A kept world from which the whole history can be folded: the oldest of which a checkpoint makes sense.
    #[must_use]
    pub fn base(&self) -> Option<&Arc<World>> {
        self.worlds.front().filter(|world| world.state.revision <= self.dropped)
    }

    /// The mode that the clock gets back at the end of the `advance` that has set it last; `None` when none
    /// moves it.
    #[must_use]
    pub fn resumes(&self) -> Option<Mode> {
        let sets = |event: &Event| matches!(event, Event::ClockSet { .. }) || event.replaces();
        match self.since(0).rfind(|record| sets(&record.event)).map(|it| &it.event) {
            Some(Event::ClockSet { resumes, .. }) => *resumes,
            _ => None,
        }
    }

    /// The number of the event with which the present world began; 0 when it was dropped.
    #[must_use]
    pub fn replaced_by(&self) -> u64 {
        let mut replaced_by = 0;
        for record in self.since(0).filter(|record| record.event.replaces()) {
            // Going back to a point of the present world does not begin another one.
            let stays = matches!(record.event, Event::Rewound { to, .. } if to >= replaced_by);
            replaced_by = if stays { replaced_by } else { record.id };
        }
        replaced_by
    }

    /// The world behind the event `id`, and that event; `None` if the history does not have it.
    ///
    /// # Errors
    ///
    /// The events do not follow each other, which is a bug.
    pub fn world_behind(
        &self,
        space: &str,
        id: u64,
    ) -> Result<Option<(World, Arc<Record>)>, FoldError> {
        let next = self.since(id.saturating_sub(1)).next();
        let Some(record) = next.filter(|record| record.id == id) else {
            return Ok(None);
        };
        let world = self.folded(space, id)?;
        Ok(Some((world, Arc::clone(record))))
    }

    fn folded(&self, space: &str, id: u64) -> Result<World, FoldError> {
        let known = self.worlds.iter().rev().find(|world| world.state.revision <= id);
        let records = self.records.iter().map(|record| &**record).filter(|record| record.id <= id);
        let Some(known) = known else { return World::fold(space, records) };
        let mut world = World::clone(known);
        let from = world.state.revision;
        let mut later = records.filter(|record| record.id > from);
        later.try_for_each(|record| world.follow(record))?;
        Ok(world)
    }

    /// The worlds of the history that another one replaced. What they gave out (ids, tokens) is not to be
    /// given out again by one that goes on from an earlier point.
    ///
    /// # Errors
    ///
    /// The events do not follow each other, which is a bug.
    pub fn replaced_worlds(&self, space: &str) -> Result<Vec<World>, FoldError> {
        let mut records = self.records.iter().map(|record| &**record);
        let first = match self.base() {
            Some(base) => World::clone(base),
            None => World::fold(space, records.by_ref().take(1))?,
        };
        let (mut world, mut replaced) = (first, Vec::new());
        for record in records {
            if record.event.replaces() {
                replaced.push(world.clone());
            }
            world.follow(record)?;
        }
        Ok(replaced)
    }
}
