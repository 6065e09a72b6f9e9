//! A transaction: one row of the ledger as a view shows it at its instant.

use super::View;
use super::amendment::Values;
use super::dispute;
use super::overlay::{AddedRow, Verdict};
use super::reporting::VisibleAt;
use super::row_id::RowId;
use crate::sandbox::facts::{Decline, Kind, Method, NEVER, Outcome, Status};
use crate::sandbox::generate::calendar::{self, DAY, Day};
use crate::sandbox::generate::schedule::Scheduled;
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::money::{Currency, Money};

/// Purpose of the random draw whether reports repeat a row.
const REPEATED: u64 = 52;

/// The source of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin<'a> {
    /// A generated original transaction: its number on its day, and whether it has follow-ups.
    Original { number: u32, has_follow_ups: bool },
    /// A generated follow-up: the day and the number of its original transaction, and the kind it refers
    /// to.
    FollowUp { day: Day, original: u32, of: Kind },
    /// A row that the scenario pinned or an action added.
    Added(&'a AddedRow),
}

/// One row of the ledger at the instant of its view. Instants are Unix seconds, amounts are minor units.
#[derive(Clone, Copy, Debug)]
pub struct Transaction<'a> {
    pub(super) view: &'a View,
    pub(super) origin: Origin<'a>,
    pub(super) id: RowId,
    /// Payment, authorization, capture, refund, chargeback and so on.
    pub kind: Kind,
    /// The payment method; a follow-up has the method of its original transaction.
    pub method: Method,
    /// The final outcome, even if it is not known yet at the instant of the view.
    pub(super) outcome: Outcome,
    pub(super) decline: Decline,
    /// The instant of creation.
    pub created_at: i64,
    pub(super) finished: i64,
    pub(super) settled: i64,
    /// Minor units, never negative; [`Kind::sign`] gives the direction of the money.
    pub amount: i64,
    /// The currency of the amount and of the fee.
    pub currency: Currency,
    /// Minor units that the provider keeps when the row is settled.
    pub fee: i64,
    /// Whether it is a test transaction; test transactions move no money.
    pub test: bool,
    pub(super) corrected: bool,
    /// Amount and fee before all amendments.
    pub(super) first: Values,
    pub(super) reason: u8,
    pub(super) key: u64,
}

impl<'a> Transaction<'a> {
    /// The id of the row, unique within its merchant.
    #[must_use]
    pub fn id(&self) -> RowId {
        self.id
    }

