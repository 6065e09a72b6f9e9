//! Prints the metrics of all spaces in the format of Prometheus.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use strum::VariantArray;

use super::request::AdminRequest;
use super::spaces::added_rows;
use super::spec::{Answer, Spec};
use crate::sandbox::facts::Named;
use crate::sandbox::space::Moment;
use crate::sandbox::state::outbox::Standing;
use crate::wire::call::response;
use crate::wire::problem::Problem;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfState {
    state: &'static str,
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: usize) {
    let gauge: Gauge = Gauge::default();
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    registry.register(name, help, gauge);
}

pub(super) const READ: Spec =
    Spec { answers: &[Answer::text("application/openmetrics-text")], ..Spec::PLAIN };

pub(super) async fn read(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let mut registry = Registry::with_prefix("sandtill");
    request.metrics.register(&mut registry);
    let spaces = request.spaces.all();
    let sizes: Vec<(usize, usize)> = spaces.iter().map(|it| it.journal.size()).collect();
    let callbacks: Family<OfState, Gauge> = Family::default();
    let moments: Vec<Moment> =
        spaces.iter().map(super::super::sandbox::space::Space::moment).collect();
    for moment in &moments {
        for callback in moment.state().outbox.all() {
            let state = moment.space.standing(callback, moment.now).name();
            callbacks.get_or_create(&OfState { state }).inc();
        }
    }
    for state in Standing::VARIANTS {
        // A state without callbacks is printed as 0, not left out.
        drop(callbacks.get_or_create(&OfState { state: state.name() }));
    }
    registry.register("callbacks", "Callbacks by where they stand", callbacks);
    gauge(&mut registry, "spaces", "Spaces there are", spaces.len());
    let rows = moments.iter().map(|it| added_rows(&it.world)).sum();
    gauge(&mut registry, "added_rows", "Rows added by hand or pinned by scenarios", rows);
    let jobs = moments.iter().map(|it| it.state().reports.len()).sum();
    gauge(&mut registry, "reports", "Prepared reports", jobs);
    let entries = sizes.iter().map(|it| it.0).sum();
    gauge(&mut registry, "journal_entries", "Entries in all journals", entries);
    let bytes = sizes.iter().map(|it| it.1).sum();
    gauge(&mut registry, "journal_bytes", "Bytes in all journals, about", bytes);
    if let Some(counts) = request.spaces.shared_counts() {
        let names = [
            ("store_appends", "Appends that the store has taken"),
            (
                "store_conflicts",
                "Changes that were decided again, because another server was first",
            ),
            ("store_followed", "Events of other servers that were read"),
        ];
        for ((name, help), count) in names.into_iter().zip(counts) {
            let counter: Counter = Counter::default();
            counter.inc_by(count);
            registry.register(name, help, counter);
        }
    }
    let mut text = String::new();
    if let Err(err) = encode(&mut text, &registry) {
        let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Not encodable");
        return Ok(problem.detail(err.to_string()).into_response());
    }
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(response(StatusCode::OK, content_type, text))
}
