//! The actions on transactions: add, capture, refund, void, chargeback, settle.
//!
//! An action adds a row at `now` and cancels the later generated lifecycle events of the payment, so that
//! both cannot contradict each other and the reports still reconcile.

mod amend;
mod deposits;
mod dispute;
mod life;

use jiff::Timestamp;

pub use self::amend::{NewValues, amend};
pub use self::deposits::{DepositAction, change_deposit, find_deposit};
pub use self::dispute::end_dispute;
use self::life::Life;
use super::draft::Draft;
use crate::sandbox::facts::{Decline, Kind, NEVER, Named, Outcome};
use crate::sandbox::generate::calendar::{self, DAY};
use crate::sandbox::generate::original;
use crate::sandbox::generate::stream::{Draw, mix};
use crate::sandbox::ledger::{AddedRow, Overlay, RowId, Transaction, View, next_settlement};
use crate::sandbox::merchant::{MerchantId, Trade};
use crate::sandbox::state::event::{Event, FollowUp};
use crate::sandbox::world::World;

/// An action on a transaction. Amounts are minor units; `None` is the full available amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Takes reserved money.
    Capture(Option<i64>),
    /// Returns money to the customer.
    Refund(Option<i64>),
    /// Releases reserved money.
    Void,
    /// The card issuer takes money back, or the bank returns the payment.
    Chargeback(Option<i64>),
    /// Settles the money at once.
    Settle,
}

/// The reason why an action was refused, and which actions are possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// No transaction has this number.
    #[error("there is no transaction {0}; GET /_admin/transactions lists those there are")]
    Unknown(i64),
    /// No deposit has this number.
    #[error("there is no deposit {0}; GET /_admin/deposits lists those there are")]
    UnknownDeposit(i64),
    /// The status of the transaction does not allow the action.
    #[error("{0}")]
    Impossible(String),
    /// The request is invalid.
    #[error("{0}")]
    Invalid(String),
}

fn impossible(why: impl Into<String>) -> ActionError {
    ActionError::Impossible(why.into())
}

const NO_ROOM: &str = "there is no room for one more row at this instant; move the clock a little, or choose another \
     instant";

/// The view at `now` of the merchant whose row has this number, and the id of the row.
///
/// # Errors
///
/// [`ActionError::Unknown`] if no such row exists, [`ActionError::Impossible`] if the row is an added row
/// in the future.
pub fn find(world: &World, now: Timestamp, number: i64) -> Result<(View, RowId), ActionError> {
    // The last two digits of a number are the id of the merchant.
    let merchant = u8::try_from(number.rem_euclid(100)).map(MerchantId);
    let view = merchant.ok().and_then(|merchant| world.view(merchant, now));
    let Some(view) = view else { return Err(ActionError::Unknown(number)) };
    if let Some(id) = view.find(number).map(|row| row.id()) {
        return Ok((view, id));
    }
    let id = view.id_at_most(number).filter(|id| view.number_of(*id) == number);
    let added = id.and_then(|id| view.overlay().row(id).map(|row| row.created_at));
    let at = added.and_then(|second| Timestamp::from_second(second).ok());
    Err(at.map_or(ActionError::Unknown(number), |at| {
        impossible(format!(
            "transaction {number} happens at {at}, and it is {now}; move the clock there first"
        ))
    }))
}

/// The instant (Unix seconds) of what is done to a row: not before the row, and not after now, which it is if
/// nothing is said.
fn instant_of(row: &Transaction<'_>, at: Option<Timestamp>) -> Result<i64, ActionError> {
    let Some(at) = at else { return Ok(row.now()) };
    let instant = |second: i64| Timestamp::from_second(second).unwrap_or_default();
    let (made, now) = (instant(row.created_at), instant(row.now()));
    if (row.created_at..=row.now()).contains(&at.as_second()) {
        return Ok(at.as_second());
    }
    Err(ActionError::Invalid(format!(
        "`at` is {at}; it can be from the {} on, {made}, to now, {now}",
        row.kind.name()
    )))
}

