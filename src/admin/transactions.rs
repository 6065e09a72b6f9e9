//! Transactions of a space: list them, read one, add them.

use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};
use strum::VariantArray;

use super::items::{Items, one_or_many, one_or_many_transactions};
use super::printed_row;
use super::request::{self, AdminRequest, Query};
use super::spec::{AFTER, Answer, Body, LIMIT, Parameter, Spec, Values, names, parameter};
use super::strict::ListRule;
use super::transaction::{TransactionView, shown, shown_with_reports};
use super::truth::YesNo;
use crate::sandbox::actions::{self, ActionError};
use crate::sandbox::draft::Draft;
use crate::sandbox::facts::{Kind, Method, Named, Status};
use crate::sandbox::generate::calendar::start_of;
use crate::sandbox::ledger::{AddedRow, Axis, OrderRef, RowId, Rows, Transaction, View};
use crate::sandbox::merchant::MerchantId;
use crate::sandbox::money::Currency;
use crate::sandbox::scenario::schema::INSTANT;
use crate::sandbox::scenario::{self, TransactionFile};
use crate::sandbox::space::Moment;
use crate::wire::problem::Problem;

const PARAMETERS: &[Parameter] = &[
    parameter("merchant", Values::Merchant),
    parameter("kind", Values::OneOf(names::<Kind>)),
    parameter("status", Values::OneOf(names::<Status>)),
    parameter("method", Values::OneOf(names::<Method>)),
    parameter("currency", Values::Text),
    parameter("order", Values::Text),
    parameter("from", Values::Instant),
    parameter("to", Values::Instant),
    LIMIT,
    AFTER,
];

/// The conditions of the query parameters; all of them must hold.
struct Filter {
    kind: Option<Kind>,
    status: Option<Status>,
    method: Option<Method>,
    currency: Option<Currency>,
    order: Option<String>,
    from: i64,
    to: i64,
}

impl Filter {
    fn parse(query: &Query) -> Result<Self, Problem> {
        let second = |name, default| {
            Ok::<i64, Problem>(query.instant(name)?.map_or(default, Timestamp::as_second))
        };
        Ok(Self {
            kind: query.one_of("kind")?,
            status: query.one_of("status")?,
            method: query.one_of("method")?,
            currency: query
                .get("currency")
                .map(|code| scenario::currency(code).map_err(Problem::bad_request))
                .transpose()?,
            order: query.get("order").map(str::to_owned),
            from: second("from", i64::MIN)?,
            to: second("to", i64::MAX)?,
        })
    }

    fn rows<'a>(&self, view: &'a View) -> Rows<'a> {
        view.rows(Axis::Created, self.from..self.to)
    }

    fn admits(&self, row: &Transaction<'_>) -> bool {
        self.kind.is_none_or(|kind| kind == row.kind)
            && self.method.is_none_or(|method| method == row.method)
            && self.currency.is_none_or(|currency| currency == row.currency)
            && self.order.as_deref().is_none_or(|order| is_of_order(row, order))
            && self.status.is_none_or(|status| status == row.status())
    }
}

/// Whether a row belongs to the order with this number of the merchant.
fn is_of_order(row: &Transaction<'_>, order: &str) -> bool {
    match row.order() {
        OrderRef::Given(text) => text == order,
        OrderRef::Drawn(number) => {
            let drawn = order.strip_prefix("ORD-").and_then(|digits| digits.parse().ok());
            drawn == Some(number)
        }
    }
}

/// A page of transactions, the newest first.
#[derive(Debug, JsonSchema, Serialize)]
struct Transactions {
    transactions: Vec<TransactionView>,
    /// `after` of the next page; `null` on the last one.
    next: Option<i64>,
}

pub(super) const LIST: Spec =
    Spec { query: PARAMETERS, answers: &[Answer::json::<Transactions>(200)], ..Spec::PLAIN };

pub(super) async fn list(request: AdminRequest) -> Result<Response, Problem> {
    request::in_background(request, listed).await
}

