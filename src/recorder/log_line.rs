//! The line of a request in the log, which a person reads on the terminal while requests arrive.

use super::redaction::Redaction;
use crate::sandbox::journal::{Entry, Line, Outcome, without_secrets};
use crate::sandbox::space::Space;

/// Writes the line of a request that was answered.
pub(super) fn write(space: &Space, entry: &Entry) {
    if !tracing::enabled!(tracing::Level::INFO) {
        return;
    }
    // Only reasons quote the client; collecting the secrets costs more than a good answer.
    let redaction =
        (entry.outcome != Outcome::Answered).then(|| Redaction::of(&space.world().scenario, space));
    let shown = |text: &str| redaction.as_ref().map_or_else(|| text.to_owned(), |it| it.text(text));
    let path = without_secrets(entry.head.target().split('?').next().unwrap_or(""));
    let reason = entry.note.reason.as_deref().map(&shown);
    let likely = entry.note.likely_mistake().map(&shown);
    let line = Line {
        space: space.name(),
        provider: entry.provider,
        operation: entry.operation,
        method: &entry.method,
        path: &path,
        status: entry.status,
        duration_us: entry.duration_us,
        reason: reason.as_deref(),
        likely_mistake: likely.as_deref(),
        fault: entry.fault.as_deref(),
        entry: Some(entry.id).filter(|_| !space.journal.is_off()),
    };
    tracing::info!(
        space = line.space,
        provider = line.provider,
        operation = line.operation,
        method = line.method,
        path = line.path,
        status = line.status,
        duration_us = line.duration_us,
        reason = line.reason,
        likely_mistake = line.likely_mistake,
        fault = line.fault,
        entry = line.entry,
        "{line}"
    );
}
