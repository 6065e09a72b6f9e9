//! The past of a payment, and which actions are still possible on it.

use super::{ActionError, impossible};
use crate::sandbox::facts::{Kind, Method, Named, Status};
use crate::sandbox::ledger::{Overlay, Transaction};

/// The past of a payment, and the actions at later instants that were done before the clock was moved back:
/// the refunds must not exceed the payment at any instant.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Life {
    /// Minor units captured by now; money that is captured later cannot be refunded yet.
    captured: i64,
    /// Now or later.
    is_captured: bool,
    is_voided: bool,
    /// By the merchant, or by a bank that returned the payment.
    given_back: i64,
    /// By the card issuer.
    charged_back: i64,
}

impl Life {
    /// The past of a payment at the instant of `root`; `latest` is the same payment at the present instant.
    pub(super) fn of(
        (root, latest): (&Transaction<'_>, &Transaction<'_>),
        overlay: &Overlay,
    ) -> Self {
        let mut life = Self { captured: root.captured(), ..Self::default() };
        let mut count = |kind: Kind, amount: i64| match kind {
            Kind::Capture => life.is_captured = true,
            Kind::Void => life.is_voided = true,
            Kind::Refund | Kind::Reject => life.given_back += amount,
            Kind::Chargeback => life.charged_back += amount,
            Kind::Payment | Kind::Authorization | Kind::Notice => {}
        };
        latest.for_each_child(|child| {
            if child.id().sub() == 0 {
                count(child.kind, child.amount);
            }
        });
        for (id, added) in overlay.children_of(root.id()) {
            count(added.kind, overlay.amended_amount(id).unwrap_or(added.amount));
        }
        // Money that is given back later was captured before, by an action or by the generator.
        life.is_captured |=
            root.kind == Kind::Authorization && life.given_back + life.charged_back > 0;
        life
    }

    /// Minor units captured by now.
    pub(super) fn taken(&self) -> i64 {
        self.captured
    }

    /// Minor units given back in any way, now or later.
    pub(super) fn returned(&self) -> i64 {
        self.given_back.max(self.charged_back)
    }

    /// Minor units that can still be given back by a row of this kind.
    pub(super) fn left(&self, kind: Kind) -> i64 {
        let gone = match kind {
            Kind::Chargeback => self.charged_back,
            _ => self.given_back + self.charged_back,
        };
        (self.captured - gone).max(0)
    }

    /// The amount of an authorization that can be captured: the requested one, if it is available.
    pub(super) fn capturable(
        &self,
        row: &Transaction<'_>,
        requested: Option<i64>,
    ) -> Result<i64, ActionError> {
        let number = row.number();
        if row.kind != Kind::Authorization {
            return Err(impossible(format!(
                "transaction {number} is a {}; only authorizations are captured or voided{}",
                row.kind.name(),
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
                row.status().name()
            )));
        }
        within(requested, row.amount, "captured")
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
        within(requested, left, "given back")
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
                let rest = Some(self.left(Kind::Refund)).filter(|rest| *rest > 0);
                Ok((Kind::Chargeback, within(requested.or(rest), left, "charged back")?))
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
        if kind == Kind::Authorization && !self.is_captured {
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

fn within(requested: Option<i64>, most: i64, verb: &str) -> Result<i64, ActionError> {
    let amount = requested.unwrap_or(most);
    if (1..=most).contains(&amount) || (requested.is_none() && amount == 0) {
        return Ok(amount);
    }
    Err(impossible(format!("{amount} cannot be {verb}; 1 to {most} minor units can")))
}