/// Adds a payment or an authorization and returns the id of its row.
///
/// # Errors
///
/// The reason why the row cannot be added.
pub fn add(
    draft: &mut Draft<'_>,
    merchant: MerchantId,
    row: AddedRow,
) -> Result<RowId, ActionError> {
    let (world, at) = (draft.world(), row.created_at);
    let (first, ledger) = (world.first_day(), world.ledger(merchant));
    if calendar::day_of(at) < first {
        return Err(ActionError::Invalid(format!(
            "the ledger begins on {}; no row can be created before",
            calendar::date_of(first)
        )));
    }
    if row.finished_at < at || row.settled_at < row.finished_at.min(NEVER - 1) {
        return Err(ActionError::Invalid(
            "a row is created, then paid, then settled, and not the other way round".to_owned(),
        ));
    }
    let id = ledger.and_then(|ledger| draft.state().additions.free_id(ledger, first, at));
    let id = id.ok_or_else(|| impossible(NO_ROOM))?;
    // Two equal requests are payments of two different customers.
    let (ledger_key, overlay) =
        (ledger.map_or(0, |it| it.generated.key()), version(draft, merchant));
    let row = Box::new(AddedRow { key: mix(ledger_key ^ overlay, row.key), ..row });
    draft.push(Event::TransactionAdded { merchant, id, row });
    Ok(id)
}

fn version(draft: &Draft<'_>, merchant: MerchantId) -> u64 {
    draft.state().additions.overlay(merchant).map_or(0, Overlay::version)
}

/// Does an action on the transaction with this number at an instant, now if absent. Returns the number of the
/// row that was added, or the number of the transaction itself if no row was added.
///
/// # Errors
///
/// The reason why the action is impossible, and which actions are possible.
pub fn act(
    draft: &mut Draft<'_>,
    number: i64,
    (action, at): (Action, Option<Timestamp>),
) -> Result<i64, ActionError> {
    let (present, id) = find(draft.world(), draft.now, number)?;
    let merchant = present.merchant.id;
    let row = present.get(id).ok_or(ActionError::Unknown(number))?;
    let at = instant_of(&row, at)?;
    // What is possible depends on the instant of the action; what was given back later counts too.
    let view = present.at(at);
    let row = view.get(id).ok_or(ActionError::Unknown(number))?;
    if action == Action::Settle {
        // What was paid out meanwhile stays.
        to_settle(&present.get(id).ok_or(ActionError::Unknown(number))?)?;
        let rows = to_settle(&row)?;
        draft.push(Event::Settled { merchant, rows, at });
        return Ok(number);
    }
    let root = row.root();
    let latest = present.get(root.id()).unwrap_or(root);
    let life = Life::of((&root, &latest), view.overlay());
    let (kind, amount) = match action {
        Action::Capture(amount) => (Kind::Capture, life.capturable(&row, (Kind::Capture, amount))?),
        Action::Void => (Kind::Void, life.capturable(&row, (Kind::Void, None))?),
        Action::Refund(amount) => (Kind::Refund, life.refundable(&row, amount)?),
        Action::Chargeback(amount) => life.forced_back(&row, root.method, amount)?,
        Action::Settle => return Ok(number),
    };
    let parent = match row.kind {
        Kind::Capture => Some(row.id()),
        _ if matches!(kind, Kind::Capture | Kind::Void) => None,
        _ => roomy_capture(&root, amount),
    };
    let made = AddedRow { parent, ..child(&root, view.overlay(), (kind, amount), present.now) };
    let follow_up = follow_up(draft, &root, (made, present.now))?;
    let id = follow_up.id;
    draft.push(match kind {
        Kind::Capture => Event::Captured(follow_up),
        Kind::Void => Event::Voided(follow_up),
        Kind::Chargeback => Event::ChargedBack(follow_up),
        Kind::Reject => Event::Rejected(follow_up),
        _ => Event::Refunded(follow_up),
    });
    Ok(view.number_of(id))
}

/// The follow-up of a payment, at an id that is free; `present` is now (Unix seconds).
fn follow_up(
    draft: &Draft<'_>,
    root: &Transaction<'_>,
    (row, present): (AddedRow, i64),
) -> Result<FollowUp, ActionError> {
    let (merchant, first) = (root.view().merchant.id, root.view().first);
    let ledger = draft.world().ledger(merchant);
    let id = ledger.and_then(|it| draft.state().additions.free_id(it, first, row.created_at));
    let id = id.ok_or_else(|| impossible(NO_ROOM))?;
    // The lifecycle events up to the present second remain.
    let cut_at = present.saturating_add(1);
    Ok(FollowUp { merchant, payment: root.id(), cut_at, id, row: Box::new(row) })
}

