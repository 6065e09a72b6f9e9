//! What falls due without a request: rows are paid and settled, deposits leave and arrive, reports begin to show
//! rows, callbacks are sent and prepared reports are done.
//!
//! Told are the rows that a scenario or an action added or changed, and their deposits. The generated trade goes on
//! by itself, thousands of rows a day, and is left out.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::Timestamp;

use super::actions::{self, ActionError};
use super::clock::LATEST;
use super::facts::{Kind, Named};
use super::generate::calendar::{self, DAY, Day};
use super::ledger::settlement::{self, Deposit};
use super::ledger::{RowId, Transaction, View};
use super::money::Money;
use super::world::World;

/// The maximum number of things that are told.
pub const MAX_DUE: usize = 1000;

/// Days between the transfer of a deposit and its arrival, at most, if it was not delayed.
const LONGEST_WAY: Day = 7;

/// The kind of something that fell due.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum DueKind {
    /// The outcome of a row became known.
    Paid,
    /// The money of a row was settled.
    Settled,
    /// A deposit was sent off.
    DepositSent,
    /// A deposit was booked by the bank.
    DepositPaid,
    /// Reports of a provider began to show a row.
    Visible,
    /// A callback is sent. Only told ahead.
    Callback,
    /// A prepared report is done. Only told ahead.
    Report,
    /// More fell due than is told.
    More,
}

/// Something that fell due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// When, Unix seconds.
    pub at: i64,
    /// What kind of thing it is.
    pub kind: DueKind,
    /// The number of the transaction, deposit, callback or report; `None` for [`DueKind::More`].
    pub id: Option<i64>,
    /// It as one English sentence.
    pub text: String,
}

/// What a clock can be moved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The next thing that falls due, callbacks and reports included.
    Next,
    /// The settlement of the transaction with this number.
    Settled(i64),
    /// The arrival of the deposit with this number, or of that of a transaction.
    Deposit(i64),
    /// The instant from which on the reports of all providers show a transaction.
    Visible(i64),
}

/// The instants (Unix seconds) after the first one, up to the second one.
#[derive(Clone, Copy, Debug)]
struct Span(i64, i64);

impl Span {
    fn has(self, at: Option<i64>) -> Option<i64> {
        at.filter(|at| *at > self.0 && *at <= self.1)
    }

    /// The days of the deposits that leave or arrive in it.
    fn days(self) -> Range<Day> {
        let first = calendar::day_of(self.0).saturating_sub(LONGEST_WAY);
        first..calendar::day_of(self.1).saturating_add(1)
    }
}

/// What fell due after `from` and up to `to`, in time order, at most [`MAX_DUE`] things and how many more there
/// are. `watched` is the number of a deposit that is told in any case.
#[must_use]
pub fn between(
    world: &World,
    (from, to): (Timestamp, Timestamp),
    watched: Option<i64>,
) -> Vec<Due> {
    cut(rows_between(world, (from, to), watched), Span(from.as_second(), to.as_second()))
}

/// What falls due of rows and deposits, in no order.
fn rows_between(
    world: &World,
    (from, to): (Timestamp, Timestamp),
    watched: Option<i64>,
) -> Vec<Due> {
    let span = Span(from.as_second(), to.as_second());
    let mut due = Vec::new();
    if span.0 >= span.1 {
        return due;
    }
    for merchant in world.scenario.merchants() {
        let Some(view) = world.view(merchant.id, to) else { continue };
        of_merchant(world, &view, (span, watched), &mut due);
    }
    due
}

/// The first [`MAX_DUE`] things in time order, and how many more there are.
fn cut(mut due: Vec<Due>, span: Span) -> Vec<Due> {
    due.sort_unstable();
    if let Some(more) = due.len().checked_sub(MAX_DUE).filter(|more| *more > 0) {
        due.truncate(MAX_DUE);
        let text = format!("{more} more");
        due.push(Due { at: span.1, kind: DueKind::More, id: None, text });
    }
    due
}

