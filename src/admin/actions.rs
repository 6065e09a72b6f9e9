//! Actions on transactions of a space: capture, void, refund, chargeback, settle.

use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;

use super::request::{self, AdminRequest};
use super::scenario::EmptyBody;
use super::spec::{Answer, Body, Spec};
use super::transaction::{TransactionView, shown};
use super::transactions::{refused, unknown};
use crate::sandbox::actions::{self, Action};
use crate::wire::problem::Problem;

/// The amount of a partial capture or refund.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Part {
    /// Minor units; the whole remaining amount without one.
    amount: Option<i64>,
}

const PARTIAL_AMOUNT: Spec = Spec {
    body: Some(Body::optional::<Part>()),
    answers: &[Answer::json::<TransactionView>(201)],
    problems: &[404, 409],
    ..Spec::PLAIN
};
const OF_ALL: Spec = Spec { body: Some(Body::optional::<EmptyBody>()), ..PARTIAL_AMOUNT };

pub(super) const CAPTURE: Spec = PARTIAL_AMOUNT;
pub(super) const REFUND: Spec = PARTIAL_AMOUNT;
pub(super) const VOID: Spec = OF_ALL;
pub(super) const CHARGEBACK: Spec = OF_ALL;
pub(super) const SETTLE: Spec = Spec { answers: &[Answer::json::<TransactionView>(200)], ..OF_ALL };

pub(super) async fn capture(request: AdminRequest) -> Result<Response, Problem> {
    let part: Part = request.json()?;
    act(&request, Action::Capture(part.amount))
}

pub(super) async fn refund(request: AdminRequest) -> Result<Response, Problem> {
    let part: Part = request.json()?;
    act(&request, Action::Refund(part.amount))
}

pub(super) async fn void(request: AdminRequest) -> Result<Response, Problem> {
    request.json::<EmptyBody>()?;
    act(&request, Action::Void)
}

pub(super) async fn chargeback(request: AdminRequest) -> Result<Response, Problem> {
    request.json::<EmptyBody>()?;
    act(&request, Action::Chargeback)
}

pub(super) async fn settle(request: AdminRequest) -> Result<Response, Problem> {
    request.json::<EmptyBody>()?;
    act(&request, Action::Settle)
}

/// Performs an action on the transaction of the path and shows the new or changed row.
fn act(request: &AdminRequest, action: Action) -> Result<Response, Problem> {
    request.query(&[])?;
    let number = i64::try_from(request.number(1, "a transaction")?).unwrap_or(i64::MAX);
    let acted = request.space.change(|draft| actions::act(draft, number, action));
    let (made, moment) = acted.map_err(refused)?;
    let (view, _) = actions::find(&moment.world, moment.now, made).map_err(refused)?;
    let row = view.find(made).ok_or_else(|| unknown(made))?;
    let status = if made == number { StatusCode::OK } else { StatusCode::CREATED };
    Ok(request::json_with(status, &shown(&row)))
}
