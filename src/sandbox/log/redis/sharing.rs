//! The log in Valkey or Redis as several servers share it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use redis::{cmd, pipe};

use super::super::store::{Append, Changed, Look, Mark, News, Store, Wants};
use super::super::{Line, LogError};
use super::{
    ENTRY, Entry, LISTED, MOVED, RedisLog, SPACES, USED, events_key, journal_key, lines, outcome,
    topics_key,
};

/// The mark of a space as the store writes it.
fn mark(text: &str) -> Option<Mark> {
    let mut fields = text.split(' ');
    let incarnation = fields.next()?.to_owned();
    let (last, pulse) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Mark { incarnation, last, pulse })
}

impl RedisLog {
    fn news_of(
        &self,
        space: &str,
        id: u64,
        entry: &str,
    ) -> BoxFuture<'static, Result<News, LogError>> {
        let mut commands = pipe();
        let behind = |key: String, position: String| {
            let mut range = cmd("XRANGE");
            range.arg(key).arg(format!("({position}")).arg("+");
            range
        };
        commands.atomic().hget(SPACES, space);
        commands.add_command(behind(events_key(space), format!("{id}-0")));
        commands.hgetall(topics_key(space));
        commands.add_command(behind(journal_key(space), entry.to_owned()));
        let (connection, space) = (Arc::clone(&self.connection), space.to_owned());
        async move {
            type Found = (Option<String>, Vec<Entry>, Vec<(String, u64)>, Vec<Entry>);
            let (found, events, topics, entries): Found = connection.ask(commands).await?;
            let mark = found.as_deref().and_then(mark);
            let entry = |(position, fields): Entry| {
                let text = fields.into_iter().find(|(name, _)| name == "entry");
                text.map(|(_, text)| (position, text))
            };
            let entries = entries.into_iter().filter_map(entry).collect();
            Ok(News { mark, lines: lines(&space, events)?, topics, entries })
        }
        .boxed()
    }

    /// The arguments of the script for a change of the journal of a space.
    fn journal_change(
        &self,
        kind: &str,
        (space, incarnation): (&str, &str),
        (text, number): (String, u64),
    ) -> Vec<Vec<u8>> {
        self.arguments(&[kind, space, incarnation, &number.to_string(), &text])
    }

    /// Takes, renews or gives back a lease, in one step with the look at who has it; `false` when another server
    /// has it.
    fn lease_change(&self, fields: &[&str]) -> BoxFuture<'static, Result<bool, LogError>> {
        let arguments = self.arguments(fields);
        let connection = Arc::clone(&self.connection);
        async move {
            let answer = connection.change(arguments).await?;
            if answer.first().is_some_and(|it| it == "held") {
                return Ok(false);
            }
            outcome(&answer).map(|_| true)
        }
        .boxed()
    }
}

