//! A log in one file, kept by redb: every write is one transaction that is on the disk when it returns.

mod failure;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::{
    Builder, Database, ReadTransaction, ReadableDatabase, ReadableTable, Table, TableDefinition,
    TableError, WriteTransaction,
};

use self::failure::Failure;
use super::{Change, Line, Log, LogError, check_numbers};

/// What the file is: under [`HEADER`], for whom it was begun.
const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("sandtill");
/// The keys of the header, and of the number of writes so far.
const HEADER: &str = "header";
const WRITES: &str = "writes";
/// Events by space and number.
const EVENTS: TableDefinition<'static, (&str, u64), &[u8]> = TableDefinition::new("events");
/// Checkpoints by space, each with the number of the last event it covers.
const CHECKPOINTS: TableDefinition<'static, &str, (u64, &[u8])> =
    TableDefinition::new("checkpoints");
/// The number below which all numbers of journal entries may have been given out, by space.
const ENTRIES: TableDefinition<'static, &str, u64> = TableDefinition::new("entries");

/// Memory for pages of the file: 8 MiB, in bytes. Events are read once, at the start.
const CACHE: usize = 8 * 1024 * 1024;

/// A log in a file.
#[derive(Debug)]
pub struct FileLog {
    path: PathBuf,
    // Held while the file is read or written; a server reads at its start, and one thread of it writes.
    file: Mutex<File>,
}

/// The open file.
#[derive(Debug)]
struct File {
    /// `None` after a failure: redb uses a file no more after that, so it is opened again.
    database: Option<Database>,
    /// The number of writes so far, which the file has too.
    writes: u64,
    /// The changes of a write that has failed. The file may have them all the same.
    failed: Option<Vec<Change>>,
}

impl FileLog {
    /// Opens the file, or makes it if it does not exist or is empty.
    ///
    /// # Errors
    ///
    /// A sentence for the user: the file is not a log, is damaged, is open in another process, or cannot be
    /// read or written.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        let opened = guarded(path, || {
            let mut database = open(path)?;
            check(&mut database)?;
            let writes = writes(&database)?;
            Ok(File { database: Some(database), writes, failed: None })
        });
        let file = opened.map_err(|failure| failure.into_error(path))?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(file) })
    }

    fn file(&self) -> MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&ReadTransaction) -> Result<T, Failure>,
    ) -> Result<T, LogError> {
        let mut file = self.file();
        let done = guarded(&self.path, || read(&file.database(&self.path)?.begin_read()?));
        done.map_err(|failure| failure.into_error(&self.path))
    }
}

impl File {
    /// The database, opened again if it has to be.
    fn database(&mut self, path: &Path) -> Result<&Database, Failure> {
        let database = match self.database.take() {
            Some(database) => database,
            None => open(path)?,
        };
        Ok(self.database.insert(database))
    }

    fn write(&mut self, path: &Path, changes: &[Change]) -> Result<(), Failure> {
        let (next, failed) = (self.writes + 1, self.failed.take());
        let database = self.database(path)?;
        // A write whose failure came late is in the file; it must not be made twice.
        let is_there = match failed {
            Some(failed) => failed == changes && writes(database)? == next,
            None => false,
        };
        if !is_there {
            commit(database, next, changes)?;
        }
        self.writes = next;
        Ok(())
    }
}

fn open(path: &Path) -> Result<Database, Failure> {
    Ok(Builder::new().set_cache_size(CACHE).create(path)?)
}

/// The number of writes that a file has.
fn writes(database: &Database) -> Result<u64, Failure> {
    let Some(meta) = opened(database.begin_read()?.open_table(META))? else { return Ok(0) };
    let number = meta.get(WRITES)?.and_then(|number| number.value().try_into().ok());
    Ok(number.map_or(0, u64::from_be_bytes))
}

fn commit(database: &Database, number: u64, changes: &[Change]) -> Result<(), Failure> {
    let mut writing = database.begin_write()?;
    // The last commit is then known to be whole after a crash, without a look at its checksums; so redb
    // never goes back to the one before it, which would be without what was acknowledged since.
    writing.set_quick_repair(true);
    for change in changes {
        apply(&writing, change)?;
    }
    writing.open_table(META)?.insert(WRITES, number.to_be_bytes().as_slice())?;
    Ok(writing.commit()?)
}

/// Checks that the file is a log and that every page of it is as it was written.
fn check(database: &mut Database) -> Result<(), Failure> {
    // Events first, so that the refusal of a changed byte can name the event that it belongs to.
    check_lines(database)?;
    // Where pages do not fit each other, redb may mend the file by leaving something out.
    match database.check_integrity()? {
        true => Ok(()),
        false => Err(Failure::Damaged("parts of it do not fit each other".to_owned())),
    }
}

fn check_lines(database: &Database) -> Result<(), Failure> {
    let reading = database.begin_read()?;
    let Some(meta) = opened(reading.open_table(META))? else {
        if reading.list_tables()?.next().is_some() {
            return Err(Failure::Foreign);
        }
        // From now on the file is known to be a log.
        let writing = database.begin_write()?;
        writing.open_table(META)?;
        return Ok(writing.commit()?);
    };
    let header = meta.get(HEADER)?;
    if let Some(header) = header {
        super::line::check_whole("the header", header.value()).map_err(Failure::Damaged)?;
    }
    if let Some(events) = opened(reading.open_table(EVENTS))? {
        for event in events.iter()? {
            let (key, text) = event?;
            let (space, id) = key.value();
            super::line::check_whole(&super::line::event_name(space, id), text.value())
                .map_err(Failure::Damaged)?;
        }
    }
    if let Some(checkpoints) = opened(reading.open_table(CHECKPOINTS))? {
        for checkpoint in checkpoints.iter()? {
            let (space, stored) = checkpoint?;
            let (id, text) = stored.value();
            super::line::check_whole(&super::line::checkpoint_name(space.value(), id), text)
                .map_err(Failure::Damaged)?;
        }
    }
    Ok(())
}

