//! Actions on transactions of a space: capture, void, refund, chargeback, settle, amend.

use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;

use super::request::{self, AdminRequest};
use super::scenario::EmptyBody;
use super::spec::{Answer, Body, Spec};
use super::transaction::{TransactionView, shown, shown_with_reports};
use super::transactions::{refused, unknown};
use crate::sandbox::actions::{self, Action, NewValues};
use crate::sandbox::facts::MAX_AMOUNT;
use crate::sandbox::scenario::schema::Instant;
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

/// The new values of a transaction; those that are not named stay as they are.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Amendment")]
struct AmendBody {
    /// Minor units.
    #[schemars(range(min = 1, max = MAX_AMOUNT))]
    amount: Option<i64>,
    /// Minor units.
    #[schemars(range(min = 0, max = MAX_AMOUNT))]
    fee: Option<i64>,
    /// At most 4096 characters.
    #[schemars(length(max = 4096))]
    description: Option<String>,
    /// The instant of the settlement; it can be moved until the money is paid out.
    #[schemars(with = "Option<Instant>")]
    settled_at: Option<String>,
    /// The instant from which on reports tell the new values; now without it.
    #[schemars(with = "Option<Instant>")]
    at: Option<String>,
}

/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 4096;

pub(super) const AMEND: Spec = Spec {
    body: Some(Body::json::<AmendBody>()),
    answers: &[Answer::json::<TransactionView>(200)],
    problems: &[404, 409],
    ..Spec::PLAIN
};

pub(super) async fn amend(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let body: AmendBody = request.json()?;
    let length = body.description.as_ref().map_or(0, |text| text.chars().count());
    if length > MAX_DESCRIPTION {
        let most = format!("it must have at most {MAX_DESCRIPTION}");
        return Err(Problem::bad_request(format!("`description` has {length} characters; {most}")));
    }
    let read = |name, text: Option<&str>| text.map(|text| request::instant(name, text)).transpose();
    let values = NewValues {
        amount: body.amount,
        fee: body.fee,
        settled_at: read("settled_at", body.settled_at.as_deref())?,
        at: read("at", body.at.as_deref())?,
        description: body.description,
    };
    let number = i64::try_from(request.number(1, "a transaction")?).unwrap_or(i64::MAX);
    let amended = request.space.change(|draft| actions::amend(draft, number, &values));
    let ((), moment) = amended.map_err(refused)?;
    let (view, id) = actions::find(&moment.world, moment.now, number).map_err(refused)?;
    let row = view.get(id).ok_or_else(|| unknown(number))?;
    Ok(request::json(&shown_with_reports(&row, &moment)))
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
