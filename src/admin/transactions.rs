//! Transactions of a space: look, add, make life happen.

use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ask::{self, Ask, Query};
use super::problem::Problem;
use super::scenario::Nothing;
use super::spec::{AFTER, Answer, Body, LIMIT, Parameter, Spec, Values, parameter};
use super::transaction::{METHODS, STATUSES, Shown, shown};
use crate::sandbox::actions::{self, Action, ActionError};
use crate::sandbox::clock::{EARLIEST, LATEST};
use crate::sandbox::generate::stream::mix;
use crate::sandbox::ledger::{Axis, Kind, Method, Status, Transaction, View};
use crate::sandbox::merchant::MerchantId;
use crate::sandbox::scenario::{TransactionFile, suggestion};

const PARAMETERS: &[Parameter] = &[
    parameter("merchant", Values::Merchant),
    parameter("kind", Values::Words(|| Kind::ALL.map(Kind::word).to_vec())),
    parameter("status", Values::Words(|| STATUSES.map(Status::word).to_vec())),
    parameter("method", Values::Words(|| METHODS.map(Method::word).to_vec())),
    parameter("currency", Values::Text),
    parameter("from", Values::Instant),
    parameter("to", Values::Instant),
    LIMIT,
    AFTER,
];

/// Which transactions are wanted.
struct Filter {
    kind: Option<Kind>,
    status: Option<Status>,
    method: Option<Method>,
    currency: Option<String>,
    from: i64,
    to: i64,
}

impl Filter {
    fn parse(query: &Query) -> Result<Self, Problem> {
        let second = |name, default| {
            Ok::<i64, Problem>(query.instant(name)?.map_or(default, Timestamp::as_second))
        };
        Ok(Self {
            kind: query.word("kind", &Kind::ALL.map(|it| (it.word(), it)))?,
            status: query.word("status", &STATUSES.map(|it| (it.word(), it)))?,
            method: query.word("method", &METHODS.map(|it| (it.word(), it)))?,
            currency: query.get("currency").map(str::to_owned),
            from: second("from", i64::MIN)?,
            to: second("to", i64::MAX)?,
        })
    }

    fn admits(&self, row: &Transaction<'_>) -> bool {
        self.kind.is_none_or(|kind| kind == row.kind)
            && self.method.is_none_or(|method| method == row.method)
            && self.currency.as_deref().is_none_or(|code| code == row.currency.code())
            && self.status.is_none_or(|status| status == row.status())
    }
}

/// A page of transactions, the newest first.
#[derive(Debug, JsonSchema, Serialize)]
struct Transactions {
    transactions: Vec<Shown>,
    /// `after` of the next page; `null` on the last one.
    next: Option<i64>,
}

pub(super) const LIST: Spec =
    Spec { query: PARAMETERS, answers: &[Answer::json::<Transactions>(200)], ..Spec::PLAIN };

pub(super) async fn list(ask: Ask) -> Result<Response, Problem> {
    let query = ask.query(PARAMETERS)?;
    let (filter, limit) = (Filter::parse(&query)?, query.limit()?);
    let after = query.number("after")?;
    let scenario = &ask.sandbox().scenario;
    let one = query.get("merchant").map(|name| merchant(&ask, name)).transpose()?;
    let first = after.map(|number| number.rem_euclid(100));
    let mut page = Vec::new();
    for merchant in scenario.merchants() {
        let place = i64::from(merchant.id.0);
        if one.is_some_and(|one| one != merchant.id) || first.is_some_and(|it| place < it) {
            continue;
        }
        let Some(view) = ask.sandbox().view(merchant.id) else { continue };
        let mut rows = view.rows(Axis::Created, filter.from..filter.to);
        if first == Some(place)
            && let Some(id) = after.and_then(|number| view.id_at_most(number))
        {
            rows = rows.before(id);
        }
        // One more than wanted tells whether there is a next page.
        for row in rows.rev().filter(|row| filter.admits(row)) {
            if page.len() == limit {
                let next = page.last().map(|it: &Shown| it.id);
                return Ok(ask::json(&Transactions { transactions: page, next }));
            }
            page.push(shown(&row));
        }
    }
    Ok(ask::json(&Transactions { transactions: page, next: None }))
}

