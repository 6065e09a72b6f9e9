//! The history of a space: all its events in order, and the way back to one of them.

use axum::response::Response;
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::request::{self, AdminRequest};
use super::scenario;
use super::spec::{Answer, Body, LIMIT, Spec, Values, parameter};
use crate::sandbox::ledger::RowId;
use crate::sandbox::merchant::MerchantId;
use crate::sandbox::space::{Moment, RewindError};
use crate::sandbox::state::event::{Event, Record};
use crate::wire::problem::Problem;

/// A page of events, the oldest first.
#[derive(Debug, JsonSchema, Serialize)]
struct History {
    #[schemars(schema_with = "events")]
    events: Vec<Value>,
    /// The number of the newest event.
    last: u64,
    /// `since` of the next page; `null` on the last one.
    next: Option<u64>,
    /// Whether some of the requested events were dropped to limit the size of the history.
    truncated: bool,
}

/// The schema of events: a number, its instants, a kind, and the fields of that kind.
fn events(_: &mut SchemaGenerator) -> Schema {
    let instant = json!({"type": "string", "format": "date-time"});
    json_schema!({"type": "array", "items": {
        "type": "object",
        "required": ["id", "at", "real_at", "kind", "details"],
        "properties": {
            "id": {"type": "integer", "minimum": 1},
            "at": instant,
            "real_at": instant,
            "kind": {"type": "string"},
            "details": {"type": "object"},
        },
    }})
}

pub(super) const LIST: Spec = Spec {
    query: &[parameter("since", Values::Number), LIMIT],
    answers: &[Answer::json::<History>(200)],
    ..Spec::PLAIN
};

pub(super) async fn list(request: AdminRequest) -> Result<Response, Problem> {
    let query = request.query(LIST.query)?;
    let since = query.number("since")?.and_then(|it| u64::try_from(it).ok()).unwrap_or(0);
    let history = request.space.history(since, query.limit()?);
    let next = history.records.last().filter(|_| history.has_more).map(|record| record.id);
    let shown =
        |record: &std::sync::Arc<Record>| shown(&request, record, record.id >= history.replaced_by);
    let events: Result<Vec<Value>, _> = history.records.iter().map(shown).collect();
    Ok(request::json(&History {
        events: events.map_err(|err| Problem::conflict(err.to_string()))?,
        last: request.state().revision,
        next,
        truncated: since < history.dropped,
    }))
}

/// A point of the history.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rewind {
    /// The number of an event of the history.
    #[schemars(range(min = 1))]
    to: u64,
}

pub(super) const REWIND: Spec = Spec {
    body: Some(Body::json::<Rewind>()),
    answers: &[Answer::json::<scenario::Replaced>(200)],
    problems: &[409],
    ..Spec::PLAIN
};

pub(super) async fn rewind(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let Rewind { to } = request.document()?;
    let moment = request.space.rewind(to).map_err(|err| no_event("to", &err))?;
    Ok(scenario::replaced(&moment))
}

/// The problem of an event that the history does not have.
pub(super) fn no_event(member: &str, err: &RewindError) -> Problem {
    Problem::conflict(format!("`{member}` cannot be: {err}; GET /_admin/history lists them"))
}

/// The JSON of an event. Merchants and transactions have the names of the admin API, except those of an
/// earlier scenario, which do not exist any more. Values that other calls show in full are left out, and also
/// the tokens, which are secret.
fn shown(moment: &Moment, record: &Record, is_present: bool) -> Result<Value, serde_json::Error> {
    let mut written = match serde_json::to_value(&record.event)? {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let kind = written.shift_remove("kind");
    let named = Names { moment, is_present };
    let details = match &record.event {
        Event::TransactionAdded { merchant, id, .. } => json!({
            "merchant": named.merchant(*merchant),
            "transaction": named.transaction(*merchant, *id),
        }),
        Event::Captured(it)
        | Event::Voided(it)
        | Event::Refunded(it)
        | Event::ChargedBack(it)
        | Event::Rejected(it) => json!({
            "merchant": named.merchant(it.merchant),
            "payment": named.transaction(it.merchant, it.payment),
            "transaction": named.transaction(it.merchant, it.id),
        }),
        Event::Settled { merchant, rows, at } => json!({
            "merchant": named.merchant(*merchant),
            "transactions":
                rows.iter().map(|id| named.transaction(*merchant, *id)).collect::<Vec<_>>(),
            "settled_at": Timestamp::from_second(*at).ok(),
        }),
        Event::TokenIssued { holder, expires_at, .. } => {
            json!({"holder": holder, "expires_at": expires_at})
        }
        Event::ReportRequested { job } => json!({
            "report": job.id,
            "provider": job.provider,
            "merchant": named.merchant(job.merchant),
            "reference": job.reference,
        }),
        Event::CallbackPlanned { callback } => json!({
            "callback": callback.id,
            "report": callback.message.job,
            "provider": callback.message.provider,
            "event": callback.message.event,
            "url": callback.message.url,
            "due": callback.next,
        }),
        Event::CallbackAttempted { id, attempt, next, ending } => json!({
            "callback": id,
            "status": attempt.reply.status.as_ref().ok(),
            "error": attempt.reply.status.as_ref().err(),
            "next": next,
            "ending": ending,
        }),
        // The fields of the other events name their report, callback or fault already.
        _ => Value::Object(written),
    };
    let Record { id, at, real_at, .. } = record;
    Ok(json!({"id": id, "at": at, "real_at": real_at, "kind": kind, "details": details}))
}

struct Names<'a> {
    moment: &'a Moment,
    is_present: bool,
}

impl Names<'_> {
    fn merchant(&self, id: MerchantId) -> Option<&str> {
        let mut merchants = self.moment.scenario().merchants().filter(|_| self.is_present);
        merchants.find(|merchant| merchant.id == id).map(|merchant| merchant.name.as_str())
    }

    fn transaction(&self, merchant: MerchantId, id: RowId) -> Option<i64> {
        let view = self.moment.view(merchant).filter(|_| self.is_present)?;
        Some(view.number_of(id))
    }
}
