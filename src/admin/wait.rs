//! Waits until the expected requests have arrived, so that tests need no polling and have no race.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::journal::{EntrySummary, contains, known_provider, line};
use super::request::{self, AdminRequest, one_of};
use super::spec::{Answer, Body, Spec, slugs};
use crate::recorder::redaction::Redaction;
use crate::sandbox::clock::{Stopwatch, real_sleep};
use crate::sandbox::facts::Named;
use crate::sandbox::facts::names_or_null;
use crate::sandbox::journal::{Entry, Journal, Outcome};
use crate::wire::problem::Problem;

/// Which requests are expected, how many of them, and how long to wait for them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [
    {"properties": {"at_least": {"type": "null"}}}, {"properties": {"exactly": {"type": "null"}}},
]))]
struct Expected {
    #[schemars(extend("enum" = slugs().into_iter().map(Some).chain([None]).collect::<Vec<_>>()))]
    provider: Option<String>,
    operation: Option<String>,
    merchant: Option<String>,
    #[schemars(extend("enum" = names_or_null::<Outcome>()))]
    outcome: Option<String>,
    status: Option<u16>,
    /// Text that the path of the request contains, without the prefix of the space and without the query.
    path: Option<String>,
    /// Text that the target or the body of the request contains.
    contains: Option<String>,
    /// Only entries with a higher id count.
    since: Option<u64>,
    at_least: Option<usize>,
    exactly: Option<usize>,
    /// Longest wait in milliseconds of real time; five seconds without it.
    timeout_ms: Option<u64>,
    /// Milliseconds of real time without a further match after the condition holds.
    quiet_ms: Option<u64>,
}

impl Expected {
    fn parse(request: &AdminRequest) -> Result<Self, Problem> {
        let expected: Self = request.json()?;
        if let Some(slug) = expected.provider.as_deref() {
            known_provider(slug)?;
        }
        if let Some(outcome) = &expected.outcome {
            one_of::<Outcome>("outcome", outcome)?;
        }
        if expected.at_least.is_some() && expected.exactly.is_some() {
            return Err(Problem::bad_request("say `at_least` or `exactly`, not both"));
        }
        for (name, ms) in [("timeout_ms", expected.timeout_ms), ("quiet_ms", expected.quiet_ms)] {
            let most = request.space.options.longest_wait_ms();
            if ms.is_some_and(|ms| ms > most) {
                return Err(Problem::bad_request(format!("`{name}` is at most {most}")));
            }
        }
        Ok(expected)
    }

    /// The conditions that an entry does not fulfil; empty for an expected entry.
    fn misses(&self, entry: &Entry) -> Vec<String> {
        let mut misses = Vec::new();
        let mut text = |name: &str, wanted: &Option<String>, is: &str| {
            if let Some(wanted) = wanted
                && wanted != is
            {
                misses.push(format!("{name} is `{is}`, not `{wanted}`"));
            }
        };
        text("provider", &self.provider, entry.provider);
        text("operation", &self.operation, entry.operation);
        text("merchant", &self.merchant, entry.note.merchant.as_deref().unwrap_or(""));
        text("outcome", &self.outcome, entry.outcome.name());
        if let Some(status) = self.status.filter(|status| *status != entry.status) {
            misses.push(format!("status is {}, not {status}", entry.status));
        }
        if let Some(part) = self.path.as_deref().filter(|part| !entry.path().contains(part)) {
            misses.push(format!("path is `{}`, without `{part}`", entry.path()));
        }
        if let Some(part) = &self.contains
            && !contains(entry, part)
        {
            let body = &entry.request_body;
            misses.push(match body.is_truncated() {
                false => format!("target and body do not contain `{part}`"),
                true => format!(
                    "target and first {} bytes of the body do not contain `{part}`",
                    body.bytes.len()
                ),
            });
        }
        misses
    }

    fn holds(&self, count: usize) -> bool {
        match self.exactly {
            Some(exactly) => count == exactly,
            None => count >= self.at_least.unwrap_or(1),
        }
    }

    /// Whether the condition cannot hold any more, whatever requests arrive.
    fn is_lost(&self, count: usize) -> bool {
        self.exactly.is_some_and(|exactly| count > exactly)
    }

    fn wanted(&self) -> String {
        match self.exactly {
            Some(exactly) => format!("exactly {exactly}"),
            None => format!("at least {}", self.at_least.unwrap_or(1)),
        }
    }
}

/// The result of a wait; after a failure with the most similar request.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(untagged)]
enum Waited {
    Matched(Matched),
    Missed(Box<Missed>),
}

/// The condition held.
#[derive(Debug, JsonSchema, Serialize)]
struct Matched {
    #[schemars(extend("const" = true))]
    matched: bool,
    count: usize,
    /// The newest 100 matching entries.
    entries: Vec<EntrySummary>,
}

/// The condition did not hold in time, or cannot hold any more.
#[derive(Debug, JsonSchema, Serialize)]
struct Missed {
    #[schemars(extend("const" = false))]
    matched: bool,
    count: usize,
    why: String,
    closest: Option<Closest>,
    /// Whether entries that may have matched were dropped to limit the size of the journal.
    truncated: bool,
}

/// The most similar entry.
#[derive(Debug, JsonSchema, Serialize)]
struct Closest {
    entry: EntrySummary,
    because: Vec<String>,
}

pub(super) const WAIT: Spec = Spec {
    body: Some(Body::optional::<Expected>()),
    answers: &[Answer::json::<Waited>(200)],
    ..Spec::PLAIN
};

