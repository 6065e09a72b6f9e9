//! Figures for Prometheus, over all spaces.

use std::hash::{Hash, Hasher};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::ask::Ask;
use super::problem::Problem;
use super::spaces::added_rows;
use super::spec::{Answer, Spec};
use crate::sandbox::callbacks::State;
use crate::sandbox::journal::Entry;
use crate::wire::call::answer;

/// Upper ends of the buckets of durations, in seconds.
const BUCKETS: [f64; 12] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];

#[derive(Clone, Copy, Debug, PartialEq, Eq, EncodeLabelSet)]
struct Request {
    provider: &'static str,
    operation: &'static str,
    outcome: &'static str,
}

// A few dozen labels, looked up with every request: their lengths tell most of them apart, and hashing
// their text takes longer than comparing it.
impl Hash for Request {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { provider, operation, outcome } = self;
        state.write_usize(provider.len() << 16 | operation.len() << 8 | outcome.len());
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EncodeLabelSet)]
struct OfProvider {
    provider: &'static str,
}

impl Hash for OfProvider {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.provider.len());
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfState {
    state: &'static str,
}

/// What is counted as requests come; clones count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    requests: Family<Request, Counter>,
    durations: Family<OfProvider, Histogram, fn() -> Histogram>,
}

impl Default for Metrics {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        Self { requests: Family::default(), durations: Family::new_with_constructor(histogram) }
    }
}

impl Metrics {
    /// Counts a request that is about to be answered.
    pub fn count(&self, entry: &Entry) {
        let Entry { provider, operation, .. } = *entry;
        let outcome = entry.outcome.word();
        self.requests.get_or_create(&Request { provider, operation, outcome }).inc();
        let seconds = std::time::Duration::from_micros(entry.duration_us).as_secs_f64();
        self.durations.get_or_create(&OfProvider { provider }).observe(seconds);
    }
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: usize) {
    let gauge: Gauge = Gauge::default();
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    registry.register(name, help, gauge);
}

pub(super) const READ: Spec =
    Spec { answers: &[Answer::text("application/openmetrics-text")], ..Spec::PLAIN };

pub(super) async fn read(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let metrics = ask.metrics.clone();
    let mut registry = Registry::with_prefix("sandtill");
    registry.register("requests", "Requests to providers", metrics.requests);
    registry.register(
        "request_duration_seconds",
        "From the last byte of a request to the first of its answer",
        metrics.durations,
    );
    let spaces = ask.spaces.all();
    let sizes: Vec<(usize, usize)> = spaces.iter().map(|it| it.journal.size()).collect();
    let callbacks: Family<OfState, Gauge> = Family::default();
    for sandbox in &spaces {
        let now = sandbox.clock.now();
        for callback in sandbox.callbacks.all() {
            let state = callback.state(now).word();
            callbacks.get_or_create(&OfState { state }).inc();
        }
    }
    for state in State::ALL {
        // A state nobody is in is zero and not absent.
        drop(callbacks.get_or_create(&OfState { state: state.word() }));
    }
    registry.register("callbacks", "Callbacks by where they stand", callbacks);
    gauge(&mut registry, "spaces", "Spaces there are", spaces.len());
    let rows = spaces.iter().map(added_rows).sum();
    gauge(&mut registry, "added_rows", "Rows added by hand or pinned by scenarios", rows);
    let jobs = spaces.iter().map(|it| it.jobs.all().len()).sum();
    gauge(&mut registry, "reports", "Prepared reports", jobs);
    let entries = sizes.iter().map(|it| it.0).sum();
    gauge(&mut registry, "journal_entries", "Entries in all journals", entries);
    let bytes = sizes.iter().map(|it| it.1).sum();
    gauge(&mut registry, "journal_bytes", "Bytes in all journals, about", bytes);
    let mut text = String::new();
    if let Err(err) = encode(&mut text, &registry) {
        let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Not encodable");
        return Ok(problem.detail(err.to_string()).into_response());
    }
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(answer(StatusCode::OK, content_type, text))
}
