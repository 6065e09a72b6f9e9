//! Everything that was done to a space, in order: its events.

use axum::response::Response;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value, json};

use super::ask::{self, Ask};
use super::spec::{Answer, LIMIT, Spec, Values, parameter};
use crate::sandbox::space::Moment;
use crate::sandbox::state::event::Record;
use crate::wire::problem::Problem;

/// A page of events, the oldest first.
#[derive(Debug, JsonSchema, Serialize)]
struct History {
    #[schemars(schema_with = "events")]
    events: Vec<Value>,
    /// The number of the last event there is.
    last: u64,
    /// `since` of the next page; `null` on the last one.
    next: Option<u64>,
    /// Whether events that were asked for made room for newer ones.
    truncated: bool,
}

/// An event has a number, its instants, a kind, and what belongs to its kind.
fn events(_: &mut SchemaGenerator) -> Schema {
    let instant = json!({"type": "string", "format": "date-time"});
    json_schema!({"type": "array", "items": {
        "type": "object",
        "required": ["id", "at", "real_at", "kind"],
        "properties": {
            "id": {"type": "integer", "minimum": 1},
            "at": instant,
            "real_at": instant,
            "kind": {"type": "string"},
        },
    }})
}

pub(super) const LIST: Spec = Spec {
    query: &[parameter("since", Values::Number), LIMIT],
    answers: &[Answer::json::<History>(200)],
    ..Spec::PLAIN
};

pub(super) async fn list(ask: Ask) -> Result<Response, Problem> {
    let query = ask.query(LIST.query)?;
    let since = query.number("since")?.and_then(|it| u64::try_from(it).ok()).unwrap_or(0);
    let (records, has_more, dropped) = ask.space.history(since, query.limit()?);
    let next = records.last().filter(|_| has_more).map(|record| record.id);
    let events: Result<Vec<Value>, _> = records.iter().map(|it| shown(&ask, it)).collect();
    Ok(ask::json(&History {
        events: events.map_err(|err| Problem::conflict(err.to_string()))?,
        last: ask.state().revision,
        next,
        truncated: since < dropped,
    }))
}

/// An event, its merchant by name.
fn shown(moment: &Moment, record: &Record) -> Result<Value, serde_json::Error> {
    let mut event = serde_json::to_value(record)?;
    let place = event.get("merchant").and_then(Value::as_u64);
    let merchant = place.and_then(|place| {
        let place = usize::try_from(place).ok()?;
        moment.scenario().merchants().nth(place).map(|it| it.name.clone())
    });
    if let (Some(name), Some(members)) = (merchant, event.as_object_mut()) {
        members.insert("merchant".to_owned(), Value::from(name));
    }
    Ok(event)
}
