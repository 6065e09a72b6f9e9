//! Writes and reads the lines of a log: versioned JSON, each with a checksum.
//!
//! A line is `{"v":1,"sha256":"…","line":…}`; the checksum is that of the text of `line`. Scenarios stand in
//! it as documents, except the scenario of the server, of which the header tells the digest.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Line, LogError};
use crate::sandbox::digest;
use crate::sandbox::scenario::{Overrides, Scenario, Vocabulary};
use crate::sandbox::state::State;
use crate::sandbox::state::event::{Event, Record};
use crate::sandbox::world::World;

/// The version of the lines. It rises when an older Sandtill could misread them.
const VERSION: u64 = 1;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Framed<'a> {
    v: u64,
    sha256: &'a str,
    #[serde(borrow)]
    line: &'a RawValue,
}

/// The version of a line, read before the rest of it.
#[derive(Deserialize)]
struct Versioned {
    v: u64,
}

/// What a log was begun with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Header {
    /// The name of the scenario of the server.
    pub scenario: String,
    /// Its seed.
    pub seed: u64,
    /// SHA-256 of its document.
    pub digest: String,
}

/// The form of an event in a line.
#[derive(Deserialize, Serialize)]
struct Written<E> {
    id: u64,
    at: Timestamp,
    real_at: Timestamp,
    event: E,
}

/// The name of an event in messages.
#[must_use]
pub fn event_name(space: &str, id: u64) -> String {
    format!("event {id} of {}", space_name(space))
}

/// The name of a checkpoint in messages.
#[must_use]
pub fn checkpoint_name(space: &str, id: u64) -> String {
    format!("the checkpoint at event {id} of {}", space_name(space))
}

/// The error of a log that lacks an event.
#[must_use]
pub fn hole(space: &str, wanted: u64) -> LogError {
    LogError::Damaged(format!(
        "{} is missing, and no checkpoint covers it",
        event_name(space, wanted)
    ))
}

fn space_name(space: &str) -> String {
    if space.is_empty() { "the default space".to_owned() } else { format!("the space `{space}`") }
}

/// Checks version and checksum of a line.
///
/// # Errors
///
/// A sentence for the user that begins with `name`.
pub fn check_whole(name: &str, text: &[u8]) -> Result<(), String> {
    content(name, text).map(drop)
}

/// The content of a line whose version is known and whose checksum is right.
fn content<'a>(name: &str, text: &'a [u8]) -> Result<&'a RawValue, String> {
    let changed = || format!("{name} was changed after it was written");
    let Versioned { v } = serde_json::from_slice(text).map_err(|_| changed())?;
    let framed = serde_json::from_slice::<Framed<'a>>(text).map_err(|_| changed());
    if v != VERSION {
        return Err(format!(
            "{name} is of version {v} of the log, and this Sandtill reads version {VERSION}: use \
             the Sandtill that wrote it"
        ));
    }
    let framed = framed?;
    let is_right = digest::sha256(framed.line.get().as_bytes()) == framed.sha256;
    is_right.then_some(framed.line).ok_or_else(changed)
}

fn framed(line: &str) -> Result<String, serde_json::Error> {
    let sha256 = digest::sha256(line.as_bytes());
    let line = serde_json::from_str(line)?;
    serde_json::to_string(&Framed { v: VERSION, sha256: &sha256, line })
}

/// Writes lines for a server with this scenario, and reads them.
#[derive(Debug)]
pub struct Codec {
    scenario: Arc<Scenario>,
    vocabulary: Vocabulary,
    /// The scenarios that were read so far, by name and document, so that spaces share them.
    known: Mutex<BTreeMap<(String, String), Arc<Scenario>>>,
}

/// A checkpoint: the whole state of a space behind one of its events.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The world behind the event with the number of its revision.
    pub world: Arc<World>,
    /// When the space was made, real time.
    pub made_at: Timestamp,
}

