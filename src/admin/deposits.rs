//! Deposits of a space: list them, and have them fail, come back or be late.

use axum::response::Response;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::request::{self, AdminRequest};
use super::spec::{AFTER, Answer, Body, LIMIT, Parameter, Spec, Values, names, parameter};
use super::transactions::{merchant, refused};
use super::truth::{LineView, lines};
use crate::sandbox::actions::{self, DepositAction};
use crate::sandbox::facts::Named;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::ledger::View;
use crate::sandbox::ledger::deposit_summary::{self, Summary};
use crate::sandbox::ledger::fates::{self, FateKind};
use crate::sandbox::ledger::settlement::Class;
use crate::sandbox::money::Currency;
use crate::sandbox::scenario;
use crate::sandbox::scenario::duration;
use crate::sandbox::scenario::schema::Length;
use crate::wire::problem::Problem;

/// Where the money of a deposit is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
enum DepositStatus {
    /// On its way to the bank.
    OnTheWay,
    /// At the bank.
    Paid,
    /// The transfer failed; the money comes with a later deposit.
    Failed,
    /// The bank sent it back; the money comes with a later deposit.
    Returned,
    /// Not above zero, so nothing was sent off.
    Owed,
}

impl DepositStatus {
    fn of(deposit: &Summary, now: i64) -> Self {
        match deposit.failure.map(|failure| failure.what) {
            Some(FateKind::Returned) => Self::Returned,
            Some(FateKind::Failed | FateKind::Delayed) => Self::Failed,
            None if deposit.amount <= 0 => Self::Owed,
            None if deposit.effective_at <= now => Self::Paid,
            None => Self::OnTheWay,
        }
    }
}

/// A page of deposits, the newest first.
#[derive(Debug, JsonSchema, Serialize)]
struct Deposits {
    deposits: Vec<DepositView>,
    /// `after` of the next page; `null` on the last one.
    next: Option<i64>,
}

/// What is transferred to the bank account of a merchant on a day: the rows of a class and a currency that were
/// settled on it. Amounts are minor units.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "DepositOfMerchant")]
struct DepositView {
    id: i64,
    merchant: String,
    day: String,
    /// Of `card` (cards and alternative methods) or `bank` payments.
    class: &'static str,
    /// ISO 4217 code.
    currency: &'static str,
    #[schemars(extend("enum" = names::<DepositStatus>()))]
    status: &'static str,
    /// The sum of the lines.
    amount: i64,
    /// The payments and captures in it.
    sales: i64,
    /// The fees taken from it.
    fees: i64,
    initiated_at: Option<Timestamp>,
    /// When the bank books it; `null` if it failed or came back.
    effective_at: Option<Timestamp>,
    /// When it failed or came back.
    failed_at: Option<Timestamp>,
    /// Its lines by kind.
    lines: Vec<LineView>,
}

fn shown(view: &View, deposit: &Summary) -> DepositView {
    let instant = |second: i64| Timestamp::from_second(second).ok();
    let failed_at = deposit.failure.map(|failure| failure.at);
    DepositView {
        id: deposit.number,
        merchant: view.merchant.name.clone(),
        day: calendar::date_of(deposit.day).to_string(),
        class: if deposit.class == Class::Bank { "bank" } else { "card" },
        currency: deposit.currency.code(),
        status: DepositStatus::of(deposit, view.now).name(),
        amount: deposit.amount,
        sales: deposit.sales,
        fees: deposit.fees,
        initiated_at: instant(deposit.initiated_at),
        effective_at: failed_at.map_or_else(|| instant(deposit.effective_at), |_| None),
        failed_at: failed_at.and_then(instant),
        lines: lines(deposit),
    }
}

const PARAMETERS: &[Parameter] = &[
    parameter("merchant", Values::Merchant),
    parameter("currency", Values::Text),
    parameter("status", Values::OneOf(names::<DepositStatus>)),
    parameter("from", Values::Instant),
    parameter("to", Values::Instant),
    LIMIT,
    AFTER,
];

pub(super) const LIST: Spec =
    Spec { query: PARAMETERS, answers: &[Answer::json::<Deposits>(200)], ..Spec::PLAIN };

/// The longest time in days from a deposit to its arrival, unless it is delayed: over a weekend.
const LONGEST_WAY: Day = 4;

/// A day before which no deposit has this status.
fn first_with(status: Option<DepositStatus>, view: &View) -> Day {
    let by_hand = fates::first_day(view).unwrap_or(Day::MAX);
    match status {
        None | Some(DepositStatus::Paid | DepositStatus::Owed) => 0,
        Some(DepositStatus::Failed | DepositStatus::Returned) => by_hand,
        Some(DepositStatus::OnTheWay) => {
            calendar::day_of(view.now).saturating_sub(LONGEST_WAY).min(by_hand)
        }
    }
}

