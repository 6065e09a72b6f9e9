//! A log in Valkey or Redis, which any number of servers share: a stream a space.
//!
//! The events of the space `a` are the entries of the stream `sandtill:events:a`, under their own numbers
//! (`N-0`). Who appends says which number was the last: another one refuses the append, because somebody else
//! was first. Every change is made by one script, all or nothing.

mod certificates;
mod connection;
mod sharing;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use redis::{Pipeline, cmd, pipe};

pub use self::certificates::AUTHORITIES;
use self::connection::{Connection, one};
use super::store::Changed;
use super::{Change, Line, Log, LogError, check_numbers};
use crate::sandbox::clock::real_now;

/// The keys. Those of one space end with its name.
const HEADER: &str = "sandtill:header";
const SPACES: &str = "sandtill:spaces";
const ENTRIES: &str = "sandtill:entries";
/// The number of the last journal entry of each space.
const ENTRY: &str = "sandtill:entry";
/// The number of the last change to the list of spaces.
const LISTED: &str = "sandtill:listed";
/// When each space was used last, Unix seconds.
const USED: &str = "sandtill:used";
/// The channel on which servers tell each other "SERVER SPACE".
const MOVED: &str = "sandtill:moved";

fn events_key(space: &str) -> String {
    format!("sandtill:events:{space}")
}

fn checkpoint_key(space: &str) -> String {
    format!("sandtill:checkpoint:{space}")
}

fn journal_key(space: &str) -> String {
    format!("sandtill:journal:{space}")
}

fn topics_key(space: &str) -> String {
    format!("sandtill:topics:{space}")
}

/// A log in Valkey or Redis.
#[derive(Debug)]
pub struct RedisLog {
    connection: Arc<Connection>,
    /// The name of this server among those that share the store.
    name: String,
}

/// An entry of a stream: its id, and the names and values of its fields.
type Entry = (String, Vec<(String, String)>);

impl RedisLog {
    /// The log at this address: `redis://[:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://` for TLS. Nothing is
    /// sent yet. `authorities` is the value of [`AUTHORITIES`], which the TLS client reads itself.
    ///
    /// # Errors
    ///
    /// A sentence for the user: it cannot be the address of a store.
    pub fn at(url: &str, authorities: Option<&Path>) -> Result<Self, LogError> {
        let name = server_name();
        Ok(Self { connection: Arc::new(Connection::to(url, authorities)?), name })
    }

    /// The arguments of the script: who asks, and the first change.
    fn arguments(&self, change: &[&str]) -> Vec<Vec<u8>> {
        let all = std::iter::once(self.name.as_str()).chain(change.iter().copied());
        all.map(|it| it.as_bytes().to_vec()).collect()
    }

    /// Runs the script, and waits for it on this thread.
    fn change_now(&self, arguments: Vec<Vec<u8>>) -> Result<Vec<String>, LogError> {
        let connection = Arc::clone(&self.connection);
        self.connection.wait(async move { connection.change(arguments).await })
    }

    fn ask<T>(&self, commands: Pipeline) -> Result<T, LogError>
    where
        T: redis::FromRedisValue + Send + 'static,
    {
        let connection = Arc::clone(&self.connection);
        self.connection.wait(async move { connection.ask(commands).await })
    }
}

/// A name that no other server has: the process, and the instant.
fn server_name() -> String {
    let nanos = real_now().as_nanosecond();
    format!("{}-{nanos}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The number of logs that were opened in this process.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// The arguments of the script for these changes.
fn arguments(changes: &[Change], mut arguments: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, LogError> {
    let mut push =
        |fields: &[&str]| arguments.extend(fields.iter().map(|it| it.as_bytes().to_vec()));
    for change in changes {
        match change {
            Change::Begin { header } => push(&["begin", header]),
            Change::Append { space, expected, lines } => {
                check_numbers(space, *expected, lines)?;
                let (expected, count) = (expected.to_string(), lines.len().to_string());
                push(&["append", space, "", &expected, "", &count]);
                lines.iter().for_each(|line| push(&[&line.id.to_string(), &line.text]));
            }
            Change::Checkpoint { space, line } => {
                push(&["checkpoint", space, "", &line.id.to_string(), &line.text]);
            }
            Change::Entries { space, below } => push(&["entries", space, &below.to_string()]),
            Change::Delete { space } => push(&["delete", space, "", ""]),
        }
    }
    Ok(arguments)
}

/// What the script has answered about the last space it has changed.
fn outcome(answer: &[String]) -> Result<Changed, LogError> {
    let number = |text: &String| text.parse().unwrap_or(0);
    match answer {
        [done, incarnation, pulse, before] if done == "done" => Ok(Changed {
            incarnation: incarnation.clone(),
            pulse: number(pulse),
            before: number(before),
        }),
        [conflict, space, expected, last] if conflict == "conflict" => Err(LogError::Conflict {
            space: space.clone(),
            expected: number(expected),
            last: number(last),
        }),
        [gone] if gone == "gone" => Err(LogError::Gone),
        other => Err(LogError::Damaged(format!("the store answers {other:?}"))),
    }
}

/// The lines of a stream.
fn lines(space: &str, entries: Vec<Entry>) -> Result<Vec<Line>, LogError> {
    let line = |(id, fields): Entry| {
        let foreign = || {
            LogError::Damaged(format!(
                "the stream `{}` has the entry `{id}`, which is not an event",
                events_key(space)
            ))
        };
        let number = id.strip_suffix("-0").and_then(|id| id.parse().ok());
        let text = fields.into_iter().find_map(|(name, text)| (name == "line").then_some(text));
        Ok(Line { id: number.ok_or_else(foreign)?, text: text.ok_or_else(foreign)? })
    };
    entries.into_iter().map(line).collect()
}

fn range(space: &str, id: u64) -> Pipeline {
    let mut command = cmd("XRANGE");
    command.arg(events_key(space)).arg(format!("({id}-0")).arg("+");
    one(command)
}

impl Log for RedisLog {
    fn write(&self, changes: &[Change]) -> Result<(), LogError> {
        let answer = self.change_now(arguments(changes, self.arguments(&[]))?)?;
        outcome(&answer).map(drop)
    }

    fn header(&self) -> Result<Option<String>, LogError> {
        let (header,) = self.ask(pipe().get(HEADER).clone())?;
        Ok(header)
    }

    fn spaces(&self) -> Result<Vec<String>, LogError> {
        let (mut names,): (Vec<String>,) = self.ask(pipe().hkeys(SPACES).clone())?;
        names.sort();
        Ok(names)
    }

    fn checkpoint(&self, space: &str) -> Result<Option<Line>, LogError> {
        let mut command = cmd("HMGET");
        command.arg(checkpoint_key(space)).arg("id").arg("line");
        let ((id, text),): ((Option<u64>, Option<String>),) = self.ask(one(command))?;
        Ok(id.zip(text).map(|(id, text)| Line { id, text }))
    }

    fn since(&self, space: &str, id: u64) -> Result<Vec<Line>, LogError> {
        let (entries,): (Vec<Entry>,) = self.ask(range(space, id))?;
        lines(space, entries)
    }

    fn entries(&self, space: &str) -> Result<u64, LogError> {
        let (below,): (Option<u64>,) = self.ask(pipe().hget(ENTRIES, space).clone())?;
        Ok(below.unwrap_or(0))
    }
}