fn merchant(ask: &Ask, name: &str) -> Result<MerchantId, Problem> {
    let scenario = &ask.sandbox().scenario;
    scenario.merchant(name).map(|merchant| merchant.id).ok_or_else(|| {
        let near = suggestion(name, scenario.merchants().map(|it| it.name.as_str()));
        Problem::bad_request(format!("unknown merchant `{name}`{near}"))
    })
}

pub(super) const ONE: Spec =
    Spec { answers: &[Answer::json::<Shown>(200)], problems: &[404, 409], ..Spec::PLAIN };

pub(super) async fn one(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let (view, number) = found(&ask)?;
    let row = view.find(number).ok_or_else(|| unknown(number))?;
    Ok(ask::json(&shown(&row)))
}

fn refused(err: ActionError) -> Problem {
    let text = err.to_string();
    match err {
        ActionError::Unknown(_) => Problem::not_found(text),
        ActionError::Impossible(_) => Problem::conflict(text),
    }
}

fn unknown(number: i64) -> Problem {
    refused(ActionError::Unknown(number))
}

fn found(ask: &Ask) -> Result<(View, i64), Problem> {
    let number = i64::try_from(ask.number(1, "a transaction")?).unwrap_or(i64::MAX);
    let (view, _) = actions::find(ask.sandbox(), number).map_err(refused)?;
    Ok((view, number))
}

pub(super) const ADD: Spec = Spec {
    body: Some(Body::shaped(new_transaction)),
    answers: &[Answer::json::<Shown>(201)],
    problems: &[409],
    ..Spec::PLAIN
};

/// A transaction as the file format has it, but for what is for files alone.
fn new_transaction(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = TransactionFile::json_schema(generator);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        // They can be there when they say nothing.
        for name in ["of", "label"] {
            properties.insert(name.to_owned(), json!({"type": "null"}));
        }
        let merchant = json!({"$ref": "#/components/schemas/MerchantName"});
        properties.insert("merchant".to_owned(), merchant);
        if let Some(Value::Object(wire)) = properties.get_mut("wire") {
            let slugs: Vec<&str> = crate::providers::ALL.iter().map(|it| it.slug).collect();
            wire.insert("propertyNames".to_owned(), json!({"enum": slugs}));
        }
        let births = Kind::ALL.into_iter().filter(|kind| kind.is_birth()).map(Kind::word);
        let kinds: Vec<Value> = births.map(Value::from).chain([Value::Null]).collect();
        properties.insert("kind".to_owned(), json!({"enum": kinds}));
    }
    schema
}

pub(super) async fn add(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let file: TransactionFile = ask.json()?;
    let sandbox = ask.sandbox();
    let id = merchant(&ask, &file.merchant)?;
    check(&file)?;
    let view = sandbox.view(id).ok_or_else(|| Problem::not_found("no such merchant"))?;
    let now = sandbox.clock.now();
    let mut added =
        file.to_added(&view.merchant, now).map_err(|err| Problem::bad_request(err.to_string()))?;
    if !added.kind.is_birth() {
        return Err(Problem::bad_request(format!(
            "a {} happens to a payment: POST /_admin/transactions/{{id}}/{}; only payments and \
             authorizations are added",
            added.kind.word(),
            if added.kind == Kind::Reject { "chargeback" } else { added.kind.word() }
        )));
    }
    if added.fee > added.amount {
        return Err(Problem::bad_request(format!(
            "`fee` is {}; it must be 0 to the amount of {}",
            added.fee, added.amount
        )));
    }
    // Two alike are two customers.
    added.key = mix(view.key() ^ view.version(), added.key);
    let row = sandbox.ledger.add(id, added).ok_or_else(|| {
        Problem::conflict("there is no room for one more row at this instant; choose another `at`")
    })?;
    // A row of the future is shown as it is going to be when it is there.
    let created = sandbox.ledger.overlay(id).and_then(|it| it.row(row).map(|row| row.created_at));
    let seen = created.unwrap_or(0).max(now.as_second());
    let view = sandbox.ledger.view(id, seen).ok_or_else(|| Problem::not_found("gone"))?;
    let number = view.number_of(row);
    let row = view.get(row).ok_or_else(|| unknown(number))?;
    Ok(ask::json_with(StatusCode::CREATED, &shown(&row)))
}

