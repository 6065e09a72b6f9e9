//! What a person can make happen to a payment by hand: capture, refund, void, chargeback, settle.
//!
//! An action adds a row at `now` and cuts off what the generator had laid out for the rest of the
//! payment's life, so that the two cannot contradict each other and the books still tie out.

use jiff::Timestamp;

use super::Sandbox;
use super::generate::birth;
use super::generate::calendar::{self, DAY};
use super::generate::stream::Draw;
use super::ledger::{Added, Kind, Method, NEVER, Overlay, RowId, Status, Transaction, View};
use super::merchant::{MerchantId, Trade};

/// Something to make happen. Amounts are minor units; `None` is all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Take reserved money.
    Capture(Option<i64>),
    /// Give money back.
    Refund(Option<i64>),
    /// Release reserved money.
    Void,
    /// Have the rest of the money forced back by the card issuer or returned by the bank.
    Chargeback,
    /// Have the money reach the bank account at once.
    Settle,
}

/// Why an action cannot be, and what can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// There is no such transaction.
    #[error("there is no transaction {0}; GET /_admin/transactions lists those there are")]
    Unknown(i64),
    /// The transaction is not in a state for it.
    #[error("{0}")]
    Impossible(String),
}

fn impossible(why: impl Into<String>) -> ActionError {
    ActionError::Impossible(why.into())
}

/// The view of the merchant whose row has this number, and the row's id.
///
/// # Errors
///
/// That there is no such row, or that the one that was added lies ahead of the clock.
pub fn find(sandbox: &Sandbox, number: i64) -> Result<(View, RowId), ActionError> {
    // The last two digits of a number are the merchant's place.
    let merchant = u8::try_from(number.rem_euclid(100)).map(MerchantId);
    let view = merchant.ok().and_then(|merchant| sandbox.view(merchant));
    let Some(view) = view else { return Err(ActionError::Unknown(number)) };
    if let Some(id) = view.find(number).map(|row| row.id()) {
        return Ok((view, id));
    }
    let id = view.id_at_most(number).filter(|id| view.number_of(*id) == number);
    let added = id.and_then(|id| view.overlay().row(id).map(|row| row.created_at));
    let at = added.and_then(|second| Timestamp::from_second(second).ok());
    Err(at.map_or(ActionError::Unknown(number), |at| {
        let now = sandbox.clock.now();
        impossible(format!(
            "transaction {number} happens at {at}, and it is {now}; move the clock there first"
        ))
    }))
}

/// Makes something happen to the transaction with this number; the number of the row that came of
/// it, which is the transaction's own where nothing was added.
///
/// # Errors
///
/// Why it is impossible, and what is possible instead.
pub fn act(sandbox: &Sandbox, number: i64, action: Action) -> Result<i64, ActionError> {
    // One at a time: two refunds at once must not both find the same money.
    let _turn = sandbox.acting.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (view, id) = find(sandbox, number)?;
    let merchant = view.merchant.id;
    let overlay = sandbox.ledger.overlay(merchant).unwrap_or_default();
    let row = view.get(id).ok_or(ActionError::Unknown(number))?;
    if action == Action::Settle {
        let unsettled = to_settle(&row)?;
        sandbox.ledger.edit(merchant, |overlay| {
            for id in unsettled {
                overlay.patch(id, |patch| patch.settled_at = Some(view.now));
            }
        });
        return Ok(number);
    }
    let root = row.root();
    let life = Life::of(&root, &overlay);
    let (kind, amount) = match action {
        Action::Capture(amount) => (Kind::Capture, life.capturable(&row, amount)?),
        Action::Void => (Kind::Void, life.capturable(&row, None)?),
        Action::Refund(amount) => (Kind::Refund, life.refundable(&row, amount)?),
        Action::Chargeback | Action::Settle => {
            let kind = if root.method == Method::Bank { Kind::Reject } else { Kind::Chargeback };
            (kind, life.refundable(&row, None)?)
        }
    };
    if kind == Kind::Chargeback && root.method == Method::Alternative {
        return Err(impossible(format!(
            "transaction {number} was not paid with a card or from a bank account, so nobody can \
             charge it back; it can be refunded"
        )));
    }
    let added = child(&root, &overlay, kind, amount);
    sandbox.ledger.edit(merchant, |overlay| {
        // What has happened up to this second stays.
        let cut = view.now.saturating_add(1);
        overlay.patch(root.id(), |patch| {
            patch.cut_at = Some(patch.cut_at.map_or(cut, |at| at.min(cut)));
        });
    });
    let id = sandbox.ledger.add(merchant, added).ok_or_else(|| {
        impossible("there is no room for one more row at this instant; move the clock a little")
    })?;
    Ok(view.number_of(id))
}

/// What has happened to a payment so far, with what was done by hand at later instants before the
/// clock was put back: no refund may exceed its payment at any instant.
#[derive(Clone, Copy, Debug, Default)]
struct Life {
    /// Taken by now; what is taken later cannot be given back yet.
    captured: i64,
    /// Now or later.
    is_captured: bool,
    is_voided: bool,
    given_back: i64,
}

