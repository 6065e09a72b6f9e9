//! A log in one file, kept by redb: every write is one transaction that is on the disk when it returns.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use redb::{
    Builder, CommitError, Database, DatabaseError, ReadTransaction, ReadableDatabase,
    ReadableTable, StorageError, Table, TableDefinition, TableError, TransactionError,
    WriteTransaction,
};

use super::{Change, Line, Log, LogError, check_numbers};

/// What the file is: under [`HEADER`], for whom it was begun.
const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("sandtill");
/// The key of the header.
const HEADER: &str = "header";
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
    database: Database,
    path: PathBuf,
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
            let database = Builder::new().set_cache_size(CACHE).create(path)?;
            let mut log = Self { database, path: path.to_owned() };
            log.check()?;
            Ok(log)
        });
        opened.map_err(|failure| failure.told(path))
    }

    /// Checks that the file is a log and that every page of it is as it was written.
    fn check(&mut self) -> Result<(), Failure> {
        // Events first, so that the refusal of a changed byte can name the event that it belongs to.
        self.check_lines()?;
        // Where pages do not fit each other, redb may mend the file by leaving something out.
        match self.database.check_integrity()? {
            true => Ok(()),
            false => Err(Failure::Damaged("parts of it do not fit each other".to_owned())),
        }
    }

    fn check_lines(&self) -> Result<(), Failure> {
        let reading = self.database.begin_read()?;
        let Some(meta) = opened(reading.open_table(META))? else {
            if reading.list_tables()?.next().is_some() {
                return Err(Failure::Foreign);
            }
            // From now on the file is known to be a log.
            let writing = self.database.begin_write()?;
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

    fn read<T>(
        &self,
        read: impl FnOnce(&ReadTransaction) -> Result<T, Failure>,
    ) -> Result<T, LogError> {
        let done = guarded(&self.path, || {
            let reading = self.database.begin_read()?;
            read(&reading)
        });
        done.map_err(|failure| failure.told(&self.path))
    }

    fn commit(&self, changes: &[Change]) -> Result<(), Failure> {
        let mut writing = self.database.begin_write()?;
        // The last commit is then known to be whole after a crash, without a look at its checksums; so redb
        // never goes back to the one before it, which would be without what was acknowledged since.
        writing.set_quick_repair(true);
        for change in changes {
            apply(&writing, change)?;
        }
        Ok(writing.commit()?)
    }
}

/// Why the file cannot be used.
enum Failure {
    Known(LogError),
    Foreign,
    Busy,
    Upgrade,
    Damaged(String),
    Io(String),
}

impl Failure {
    fn told(self, path: &Path) -> LogError {
        let path = path.display();
        let damaged = |what: String| {
            LogError::Damaged(format!(
                "`{path}` is damaged: {what}; put back a copy of it, or start with another file"
            ))
        };
        match self {
            Self::Known(error) => error,
            Self::Foreign => LogError::Damaged(format!(
                "`{path}` is not a log of Sandtill; name another file, or one that does not exist"
            )),
            Self::Busy => LogError::Unavailable(format!(
                "`{path}` is open in another process; every server needs a file of its own"
            )),
            Self::Upgrade => LogError::Damaged(format!(
                "`{path}` has an older format of redb; use the version of Sandtill that wrote it"
            )),
            Self::Damaged(what) => damaged(what),
            Self::Io(what) => LogError::Unavailable(format!("`{path}`: {what}")),
        }
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Corrupted(what) => Self::Damaged(what),
            StorageError::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Self::Damaged("its end is missing".to_owned())
            }
            other => Self::Io(other.to_string()),
        }
    }
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => Self::Busy,
            DatabaseError::UpgradeRequired(_) => Self::Upgrade,
            DatabaseError::Storage(StorageError::Io(error))
                if error.kind() == std::io::ErrorKind::InvalidData =>
            {
                Self::Foreign
            }
            DatabaseError::Storage(error) => error.into(),
            other => Self::Io(other.to_string()),
        }
    }
}

impl From<TransactionError> for Failure {
    fn from(error: TransactionError) -> Self {
        match error {
            TransactionError::Storage(error) => error.into(),
            other => Self::Io(other.to_string()),
        }
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Storage(error) => error.into(),
            other => Self::Io(other.to_string()),
        }
    }
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Storage(error) => error.into(),
            // A table of this name with other types.
            _ => Self::Foreign,
        }
    }
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
        guarded(&self.path, || self.commit(changes)).map_err(|failure| failure.told(&self.path))
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
