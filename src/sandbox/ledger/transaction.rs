//! A transaction: one row of the ledger, seen at one moment.

use super::View;
use super::overlay::AddedRow;
use super::row_id::RowId;
use crate::sandbox::facts::{Decline, Kind, Method, NEVER, Outcome, Status};
use crate::sandbox::generate::calendar::{self, DAY, Day};
use crate::sandbox::generate::schedule::Scheduled;
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::money::{Currency, Money};

/// Where a row comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin<'a> {
    /// The generated payment with this number on its day, and whether anything ever happens to it.
    Original { number: u32, has_follow_ups: bool },
    /// Something that happens to the generated payment with this number on this day.
    FollowUp { day: Day, original: u32, of: Kind },
    /// Pinned by the scenario or added by a test.
    Added(&'a AddedRow),
}

/// One row of the ledger at the moment of its view. Instants are Unix seconds, amounts minor units.
#[derive(Clone, Copy, Debug)]
pub struct Transaction<'a> {
    pub(super) view: &'a View,
    pub(super) origin: Origin<'a>,
    pub(super) id: RowId,
    /// What it is.
    pub kind: Kind,
    /// How it is paid; for a child, how its payment was paid.
    pub method: Method,
    /// How it ends, whether that is known yet or not.
    pub(super) outcome: Outcome,
    pub(super) decline: Decline,
    /// When it was created.
    pub created_at: i64,
    pub(super) finished: i64,
    pub(super) settled: i64,
    /// Minor units, never negative; [`Kind::sign`] says which way it goes.
    pub amount: i64,
    /// Of the amount and the fee.
    pub currency: Currency,
    /// Minor units; what the provider keeps when the row is settled.
    pub fee: i64,
    /// Whether it is a test transaction.
    pub test: bool,
    pub(super) corrected: bool,
    pub(super) reason: u8,
    pub(super) key: u64,
}

impl<'a> Transaction<'a> {
    /// Its name within its merchant.
    #[must_use]
    pub fn id(&self) -> RowId {
        self.id
    }

