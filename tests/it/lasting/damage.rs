//! A file that something else has made, cut or changed: refused with a clear sentence, or whole.

use std::convert::Infallible;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use redb::ReadableTable;
use sandtill::providers;
use sandtill::sandbox::Options;
use sandtill::sandbox::clock::LATEST;
use sandtill::sandbox::log::file::FileLog;
use sandtill::sandbox::spaces::Spaces;
use sandtill::sandbox::state::event::Event;
use serde_json::Value;
use tempfile::TempDir;

use crate::attack::program::sandtill;
use crate::support::{NOON, frozen};

/// Opens a file as a server does: the number of the last event of the default space, or the refusal.
fn opened(path: &Path) -> Result<u64, String> {
    let log = FileLog::open(path).map_err(|err| err.to_string())?;
    let (scenario, log) = (Arc::new(frozen("empty", NOON)), Arc::new(log));
    let spaces = Spaces::open(scenario, Options::default(), log, providers::vocabulary());
    let spaces = spaces.map_err(|err| err.to_string())?;
    Ok(spaces.default_space().world().state.revision)
}

/// A file with some events, as the program leaves it when it ends, and the number of the last event.
async fn file(path: &Path) -> u64 {
    let log = Arc::new(FileLog::open(path).unwrap());
    let (scenario, vocabulary) = (Arc::new(frozen("empty", NOON)), providers::vocabulary());
    let spaces = Spaces::open(scenario, Options::default(), log, vocabulary).unwrap();
    let space = spaces.default_space();
    for number in 0..12 {
        let token = format!("{TEXT} {number}");
        let issued = Event::TokenIssued { token, holder: "m".to_owned(), expires_at: LATEST };
        space
            .change(|draft| {
                draft.push(issued.clone());
                Ok::<_, Infallible>(())
            })
            .unwrap();
        // One write each, as when a client waits for every answer.
        space.durable().await;
    }
    space.world().state.revision
}

/// A text in every event of [`file`].
const TEXT: &str = "a cup of tea";

#[tokio::test]
async fn a_file_cut_at_every_byte_of_its_tail_is_whole_or_refused() {
    let folder = TempDir::new().unwrap();
    let (path, cut) = (folder.path().join("log"), folder.path().join("cut"));
    let last = file(&path).await;
    let whole = fs::read(&path).unwrap();
    assert_eq!(opened(&path), Ok(last));
    let page = 4096;
    let tail = whole.len() - page..whole.len();
    let pages = (page..whole.len()).step_by(page);
    let lengths = tail.chain(pages.clone()).chain(pages.map(|length| length + 1));
    let mut refused = 0;
    for length in lengths {
        fs::write(&cut, &whole[..length]).unwrap();
        match opened(&cut) {
            Ok(found) => assert_eq!(found, last, "cut to {length}"),
            Err(message) => {
                assert!(message.contains("cut"), "{message}");
                refused += 1;
            }
        }
    }
    assert!(refused > page);
}

#[tokio::test]
async fn a_changed_byte_is_refused_with_the_number_of_the_event() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("log");
    file(&path).await;
    let mut bytes = fs::read(&path).unwrap();
    let text = TEXT.as_bytes();
    let positions: Vec<usize> =
        (0..bytes.len() - text.len()).filter(|at| bytes[*at..].starts_with(text)).collect();
    // Pages that are no longer used have copies of events too.
    assert!(positions.len() >= 12, "{}", positions.len());
    for position in positions {
        bytes[position + 2] = b'p';
    }
    fs::write(&path, &bytes).unwrap();
    let message = opened(&path).unwrap_err();
    assert!(message.contains("event 2 of the default space was changed"), "{message}");
}

#[test]
fn a_file_of_another_program_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("notes.txt");
    let notes = "these are notes\n".repeat(1000);
    fs::write(&path, &notes).unwrap();
    let run = |path: &Path| {
        let args = ["--listen", "127.0.0.1:0", "--scenario", "empty", "--data"];
        let output = sandtill(&args).arg(path).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, message) = run(&path);
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("is not a log of Sandtill"), "{message}");
    assert_eq!(message.trim_end().lines().count(), 1, "{message}");
    assert_eq!(fs::read_to_string(&path).unwrap(), notes);
    // A database of another program.
    let path = folder.path().join("other.redb");
    let database = redb::Database::create(&path).unwrap();
    let writing = database.begin_write().unwrap();
    let table = redb::TableDefinition::<u64, u64>::new("numbers");
    writing.open_table(table).unwrap().insert(1, 2).unwrap();
    writing.commit().unwrap();
    drop(database);
    let (code, message) = run(&path);
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("is not a log of Sandtill"), "{message}");
    // A folder, and a file in a folder that does not exist.
    for path in [folder.path().to_owned(), folder.path().join("none/log")] {
        let (code, message) = run(&path);
        assert_eq!(code, Some(2), "{message}");
        assert!(message.contains("--data"), "{message}");
    }
}

#[tokio::test]
async fn a_newer_version_is_refused_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("log");
    file(&path).await;
    let database = redb::Database::create(&path).unwrap();
    let writing = database.begin_write().unwrap();
    let events = redb::TableDefinition::<(&str, u64), &[u8]>::new("events");
    {
        let mut events = writing.open_table(events).unwrap();
        let line = events.get(("", 3)).unwrap().unwrap().value().to_vec();
        let mut value: Value = serde_json::from_slice(&line).unwrap();
        value["v"] = 2.into();
        value["something"] = "new".into();
        events.insert(("", 3), value.to_string().as_bytes()).unwrap();
    }
    writing.commit().unwrap();
    drop(database);
    let message = opened(&path).unwrap_err();
    assert!(message.contains("event 3 of the default space is of version 2"), "{message}");
    assert!(message.contains("use the Sandtill that wrote it"), "{message}");
}

#[tokio::test]
async fn a_missing_event_is_refused_with_its_number() {
    let folder = TempDir::new().unwrap();
    for missing in [1, 5] {
        let path = folder.path().join(format!("log-{missing}"));
        file(&path).await;
        let database = redb::Database::create(&path).unwrap();
        let writing = database.begin_write().unwrap();
        let events = redb::TableDefinition::<(&str, u64), &[u8]>::new("events");
        writing.open_table(events).unwrap().remove(("", missing)).unwrap();
        writing.commit().unwrap();
        drop(database);
        let message = opened(&path).unwrap_err();
        assert!(
            message.contains(&format!("event {missing} of the default space is missing")),
            "{message}"
        );
    }
}
