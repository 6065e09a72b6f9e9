//! What every log has to do, done by all of them.

use std::sync::Arc;

use sandtill::sandbox::digest;
use sandtill::sandbox::log::file::FileLog;
use sandtill::sandbox::log::memory::MemoryLog;
use sandtill::sandbox::log::redis::RedisLog;
use sandtill::sandbox::log::{Change, Line, Log, LogError};
use tempfile::TempDir;

use crate::replicas::redis_server::RedisServer;

/// Where a log outlasts its process.
enum Home {
    Memory,
    File(TempDir),
    Store(RedisServer),
}

/// A log, and how to open it again as another process would.
struct Kind {
    name: &'static str,
    log: Arc<dyn Log>,
    home: Home,
}

fn kinds() -> Vec<Kind> {
    let memory = Kind { name: "memory", log: Arc::new(MemoryLog::default()), home: Home::Memory };
    let mut kinds = vec![memory, opened("file", Home::File(TempDir::new().unwrap()))];
    kinds.extend(RedisServer::start().map(|server| opened("store", Home::Store(server))));
    kinds
}

fn opened(name: &'static str, home: Home) -> Kind {
    let log: Arc<dyn Log> = match &home {
        Home::Memory => Arc::new(MemoryLog::default()),
        Home::File(folder) => Arc::new(FileLog::open(&folder.path().join("log")).unwrap()),
        Home::Store(server) => Arc::new(RedisLog::at(&server.url(), None).unwrap()),
    };
    Kind { name, log, home }
}

impl Kind {
    /// The log after its process has ended.
    fn again(self) -> Self {
        let Self { name, log, home } = self;
        if matches!(home, Home::Memory) {
            return Self { name, log, home };
        }
        drop(log);
        opened(name, home)
    }
}

