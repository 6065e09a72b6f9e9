//! Actions on transactions of a space: capture, void, refund, chargeback, settle, amend.

use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::items::{Items, one_or_many, one_or_many_transactions};
use super::request::{self, AdminRequest};
use super::spec::{Answer, Body, Spec, names};
use super::strict::ListRule;
use super::transaction::{TransactionView, shown_with_reports};
use super::transactions::{refused, unknown};
use crate::sandbox::actions::{self, Action, ActionError, NewValues};
use crate::sandbox::draft::Draft;
use crate::sandbox::facts::{DisputeOutcome, MAX_AMOUNT};
use crate::sandbox::scenario::schema::Instant;
use crate::sandbox::space::Moment;
use crate::wire::problem::Problem;

/// What is done to a transaction, and when.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Part {
    /// Minor units; all that is possible without one.
    #[schemars(range(min = 1, max = MAX_AMOUNT))]
    amount: Option<i64>,
    /// When it happens: not before the payment and not after now; now without it.
    #[schemars(with = "Option<Instant>")]
    at: Option<String>,
}

/// When something is done to a whole transaction.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Whole {
    /// Not before the payment and not after now; now without it.
    #[schemars(with = "Option<Instant>")]
    at: Option<String>,
}

/// The schema of one body of this type or of a list of them.
fn bodies<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let one = generator.subschema_for::<T>();
    one_or_many(&one)
}

const MADE: &[Answer] = &[Answer::of_shape(201, one_or_many_transactions)];
const CHANGED: &[Answer] = &[Answer::of_shape(200, one_or_many_transactions)];

const fn acts(body: super::spec::Shape, answers: &'static [Answer]) -> Spec {
    let body = Some(Body { required: false, ..Body::shaped(body) });
    Spec { body, answers, problems: &[404, 409], ..Spec::PLAIN }
}

pub(super) const CAPTURE: Spec = acts(bodies::<Part>, MADE);
pub(super) const REFUND: Spec = CAPTURE;
pub(super) const CHARGEBACK: Spec = CAPTURE;
pub(super) const VOID: Spec = acts(bodies::<Whole>, MADE);
pub(super) const SETTLE: Spec = acts(bodies::<Whole>, CHANGED);

/// The end of a dispute, and when.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DisputeBody {
    /// Whether the merchant won it, so that the money comes back, or lost it.
    #[schemars(with = "String", extend("enum" = names::<DisputeOutcome>()))]
    outcome: DisputeOutcome,
    /// Not before the chargeback and not after now; now without it.
    #[schemars(with = "Option<Instant>")]
    at: Option<String>,
}

pub(super) const DISPUTE: Spec = Spec {
    body: Some(Body::shaped(bodies::<DisputeBody>)),
    answers: &[
        Answer::of_shape(200, one_or_many_transactions),
        Answer::of_shape(201, one_or_many_transactions),
    ],
    ..acts(bodies::<DisputeBody>, MADE)
};

pub(super) async fn dispute(request: AdminRequest) -> Result<Response, Problem> {
    act(&request, |item| {
        let body: DisputeBody = of_item(item)?;
        Ok((Deed::Dispute(body.outcome), body.at))
    })
}

pub(super) async fn capture(request: AdminRequest) -> Result<Response, Problem> {
    act_in_part(&request, Action::Capture)
}

pub(super) async fn refund(request: AdminRequest) -> Result<Response, Problem> {
    act_in_part(&request, Action::Refund)
}

pub(super) async fn chargeback(request: AdminRequest) -> Result<Response, Problem> {
    act_in_part(&request, Action::Chargeback)
}

pub(super) async fn void(request: AdminRequest) -> Result<Response, Problem> {
    act_on_all(&request, Action::Void)
}

pub(super) async fn settle(request: AdminRequest) -> Result<Response, Problem> {
    act_on_all(&request, Action::Settle)
}

/// What a call does to a transaction.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Action(Action),
    Dispute(DisputeOutcome),
}

impl Deed {
    /// Does it. Returns the number of the row that shows it, and whether that row is new.
    fn done(
        self,
        draft: &mut Draft<'_>,
        number: i64,
        at: Option<Timestamp>,
    ) -> Result<(i64, bool), ActionError> {
        match self {
            Self::Action(action) => {
                let made = actions::act(draft, number, (action, at))?;
                Ok((made, made != number))
            }
            Self::Dispute(outcome) => {
                let last = actions::end_dispute(draft, number, (outcome, at))?;
                Ok((last, outcome == DisputeOutcome::Won))
            }
        }
    }
}