fn listed(request: &AdminRequest) -> Result<Response, Problem> {
    let query = request.query(PARAMETERS)?;
    let (filter, limit) = (Filter::parse(&query)?, query.limit()?);
    let after = query.number("after")?;
    let one = query.get("merchant").map(|name| merchant(request, name)).transpose()?;
    let wanted = request.scenario().merchants().filter(|it| one.is_none_or(|one| one == it.id));
    let views: Vec<View> = wanted.filter_map(|it| request.view(it.id)).collect();
    let behind = after.map(|number| Behind::of(request, number));
    let mut merchants: Vec<_> = views
        .iter()
        .map(|view| behind.as_ref().map_or_else(|| filter.rows(view), |it| it.rows(view, &filter)))
        .map(|rows| rows.rev().filter(|row| filter.admits(row)).peekable())
        .collect();
    let mut page: Vec<TransactionView> = Vec::new();
    // Merges the merchants: takes the newest next row of all; at one instant, that of the first merchant.
    while let Some(newest) = merchants
        .iter_mut()
        .enumerate()
        .filter_map(|(index, rows)| Some((rows.peek()?.created_at, std::cmp::Reverse(index))))
        .max()
    {
        // One row more than the limit tells whether there is a next page.
        if page.len() == limit {
            let next = page.last().map(|it| it.id);
            return Ok(request::json(&Transactions { transactions: page, next }));
        }
        let row = merchants.get_mut(newest.1.0).and_then(Iterator::next);
        page.extend(row.as_ref().map(shown));
    }
    Ok(request::json(&Transactions { transactions: page, next: None }))
}

/// The position of a row in the list of all merchants, newest first; the next page begins after it.
struct Behind {
    number: i64,
    merchant: i64,
    /// When the row was created, Unix seconds.
    at: i64,
}

impl Behind {
    fn of(request: &AdminRequest, number: i64) -> Self {
        let merchant = number.rem_euclid(100);
        let id = u8::try_from(merchant).map(MerchantId).ok();
        let view = id.and_then(|id| request.view(id));
        let row = view.as_ref().and_then(|view| view.find(number));
        // A row that does not exist any more counts as created at the end of its day.
        let day = || view.as_ref().and_then(|view| view.id_at_most(number)).map(RowId::day);
        let ended = || day().map(|day| start_of(day.saturating_add(1)) - 1);
        let at = row.map(|row| row.created_at).or_else(ended).unwrap_or(i64::MIN);
        Self { number, merchant, at }
    }

    fn rows<'a>(&self, view: &'a View, filter: &Filter) -> Rows<'a> {
        let merchant = i64::from(view.merchant.id.0);
        let to = match merchant.cmp(&self.merchant) {
            std::cmp::Ordering::Less => self.at,
            std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => self.at.saturating_add(1),
        };
        let rows = view.rows(Axis::Created, filter.from..filter.to.min(to));
        match view.id_at_most(self.number).filter(|_| merchant == self.merchant) {
            Some(id) => rows.before(id),
            None => rows,
        }
    }
}

pub(super) fn merchant(request: &AdminRequest, name: &str) -> Result<MerchantId, Problem> {
    let named = request.scenario().named_merchant(name);
    named.map(|ledger| ledger.merchant.id).map_err(Problem::bad_request)
}

const DETAILS: &[Parameter] = &[parameter("rows", Values::OneOf(names::<YesNo>))];

pub(super) const ONE: Spec = Spec {
    query: DETAILS,
    answers: &[Answer::json::<TransactionView>(200)],
    problems: &[404, 409],
    ..Spec::PLAIN
};

pub(super) async fn one(request: AdminRequest) -> Result<Response, Problem> {
    let with_rows = request.query(DETAILS)?.one_of("rows")? == Some(YesNo::True);
    let (view, number) = found(&request)?;
    let row = view.find(number).ok_or_else(|| unknown(number))?;
    let mut transaction = shown_with_reports(&row, &request.moment);
    transaction.rows = with_rows.then(|| printed_row::rows(&row, &request.moment));
    transaction.seen = Some(request.space.journal.carriers(&view.merchant.name, row.id()));
    Ok(request::json(&transaction))
}