/// What will fall due after `from` and up to `to` if nothing is done until then: what [`between`] tells, callbacks
/// and reports. At most [`MAX_DUE`] things and how many more there are.
#[must_use]
pub fn ahead(world: &World, (from, to): (Timestamp, Timestamp)) -> Vec<Due> {
    let span = Span(from.as_second(), to.as_second());
    let mut due = rows_between(world, (from, to), None);
    for callback in world.state.outbox.all() {
        // One that was passed over by a jump leaves as soon as the clock moves.
        let Some(at) = callback.next.filter(|at| *at <= to) else { continue };
        let (at, id) = (at.max(from).as_second(), i64::try_from(callback.id).ok());
        let message = &callback.message;
        let text = format!("callback {} of {}: {}", callback.id, message.provider, message.event);
        due.push(Due { at, kind: DueKind::Callback, id, text });
    }
    for job in world.state.reports.all().filter(|it| it.forced_phase.is_none()) {
        if let Some(at) = span.has(Some(job.done_at().as_second())) {
            let text = format!("report {} of {} is ready", job.id, job.provider);
            due.push(Due { at, kind: DueKind::Report, id: i64::try_from(job.id).ok(), text });
        }
    }
    cut(due, span)
}

/// The rows that a scenario or an action added or changed.
fn touched(view: &View) -> BTreeSet<RowId> {
    let overlay = view.overlay();
    let rows = overlay.rows().map(|it| it.0);
    rows.chain(overlay.patched()).chain(overlay.amended_ids()).collect()
}

fn of_merchant(
    world: &World,
    view: &View,
    (span, watched): (Span, Option<i64>),
    due: &mut Vec<Due>,
) {
    let name = &view.merchant.name;
    let mut deposits: BTreeSet<i64> = view.overlay().fated().chain(watched).collect();
    for row in touched(view).into_iter().filter_map(|id| view.get(id)) {
        let (number, kind) = (row.number(), row.kind.name());
        let mut add = |at: i64, due_kind: DueKind, sentence: String| {
            let text = format!("{kind} {number} of {name} {sentence}");
            due.push(Due { at, kind: due_kind, id: Some(number), text });
        };
        if let Some(at) = span.has(row.finished_at()) {
            add(at, DueKind::Paid, format!("is {}", row.status().name()));
        }
        if let Some(at) = span.has(row.settled_at()) {
            add(at, DueKind::Settled, "is settled".to_owned());
        }
        deposits.extend(settlement::deposit_of(&row));
        for (provider, at) in visible(world, &row) {
            if let Some(at) = span.has(Some(at)) {
                add(at, DueKind::Visible, format!("is shown by the reports of {provider}"));
            }
        }
    }
    if deposits.is_empty() {
        return;
    }
    for deposit in some_deposits(view, &deposits, span) {
        if deposit.amount <= 0 {
            continue;
        }
        let (number, minor, currency) = (deposit.number, deposit.amount, deposit.currency);
        let amount = Money { minor, currency }.decimal();
        let mut add = |at: i64, kind: DueKind, sentence: &str| {
            let text = format!("deposit {number} of {name}, {amount} {currency}, {sentence}");
            due.push(Due { at, kind, id: Some(number), text });
        };
        if let Some(at) = span.has(Some(deposit.initiated_at)) {
            add(at, DueKind::DepositSent, "is on its way to the bank");
        }
        let arrives = Some(deposit.effective_at).filter(|_| deposit.failure.is_none());
        if let Some(at) = span.has(arrives) {
            add(at, DueKind::DepositPaid, "is at the bank");
        }
    }
}

/// The deposits with these numbers that can leave or arrive in the span.
fn some_deposits(view: &View, numbers: &BTreeSet<i64>, span: Span) -> Vec<Deposit> {
    let mut found = settlement::deposits(view, span.days());
    found.retain(|deposit| numbers.contains(&deposit.number));
    // One that was delayed can be older.
    let older = view.overlay().fated().filter(|it| found.iter().all(|other| other.number != *it));
    let older: Vec<_> = older.filter_map(|number| settlement::deposit(view, number)).collect();
    found.extend(older);
    found
}

/// From when on the reports of each provider that shows a row late do show it.
fn visible(world: &World, row: &Transaction<'_>) -> Vec<(&'static str, i64)> {
    let merchant = &row.view().merchant;
    let providers = world.scenario.reporters();
    let late = providers.filter(|provider| {
        merchant.credential(provider).is_some()
            && (row.visible_at().is_some() || world.state.reporting.of(provider).is_some())
    });
    late.filter_map(|provider| Some((provider, world.visible_from(row, provider)?))).collect()
}

fn never(why: String) -> ActionError {
    ActionError::Impossible(why)
}

