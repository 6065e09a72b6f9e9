//! Tells clients which parts of a space have changed since their last request; a request can wait for it.

use std::time::Duration;

use axum::response::Response;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::request::{self, AdminRequest};
use super::spec::{Answer, Spec, Values, names, parameter};
use crate::sandbox::clock::real_sleep;
use crate::sandbox::facts::Named;
use crate::sandbox::scenario::duration;
use crate::sandbox::state::event::Topic;
use crate::wire::problem::Problem;

/// The topics that changed after the change with the number `since`.
#[derive(Debug, JsonSchema, Serialize)]
struct Changes {
    /// `since` of the next request.
    last: u64,
    #[schemars(schema_with = "topics")]
    changed: Vec<&'static str>,
}

fn topics(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "array", "items": {"enum": names::<Topic>()}})
}

pub(super) const READ: Spec = Spec {
    query: &[parameter("since", Values::Number), parameter("wait", Values::Wait)],
    answers: &[Answer::json::<Changes>(200)],
    ..Spec::PLAIN
};

pub(super) async fn read(request: AdminRequest) -> Result<Response, Problem> {
    let query = request.query(READ.query)?;
    let since = query.number("since")?.and_then(|it| u64::try_from(it).ok()).unwrap_or(0);
    let patience = query.get("wait").map(|text| patience(&request, text)).transpose()?;
    let pulse = request.space.pulse();
    let (mut own, mut server) = pulse.bells();
    let moved = async {
        loop {
            own.mark_unchanged();
            server.mark_unchanged();
            let found = pulse.since(since);
            if !found.1.is_empty() || request.space.is_closed() {
                return found;
            }
            tokio::select! {
                _ = own.changed() => {}
                _ = server.changed() => {}
            }
        }
    };
    let (last, topics) = tokio::select! {
        found = moved => found,
        () = real_sleep(patience.unwrap_or_default()) => pulse.since(since),
        () = pulse.ending() => pulse.since(since),
    };
    let changed = topics.into_iter().map(|topic| topic.name()).collect();
    Ok(request::json(&Changes { last, changed }))
}

/// Reads a length of time for a wait (real time), up to the limit of the server.
pub(super) fn patience(request: &AdminRequest, text: &str) -> Result<Duration, Problem> {
    let most = Duration::from_millis(request.space.options.longest_wait_ms());
    let patience = duration(text).and_then(|it| Duration::try_from(it).ok());
    patience.filter(|it| *it <= most).ok_or_else(|| {
        Problem::bad_request(format!(
            "`wait` is `{text}`; it must be a length of time such as 10s, at most {most:?}"
        ))
    })
}