impl Store for RedisLog {
    fn look(&self, space: &str, wants: Wants) -> BoxFuture<'static, Result<Look, LogError>> {
        let mut commands = pipe();
        commands.hget(SPACES, space).get(LISTED);
        if let Some(used) = wants.used {
            commands.hset(USED, space, used).ignore();
        }
        if wants.entry {
            commands.hincr(ENTRY, space, 1);
        }
        let connection = Arc::clone(&self.connection);
        async move {
            type Found = (Option<String>, Option<u64>);
            let ((found, listed), entry) = if wants.entry {
                let (found, listed, entry): (Option<String>, Option<u64>, u64) =
                    connection.ask(commands).await?;
                ((found, listed), Some(entry))
            } else {
                let found: Found = connection.ask(commands).await?;
                (found, None)
            };
            let mark = found.as_deref().and_then(mark);
            Ok(Look { mark, listed: listed.unwrap_or(0), entry })
        }
        .boxed()
    }

    fn look_now(&self, space: &str) -> Result<Look, LogError> {
        self.connection.wait(self.look(space, Wants::default()))
    }

    fn marks(&self) -> BoxFuture<'static, Result<Vec<(String, Mark)>, LogError>> {
        let mut commands = pipe();
        commands.hgetall(SPACES);
        let connection = Arc::clone(&self.connection);
        async move {
            let (found,): (Vec<(String, String)>,) = connection.ask(commands).await?;
            let marks = found.into_iter().filter_map(|(name, text)| Some((name, mark(&text)?)));
            Ok(marks.collect())
        }
        .boxed()
    }

    fn news(
        &self,
        space: &str,
        id: u64,
        entry: &str,
    ) -> BoxFuture<'static, Result<News, LogError>> {
        self.news_of(space, id, entry)
    }

    fn news_now(&self, space: &str, id: u64, entry: &str) -> Result<News, LogError> {
        self.connection.wait(self.news_of(space, id, entry))
    }

    fn server(&self) -> &str {
        &self.name
    }

    fn put_entry(
        &self,
        space: &str,
        incarnation: &str,
        entry: (String, usize),
    ) -> BoxFuture<'static, Result<Changed, LogError>> {
        let (text, most) = entry;
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        let arguments = self.journal_change("entry", (space, incarnation), (text, most));
        let connection = Arc::clone(&self.connection);
        async move { outcome(&connection.change(arguments).await?) }.boxed()
    }

    fn clear_entries(
        &self,
        space: &str,
        incarnation: &str,
        (text, last): (String, u64),
    ) -> Result<Changed, LogError> {
        let arguments = self.journal_change("clear", (space, incarnation), (text, last));
        outcome(&self.change_now(arguments)?)
    }

    fn append(&self, append: Append<'_>) -> Result<Changed, LogError> {
        let Append { space, incarnation, lines, topics } = append;
        let expected = lines.first().map_or(0, |line| line.id.saturating_sub(1));
        let topics = topics.join(",");
        let (before, count) = (expected.to_string(), lines.len().to_string());
        let change = ["append", space, incarnation.unwrap_or(""), &before, &topics, &count];
        let mut arguments = self.arguments(&change);
        for Line { id, text } in lines {
            arguments.extend([id.to_string().into_bytes(), text.into_bytes()]);
        }
        outcome(&self.change_now(arguments)?)
    }

    fn put_checkpoint(
        &self,
        space: &str,
        incarnation: &str,
        line: Line,
    ) -> BoxFuture<'static, Result<(), LogError>> {
        let id = line.id.to_string();
        let arguments = self.arguments(&["checkpoint", space, incarnation, &id, &line.text]);
        let connection = Arc::clone(&self.connection);
        async move { outcome(&connection.change(arguments).await?).map(drop) }.boxed()
    }

    fn used(&self, space: &str) -> Result<i64, LogError> {
        let mut commands = pipe();
        commands.hget(USED, space);
        let (used,): (Option<i64>,) = self.ask(commands)?;
        Ok(used.unwrap_or(0))
    }

    fn remove(&self, space: &str, incarnation: &str, last: Option<u64>) -> Result<(), LogError> {
        let last = last.map_or_else(String::new, |last| last.to_string());
        let arguments = self.arguments(&["delete", space, incarnation, &last]);
        outcome(&self.change_now(arguments)?).map(drop)
    }

    fn hold(&self, space: &str, length: Duration) -> BoxFuture<'static, Result<bool, LogError>> {
        let millis = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        self.lease_change(&["hold", space, &millis.to_string()])
    }

    fn give_back(&self, space: &str) -> BoxFuture<'static, Result<(), LogError>> {
        // Nothing happens when another server has it.
        self.lease_change(&["give_back", space, ""]).map(|given| given.map(drop)).boxed()
    }

    fn listen(&self) -> BoxFuture<'static, Result<BoxStream<'static, String>, LogError>> {
        let (connection, own) = (Arc::clone(&self.connection), format!("{} ", self.name));
        async move {
            let messages = connection.subscribed(MOVED).await?;
            // What this server has done itself it knows.
            let others = messages.filter_map(move |message| {
                let text: Option<String> = message.get_payload().ok();
                let text = text.filter(|text| !text.starts_with(&own));
                let space = text.and_then(|text| Some(text.split_once(' ')?.1.to_owned()));
                std::future::ready(space)
            });
            Ok(others.boxed())
        }
        .boxed()
    }

    fn ping(&self) -> BoxFuture<'static, Result<(), LogError>> {
        let mut commands = pipe();
        commands.ping();
        let connection = Arc::clone(&self.connection);
        async move {
            let (_,): (String,) = connection.ask(commands).await?;
            Ok(())
        }
        .boxed()
    }
}