pub(super) fn refused(err: ActionError) -> Problem {
    let text = err.to_string();
    match err {
        ActionError::Unknown(_) | ActionError::UnknownDeposit(_) => Problem::not_found(text),
        ActionError::Impossible(_) => Problem::conflict(text),
        ActionError::Invalid(_) => Problem::bad_request(text),
    }
}

pub(super) fn unknown(number: i64) -> Problem {
    refused(ActionError::Unknown(number))
}

fn found(request: &AdminRequest) -> Result<(View, i64), Problem> {
    let number = i64::try_from(request.number(1, "a transaction")?).unwrap_or(i64::MAX);
    let (view, _) = actions::find(&request.world, request.now, number).map_err(refused)?;
    Ok((view, number))
}

pub(super) const ADD: Spec = Spec {
    body: Some(Body::shaped(new_transactions)),
    answers: &[Answer::of_shape(201, one_or_many_transactions)],
    problems: &[409],
    ..Spec::PLAIN
};

fn new_transactions(generator: &mut SchemaGenerator) -> Schema {
    let one = new_transaction(generator);
    one_or_many(&one)
}

/// The schema of a transaction in the scenario format with the keys of answers, without the fields `of` and `label`.
fn new_transaction(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = TransactionFile::json_schema(generator);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        // `null` is allowed for them, because it has no effect.
        for name in ["of", "label"] {
            properties.insert(name.to_owned(), json!({"type": "null"}));
        }
        let merchant = json!({"$ref": "#/components/schemas/MerchantName"});
        properties.insert("merchant".to_owned(), merchant);
        if let Some(Value::Object(wire)) = properties.get_mut("wire") {
            let slugs: Vec<&str> = crate::providers::ALL.iter().map(|it| it.slug).collect();
            wire.insert("propertyNames".to_owned(), json!({"enum": slugs}));
        }
        for name in DERIVED {
            properties.insert(name.to_owned(), json!(true));
        }
        let created_at = json!({"type": ["string", "null"], "pattern": INSTANT});
        properties.insert("created_at".to_owned(), created_at);
        let originals = Kind::VARIANTS.iter().filter(|kind| kind.is_original()).map(Named::name);
        let kinds: Vec<Value> = originals.map(Value::from).chain([Value::Null]).collect();
        properties.insert("kind".to_owned(), json!({"enum": kinds}));
    }
    schema
}

pub(super) async fn add(request: AdminRequest) -> Result<Response, Problem> {
    request.query(&[])?;
    let items = Items::of(&request, ListRule::Taken)?;
    let mut files = Vec::new();
    for (index, item) in items.all.iter().enumerate() {
        let file = as_file(item.clone());
        let known = file.and_then(|file| Ok((merchant(&request, &file.merchant)?, file)));
        files.push(known.map_err(|problem| items.problem(index, problem))?);
    }
    let added = request.space.change(|draft| {
        let mut rows = Vec::new();
        for (index, (id, file)) in files.iter().enumerate() {
            let row = add_one(draft, *id, file);
            rows.push((*id, row.map_err(|problem| items.problem(index, problem))?));
        }
        Ok::<_, Problem>(rows)
    });
    let (rows, moment) = added?;
    let shown: Result<Vec<_>, Problem> =
        rows.into_iter().map(|(id, row)| show_added(&moment, id, row)).collect();
    Ok(items.answer(StatusCode::CREATED, shown?))
}