/// Days whose deposits are computed at once.
const STRIDE: Day = 16;

pub(super) async fn list(request: AdminRequest) -> Result<Response, Problem> {
    request::in_background(request, listed).await
}

fn listed(request: &AdminRequest) -> Result<Response, Problem> {
    let query = request.query(PARAMETERS)?;
    let (limit, after) = (query.limit()?, query.number("after")?.unwrap_or(i64::MAX));
    let status = query.one_of::<DepositStatus>("status")?;
    let currency: Option<Currency> = query
        .get("currency")
        .map(|code| scenario::currency(code).map_err(Problem::bad_request))
        .transpose()?;
    let one = query.get("merchant").map(|name| merchant(request, name)).transpose()?;
    let day = |name, default| {
        let at = query.instant(name)?.map(Timestamp::as_second);
        Ok::<Day, Problem>(at.map_or(default, calendar::day_of))
    };
    let today = calendar::day_of(request.now.as_second());
    let first = day("from", 0)?.max(request.world.first_day());
    // `to` is the end of the range and not in it.
    let to = query.instant("to")?.map(|to| calendar::day_of(to.as_second().saturating_sub(1)));
    let mut end = to.unwrap_or(today).min(today).saturating_add(1);
    let merchants = request.scenario().merchants().filter(|it| one.is_none_or(|one| one == it.id));
    let views: Vec<View> = merchants.filter_map(|it| request.view(it.id)).collect();
    let first = first.max(views.iter().map(|view| first_with(status, view)).min().unwrap_or(first));
    let mut page: Vec<DepositView> = Vec::new();
    // One more than a page tells whether there is another one.
    while end > first && page.len() <= limit {
        let start = end.saturating_sub(STRIDE).max(first);
        let mut some: Vec<(&View, Summary)> = Vec::new();
        for view in &views {
            let of_view = deposit_summary::summaries(view, start..end);
            some.extend(of_view.into_iter().map(|it| (view, it)));
        }
        some.sort_unstable_by_key(|(_, deposit)| std::cmp::Reverse(deposit.number));
        some.retain(|(view, deposit)| {
            deposit.number < after
                && currency.is_none_or(|currency| currency == deposit.currency)
                && status.is_none_or(|status| status == DepositStatus::of(deposit, view.now))
        });
        let room = limit.saturating_add(1).saturating_sub(page.len());
        page.extend(some.iter().take(room).map(|(view, deposit)| shown(view, deposit)));
        end = start;
    }
    let is_more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| is_more).map(|it| it.id);
    Ok(request::json(&Deposits { deposits: page, next }))
}

/// Nothing to say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NoDetails")]
struct Nothing {}

/// By how much a deposit is late.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DepositDelay")]
struct Delay {
    /// A length of time.
    #[schemars(with = "Length")]
    by: String,
}

const CHANGED: Spec =
    Spec { answers: &[Answer::json::<DepositView>(200)], problems: &[404, 409], ..Spec::PLAIN };

pub(super) const FAIL: Spec =
    Spec { body: Some(Body { required: false, ..Body::json::<Nothing>() }), ..CHANGED };
pub(super) const RETURN: Spec = FAIL;
pub(super) const DELAY: Spec = Spec { body: Some(Body::json::<Delay>()), ..CHANGED };

pub(super) async fn fail(request: AdminRequest) -> Result<Response, Problem> {
    let _: Nothing = request.json()?;
    change(&request, DepositAction::Fail)
}

pub(super) async fn send_back(request: AdminRequest) -> Result<Response, Problem> {
    let _: Nothing = request.json()?;
    change(&request, DepositAction::Return)
}

pub(super) async fn delay(request: AdminRequest) -> Result<Response, Problem> {
    let Delay { by } = request.json()?;
    let length = duration(&by).filter(jiff::SignedDuration::is_positive).ok_or_else(|| {
        Problem::bad_request(format!(
            "`by` is `{by}`; it must be a length of time such as `90m`, `36h` or `2d`"
        ))
    })?;
    change(&request, DepositAction::Delay(length))
}

fn change(request: &AdminRequest, action: DepositAction) -> Result<Response, Problem> {
    request.query(&[])?;
    let number = i64::try_from(request.number(1, "a deposit")?).unwrap_or(i64::MAX);
    let changed = request.space.change(|draft| actions::change_deposit(draft, number, action));
    let ((), moment) = changed.map_err(refused)?;
    let (view, deposit) =
        actions::find_deposit(&moment.world, moment.now, number).map_err(refused)?;
    Ok(request::json(&shown(&view, &deposit)))
}