impl Life {
    fn of(root: &Transaction<'_>, overlay: &Overlay) -> Self {
        let mut life = Self { captured: root.captured(), ..Self::default() };
        let mut count = |kind: Kind, amount: i64| match kind {
            Kind::Capture => life.is_captured = true,
            Kind::Void => life.is_voided = true,
            Kind::Refund | Kind::Chargeback | Kind::Reject => life.given_back += amount,
            Kind::Payment | Kind::Authorization | Kind::Notice => {}
        };
        root.for_each_child(|child| {
            if child.id().sub() == 0 {
                count(child.kind, child.amount);
            }
        });
        for (_, added) in overlay.children_of(root.id()) {
            count(added.kind, added.amount);
        }
        // What goes back later was captured before it, be it by the generator.
        life.is_captured |= root.kind == Kind::Authorization && life.given_back > 0;
        life
    }

    /// How much of an authorization can be captured: what is asked for, if it can be had.
    fn capturable(&self, row: &Transaction<'_>, asked: Option<i64>) -> Result<i64, ActionError> {
        let number = row.number();
        if row.kind != Kind::Authorization {
            return Err(impossible(format!(
                "transaction {number} is a {}; only authorizations are captured or voided{}",
                row.kind.word(),
                if row.kind.sign() > 0 { ", and this can be refunded" } else { "" },
            )));
        }
        if self.is_captured {
            return Err(impossible(format!(
                "authorization {number} has been captured; what can be done is to refund it"
            )));
        }
        if self.is_voided {
            return Err(impossible(format!(
                "authorization {number} has been voided; that is final"
            )));
        }
        if row.status() != Status::Authorized {
            return Err(impossible(format!(
                "authorization {number} is {}; only authorized ones are captured or voided",
                row.status().word()
            )));
        }
        within(asked, row.amount, "captured")
    }

    /// How much can be given back: what is asked for, if it is there.
    fn refundable(&self, row: &Transaction<'_>, asked: Option<i64>) -> Result<i64, ActionError> {
        let number = row.number();
        let (kind, status) = (row.kind, row.status());
        if !(kind.is_birth() || kind == Kind::Capture) {
            return Err(impossible(format!(
                "transaction {number} is a {}; only payments and captures are given back",
                kind.word()
            )));
        }
        if kind == Kind::Authorization && !self.is_captured {
            return Err(impossible(format!(
                "authorization {number} is {}, nothing has been taken; capture it first, or void it",
                status.word()
            )));
        }
        if self.captured == 0 {
            return Err(impossible(format!(
                "transaction {number} is {}, nothing has been taken that could be given back",
                status.word()
            )));
        }
        let left = self.captured - self.given_back;
        if left <= 0 {
            return Err(impossible(format!("all of transaction {number} has been given back")));
        }
        within(asked, left, "given back")
    }
}

fn within(asked: Option<i64>, most: i64, verb: &str) -> Result<i64, ActionError> {
    let amount = asked.unwrap_or(most);
    if (1..=most).contains(&amount) || (asked.is_none() && amount == 0) {
        return Ok(amount);
    }
    Err(impossible(format!("{amount} cannot be {verb}; 1 to {most} minor units can")))
}

/// The rows whose money shall arrive now: the row itself, or the captures of an authorization.
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
            row.kind.word(),
            row.status().word()
        )));
    }
    let open: Vec<RowId> =
        moving.iter().filter(|row| row.settled_at().is_none()).map(|row| row.id()).collect();
    if open.is_empty() {
        return Err(impossible(format!("transaction {number} has been settled already")));
    }
    Ok(open)
}

/// The row that an action adds.
fn child(root: &Transaction<'_>, overlay: &Overlay, kind: Kind, amount: i64) -> Added {
    let now = root.now();
    let trade = &root.view().merchant.trade;
    let of = match kind {
        Kind::Capture | Kind::Void => Kind::Authorization,
        _ if root.kind == Kind::Authorization => Kind::Capture,
        _ => Kind::Payment,
    };
    let given = overlay.row(root.id());
    let own = |read: fn(&Added) -> &Option<String>| given.and_then(|it| read(it).clone());
    let reasons = if kind == Kind::Reject { 10 } else { 8 };
    let reason = Draw::new(root.key(), 15).below(reasons);
    Added {
        kind,
        method: root.method,
        outcome: super::ledger::Outcome::Approved,
        decline: birth::Decline::DoNotHonor,
        created_at: now,
        finished_at: now,
        settled_at: settled_at(trade, kind, now, root.test),
        corrected_at: None,
        amount,
        currency: root.currency,
        fee: if root.test { 0 } else { fee(trade, kind, amount) },
        test: root.test,
        of: Some(of),
        root: Some(root.id()),
        reason: u8::try_from(reason).unwrap_or(0),
        key: root.key(),
        card: root.card(),
        first_name: own(|it| &it.first_name),
        last_name: own(|it| &it.last_name),
        email: own(|it| &it.email),
        order: own(|it| &it.order),
        description: own(|it| &it.description),
        wire: std::collections::BTreeMap::new(),
    }
}

fn fee(trade: &Trade, kind: Kind, amount: i64) -> i64 {
    match kind {
        Kind::Capture => i64::from(birth::fee(trade, u32::try_from(amount).unwrap_or(u32::MAX))),
        Kind::Chargeback => i64::from(trade.chargeback_fee),
        _ => 0,
    }
}

/// Money arrives, and goes back, on the mornings that the generated rows have too.
fn settled_at(trade: &Trade, kind: Kind, now: i64, test: bool) -> i64 {
    if kind.sign() == 0 || test {
        return NEVER;
    }
    let today = calendar::day_of(now);
    let days = if kind.sign() > 0 {
        birth::settle(trade, today, today)
    } else {
        birth::settle_back(today)
    };
    calendar::start_of(today) + i64::from(days) * DAY + 8 * 3600
}