fn add_one(
    draft: &mut Draft<'_>,
    id: MerchantId,
    file: &TransactionFile,
) -> Result<RowId, Problem> {
    check(file)?;
    let merchant = draft.world().scenario.merchant(&file.merchant).cloned();
    let merchant = merchant.ok_or_else(|| Problem::conflict("the scenario has changed"))?;
    let row = file.to_row(&merchant, draft.now);
    let row = row.map_err(|errors| {
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Problem::bad_request(texts.join("; "))
    })?;
    check_row(&row)?;
    actions::add(draft, id, row).map_err(refused)
}

/// An added row; one of a future instant is shown as it will be at that instant.
fn show_added(moment: &Moment, id: MerchantId, row: RowId) -> Result<TransactionView, Problem> {
    let overlay = moment.state().additions.overlay(id);
    let created = overlay.and_then(|it| it.row(row)).map_or(0, |row| row.created_at);
    let view = moment.view(id).ok_or_else(|| Problem::not_found("gone"))?;
    let view = view.at(created.max(view.now));
    let number = view.number_of(row);
    let row = view.get(row).ok_or_else(|| unknown(number))?;
    Ok(shown_with_reports(&row, moment))
}

/// What answers have and a transaction to add does not need: it follows from the rest.
const DERIVED: [&str; 10] = [
    "id",
    "parent",
    "captured",
    "refunded",
    "children",
    "reported",
    "rows",
    "seen",
    "settles_at",
    "dispute",
];

/// The transaction of a body. An answer can be sent again as it is: `created_at` stands for `at`, a settlement
/// to come for the settlement, and what follows from the rest is ignored.
fn as_file(mut item: Map<String, Value>) -> Result<TransactionFile, Problem> {
    let is_set =
        |item: &Map<String, Value>, name: &str| item.get(name).is_some_and(|it| !it.is_null());
    if let Some(created_at) = item.remove("created_at").filter(|it| !it.is_null()) {
        if is_set(&item, "at") && item.get("at") != Some(&created_at) {
            let problem =
                format!("`created_at` is {created_at} and `at` is another instant; say one");
            return Err(Problem::bad_request(problem));
        }
        item.insert("at".to_owned(), created_at);
    }
    if let Some(settles_at) = item.get("settles_at").filter(|it| !it.is_null()).cloned()
        && !is_set(&item, "settled_at")
    {
        item.insert("settled_at".to_owned(), settles_at);
    }
    DERIVED.into_iter().for_each(|name| drop(item.remove(name)));
    if let Some((name, _)) = item.iter().find(|(_, value)| value.is_array()) {
        return Err(Problem::bad_request(format!("`{name}`: no key of this call takes a list")));
    }
    if item.get("status").is_some_and(|status| status == "voided") {
        let problem = "`status` is `voided`; add it as `authorized`, then POST …/{id}/void";
        return Err(Problem::bad_request(problem));
    }
    request::of_value(Value::Object(item))
}

/// Checks whether a row can be added without the row that it follows.
fn check_row(row: &AddedRow) -> Result<(), Problem> {
    let kind = row.kind;
    if !kind.is_original() {
        return Err(Problem::bad_request(format!(
            "a {} happens to a payment: POST /_admin/transactions/{{id}}/{}; only payments and \
             authorizations are added",
            kind.name(),
            match kind {
                Kind::Reject => "chargeback",
                Kind::ChargebackReversal => "dispute",
                _ => kind.name(),
            }
        )));
    }
    if row.fee > row.amount {
        return Err(Problem::bad_request(format!(
            "`fee` is {}; it must be 0 to the amount of {}",
            row.fee, row.amount
        )));
    }
    Ok(())
}

/// Refuses what the scenario format allows and an added transaction cannot have.
fn check(file: &TransactionFile) -> Result<(), Problem> {
    if file.of.is_some() || file.label.is_some() {
        return Err(Problem::bad_request(
            "`of` and `label` are for scenario files; use the actions here",
        ));
    }
    let vocabulary = crate::providers::vocabulary();
    for (field, slug) in file.providers() {
        vocabulary
            .provider(slug)
            .map_err(|problem| Problem::bad_request(format!("`{field}` names an {problem}")))?;
    }
    Ok(())
}