/// The instant of a target, not before `now`; what has happened already is now.
///
/// # Errors
///
/// What the target names does not exist, or never happens.
pub fn instant_of(world: &World, now: Timestamp, target: Target) -> Result<Timestamp, ActionError> {
    let at = match target {
        Target::Next => next(world, now)?.as_second(),
        Target::Settled(number) => {
            let (view, id) = actions::find(world, now, number)?;
            let row = view.get(id).ok_or(ActionError::Unknown(number))?;
            settlement_of(&row)?
        }
        Target::Deposit(number) => arrival(world, now, number)?,
        Target::Visible(number) => {
            let (view, id) = actions::find(world, now, number)?;
            let row = view.get(id).ok_or(ActionError::Unknown(number))?;
            let merchant = &view.merchant;
            let providers = world.scenario.reporters();
            let own = providers.filter(|provider| merchant.credential(provider).is_some());
            let from: Option<Vec<i64>> = own.map(|it| world.visible_from(&row, it)).collect();
            let from = from.ok_or_else(|| {
                never(format!("the reports of a provider never show transaction {number}"))
            })?;
            from.into_iter().max().unwrap_or(row.created_at)
        }
    };
    Ok(Timestamp::from_second(at).unwrap_or(LATEST).clamp(now, LATEST.max(now)))
}

/// When a row is settled, Unix seconds; an authorization with its last capture.
fn settlement_of(row: &Transaction<'_>) -> Result<i64, ActionError> {
    let at = match row.kind {
        Kind::Authorization => row.children().iter().filter_map(Transaction::settlement).max(),
        _ => row.settlement(),
    };
    at.ok_or_else(|| {
        never(format!(
            "transaction {} is a {} that is {}: it moves no money, so it is never settled",
            row.number(),
            row.kind.name(),
            row.status().name()
        ))
    })
}

/// When a deposit, or that of a transaction, is at the bank, Unix seconds.
fn arrival(world: &World, now: Timestamp, number: i64) -> Result<i64, ActionError> {
    let deposit = match actions::find_deposit(world, now, number) {
        Ok((_, deposit)) => deposit,
        Err(unknown) => {
            let Ok((view, id)) = actions::find(world, now, number) else { return Err(unknown) };
            let row = view.get(id).ok_or(ActionError::Unknown(number))?;
            let settled = settlement_of(&row)?;
            let then = view.at(settled.max(view.now));
            let row = then.get(id).ok_or(ActionError::Unknown(number))?;
            let mut captures = row.children().into_iter().filter(|it| it.kind == Kind::Capture);
            let row = captures.next_back().unwrap_or(row);
            let deposit = settlement::deposit_of(&row);
            let deposit = deposit.and_then(|number| settlement::deposit(&then, number));
            deposit.ok_or(unknown)?
        }
    };
    if let Some(failure) = deposit.failure {
        return Err(never(format!(
            "deposit {} {}; its money comes with a later one",
            deposit.number,
            failure.what.name()
        )));
    }
    if deposit.amount <= 0 {
        let number = deposit.number;
        return Err(never(format!("deposit {number} is not above zero, so nothing is paid out")));
    }
    Ok(deposit.effective_at)
}

/// How far ahead the next thing is looked for, in days.
const HORIZONS: [i64; 4] = [1, 8, 40, 400];

/// The next thing that falls due.
fn next(world: &World, now: Timestamp) -> Result<Timestamp, ActionError> {
    let callbacks = world.state.outbox.open().filter_map(|it| it.next);
    let reports = world.state.reports.all().map(|job| job.done_at());
    let early = callbacks.chain(reports).filter(|at| *at > now).min();
    for days in HORIZONS {
        let to = now.as_second().saturating_add(days * DAY);
        let to = Timestamp::from_second(to).unwrap_or(LATEST).min(LATEST);
        let first = between(world, (now, to), None).first().map(|due| due.at);
        let first = first.and_then(|at| Timestamp::from_second(at).ok());
        if let Some(at) = first.into_iter().chain(early.filter(|at| *at <= to)).min() {
            return Ok(at);
        }
    }
    early.ok_or_else(|| {
        never(
            "nothing falls due: no callback is planned, no report is being prepared, and no row that \
             was added or changed is to be paid or settled"
                .to_owned(),
        )
    })
}
