//! The outbox in a snapshot: every callback with its attempts, and who is due next.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::state::{unknown, wrong};
use crate::admin::problem::Problem;
use crate::providers;
use crate::sandbox::callbacks::{Attempt, Callback, Ending, How, Message, Reply, Saved};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OutboxState {
    count: u64,
    ranks: u64,
    callbacks: Vec<CallbackState>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct CallbackState {
    id: u64,
    provider: String,
    merchant: String,
    report: u64,
    event: String,
    url: String,
    /// Base64.
    body: String,
    due: Timestamp,
    next: Option<Timestamp>,
    attempts: Vec<AttemptState>,
    ending: Option<String>,
    copy_of: Option<u64>,
    fault: Option<String>,
    failures: usize,
    rank: u64,
    is: Marks,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Marks {
    held: bool,
    altered: bool,
    prompt: bool,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct AttemptState {
    due: Timestamp,
    at: Timestamp,
    real_at: Timestamp,
    how: String,
    /// What the receiver answered, or why it did not.
    status: Option<u16>,
    problem: Option<String>,
    /// Base64.
    body: String,
    duration_us: u64,
}

impl OutboxState {
    pub(super) fn of(saved: Saved) -> Self {
        Self {
            count: saved.count,
            ranks: saved.ranks,
            callbacks: saved.callbacks.iter().map(CallbackState::of).collect(),
        }
    }

    /// The outbox that is meant, unless something is wrong with it.
    pub(super) fn into_saved(self) -> Result<Saved, Problem> {
        let callbacks = self.callbacks.into_iter().map(CallbackState::into_callback);
        let saved = Saved {
            count: self.count,
            ranks: self.ranks,
            callbacks: callbacks.collect::<Result<_, Problem>>()?,
        };
        saved.check().map_err(wrong)?;
        Ok(saved)
    }
}

impl CallbackState {
    fn of(callback: &Callback) -> Self {
        let message = &callback.message;
        Self {
            id: callback.id,
            provider: message.policy.provider.to_owned(),
            merchant: message.merchant.clone(),
            report: message.job,
            event: message.event.clone(),
            url: message.url.clone(),
            body: STANDARD.encode(&message.body),
            due: callback.due,
            next: callback.next,
            attempts: callback.attempts.iter().map(AttemptState::of).collect(),
            ending: callback.ending.map(|it| it.word().to_owned()),
            copy_of: callback.copy_of,
            fault: callback.fault.clone(),
            failures: callback.failures,
            rank: callback.rank,
            is: Marks { held: callback.held, altered: callback.altered, prompt: callback.prompt },
        }
    }

    fn into_callback(self) -> Result<Callback, Problem> {
        // What all messages of a provider have in common is not in the snapshot.
        let policy = providers::find(&self.provider).and_then(|it| it.callbacks);
        let calling = providers::ALL.iter().filter(|it| it.callbacks.is_some()).map(|it| it.slug);
        let message = Message {
            policy: policy
                .ok_or_else(|| unknown("sender of callbacks", &self.provider, calling))?,
            merchant: self.merchant,
            job: self.report,
            event: self.event,
            url: self.url,
            body: bytes(&self.body)?,
        };
        let ending = |word: String| {
            let ending = Ending::ALL.into_iter().find(|it| it.word() == word);
            ending.ok_or_else(|| unknown("ending", &word, Ending::ALL.iter().map(|it| it.word())))
        };
        let attempts = self.attempts.into_iter().map(AttemptState::into_attempt);
        Ok(Callback {
            id: self.id,
            message: Arc::new(message),
            due: self.due,
            next: self.next,
            attempts: attempts.collect::<Result<_, Problem>>()?,
            ending: self.ending.map(ending).transpose()?,
            copy_of: self.copy_of,
            held: self.is.held,
            fault: self.fault,
            failures: self.failures,
            sending: false,
            altered: self.is.altered,
            prompt: self.is.prompt,
            rank: self.rank,
        })
    }
}

impl AttemptState {
    fn of(attempt: &Attempt) -> Self {
        let (status, problem) = match &attempt.reply.status {
            Ok(status) => (Some(*status), None),
            Err(problem) => (None, Some(problem.clone())),
        };
        Self {
            due: attempt.due,
            at: attempt.at,
            real_at: attempt.real_at,
            how: attempt.how.word().to_owned(),
            status,
            problem,
            body: STANDARD.encode(&attempt.reply.body),
            duration_us: u64::try_from(attempt.duration.as_micros()).unwrap_or(u64::MAX),
        }
    }

    fn into_attempt(self) -> Result<Attempt, Problem> {
        let how = How::ALL.into_iter().find(|it| it.word() == self.how);
        let how =
            how.ok_or_else(|| unknown("attempt", &self.how, How::ALL.iter().map(|it| it.word())))?;
        let status = match (self.status, self.problem) {
            (Some(status), None) => Ok(status),
            (None, Some(problem)) => Err(problem),
            _ => return Err(wrong("an attempt has either a `status` or a `problem`")),
        };
        Ok(Attempt {
            due: self.due,
            at: self.at,
            real_at: self.real_at,
            how,
            reply: Reply { status, body: bytes(&self.body)? },
            duration: Duration::from_micros(self.duration_us),
        })
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, Problem> {
    STANDARD.decode(text).map_err(|err| wrong(format!("a body is not Base64: {err}")))
}