/// What the file format lets pass and makes no sense here.
fn check(file: &TransactionFile) -> Result<(), Problem> {
    let refuse = |text: String| Err(Problem::bad_request(text));
    if file.of.is_some() || file.label.is_some() {
        return refuse("`of` and `label` are for scenario files; use the actions here".to_owned());
    }
    let instants = [
        ("at", file.at),
        ("paid_at", file.paid_at),
        ("settled_at", file.settled_at),
        ("corrected_at", file.corrected_at),
    ];
    for (name, at) in instants.into_iter().filter_map(|(name, at)| Some((name, at?))) {
        if !(EARLIEST..=LATEST).contains(&at) {
            return refuse(format!("`{name}` is {at}; it must be {EARLIEST} to {LATEST}"));
        }
    }
    if let (Some(at), Some(paid)) = (file.at, file.paid_at)
        && paid < at
    {
        return refuse(format!("`paid_at` is {paid}; it cannot be before `at`, {at}"));
    }
    if let (Some(paid), Some(settled)) = (file.paid_at.or(file.at), file.settled_at)
        && settled < paid
    {
        return refuse(format!(
            "`settled_at` is {settled}; it cannot be before it is paid, {paid}"
        ));
    }
    if file.fee.is_some_and(|fee| fee < 0) {
        return refuse("`fee` is negative; it must be 0 to the amount".to_owned());
    }
    if let Some(card) = &file.card
        && (card.bin > 999_999 || card.last4 > 9999 || !(1..=12).contains(&card.exp_month))
    {
        return refuse(
            "`card` needs `bin` of six digits, `last4` of four and `exp_month` 1 to 12".to_owned(),
        );
    }
    for (slug, json) in &file.wire {
        if crate::providers::find(slug).is_none() {
            let near = suggestion(slug, crate::providers::ALL.iter().map(|it| it.slug));
            return refuse(format!("`wire` names an unknown provider `{slug}`{near}"));
        }
        if !serde_json::from_str::<Value>(json).is_ok_and(|value| value.is_object()) {
            return refuse(format!("`wire.{slug}` must be the text of a JSON object"));
        }
    }
    Ok(())
}

/// How much of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Part {
    /// Minor units; all there is without one.
    amount: Option<i64>,
}

const OF_A_PART: Spec = Spec {
    body: Some(Body::optional::<Part>()),
    answers: &[Answer::json::<Shown>(201)],
    problems: &[404, 409],
    ..Spec::PLAIN
};
const OF_ALL: Spec = Spec { body: Some(Body::optional::<Nothing>()), ..OF_A_PART };

pub(super) const CAPTURE: Spec = OF_A_PART;
pub(super) const REFUND: Spec = OF_A_PART;
pub(super) const VOID: Spec = OF_ALL;
pub(super) const CHARGEBACK: Spec = OF_ALL;
pub(super) const SETTLE: Spec = Spec { answers: &[Answer::json::<Shown>(200)], ..OF_ALL };

pub(super) async fn capture(ask: Ask) -> Result<Response, Problem> {
    let part: Part = ask.json()?;
    act(&ask, Action::Capture(part.amount))
}

pub(super) async fn refund(ask: Ask) -> Result<Response, Problem> {
    let part: Part = ask.json()?;
    act(&ask, Action::Refund(part.amount))
}

pub(super) async fn void(ask: Ask) -> Result<Response, Problem> {
    ask.json::<Nothing>()?;
    act(&ask, Action::Void)
}

pub(super) async fn chargeback(ask: Ask) -> Result<Response, Problem> {
    ask.json::<Nothing>()?;
    act(&ask, Action::Chargeback)
}

pub(super) async fn settle(ask: Ask) -> Result<Response, Problem> {
    ask.json::<Nothing>()?;
    act(&ask, Action::Settle)
}

/// Does it and shows the row that came of it.
fn act(ask: &Ask, action: Action) -> Result<Response, Problem> {
    ask.query(&[])?;
    let number = i64::try_from(ask.number(1, "a transaction")?).unwrap_or(i64::MAX);
    let made = actions::act(ask.sandbox(), number, action).map_err(refused)?;
    let (view, _) = actions::find(ask.sandbox(), made).map_err(refused)?;
    let row = view.find(made).ok_or_else(|| unknown(made))?;
    let status = if made == number { StatusCode::OK } else { StatusCode::CREATED };
    Ok(ask::json_with(status, &shown(&row)))
}