pub(super) async fn wait(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let expected = Expected::parse(&request)?;
    let most = request.space.options.longest_wait_ms();
    let timeout = Duration::from_millis(expected.timeout_ms.unwrap_or(5000.min(most)));
    let quiet = Duration::from_millis(expected.quiet_ms.unwrap_or(0));
    let journal = &request.space.journal;
    let mut writes = journal.writes();
    let begun = Stopwatch::start();
    let mut held: Option<(usize, Stopwatch)> = None;
    let mut matches = Matches::default();
    loop {
        writes.mark_unchanged();
        let is_ending = request.space.pulse().is_ending();
        let count = matches.count(journal, &expected);
        if !expected.holds(count) {
            held = None;
        } else if held.as_ref().is_none_or(|(before, _)| *before != count) {
            // A further match starts the quiet time again.
            held = Some((count, Stopwatch::start()));
        }
        let left = match held {
            Some((_, since)) if since.elapsed() >= quiet => {
                let entries = entries_since(journal, &expected);
                let found: Vec<&Arc<Entry>> =
                    entries.iter().filter(|entry| expected.misses(entry).is_empty()).collect();
                return Ok(request::json(&matched(&request, &found)));
            }
            // Matches that arrive again and again would extend the wait without an end.
            Some(_) if is_ending || begun.elapsed() >= timeout + quiet => {
                let entries = entries_since(journal, &expected);
                return Ok(request::json(&missed(&request, &expected, &entries, count)));
            }
            Some((_, since)) => quiet.saturating_sub(since.elapsed()),
            None if is_ending || expected.is_lost(count) || begun.elapsed() >= timeout => {
                let entries = entries_since(journal, &expected);
                return Ok(request::json(&missed(&request, &expected, &entries, count)));
            }
            None => timeout.saturating_sub(begun.elapsed()),
        };
        // The result is ignored: the loop checks both the entries and the end of the wait.
        tokio::select! {
            _ = writes.changed() => {}
            () = real_sleep(left) => {}
            () = request.space.pulse().ending() => {}
        }
    }
}

/// The entries that can match, oldest first.
fn entries_since(journal: &Journal, expected: &Expected) -> Vec<Arc<Entry>> {
    let mut entries = journal.entries();
    entries.retain(|entry| entry.id > expected.since.unwrap_or(0));
    entries
}

/// The matches that a wait has found. Each entry is compared once, however often the wait is woken: with
/// many waits, comparing the whole journal after each request would slow down all requests.
#[derive(Debug, Default)]
struct Matches {
    /// Ids of matching entries, rising; ids of dropped entries are removed.
    ids: VecDeque<u64>,
    /// All entries up to this id were compared.
    compared: u64,
}

impl Matches {
    /// The number of matching entries that the journal has now.
    fn count(&mut self, journal: &Journal, expected: &Expected) -> usize {
        self.compared = self.compared.max(expected.since.unwrap_or(0));
        // Requests end in another order than they begin: above `last`, entries are still to come between
        // those that are there. They are compared again.
        let last = journal.last();
        let above: Vec<u64> = journal
            .entries_above(self.compared)
            .iter()
            .filter(|entry| expected.misses(entry).is_empty())
            .map(|entry| entry.id)
            .collect();
        let oldest = journal.oldest();
        while self.ids.front().is_some_and(|id| *id < oldest) {
            self.ids.pop_front();
        }
        let count = self.ids.len() + above.len();
        self.ids.extend(above.into_iter().filter(|id| *id <= last));
        self.compared = self.compared.max(last);
        count
    }
}

fn matched(request: &AdminRequest, found: &[&Arc<Entry>]) -> Waited {
    let redaction = Redaction::of(request.scenario(), &request.space);
    let entries = found.iter().rev().take(100).map(|it| line(it, &redaction)).collect();
    Waited::Matched(Matched { matched: true, count: found.len(), entries })
}

/// The answer after a failed wait: the number of matches and the most similar other request.
fn missed(
    request: &AdminRequest,
    expected: &Expected,
    entries: &[Arc<Entry>],
    count: usize,
) -> Waited {
    let redaction = Redaction::of(request.scenario(), &request.space);
    let others = entries.iter().rev().map(|entry| (expected.misses(entry), entry));
    let closest = others.filter(|(misses, _)| !misses.is_empty()).min_by_key(|it| it.0.len());
    let wanted = match expected.holds(count) {
        false => format!("{} were expected", expected.wanted()),
        true => format!("it was not quiet for {} ms", expected.quiet_ms.unwrap_or(0)),
    };
    Waited::Missed(Box::new(Missed {
        matched: false,
        count,
        why: format!("{count} of {} requests matched; {wanted}", entries.len()),
        closest: closest
            .map(|(because, entry)| Closest { entry: line(entry, &redaction), because }),
        truncated: request.space.journal.has_gap(expected.since),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_entry_is_compared_once_however_often_the_wait_is_woken() {
        let journal = Journal::keeping(1000);
        let write = || journal.commit(Entry { id: journal.reserve(), ..Entry::default() });
        (0..1000).for_each(|_| write());
        let expected: Expected = serde_json::from_str(r#"{"at_least":2000}"#).unwrap();
        let mut matches = Matches::default();
        assert_eq!(matches.count(&journal, &expected), 1000);
        for woken in 1..=50 {
            write();
            assert_eq!(journal.entries_above(matches.compared).len(), 1, "{woken}");
            // The journal keeps 1000; the oldest match goes with each new one.
            assert_eq!(matches.count(&journal, &expected), 1000, "{woken}");
        }
    }
}
