//! Writes and reads the entries of a journal that several servers share.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::LogError;
use crate::sandbox::journal::{
    Answer, Body, Carried, Difference, Entry, Explanation, Hidden, Note, Outcome, RecordedHead,
    RowMarks,
};

/// Names of providers, operations and the like that are kept, at most. All servers have the same ones.
const MAX_NAMES: usize = 4096;

/// What stands in a shared journal.
#[derive(Debug)]
pub enum Journaled {
    /// An entry, and the name of the server that wrote it.
    Entry(String, Box<Entry>),
    /// All entries up to the first number were cleared, and numbers go on above the second.
    Cleared(u64, u64),
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Written {
    Entry(Box<Stored>),
    Cleared { up_to: u64, last: u64 },
}

#[derive(Deserialize, Serialize)]
struct Stored {
    server: String,
    id: u64,
    at: Timestamp,
    real_at: Timestamp,
    provider: String,
    operation: String,
    outcome: Outcome,
    status: u16,
    duration_us: u64,
    merchant: Option<String>,
    reason: Option<String>,
    remark: Option<String>,
    explanation: Option<StoredExplanation>,
    fault: Option<String>,
    http_version: String,
    is_secure: bool,
    method: String,
    head: RecordedHead,
    request: StoredBody,
    answer: StoredBody,
    rows: Option<Carried>,
}

#[derive(Deserialize, Serialize)]
struct StoredBody {
    /// The beginning, Base64.
    bytes: String,
    length: u64,
}

#[derive(Deserialize, Serialize)]
struct StoredExplanation {
    string_to_sign: Option<String>,
    expected: Option<String>,
    received: Option<String>,
    likely_mistake: Option<String>,
    first_difference: Option<(usize, String, String)>,
    others: Vec<(String, String)>,
    hidden: Vec<(String, String)>,
}

impl StoredBody {
    fn of(body: &Body) -> Self {
        Self { bytes: STANDARD.encode(&body.bytes), length: body.length }
    }

    fn read(&self) -> Result<Body, LogError> {
        let bytes = STANDARD.decode(&self.bytes).map_err(|err| damaged(&err))?;
        Ok(Body::kept(bytes.into(), self.length))
    }
}

impl StoredExplanation {
    fn of(explanation: &Explanation) -> Self {
        let Explanation { string_to_sign, expected, received, likely_mistake, .. } =
            explanation.clone();
        let difference = explanation.first_difference.clone();
        let others =
            explanation.others.iter().map(|(name, text)| ((*name).to_owned(), text.clone()));
        let hidden = explanation.hidden.iter().map(|it| (it.placeholder.clone(), it.value.clone()));
        Self {
            string_to_sign,
            expected,
            received,
            likely_mistake,
            first_difference: difference.map(|it| (it.at, it.ours, it.yours)),
            others: others.collect(),
            hidden: hidden.collect(),
        }
    }

    fn read(self) -> Explanation {
        let Self { string_to_sign, expected, received, likely_mistake, .. } = self;
        let difference = |(at, ours, yours)| Difference { at, ours, yours };
        let others = self.others.into_iter().map(|(name, text)| (known_name(&name), text));
        let hidden =
            self.hidden.into_iter().map(|(placeholder, value)| Hidden { placeholder, value });
        Explanation {
            string_to_sign,
            expected,
            received,
            likely_mistake,
            first_difference: self.first_difference.map(difference),
            others: others.collect(),
            hidden: hidden.collect(),
        }
    }
}

/// The line of an entry that this server has written.
///
/// # Errors
///
/// It cannot be written as JSON.
pub fn write(server: &str, entry: &Entry) -> Result<String, LogError> {
    let Note { merchant, reason, remark, explanation } = entry.note.clone();
    let stored = Stored {
        server: server.to_owned(),
        id: entry.id,
        at: entry.at,
        real_at: entry.real_at,
        provider: entry.provider.to_owned(),
        operation: entry.operation.to_owned(),
        outcome: entry.outcome,
        status: entry.status,
        duration_us: entry.duration_us,
        merchant,
        reason,
        remark,
        explanation: explanation.as_deref().map(StoredExplanation::of),
        fault: entry.fault.clone(),
        http_version: entry.http_version.to_owned(),
        is_secure: entry.is_secure,
        method: entry.method.to_string(),
        head: entry.head.clone(),
        request: StoredBody::of(&entry.request_body),
        answer: StoredBody::of(&entry.answer_body.body()),
        rows: entry.rows.as_ref().map(RowMarks::carried),
    };
    serde_json::to_string(&Written::Entry(Box::new(stored))).map_err(|err| damaged(&err))
}

/// The line that says that all entries up to this one were cleared, and above which number others go on.
///
/// # Errors
///
/// It cannot be written as JSON.
pub fn write_cleared(up_to: u64, last: u64) -> Result<String, LogError> {
    serde_json::to_string(&Written::Cleared { up_to, last }).map_err(|err| damaged(&err))
}

/// Reads a line.
///
/// # Errors
///
/// It is none of a journal.
pub fn read(text: &str) -> Result<Journaled, LogError> {
    let stored = match serde_json::from_str(text).map_err(|err| damaged(&err))? {
        Written::Cleared { up_to, last } => return Ok(Journaled::Cleared(up_to, last)),
        Written::Entry(stored) => *stored,
    };
    let Stored { merchant, reason, remark, explanation, .. } = stored;
    let explanation = explanation.map(|it| Box::new(it.read()));
    let entry = Entry {
        id: stored.id,
        at: stored.at,
        real_at: stored.real_at,
        provider: known_name(&stored.provider),
        operation: known_name(&stored.operation),
        outcome: stored.outcome,
        status: stored.status,
        duration_us: stored.duration_us,
        note: Note { merchant, reason, remark, explanation },
        fault: stored.fault,
        http_version: known_name(&stored.http_version),
        is_secure: stored.is_secure,
        method: stored.method.into(),
        head: stored.head,
        request_body: stored.request.read()?,
        answer_body: Answer::Whole(stored.answer.read()?),
        rows: stored.rows.map(RowMarks::of),
        rows_weight: 0,
    };
    Ok(Journaled::Entry(stored.server, Box::new(entry)))
}

fn damaged(error: &dyn std::fmt::Display) -> LogError {
    LogError::Damaged(format!("an entry of the journal in the store cannot be read: {error}"))
}

/// The name for as long as the process lasts. There are few, so each is kept once; beyond [`MAX_NAMES`] it is
/// none of a server like this one.
fn known_name(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    if names.len() >= MAX_NAMES {
        return "unknown";
    }
    let kept: &'static str = Box::leak(name.to_owned().into_boxed_str());
    names.insert(kept);
    kept
}
