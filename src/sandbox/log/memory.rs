//! A log in memory: for tests of everything that a log is for, without a disk.

use std::sync::{Mutex, MutexGuard, PoisonError};

use imbl::OrdMap;

use super::{Change, Line, Log, LogError, check_numbers};

#[derive(Clone, Debug, Default)]
struct Stored {
    checkpoint: Option<Line>,
    lines: OrdMap<u64, String>,
    entries: u64,
}

impl Stored {
    fn last(&self) -> u64 {
        let covered = self.checkpoint.as_ref().map_or(0, |line| line.id);
        self.lines.get_max().map_or(covered, |(id, _)| *id)
    }
}

#[derive(Clone, Debug, Default)]
struct All {
    header: Option<String>,
    spaces: OrdMap<String, Stored>,
}

/// A log that lasts as long as the value.
#[derive(Debug, Default)]
pub struct MemoryLog(Mutex<All>);

impl MemoryLog {
    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn apply(all: &mut All, change: &Change) -> Result<(), LogError> {
    match change {
        Change::Begin { header } => all.header = Some(header.clone()),
        Change::Append { space, expected, lines } => {
            check_numbers(space, *expected, lines)?;
            let last = all.spaces.get(space).map_or(0, Stored::last);
            if last != *expected {
                let (space, expected) = (space.clone(), *expected);
                return Err(LogError::Conflict { space, expected, last });
            }
            let stored = all.spaces.entry(space.clone()).or_default();
            stored.lines.extend(lines.iter().map(|line| (line.id, line.text.clone())));
        }
        Change::Checkpoint { space, line } => {
            let stored = all.spaces.entry(space.clone()).or_default();
            stored.lines = stored.lines.split(&line.id).1;
            stored.checkpoint = Some(line.clone());
        }
        Change::Entries { space, below } => {
            all.spaces.entry(space.clone()).or_default().entries = *below;
        }
        Change::Delete { space } => drop(all.spaces.remove(space)),
    }
    Ok(())
}

impl Log for MemoryLog {
    fn write(&self, changes: &[Change]) -> Result<(), LogError> {
        let mut all = self.all();
        let mut changed = all.clone();
        changes.iter().try_for_each(|change| apply(&mut changed, change))?;
        *all = changed;
        Ok(())
    }

    fn header(&self) -> Result<Option<String>, LogError> {
        Ok(self.all().header.clone())
    }

    fn spaces(&self) -> Result<Vec<String>, LogError> {
        let all = self.all();
        let known = all.spaces.iter().filter(|(_, stored)| stored.last() > 0);
        Ok(known.map(|(name, _)| name.clone()).collect())
    }

    fn checkpoint(&self, space: &str) -> Result<Option<Line>, LogError> {
        Ok(self.all().spaces.get(space).and_then(|stored| stored.checkpoint.clone()))
    }

    fn since(&self, space: &str, id: u64) -> Result<Vec<Line>, LogError> {
        let all = self.all();
        let lines =
            all.spaces.get(space).into_iter().flat_map(|it| it.lines.range(id.saturating_add(1)..));
        Ok(lines.map(|(id, text)| Line { id: *id, text: text.clone() }).collect())
    }

    fn entries(&self, space: &str) -> Result<u64, LogError> {
        Ok(self.all().spaces.get(space).map_or(0, |stored| stored.entries))
    }
}
