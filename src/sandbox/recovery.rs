//! Makes the spaces of what a log has, when a server starts.

use std::sync::Arc;

use jiff::Timestamp;

use super::facts::is_name;
use super::history::{History, MAX_EVENTS};
use super::log::line::{Codec, Header, event_name, hole};
use super::log::{Change, Line, Log, LogError};
use super::space::{Shared, Space};
use super::state::event::Record;
use super::world::{FoldError, World};

/// Events that are applied between two worlds that a history may keep.
const CHUNK: usize = 256;

/// Checks that a log is that of a server with this scenario; a new log is begun with it.
///
/// # Errors
///
/// The log is that of another scenario or seed, is damaged, or cannot be read or written.
pub(super) fn begin(log: &dyn Log, codec: &Codec) -> Result<(), LogError> {
    let own = codec.header()?;
    let Some(found) = log.header()? else {
        if let Some(space) = log.spaces()?.first() {
            return Err(LogError::Damaged(format!(
                "the log has the space `{space}` and does not say for which scenario"
            )));
        }
        let header = Codec::write_header(&own)?;
        log.write(&[Change::Begin { header }])?;
        // Another server may have been first.
        return begin(log, codec);
    };
    let found = Codec::read_header(&found)?;
    if (found.seed, &found.digest) == (own.seed, &own.digest) {
        return Ok(());
    }
    Err(LogError::Damaged(other_scenario(&found, &own)))
}

/// Like [`begin`], by a server that has met the log before. A header that is gone is written again, because the
/// spaces that are there can only be those of servers with this scenario: others would have been refused.
///
/// # Errors
///
/// The log is that of another scenario or seed, is damaged, or cannot be read or written.
pub(super) fn begin_again(log: &dyn Log, codec: &Codec) -> Result<(), LogError> {
    if log.header()?.is_none() {
        let header = Codec::write_header(&codec.header()?)?;
        log.write(&[Change::Begin { header }])?;
    }
    begin(log, codec)
}

fn other_scenario(found: &Header, own: &Header) -> String {
    let (theirs, ours) = (&found.scenario, &own.scenario);
    let difference = if (theirs, found.seed) == (ours, own.seed) {
        format!(
            "the log was begun with the scenario `{theirs}` and seed {}, and the scenario has \
             been changed since (its file, its quirks, or with another version of Sandtill)",
            found.seed
        )
    } else {
        format!(
            "the log was begun with the scenario `{theirs}` and seed {}, and this server has the \
             scenario `{ours}` and seed {}",
            found.seed, own.seed
        )
    };
    format!("{difference}: start it with the same one, or with another log")
}

/// The space of this name, as the log has it.
///
/// # Errors
///
/// The log is damaged, or cannot be read.
pub(super) fn space(
    log: &dyn Log,
    codec: &Codec,
    name: &str,
    shared: Shared,
) -> Result<Arc<Space>, LogError> {
    if !name.is_empty() && !is_name(name) {
        return Err(LogError::Damaged(format!("`{name}` is not the name of a space")));
    }
    let most = shared.options.history_events.unwrap_or(MAX_EVENTS);
    let (begun, made_at) = match log.checkpoint(name)? {
        Some(line) => {
            let checkpoint = codec.read_checkpoint(name, &line)?;
            (Some(checkpoint.world), Some(checkpoint.made_at))
        }
        None => (None, None),
    };
    let covered = begun.as_ref().map_or(0, |world| world.state.revision);
    let lines = log.since(name, covered)?;
    let (begun, made_at, lines) = match begun {
        Some(world) => {
            let history = History::behind(Arc::clone(&world), most);
            ((history, World::clone(&world)), made_at, lines.as_slice())
        }
        None => {
            let (first, rest) = lines.split_first().ok_or_else(|| hole(name, 1))?;
            if first.id != 1 {
                return Err(hole(name, 1));
            }
            let first = codec.read(name, first)?;
            let world = World::fold(name, [&first]).map_err(|err| wrong(name, first.id, &err))?;
            let (made_at, mut history) = (first.real_at, History::keeping(most));
            history.append([Arc::new(first)], &Arc::new(world.clone()));
            ((history, world), Some(made_at), rest)
        }
    };
    let (history, world) = replayed(codec, begun, lines)?;
    let made_at = made_at.unwrap_or(Timestamp::UNIX_EPOCH);
    let entries = log.entries(name)?;
    Ok(Space::recovered(name, (Arc::new(world), history), (made_at, entries), shared))
}

/// Applies events to a world and its history.
fn replayed(
    codec: &Codec,
    (mut history, mut world): (History, World),
    lines: &[Line],
) -> Result<(History, World), LogError> {
    let name = world.space().to_owned();
    for chunk in lines.chunks(CHUNK) {
        let mut records: Vec<Arc<Record>> = Vec::with_capacity(chunk.len());
        for line in chunk {
            let record = codec.read(&name, line)?;
            world.follow(&record).map_err(|err| wrong(&name, record.id, &err))?;
            records.push(Arc::new(record));
        }
        history.append(records, &Arc::new(world.clone()));
    }
    Ok((history, world))
}

fn wrong(space: &str, id: u64, error: &FoldError) -> LogError {
    match error {
        FoldError::Hole { wanted, .. } => hole(space, *wanted),
        FoldError::NoBeginning => {
            LogError::Damaged(format!("{} does not begin a world", event_name(space, id)))
        }
    }
}