/// A table, or `None` if it was never made.
fn opened<T>(table: Result<T, TableError>) -> Result<Option<T>, Failure> {
    match table {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Runs `work`. redb may panic over a file that was changed behind its back; that is an error like others.
fn guarded<T>(path: &Path, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        tracing::debug!(path = %path.display(), "the file cannot be read");
        Err(Failure::Damaged("it was changed or cut by something else".to_owned()))
    })
}

fn text(bytes: &[u8]) -> Result<String, Failure> {
    let text = std::str::from_utf8(bytes).map(str::to_owned);
    text.map_err(|_| Failure::Damaged("a line is not text".to_owned()))
}

/// The number of the last event of a space.
fn last(
    events: &Table<'_, (&'static str, u64), &'static [u8]>,
    checkpoints: &Table<'_, &'static str, (u64, &'static [u8])>,
    space: &str,
) -> Result<u64, Failure> {
    let newest = events.range((space, 0)..=(space, u64::MAX))?.next_back().transpose()?;
    if let Some((key, _)) = newest {
        return Ok(key.value().1);
    }
    Ok(checkpoints.get(space)?.map_or(0, |stored| stored.value().0))
}

fn apply(writing: &WriteTransaction, change: &Change) -> Result<(), Failure> {
    let mut events = writing.open_table(EVENTS)?;
    let mut checkpoints = writing.open_table(CHECKPOINTS)?;
    match change {
        Change::Begin { header } => {
            writing.open_table(META)?.insert(HEADER, header.as_bytes())?;
        }
        Change::Append { space, expected, lines } => {
            check_numbers(space, *expected, lines).map_err(Failure::Known)?;
            let last = last(&events, &checkpoints, space)?;
            if last != *expected {
                let (space, expected) = (space.clone(), *expected);
                return Err(Failure::Known(LogError::Conflict { space, expected, last }));
            }
            for line in lines {
                events.insert((space.as_str(), line.id), line.text.as_bytes())?;
            }
        }
        Change::Checkpoint { space, line } => {
            let space = space.as_str();
            events.retain_in((space, 0)..=(space, line.id), |_, _| false)?;
            checkpoints.insert(space, (line.id, line.text.as_bytes()))?;
        }
        Change::Entries { space, below } => {
            writing.open_table(ENTRIES)?.insert(space.as_str(), *below)?;
        }
        Change::Delete { space } => {
            let space = space.as_str();
            events.retain_in((space, 0)..=(space, u64::MAX), |_, _| false)?;
            checkpoints.remove(space)?;
            writing.open_table(ENTRIES)?.remove(space)?;
        }
    }
    Ok(())
}

impl Log for FileLog {
    fn write(&self, changes: &[Change]) -> Result<(), LogError> {
        let mut file = self.file();
        let written = guarded(&self.path, || file.write(&self.path, changes));
        written.map_err(|failure| {
            if !matches!(failure, Failure::Known(_)) {
                file.database = None;
                file.failed = Some(changes.to_vec());
            }
            failure.into_error(&self.path)
        })
    }

    fn header(&self) -> Result<Option<String>, LogError> {
        self.read(|reading| {
            let Some(meta) = opened(reading.open_table(META))? else { return Ok(None) };
            let header = meta.get(HEADER)?;
            header.map(|it| text(it.value())).transpose()
        })
    }

    fn spaces(&self) -> Result<Vec<String>, LogError> {
        self.read(|reading| {
            let mut names = std::collections::BTreeSet::new();
            if let Some(events) = opened(reading.open_table(EVENTS))? {
                let mut next = events.iter()?.next().transpose()?;
                while let Some((key, _)) = next {
                    let name = key.value().0.to_owned();
                    next = events.range((name.as_str(), u64::MAX)..)?.next().transpose()?;
                    names.insert(name);
                }
            }
            if let Some(checkpoints) = opened(reading.open_table(CHECKPOINTS))? {
                for checkpoint in checkpoints.iter()? {
                    names.insert(checkpoint?.0.value().to_owned());
                }
            }
            Ok(names.into_iter().collect())
        })
    }

    fn checkpoint(&self, space: &str) -> Result<Option<Line>, LogError> {
        self.read(|reading| {
            let Some(table) = opened(reading.open_table(CHECKPOINTS))? else { return Ok(None) };
            let Some(stored) = table.get(space)? else { return Ok(None) };
            let (id, line) = stored.value();
            Ok(Some(Line { id, text: text(line)? }))
        })
    }

    fn since(&self, space: &str, id: u64) -> Result<Vec<Line>, LogError> {
        self.read(|reading| {
            let Some(table) = opened(reading.open_table(EVENTS))? else { return Ok(Vec::new()) };
            let lines = table.range((space, id.saturating_add(1))..=(space, u64::MAX))?;
            let line = |stored: Result<(_, redb::AccessGuard<'_, &[u8]>), _>| {
                let (key, line): (redb::AccessGuard<'_, (&str, u64)>, _) = stored?;
                Ok(Line { id: key.value().1, text: text(line.value())? })
            };
            lines.map(line).collect()
        })
    }

    fn entries(&self, space: &str) -> Result<u64, LogError> {
        self.read(|reading| {
            let Some(table) = opened(reading.open_table(ENTRIES))? else { return Ok(0) };
            Ok(table.get(space)?.map_or(0, |below| below.value()))
        })
    }
}