    /// A number for wires: positive, rising with time, different for every row of every merchant.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.view.number_of(self.id)
    }

    /// The moment it is seen at.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.view.now
    }

    /// The view it is seen in.
    #[must_use]
    pub fn view(&self) -> &'a View {
        self.view
    }

    /// Amount with its currency.
    #[must_use]
    pub fn money(&self) -> Money {
        Money { minor: self.amount, currency: self.currency }
    }

    /// What the row does to the merchant's balance before fees: positive in, negative out, 0 when it
    /// moves nothing (yet).
    #[must_use]
    pub fn gross(&self) -> i64 {
        if self.is_done() && !self.test { self.kind.sign() * self.amount } else { 0 }
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.now() < self.finished {
            return match (self.outcome, self.method) {
                (Outcome::Abandoned, _) | (_, Method::Card) => Status::Incomplete,
                _ => Status::Pending,
            };
        }
        match self.outcome {
            Outcome::Declined => Status::Declined,
            Outcome::Abandoned => Status::Incomplete,
            Outcome::Expired => Status::Expired,
            Outcome::Approved if self.kind != Kind::Authorization => Status::Captured,
            Outcome::Approved => self.authorization_status(),
        }
    }

    fn authorization_status(&self) -> Status {
        let mut status = Status::Authorized;
        self.for_each_child(|child| match child.kind {
            Kind::Capture => status = Status::Captured,
            Kind::Void => status = Status::Voided,
            _ => {}
        });
        status
    }

    /// Whether it has succeeded by now, whatever it is.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.outcome == Outcome::Approved && self.finished <= self.now()
    }

    /// Whether the customer walks away (has walked away) in the middle.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.outcome == Outcome::Abandoned
    }

    /// When its outcome became known, if it has.
    #[must_use]
    pub fn finished_at(&self) -> Option<i64> {
        (self.finished <= self.now()).then_some(self.finished)
    }

    /// When it succeeded, if it has.
    #[must_use]
    pub fn paid_at(&self) -> Option<i64> {
        self.is_done().then_some(self.finished)
    }

    /// When its money reached (or left) the merchant's bank account, if it has.
    #[must_use]
    pub fn settled_at(&self) -> Option<i64> {
        (self.settled <= self.now() && self.is_done()).then_some(self.settled)
    }

    /// When its money is due to reach (or leave) the merchant's bank account, past or future;
    /// `None` for what moves no money.
    #[must_use]
    pub fn settles_at(&self) -> Option<i64> {
        (self.settled != NEVER && self.is_done()).then_some(self.settled)
    }

    /// When somebody corrected it by hand, if somebody has.
    #[must_use]
    pub fn corrected_at(&self) -> Option<i64> {
        let at = match self.origin {
            Origin::Added(added) => added.corrected_at,
            Origin::Original { .. } | Origin::FollowUp { .. } => self.corrected.then(|| {
                let later = Draw::new(self.key, 5).below(5 * 86_400);
                self.created_at + DAY + i64::from(later)
            }),
        };
        at.filter(|at| *at <= self.now())
    }

    /// Why it was declined, once it is.
    #[must_use]
    pub fn decline(&self) -> Option<Decline> {
        (self.outcome == Outcome::Declined && self.finished <= self.now()).then_some(self.decline)
    }

    /// Which reason a chargeback, reject or notice has: an index into the tables of `dispute`.
    #[must_use]
    pub fn reason(&self) -> usize {
        usize::from(self.reason)
    }

    /// The scheduled payment it is a try of.
    #[must_use]
    pub fn scheduled(&self) -> Option<Scheduled> {
        match self.origin {
            Origin::Original { number: original, .. } => {
                self.view.generated.scheduled(self.id.day(), original)
            }
            Origin::FollowUp { .. } | Origin::Added(_) => None,
        }
    }

    /// The payment or authorization that everything about this row goes back to; itself for one.
    #[must_use]
    pub fn root_id(&self) -> RowId {
        match self.origin {
            Origin::Original { .. } => self.id,
            Origin::FollowUp { day, original, .. } => {
                self.view.generated.row_of_original(day, original)
            }
            Origin::Added(added) => added.root.unwrap_or(self.id),
        }
    }

    /// The payment or authorization that everything about this row goes back to; itself for one.
    #[must_use]
    pub fn root(&self) -> Self {
        let id = self.root_id();
        if id == self.id { *self } else { self.view.fetch(id).unwrap_or(*self) }
    }

    /// The row this one happened to: for a refund of captured money the capture.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let of = match self.origin {
            Origin::Original { .. } => return None,
            Origin::FollowUp { of, .. } => of,
            Origin::Added(added) => added.of?,
        };
        let root = self.root();
        if of != Kind::Capture {
            return (root.id != self.id).then_some(root);
        }
        let mut parent = None;
        root.for_each_child(|child| {
            if child.kind == Kind::Capture && parent.is_none() {
                parent = Some(child);
            }
        });
        parent.or(Some(root))
    }

    /// Everything that has happened to this payment by now, in the order of time. Only payments and
    /// authorizations have children; those of a capture are the authorization's.
    pub fn for_each_child(&self, mut each: impl FnMut(Self)) {
        self.view.children(self, &mut each);
    }

    /// Everything that has happened to this payment by now, in the order of time.
    #[must_use]
    pub fn children(&self) -> Vec<Self> {
        let mut children = Vec::new();
        self.for_each_child(|child| children.push(child));
        children
    }

    /// Minor units that have gone back to the customer as refunds by now.
    #[must_use]
    pub fn refunded(&self) -> i64 {
        let mut sum = 0;
        self.for_each_child(|child| {
            if child.kind == Kind::Refund {
                sum += child.amount;
            }
        });
        sum
    }

    /// Minor units that have been taken by now: the amount of a payment that succeeded, or what was
    /// captured of an authorization.
    #[must_use]
    pub fn captured(&self) -> i64 {
        match self.kind {
            Kind::Payment => self.paid_at().map_or(0, |_| self.amount),
            Kind::Authorization => {
                let mut sum = 0;
                self.for_each_child(|child| {
                    if child.kind == Kind::Capture {
                        sum += child.amount;
                    }
                });
                sum
            }
            Kind::Capture
            | Kind::Void
            | Kind::Refund
            | Kind::Chargeback
            | Kind::Reject
            | Kind::Notice => 0,
        }
    }

    /// What the short streams of this row are drawn from: the same for a payment and its children.
    #[must_use]
    pub fn key(&self) -> u64 {
        self.key
    }

    /// The day it was created.
    #[must_use]
    pub fn day(&self) -> Day {
        calendar::day_of(self.created_at)
    }
}