/// The first of several captures that an amount (minor units) fits into; `None` if there is one capture at most.
fn roomy_capture(root: &Transaction<'_>, amount: i64) -> Option<RowId> {
    let captures = root.children().into_iter().filter(|it| it.kind == Kind::Capture);
    let captures: Vec<_> = captures.collect();
    let fits = captures.iter().find(|it| it.amount >= amount);
    fits.filter(|_| captures.len() > 1).map(Transaction::id)
}

/// The rows whose money is settled now: the row itself, or the captures of an authorization.
fn to_settle(row: &Transaction<'_>) -> Result<Vec<RowId>, ActionError> {
    let mut rows = vec![*row];
    if row.kind == Kind::Authorization {
        rows = row.children().into_iter().filter(|it| it.kind == Kind::Capture).collect();
    }
    let number = row.number();
    let moving: Vec<_> = rows.iter().filter(|row| row.gross() != 0).collect();
    if moving.is_empty() {
        let test = if row.test { " test" } else { "" };
        return Err(impossible(format!(
            "transaction {number} is a{test} {} that is {}: it moves no money, so nothing can be \
             settled; payments, captures, refunds and chargebacks that are done can",
            row.kind.name(),
            row.status().name()
        )));
    }
    let open: Vec<RowId> =
        moving.iter().filter(|row| row.settled_at().is_none()).map(|row| row.id()).collect();
    if open.is_empty() {
        return Err(impossible(format!("transaction {number} has been settled already")));
    }
    Ok(open)
}

/// The row that an action adds at the instant of the view of `root`; `present` is now (Unix seconds).
fn child(
    root: &Transaction<'_>,
    overlay: &Overlay,
    (kind, amount): (Kind, i64),
    present: i64,
) -> AddedRow {
    let now = root.now();
    let trade = &root.view().merchant.trade;
    let of = match kind {
        Kind::Capture | Kind::Void => Kind::Authorization,
        Kind::ChargebackReversal => Kind::Chargeback,
        _ if root.kind == Kind::Authorization => Kind::Capture,
        _ => Kind::Payment,
    };
    let given = overlay.row(root.id());
    let own = |read: fn(&AddedRow) -> &Option<String>| given.and_then(|it| read(it).clone());
    let reasons = if kind == Kind::Reject { 10 } else { 8 };
    let reason = Draw::new(root.key(), 15).below(reasons);
    AddedRow {
        kind,
        method: root.method,
        outcome: Outcome::Approved,
        decline: Decline::DoNotHonor,
        created_at: now,
        finished_at: now,
        settled_at: settled_at(trade, kind, (now, present), root.test),
        corrected_at: None,
        amount,
        currency: root.currency,
        fee: if root.test { 0 } else { fee(trade, kind, amount) },
        test: root.test,
        of: Some(of),
        root: Some(root.id()),
        parent: None,
        reason: u8::try_from(reason).unwrap_or(0),
        key: root.key(),
        card: root.card(),
        first_name: own(|it| &it.first_name),
        last_name: own(|it| &it.last_name),
        email: own(|it| &it.email),
        order: own(|it| &it.order),
        description: own(|it| &it.description),
        wire: std::collections::BTreeMap::new(),
        visible_at: None,
    }
}

fn fee(trade: &Trade, kind: Kind, amount: i64) -> i64 {
    match kind {
        Kind::Capture => original::fee(trade, amount),
        Kind::Chargeback => i64::from(trade.chargeback_fee),
        _ => 0,
    }
}

/// Settlement has the same days and the same hour as for generated rows. What is dated back is not part of a
/// deposit that was paid already; it is settled with the next one.
fn settled_at(trade: &Trade, kind: Kind, (at, present): (i64, i64), test: bool) -> i64 {
    if kind.sign() == 0 || test {
        return NEVER;
    }
    let day = calendar::day_of(at);
    let days = if kind.sign() > 0 {
        original::settle(trade, day, day)
    } else {
        original::settle_back(day)
    };
    let settled = calendar::start_of(day) + i64::from(days) * DAY + 8 * 3600;
    if settled > present || at == present { settled } else { next_settlement(present) }
}