    /// The number of the row as providers print it: positive, ascending with time, unique over all
    /// merchants.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.view.number_of(self.id)
    }

    /// The instant of the view, in Unix seconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.view.now
    }

    /// The view that shows this row.
    #[must_use]
    pub fn view(&self) -> &'a View {
        self.view
    }

    /// The amount together with its currency.
    #[must_use]
    pub fn money(&self) -> Money {
        Money { minor: self.amount, currency: self.currency }
    }

    /// The change of the merchant's balance before fees: positive for money in, negative for money out, 0
    /// if the row moves no money (yet).
    #[must_use]
    pub fn gross(&self) -> i64 {
        if self.is_done() && !self.test { self.kind.sign() * self.amount } else { 0 }
    }

    /// The status at the instant of the view.
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

    /// Whether the row has succeeded by the instant of the view, for every kind.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.outcome == Outcome::Approved && self.finished <= self.now()
    }

    /// Whether the customer leaves before the payment is complete; also true before that instant.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.outcome == Outcome::Abandoned
    }

    /// The instant at which the outcome became known; `None` if it is not known yet.
    #[must_use]
    pub fn finished_at(&self) -> Option<i64> {
        (self.finished <= self.now()).then_some(self.finished)
    }

    /// The instant at which the row succeeded; `None` if it has not succeeded (yet).
    #[must_use]
    pub fn paid_at(&self) -> Option<i64> {
        self.is_done().then_some(self.finished)
    }

    /// The instant at which the money reached or left the merchant's bank account; `None` before it.
    #[must_use]
    pub fn settled_at(&self) -> Option<i64> {
        (self.settled <= self.now() && self.is_done()).then_some(self.settled)
    }

    /// The instant, past or future, at which the money reaches or leaves the merchant's bank account;
    /// `None` if the row moves no money.
    #[must_use]
    pub fn settles_at(&self) -> Option<i64> {
        (self.settled != NEVER && self.is_done()).then_some(self.settled)
    }

    /// The instant, past or future, of the settlement of a row that succeeds, also of one that is still pending;
    /// `None` if it moves no money.
    #[must_use]
    pub fn settlement(&self) -> Option<i64> {
        let moves = self.outcome == Outcome::Approved && self.finished != NEVER && !self.test;
        Some(self.settled).filter(|at| moves && *at != NEVER)
    }

    /// The earliest instant at which reports show the row, if it has one of its own.
    #[must_use]
    pub fn visible_at(&self) -> Option<&'a VisibleAt> {
        match self.origin {
            Origin::Added(added) => added.visible_at.as_ref(),
            Origin::Original { .. } | Origin::FollowUp { .. } => None,
        }
    }

    /// The instant of a correction by hand; `None` if there was none by the instant of the view.
    #[must_use]
    pub fn corrected_at(&self) -> Option<i64> {
        let at = self.corrects_at();
        at.filter(|at| *at <= self.now()).max(self.amended_at())
    }

    /// The instant, past or future, of a correction by hand; `None` if there is none.
    fn corrects_at(&self) -> Option<i64> {
        match self.origin {
            Origin::Added(added) => added.corrected_at,
            Origin::Original { .. } | Origin::FollowUp { .. } => self.corrected.then(|| {
                let later = Draw::new(self.key, 5).below(5 * 86_400);
                self.created_at + DAY + i64::from(later)
            }),
        }
    }

    /// The last instant, past or future, at which something about the row itself changes: its outcome, its
    /// settlement, a correction, a stage of its dispute. `None` if nothing changes after its creation.
    pub(super) fn last_change(&self) -> Option<i64> {
        let set = |at: i64| Some(at).filter(|at| *at != NEVER);
        let amended = self.last_amendment();
        let corrected = self.corrects_at();
        [set(self.finished), set(self.settled), corrected, amended, dispute::last_stage(self)]
            .into_iter()
            .max()
            .flatten()
    }

    /// The reason of a decline; `None` if the row is not declined (yet).
    #[must_use]
    pub fn decline(&self) -> Option<Decline> {
        (self.outcome == Outcome::Declined && self.finished <= self.now()).then_some(self.decline)
    }

    /// The reason of a chargeback, a reject or a notice: an index into the tables of `dispute`.
    #[must_use]
    pub fn reason(&self) -> usize {
        usize::from(self.reason)
    }

    /// The same, as it is stored.
    #[must_use]
    pub fn reason_index(&self) -> u8 {
        self.reason
    }

    /// The scheduled payment that the row is an attempt of.
    #[must_use]
    pub fn scheduled(&self) -> Option<Scheduled> {
        match self.origin {
            Origin::Original { number: original, .. } => {
                self.view.generated.scheduled(self.id.day(), original)
            }
            Origin::FollowUp { .. } | Origin::Added(_) => None,
        }
    }

    /// Whether it equals the payment before it: the same second, amount, card and description.
    #[must_use]
    pub fn is_lookalike(&self) -> bool {
        let Origin::Original { number, .. } = self.origin else { return false };
        let day_rows = || self.view.generated.day(self.id.day());
        self.view.merchant.trade.lookalikes > 0
            && day_rows().is_some_and(|day_rows| day_rows.is_lookalike(number))
    }

    /// Whether reports tell it twice under one id.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        let share = self.view.merchant.trade.repeated;
        share > 0 && self.id.sub() == 0 && self.draw(REPEATED).permille(share)
    }

    /// The id of the original transaction (payment or authorization) of this row; its own id if it is one.
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

    /// The original transaction (payment or authorization) of this row; the row itself if it is one.
    #[must_use]
    pub fn root(&self) -> Self {
        let id = self.root_id();
        if id == self.id { *self } else { self.view.fetch(id).unwrap_or(*self) }
    }

    /// The row that this row refers to; for a refund of captured money this is the capture.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if let Origin::Added(AddedRow { parent: Some(id), .. }) = self.origin {
            return self.view.fetch(*id);
        }
        let of = match self.origin {
            Origin::Original { .. } => return None,
            Origin::FollowUp { of, .. } => of,
            Origin::Added(added) => added.of?,
        };
        let root = self.root();
        if of != Kind::Capture {
            return (root.id != self.id).then_some(root);
        }
        root.first_capture().or(Some(root))
    }

    /// The first capture of an authorization by the instant of the view.
    #[must_use]
    pub fn first_capture(&self) -> Option<Self> {
        let mut first = None;
        self.for_each_child(|child| {
            if child.kind == Kind::Capture && first.is_none() {
                first = Some(child);
            }
        });
        first
    }

    /// Calls `each` with every follow-up up to the instant of the view, in time order. Only payments and
    /// authorizations have follow-ups; the follow-ups of a capture belong to its authorization.
    pub fn for_each_child(&self, mut each: impl FnMut(Self)) {
        self.view.children(self, &mut each);
    }

    /// All follow-ups up to the instant of the view, in time order.
    #[must_use]
    pub fn children(&self) -> Vec<Self> {
        let mut children = Vec::new();
        self.for_each_child(|child| children.push(child));
        children
    }

    /// Minor units that were refunded to the customer by the instant of the view.
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

    /// Minor units that were taken by the instant of the view: the amount of a successful payment, or the
    /// captured part of an authorization.
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
            | Kind::ChargebackReversal
            | Kind::Reject
            | Kind::Notice => 0,
        }
    }

    /// How the dispute about a chargeback ended by the instant of the view; `None` if it has not.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        if self.kind != Kind::Chargeback {
            return None;
        }
        self.view.patch(self.id)?.verdict.filter(|verdict| verdict.at <= self.now())
    }

    /// The key from which the details of the row are drawn; a payment and its follow-ups share it.
    #[must_use]
    pub fn key(&self) -> u64 {
        self.key
    }

    /// The day of creation, UTC.
    #[must_use]
    pub fn day(&self) -> Day {
        calendar::day_of(self.created_at)
    }
}
