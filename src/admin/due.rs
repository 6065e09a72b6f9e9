//! What will fall due in a space if nothing is done until then.

use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::clock::window_holds;
use super::request::{self, AdminRequest};
use super::spec::{Answer, Parameter, Spec, Values, names, parameter};
use crate::sandbox::clock::LATEST;
use crate::sandbox::due::{self, Due, DueKind};
use crate::sandbox::facts::Named;
use crate::wire::problem::Problem;

/// How far ahead a call without `to` looks.
const AHEAD: SignedDuration = SignedDuration::from_hours(8 * 24);

const PARAMETERS: &[Parameter] = &[parameter("to", Values::Instant)];

/// What will fall due, the next thing first.
#[derive(Debug, JsonSchema, Serialize)]
struct Forecast {
    /// The instant up to which it was looked ahead: `to`, or eight days from now.
    to: Timestamp,
    /// Of the rows, those that were added or changed, and their deposits; the generated trade is not told.
    due: Vec<Coming>,
}

/// Something that will fall due.
#[derive(Debug, JsonSchema, Serialize)]
struct Coming {
    at: Timestamp,
    /// Description in one sentence.
    what: String,
    #[schemars(extend("enum" = names::<DueKind>()))]
    kind: &'static str,
    /// The id of the transaction, deposit, callback or report; `null` for `more`.
    id: Option<i64>,
}

impl Coming {
    fn of(due: Due, last: Timestamp) -> Self {
        let at = Timestamp::from_second(due.at).unwrap_or(last);
        Self { at, what: due.text, kind: due.kind.name(), id: due.id }
    }
}

pub(super) const LIST: Spec = Spec {
    query: PARAMETERS,
    answers: &[Answer::json::<Forecast>(200)],
    problems: &[409],
    ..Spec::PLAIN
};

pub(super) async fn list(request: AdminRequest) -> Result<Response, Problem> {
    request::in_background(request, listed).await
}

fn listed(request: &AdminRequest) -> Result<Response, Problem> {
    let now = request.now;
    let latest = now.checked_add(AHEAD).unwrap_or(LATEST).min(LATEST).max(now);
    let to = request.query(PARAMETERS)?.instant("to")?;
    if let Some(to) = to.filter(|to| *to < now) {
        return Err(Problem::bad_request(format!(
            "`to` is {to}, which is past: it is {now}; GET /_admin/history has what happened"
        )));
    }
    let to = to.unwrap_or(latest);
    window_holds(request, to)?;
    let due = due::ahead(&request.world, (now, to));
    let due = due.into_iter().map(|it| Coming::of(it, to)).collect();
    Ok(request::json(&Forecast { to, due }))
}