/// A whole line with this text in it.
fn line(id: u64, text: &str) -> Line {
    let content = serde_json::json!({"id": id, "text": text}).to_string();
    let sha256 = digest::sha256(content.as_bytes());
    Line { id, text: format!(r#"{{"v":1,"sha256":"{sha256}","line":{content}}}"#) }
}

fn append(space: &str, expected: u64, lines: &[Line]) -> Change {
    Change::Append { space: space.to_owned(), expected, lines: lines.to_vec() }
}

fn checkpoint(space: &str, id: u64) -> Change {
    Change::Checkpoint { space: space.to_owned(), line: line(id, "checkpoint") }
}

fn ids(log: &dyn Log, space: &str, since: u64) -> Vec<u64> {
    log.since(space, since).unwrap().iter().map(|line| line.id).collect()
}

#[test]
fn a_new_log_is_empty() {
    for Kind { name, log, .. } in kinds() {
        assert_eq!(log.header(), Ok(None), "{name}");
        assert_eq!(log.spaces(), Ok(vec![]), "{name}");
        assert_eq!(log.since("", 0), Ok(vec![]), "{name}");
        assert_eq!(log.checkpoint(""), Ok(None), "{name}");
        assert_eq!(log.entries(""), Ok(0), "{name}");
    }
}

#[test]
fn what_was_written_is_there_afterwards_in_order_and_by_space() {
    for kind in kinds() {
        let lines: Vec<Line> = (1..=300).map(|id| line(id, "ä\u{1f4b6}\n\"\\")).collect();
        kind.log
            .write(&[
                Change::Begin { header: line(0, "header").text },
                append("", 0, &lines[..1]),
                append("b", 0, &lines[..200]),
                append("", 1, &lines[1..3]),
                Change::Entries { space: "b".to_owned(), below: 7 },
            ])
            .unwrap();
        kind.log.write(&[append("b", 200, &lines[200..])]).unwrap();
        let kind = kind.again();
        let (name, log) = (kind.name, &kind.log);
        assert_eq!(log.header().unwrap().unwrap(), line(0, "header").text, "{name}");
        assert_eq!(log.spaces().unwrap(), ["", "b"], "{name}");
        assert_eq!(log.since("b", 0).unwrap(), lines, "{name}");
        assert_eq!(log.since("b", 299).unwrap(), lines[299..], "{name}");
        assert_eq!(ids(&**log, "b", 300), [0; 0], "{name}");
        assert_eq!(ids(&**log, "b", u64::MAX), [0; 0], "{name}");
        assert_eq!(ids(&**log, "", 1), [2, 3], "{name}");
        assert_eq!((log.entries("b"), log.entries("")), (Ok(7), Ok(0)), "{name}");
    }
}

#[test]
fn an_append_behind_another_event_than_expected_changes_nothing() {
    for Kind { name, log, .. } in kinds() {
        log.write(&[append("a", 0, &[line(1, ""), line(2, "")])]).unwrap();
        let conflict =
            |expected: u64, last: u64| LogError::Conflict { space: "a".to_owned(), expected, last };
        for (expected, lines) in [(0, [1, 2]), (1, [2, 3]), (3, [4, 5])] {
            let lines = lines.map(|id| line(id, "other"));
            let refused =
                log.write(&[append("b", 0, &[line(1, "")]), append("a", expected, &lines)]);
            assert_eq!(refused, Err(conflict(expected, 2)), "{name}");
        }
        // Numbers that do not follow each other are refused, whatever is expected.
        let hole = log.write(&[append("a", 2, &[line(3, ""), line(5, "")])]);
        assert!(matches!(hole, Err(LogError::Damaged(_))), "{name}: {hole:?}");
        // All or nothing: the other space of those writes was not made either.
        assert_eq!(log.spaces().unwrap(), ["a"], "{name}");
        assert_eq!(ids(&*log, "a", 0), [1, 2], "{name}");
        log.write(&[append("a", 2, &[line(3, "")])]).unwrap();
        assert_eq!(ids(&*log, "a", 0), [1, 2, 3], "{name}");
    }
}

#[test]
fn a_checkpoint_takes_the_place_of_what_it_covers() {
    for kind in kinds() {
        let lines: Vec<Line> = (1..=5).map(|id| line(id, "")).collect();
        kind.log.write(&[append("a", 0, &lines), append("ab", 0, &lines)]).unwrap();
        kind.log.write(&[checkpoint("a", 3)]).unwrap();
        assert_eq!(kind.log.checkpoint("a").unwrap().unwrap(), line(3, "checkpoint"));
        assert_eq!(ids(&*kind.log, "a", 0), [4, 5], "{}", kind.name);
        assert_eq!(ids(&*kind.log, "ab", 0), [1, 2, 3, 4, 5], "{}", kind.name);
        // One that covers everything still says where to go on.
        kind.log.write(&[checkpoint("a", 5)]).unwrap();
        let kind = kind.again();
        assert_eq!(ids(&*kind.log, "a", 0), [0; 0], "{}", kind.name);
        assert_eq!(kind.log.spaces().unwrap(), ["a", "ab"], "{}", kind.name);
        let refused = kind.log.write(&[append("a", 0, &lines[..1])]).unwrap_err();
        assert!(matches!(refused, LogError::Conflict { last: 5, .. }), "{refused}");
        kind.log.write(&[append("a", 5, &[line(6, "")])]).unwrap();
        assert_eq!(ids(&*kind.log, "a", 0), [6], "{}", kind.name);
    }
}

#[test]
fn a_deleted_space_leaves_nothing_behind() {
    for kind in kinds() {
        let lines: Vec<Line> = (1..=5).map(|id| line(id, "")).collect();
        let entries = Change::Entries { space: "a".to_owned(), below: 9 };
        kind.log.write(&[append("a", 0, &lines), append("b", 0, &lines), entries]).unwrap();
        kind.log.write(&[checkpoint("a", 2)]).unwrap();
        // The same name can begin anew at once.
        let delete = Change::Delete { space: "a".to_owned() };
        kind.log.write(&[delete.clone(), append("a", 0, &lines[..2]), delete]).unwrap();
        let kind = kind.again();
        assert_eq!(kind.log.spaces().unwrap(), ["b"], "{}", kind.name);
        assert_eq!(kind.log.checkpoint("a"), Ok(None), "{}", kind.name);
        assert_eq!(kind.log.entries("a"), Ok(0), "{}", kind.name);
        assert_eq!(ids(&*kind.log, "a", 0), [0; 0], "{}", kind.name);
        kind.log.write(&[append("a", 0, &lines[..1])]).unwrap();
        assert_eq!(ids(&*kind.log, "a", 0), [1], "{}", kind.name);
        assert_eq!(ids(&*kind.log, "b", 0), [1, 2, 3, 4, 5], "{}", kind.name);
    }
}
