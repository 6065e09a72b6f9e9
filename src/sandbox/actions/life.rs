//! The past of a payment, and which actions are still possible on it.

use super::{ActionError, impossible};
use crate::sandbox::facts::{Kind, Method, Named, Status};
use crate::sandbox::ledger::{AddedRow, Overlay, Transaction};

/// The past of a payment, and the actions at later instants that were done before the clock was moved back:
/// the refunds must not exceed the payment at any instant.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Life {
    /// Minor units captured by now; money that is captured later cannot be refunded yet.
    captured: i64,
    /// Minor units captured now or later.
    captured_in_all: i64,
    is_voided: bool,
    /// By the merchant, or by a bank that returned the payment.
    given_back: i64,
    /// By the card issuer, now or later.
    charged_back: i64,
    /// Back from the card issuer by now, after disputes that were won.
    reversed: i64,
}

impl Life {
    /// The past of a payment at the instant of `root`; `latest` is the same payment at the present instant.
    pub(super) fn of(
        (root, latest): (&Transaction<'_>, &Transaction<'_>),
        overlay: &Overlay,
    ) -> Self {
        let mut life = Self { captured: root.captured(), ..Self::default() };
        let mut count = |kind: Kind, amount: i64| match kind {
            Kind::Capture => life.captured_in_all += amount,
            Kind::Void => life.is_voided = true,
            Kind::Refund | Kind::Reject => life.given_back += amount,
            Kind::Chargeback => life.charged_back += amount,
            Kind::ChargebackReversal => life.reversed += amount,
            Kind::Payment | Kind::Authorization | Kind::Notice => {}
        };
        latest.for_each_child(|child| {
            if child.id().sub() == 0 {
                count(child.kind, child.amount);
            }
        });
        let is_later = |added: &AddedRow| {
            added.kind == Kind::ChargebackReversal && added.created_at > root.now()
        };
        for (id, added) in overlay.children_of(root.id()).filter(|it| !is_later(it.1)) {
            count(added.kind, overlay.amended_amount(id).unwrap_or(added.amount));
        }
        // Money that is given back later was captured before, by an action or by the generator.
        let given_back = life.given_back + life.charged_back;
        if root.kind == Kind::Authorization && life.captured_in_all == 0 && given_back > 0 {
            life.captured_in_all = root.amount;
        }
        life
    }

    /// Minor units captured by now.
    pub(super) fn taken(&self) -> i64 {
        self.captured
    }

    /// Minor units given back in any way, now or later.
    pub(super) fn returned(&self) -> i64 {
        self.given_back.max(self.charged_back.min(self.captured))
    }

    /// Minor units that can still be given back by a row of this kind.
    pub(super) fn left(&self, kind: Kind) -> i64 {
        let gone = match kind {
            Kind::Chargeback => self.charged_back,
            _ => self.given_back + self.charged_back,
        };
        (self.captured + self.reversed - gone).max(0)
    }

    /// The amount of an authorization that can be captured, in several parts too, or voided: the requested
    /// one, if it is available.
    pub(super) fn capturable(
        &self,
        row: &Transaction<'_>,
        (of, requested): (Kind, Option<i64>),
    ) -> Result<i64, ActionError> {
        let number = row.number();
        if row.kind != Kind::Authorization {
            return Err(impossible(format!(
                "transaction {number} is a {}; only authorizations are captured or voided{}",
                row.kind.name(),
                if row.kind.sign() > 0 { ", and this can be refunded" } else { "" },
            )));
        }
        let left = row.amount - self.captured_in_all;
        if left <= 0 || (self.captured_in_all > 0 && of == Kind::Void) {
            return Err(impossible(format!(
                "authorization {number} has been captured; what can be done is to refund it{}",
                if left > 0 { ", or to capture the rest" } else { "" }
            )));
        }
        if self.is_voided {
            return Err(impossible(format!(
                "authorization {number} has been voided; that is final"
            )));
        }
        if !matches!(row.status(), Status::Authorized | Status::Captured) {
            return Err(impossible(format!(
                "authorization {number} is {}; only authorized ones are captured or voided",
                row.status().name()
            )));
        }
        within(requested, left, "captured")
    }

    /// The amount that can be refunded: the requested one, if it is available.
    pub(super) fn refundable(
        &self,
        row: &Transaction<'_>,
        requested: Option<i64>,
    ) -> Result<i64, ActionError> {
        self.check_taken(row)?;
        let left = self.left(Kind::Refund);
        if left == 0 {
            let number = row.number();
            return Err(impossible(format!("all of transaction {number} has been given back")));
        }
        within(requested, left.min(most_of(row)), "given back")
    }

    /// What the bank takes back: a part of a card payment, even if the merchant has refunded it, or the rest of
    /// a payment from a bank account.
    pub(super) fn forced_back(
        &self,
        row: &Transaction<'_>,
        method: Method,
        requested: Option<i64>,
    ) -> Result<(Kind, i64), ActionError> {
        let number = row.number();
        match method {
            Method::Card => {
                self.check_taken(row)?;
                let left = self.left(Kind::Chargeback);
                if left == 0 {
                    let problem = format!("all of transaction {number} has been charged back");
                    return Err(impossible(problem));
                }
                // Without an amount, what was refunded already is not disputed.
                let most = left.min(most_of(row));
                let rest = Some(self.left(Kind::Refund).min(most)).filter(|rest| *rest > 0);
                Ok((Kind::Chargeback, within(requested.or(rest), most, "charged back")?))
            }
            Method::Bank => {
                let rest = self.refundable(row, None)?;
                if requested.is_none_or(|amount| amount == rest) {
                    return Ok((Kind::Reject, rest));
                }
                Err(impossible(format!(
                    "a bank returns the whole rest of transaction {number}, {rest} minor units; \
                     parts of it can be refunded"
                )))
            }
            Method::Alternative => {
                self.refundable(row, None)?;
                Err(impossible(format!(
                    "transaction {number} was not paid with a card or from a bank account, so \
                     nobody can charge it back; it can be refunded"
                )))
            }
        }
    }

    /// Refuses what nothing was taken for that could be given back.
    fn check_taken(&self, row: &Transaction<'_>) -> Result<(), ActionError> {
        let number = row.number();
        let (kind, status) = (row.kind, row.status());
        if !(kind.is_original() || kind == Kind::Capture) {
            return Err(impossible(format!(
                "transaction {number} is a {}; only payments and captures are given back",
                kind.name()
            )));
        }
        if kind == Kind::Authorization && self.captured_in_all == 0 {
            return Err(impossible(format!(
                "authorization {number} is {}, nothing has been taken; capture it first, or void it",
                status.name()
            )));
        }
        if self.captured == 0 {
            return Err(impossible(format!(
                "transaction {number} is {}, nothing has been taken that could be given back",
                status.name()
            )));
        }
        Ok(())
    }
}

/// The most that can be given back of a row, minor units: its own amount for one of several captures.
fn most_of(row: &Transaction<'_>) -> i64 {
    if row.kind == Kind::Capture { row.amount } else { i64::MAX }
}

fn within(requested: Option<i64>, most: i64, verb: &str) -> Result<i64, ActionError> {
    let amount = requested.unwrap_or(most);
    if (1..=most).contains(&amount) || (requested.is_none() && amount == 0) {
        return Ok(amount);
    }
    Err(impossible(format!("{amount} cannot be {verb}; 1 to {most} minor units can")))
}