fn act_in_part(
    request: &AdminRequest,
    action: fn(Option<i64>) -> Action,
) -> Result<Response, Problem> {
    act(request, |item| {
        let part: Part = of_item(item)?;
        Ok((Deed::Action(action(part.amount)), part.at))
    })
}

fn act_on_all(request: &AdminRequest, action: Action) -> Result<Response, Problem> {
    act(request, |item| {
        let whole: Whole = of_item(item)?;
        Ok((Deed::Action(action), whole.at))
    })
}

fn of_item<T: DeserializeOwned>(item: &Map<String, Value>) -> Result<T, Problem> {
    request::of_value(Value::Object(item.clone()))
}

/// Performs the actions of the body on the transaction of the path, all or none, and shows the new or changed
/// rows.
fn act(
    request: &AdminRequest,
    read: impl Fn(&Map<String, Value>) -> Result<(Deed, Option<String>), Problem>,
) -> Result<Response, Problem> {
    request.query(&[])?;
    let number = path_number(request)?;
    let items = Items::of(request, ListRule::Refused)?;
    let mut wanted = Vec::new();
    for (index, item) in items.all.iter().enumerate() {
        let one = read(item).and_then(|(deed, at)| Ok((deed, instant("at", at.as_deref())?)));
        wanted.push(one.map_err(|problem| items.problem(index, problem))?);
    }
    let acted = request.space.change(|draft| {
        let mut made = Vec::new();
        for (index, (deed, at)) in wanted.iter().enumerate() {
            let done = deed.done(draft, number, *at);
            made.push(done.map_err(|err| items.problem(index, refused(err)))?);
        }
        Ok::<_, Problem>(made)
    });
    let (made, moment) = acted?;
    let is_new = made.iter().any(|made| made.1);
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let shown: Result<Vec<_>, Problem> = made.iter().map(|made| show(&moment, made.0)).collect();
    Ok(items.answer(status, shown?))
}

fn path_number(request: &AdminRequest) -> Result<i64, Problem> {
    Ok(i64::try_from(request.number(1, "a transaction")?).unwrap_or(i64::MAX))
}

fn instant(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    text.map(|text| request::instant(name, text)).transpose()
}

fn show(moment: &Moment, number: i64) -> Result<TransactionView, Problem> {
    let (view, id) = actions::find(&moment.world, moment.now, number).map_err(refused)?;
    let row = view.get(id).ok_or_else(|| unknown(number))?;
    Ok(shown_with_reports(&row, moment))
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
    #[schemars(length(max = MAX_DESCRIPTION))]
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

pub(super) const AMEND: Spec =
    Spec { body: Some(Body::shaped(bodies::<AmendBody>)), ..acts(bodies::<AmendBody>, CHANGED) };

fn new_values(item: &Map<String, Value>) -> Result<NewValues, Problem> {
    let body: AmendBody = of_item(item)?;
    let length = body.description.as_ref().map_or(0, |text| text.chars().count());
    if length > MAX_DESCRIPTION {
        let most = format!("it must have at most {MAX_DESCRIPTION}");
        return Err(Problem::bad_request(format!("`description` has {length} characters; {most}")));
    }
    Ok(NewValues {
        amount: body.amount,
        fee: body.fee,
        settled_at: instant("settled_at", body.settled_at.as_deref())?,
        at: instant("at", body.at.as_deref())?,
        description: body.description,
    })
}

pub(super) async fn amend(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let number = path_number(&request)?;
    let items = Items::of(&request, ListRule::Refused)?;
    let mut wanted = Vec::new();
    for (index, item) in items.all.iter().enumerate() {
        wanted.push(new_values(item).map_err(|problem| items.problem(index, problem))?);
    }
    let amended = request.space.change(|draft| {
        for (index, values) in wanted.iter().enumerate() {
            let done = actions::amend(draft, number, values);
            done.map_err(|err| items.problem(index, refused(err)))?;
        }
        Ok::<_, Problem>(())
    });
    let ((), moment) = amended?;
    let shown: Result<Vec<_>, Problem> = wanted.iter().map(|_| show(&moment, number)).collect();
    Ok(items.answer(StatusCode::OK, shown?))
}