impl Codec {
    /// A codec for a server that begins spaces with this scenario. The vocabulary is that of the providers.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>, vocabulary: Vocabulary) -> Self {
        Self { scenario, vocabulary, known: Mutex::default() }
    }

    /// The header of a log that this server begins.
    ///
    /// # Errors
    ///
    /// The scenario cannot be written as JSON.
    pub fn header(&self) -> Result<Header, LogError> {
        let document = self.scenario.document().map_err(|err| unwritable(&err))?;
        Ok(Header {
            scenario: self.scenario.name.clone(),
            seed: self.scenario.seed,
            digest: digest::sha256(document.to_string().as_bytes()),
        })
    }

    /// The line of a header.
    ///
    /// # Errors
    ///
    /// It cannot be written as JSON.
    pub fn write_header(header: &Header) -> Result<String, LogError> {
        let text = serde_json::to_string(header).and_then(|text| framed(&text));
        text.map_err(|err| unwritable(&err))
    }

    /// Reads the line of a header.
    ///
    /// # Errors
    ///
    /// It was changed, or is of another version.
    pub fn read_header(text: &str) -> Result<Header, LogError> {
        let line = content("the header", text.as_bytes()).map_err(LogError::Damaged)?;
        serde_json::from_str(line.get()).map_err(|err| unreadable("the header", &err.to_string()))
    }

    /// The line of an event.
    ///
    /// # Errors
    ///
    /// It cannot be written as JSON.
    pub fn write(&self, record: &Record) -> Result<Line, serde_json::Error> {
        let Record { id, at, real_at, event } = record;
        let (id, at, real_at) = (*id, *at, *real_at);
        let text = match event.beginning() {
            None => serde_json::to_string(&Written { id, at, real_at, event })?,
            Some((scenario, state)) => {
                let mut event = serde_json::to_value(event)?;
                if let Some(members) = event.as_object_mut() {
                    members.insert("scenario".to_owned(), self.named(scenario)?);
                    if let Some(state) = state {
                        members.insert("state".to_owned(), serde_json::to_value(state)?);
                    }
                }
                serde_json::to_string(&Written { id, at, real_at, event })?
            }
        };
        Ok(Line { id, text: framed(&text)? })
    }

    /// Reads the line of an event.
    ///
    /// # Errors
    ///
    /// It was changed, is of another version, or does not fit this server.
    pub fn read(&self, space: &str, line: &Line) -> Result<Record, LogError> {
        let name = event_name(space, line.id);
        let text = content(&name, line.text.as_bytes()).map_err(LogError::Damaged)?;
        let wrong = |problem: String| unreadable(&name, &problem);
        let written = serde_json::from_str(text.get()).map_err(|err| wrong(err.to_string()))?;
        let Written::<Value> { id, at, real_at, event } = written;
        if id != line.id {
            return Err(wrong(format!("it says that it is event {id}")));
        }
        Ok(Record { id, at, real_at, event: self.event(event).map_err(wrong)? })
    }

    fn event(&self, mut value: Value) -> Result<Event, String> {
        if !value.get("scenario").is_some_and(Value::is_object) {
            return serde_json::from_value(value).map_err(|err| err.to_string());
        }
        let scenario = self.scenario(taken(&mut value, "scenario"))?;
        let state = match taken(&mut value, "state") {
            Value::Null => None,
            state => Some(Self::state(state, &scenario)?),
        };
        Event::begun(value, scenario, state).map_err(|err| err.to_string())
    }

    /// The line of a checkpoint.
    ///
    /// # Errors
    ///
    /// It cannot be written as JSON.
    pub fn write_checkpoint(&self, checkpoint: &Checkpoint) -> Result<Line, serde_json::Error> {
        let Checkpoint { world, made_at } = checkpoint;
        let id = world.state.revision;
        let text = json!({
            "id": id,
            "made_at": made_at,
            "scenario": self.named(&world.scenario)?,
            "state": serde_json::to_value(&world.state)?,
        });
        Ok(Line { id, text: framed(&text.to_string())? })
    }

    /// Reads the line of a checkpoint.
    ///
    /// # Errors
    ///
    /// It was changed, is of another version, or does not fit this server.
    pub fn read_checkpoint(&self, space: &str, line: &Line) -> Result<Checkpoint, LogError> {
        let name = checkpoint_name(space, line.id);
        let text = content(&name, line.text.as_bytes()).map_err(LogError::Damaged)?;
        let wrong = |problem: String| unreadable(&name, &problem);
        let mut value: Value =
            serde_json::from_str(text.get()).map_err(|err| wrong(err.to_string()))?;
        if value.get("id") != Some(&json!(line.id)) {
            return Err(wrong("it says that it is another one".to_owned()));
        }
        let made_at = serde_json::from_value(taken(&mut value, "made_at"));
        let made_at = made_at.map_err(|err| wrong(err.to_string()))?;
        let scenario = self.scenario(taken(&mut value, "scenario")).map_err(wrong)?;
        let state = Self::state(taken(&mut value, "state"), &scenario).map_err(wrong)?;
        let world = Arc::new(World::at(space, scenario, state, line.id));
        Ok(Checkpoint { world, made_at })
    }

    /// A scenario in a line: its name, and its document unless it is that of the server.
    fn named(&self, scenario: &Arc<Scenario>) -> Result<Value, serde_json::Error> {
        if Arc::ptr_eq(scenario, &self.scenario) {
            return Ok(json!({"name": scenario.name}));
        }
        Ok(json!({"name": scenario.name, "document": scenario.document()?}))
    }

    fn scenario(&self, mut value: Value) -> Result<Arc<Scenario>, String> {
        let name = taken(&mut value, "name");
        let name = name.as_str().unwrap_or_default();
        let document = taken(&mut value, "document");
        if document.is_null() {
            return Ok(Arc::clone(&self.scenario));
        }
        let key = (name.to_owned(), document.to_string());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(scenario) = known.get(&key) {
            return Ok(Arc::clone(scenario));
        }
        let (text, overrides) = (key.1.as_bytes(), Overrides::default());
        let read = Scenario::parse_json(name, text, &self.vocabulary, &overrides);
        let scenario = Arc::new(read.map_err(|err| err.to_string())?);
        known.insert(key, Arc::clone(&scenario));
        Ok(scenario)
    }

    fn state(value: Value, scenario: &Scenario) -> Result<State, String> {
        let mut state: State = serde_json::from_value(value).map_err(|err| err.to_string())?;
        if state.additions.all().len() != scenario.ledgers.len() {
            return Err("its rows are those of other merchants".to_owned());
        }
        scenario.pin(&mut state.additions);
        Ok(state)
    }
}

fn unwritable(error: &serde_json::Error) -> LogError {
    LogError::Damaged(error.to_string())
}

fn unreadable(name: &str, problem: &str) -> LogError {
    LogError::Damaged(format!("{name} cannot be read: {problem}"))
}

/// Removes a member and returns it; `null` if it does not exist.
fn taken(value: &mut Value, name: &str) -> Value {
    value.as_object_mut().and_then(|members| members.shift_remove(name)).unwrap_or_default()
}
