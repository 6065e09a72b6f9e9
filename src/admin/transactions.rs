//! Transactions of a space: look, add, make life happen.

use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::ask::{self, Ask, Query};
use super::problem::Problem;
use crate::sandbox::actions::{self, Action, ActionError};
use crate::sandbox::clock::{EARLIEST, LATEST};
use crate::sandbox::generate::birth::Decline;
use crate::sandbox::generate::stream::mix;
use crate::sandbox::ledger::{Axis, Kind, Method, Status, Transaction, View};
use crate::sandbox::merchant::MerchantId;
use crate::sandbox::scenario::{TransactionFile, suggestion};

const PARAMETERS: [&str; 9] =
    ["merchant", "kind", "status", "method", "currency", "from", "to", "limit", "after"];

const STATUSES: [Status; 7] = [
    Status::Incomplete,
    Status::Pending,
    Status::Authorized,
    Status::Captured,
    Status::Declined,
    Status::Expired,
    Status::Voided,
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
        let methods = [Method::Card, Method::Bank, Method::Alternative];
        let second = |name, default| {
            Ok::<i64, Problem>(query.instant(name)?.map_or(default, Timestamp::as_second))
        };
        Ok(Self {
            kind: query.word("kind", &Kind::ALL.map(|it| (it.word(), it)))?,
            status: query.word("status", &STATUSES.map(|it| (it.word(), it)))?,
            method: query.word("method", &methods.map(|it| (it.word(), it)))?,
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

pub(super) async fn list(ask: Ask) -> Result<Response, Problem> {
    let query = ask.query(&PARAMETERS)?;
    let (filter, limit) = (Filter::parse(&query)?, query.limit()?);
    let after = query.number("after")?;
    let scenario = &ask.sandbox().scenario;
    let one = query.get("merchant").map(|name| merchant(&ask, name)).transpose()?;
    let first = after.map(|number| number.rem_euclid(100));
    let mut page = Vec::new();
    let mut next = None;
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
                next = page.last().and_then(|row: &Value| row.get("id")).cloned();
                return Ok(ask::json(&json!({"transactions": page, "next": next})));
            }
            page.push(shown(&row));
        }
    }
    Ok(ask::json(&json!({"transactions": page, "next": next})))
}

fn merchant(ask: &Ask, name: &str) -> Result<MerchantId, Problem> {
    let scenario = &ask.sandbox().scenario;
    scenario.merchant(name).map(|merchant| merchant.id).ok_or_else(|| {
        let near = suggestion(name, scenario.merchants().map(|it| it.name.as_str()));
        Problem::bad_request(format!("unknown merchant `{name}`{near}"))
    })
}

fn instant(second: Option<i64>) -> Value {
    second
        .and_then(|second| Timestamp::from_second(second).ok())
        .map_or(Value::Null, |at| json!(at.to_string()))
}

/// A transaction in our own words. Amounts are minor units.
fn shown(row: &Transaction<'_>) -> Value {
    let person = row.person();
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    put("id", json!(row.number()));
    put("merchant", json!(row.view().merchant.name));
    put("kind", json!(row.kind.word()));
    put("status", json!(row.status().word()));
    put("method", json!(row.method.word()));
    put("amount", json!(row.amount));
    put("currency", json!(row.currency.code()));
    put("fee", json!(row.fee));
    put("created_at", instant(Some(row.created_at)));
    put("paid_at", instant(row.paid_at()));
    put("settled_at", instant(row.settled_at()));
    put("settles_at", instant(row.settles_at()));
    put("test", json!(row.test));
    put("parent", json!(row.parent().map(|parent| parent.number())));
    put("order", json!(row.order().to_string()));
    put("description", json!(row.description()));
    put("decline", json!(row.decline().map(Decline::word)));
    if row.kind.is_birth() {
        put("captured", json!(row.captured()));
        put("refunded", json!(row.refunded()));
        let children: Vec<i64> = row.children().iter().map(Transaction::number).collect();
        put("children", json!(children));
    }
    if let Some(card) = row.card() {
        let pan = json!({"bin": format!("{:06}", card.bin), "last4": format!("{:04}", card.last4)});
        put("card", pan);
    }
    put(
        "customer",
        json!({"first_name": person.first, "last_name": person.last, "email": person.email()}),
    );
    Value::Object(shown)
}

pub(super) async fn one(ask: Ask) -> Result<Response, Problem> {
    ask.query(&[])?;
    let (view, number) = found(&ask)?;
    let row = view.find(number).ok_or_else(|| unknown(number))?;
    Ok(ask::json(&shown(&row)))
}

fn unknown(number: i64) -> Problem {
    Problem::not_found(ActionError::Unknown(number).to_string())
}

fn found(ask: &Ask) -> Result<(View, i64), Problem> {
    let number = i64::try_from(ask.number(1, "a transaction")?).unwrap_or(i64::MAX);
    let (view, _) = actions::find(ask.sandbox(), number).ok_or_else(|| unknown(number))?;
    Ok((view, number))
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    amount: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {}

pub(super) async fn capture(ask: Ask) -> Result<Response, Problem> {
    let part: Part = ask.json()?;
    act(&ask, Action::Capture(part.amount))
}

pub(super) async fn refund(ask: Ask) -> Result<Response, Problem> {
    let part: Part = ask.json()?;
    act(&ask, Action::Refund(part.amount))
}

pub(super) async fn void(ask: Ask) -> Result<Response, Problem> {
    ask.json::<Whole>()?;
    act(&ask, Action::Void)
}

pub(super) async fn chargeback(ask: Ask) -> Result<Response, Problem> {
    ask.json::<Whole>()?;
    act(&ask, Action::Chargeback)
}

pub(super) async fn settle(ask: Ask) -> Result<Response, Problem> {
    ask.json::<Whole>()?;
    act(&ask, Action::Settle)
}

/// Does it and shows the row that came of it.
fn act(ask: &Ask, action: Action) -> Result<Response, Problem> {
    ask.query(&[])?;
    let number = i64::try_from(ask.number(1, "a transaction")?).unwrap_or(i64::MAX);
    let made = actions::act(ask.sandbox(), number, action).map_err(|err| match err {
        ActionError::Unknown(_) => Problem::not_found(err.to_string()),
        ActionError::Impossible(_) => Problem::conflict(err.to_string()),
    })?;
    let (view, _) = actions::find(ask.sandbox(), made).ok_or_else(|| unknown(made))?;
    let row = view.find(made).ok_or_else(|| unknown(made))?;
    let status = if made == number { StatusCode::OK } else { StatusCode::CREATED };
    Ok(ask::json_with(status, &shown(&row)))
}
