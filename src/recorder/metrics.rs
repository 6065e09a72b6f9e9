//! Counters of requests to providers, over all spaces; `GET /_admin/metrics` prints them.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::sandbox::facts::Named;
use crate::sandbox::journal::Entry;

/// Upper limits of the buckets of durations, in seconds.
const BUCKETS: [f64; 12] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    provider: &'static str,
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfProvider {
    provider: &'static str,
}

/// Number and duration of requests; clones share the counters.
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
    /// Counts a request; its entry must have outcome and duration.
    pub fn count(&self, entry: &Entry) {
        let Entry { provider, operation, .. } = *entry;
        let outcome = entry.outcome.name();
        self.requests.get_or_create(&Request { provider, operation, outcome }).inc();
        let seconds = std::time::Duration::from_micros(entry.duration_us).as_secs_f64();
        self.durations.get_or_create(&OfProvider { provider }).observe(seconds);
    }

    /// Registers the counters, so that the registry prints them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("requests", "Requests to providers", self.requests.clone());
        registry.register(
            "request_duration_seconds",
            "From the last byte of a request to the first of its answer",
            self.durations.clone(),
        );
    }
}
