//! A transaction: one row of the ledger, seen at one moment.

use super::View;
use super::overlay::Added;
use super::person::{BankAccount, Card, Email, Person, ThreeDs};
use crate::sandbox::generate::birth::Decline;
use crate::sandbox::generate::calendar::{self, DAY, Day};
use crate::sandbox::generate::schedule::Scheduled;
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::money::{Currency, Money};

/// An instant that does not come.
pub const NEVER: i64 = i64::MAX;

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// Money taken at once.
    Payment,
    /// Money reserved, to be taken later.
    Authorization,
    /// Reserved money taken.
    Capture,
    /// Reserved money released.
    Void,
    /// Money given back by the merchant.
    Refund,
    /// Money forced back by the card issuer.
    Chargeback,
    /// A bank payment that came back.
    Reject,
    /// A bank's correction of account data; moves no money.
    Notice,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Payment,
        Self::Authorization,
        Self::Capture,
        Self::Void,
        Self::Refund,
        Self::Chargeback,
        Self::Reject,
        Self::Notice,
    ];

    /// The word for it in scenarios and in the admin API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Authorization => "authorization",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
            Self::Chargeback => "chargeback",
            Self::Reject => "reject",
            Self::Notice => "notice",
        }
    }

    /// Whether it stands for itself and not for something that happens to another row.
    #[must_use]
    pub fn is_birth(self) -> bool {
        matches!(self, Self::Payment | Self::Authorization)
    }

    /// What it does to the merchant's balance: 1, -1 or 0 times its amount.
    #[must_use]
    pub fn sign(self) -> i64 {
        match self {
            Self::Payment | Self::Capture => 1,
            Self::Refund | Self::Chargeback | Self::Reject => -1,
            Self::Authorization | Self::Void | Self::Notice => 0,
        }
    }
}

/// How a customer pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Method {
    /// With a card.
    Card,
    /// From a bank account (ACH).
    Bank,
    /// With anything else: wallets, vouchers, invoices.
    Alternative,
}

impl Method {
    /// The word for it in scenarios and in the admin API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Bank => "bank",
            Self::Alternative => "alternative",
        }
    }
}

/// How a row ends, decided when it is born.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Outcome {
    /// It succeeds.
    Approved,
    /// It is refused.
    Declined,
    /// The customer walks away in the middle.
    Abandoned,
    /// Nobody pays in time.
    Expired,
}

/// Where a row stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// The customer has not finished (3-D Secure, card data).
    Incomplete,
    /// Waiting for the money or for the bank.
    Pending,
    /// Reserved.
    Authorized,
    /// Done: taken, given back, released; whatever the row is about has happened.
    Captured,
    /// Refused.
    Declined,
    /// Not paid in time.
    Expired,
    /// Reserved and released again.
    Voided,
}

impl Status {
    /// The word for it in scenarios and in the admin API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::Pending => "pending",
            Self::Authorized => "authorized",
            Self::Captured => "captured",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Voided => "voided",
        }
    }
}

/// Names a row within its merchant: day, number in the day, and a last part that is 0 for generated
/// rows and counts the rows that were added behind one. Rises with the time of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(u64);

impl RowId {
    /// The lowest id there is.
    pub const MIN: Self = Self(0);
    /// The highest id there is.
    pub const MAX: Self = Self(u64::MAX);

    /// The id of a row from its parts.
    #[must_use]
    pub fn new(day: Day, number: u32, sub: u16) -> Self {
        let number = u64::from(number) & 0xf_ffff;
        Self(u64::from(day) << 32 | number << 12 | u64::from(sub) & 0xfff)
    }

    /// The day it was created.
    #[must_use]
    pub fn day(self) -> Day {
        Day::try_from(self.0 >> 32).unwrap_or(Day::MAX)
    }

    /// The number of the generated row of its day that it is, or that it comes behind.
    #[must_use]
    pub fn number(self) -> u32 {
        u32::try_from(self.0 >> 12 & 0xf_ffff).unwrap_or(0)
    }

    /// 0 for a generated row, else its place among the rows added behind one.
    #[must_use]
    pub fn sub(self) -> u16 {
        u16::try_from(self.0 & 0xfff).unwrap_or(0)
    }

    /// The next id above this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Where a row comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin<'a> {
    /// The generated payment with this number on its day, and whether anything ever happens to it.
    Birth { birth: u32, lively: bool },
    /// Something that happens to the generated payment with this number on this day.
    Child { day: Day, birth: u32, of: Kind },
    /// Pinned by the scenario or added by a test.
    Added(&'a Added),
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
        self.corrects_at().filter(|at| *at <= self.now())
    }

    /// When somebody corrects it by hand, past or future; `None` for never.
    fn corrects_at(&self) -> Option<i64> {
        if let Origin::Added(added) = self.origin {
            return added.corrected_at;
        }
        self.corrected.then(|| {
            let later = Draw::new(self.key, 5).below(5 * 86_400);
            self.created_at + DAY + i64::from(later)
        })
    }

    /// The instants at which something about this very row changes, past and future, in no order;
    /// [`NEVER`] among them.
    pub(super) fn turns(&self) -> [i64; 4] {
        [self.created_at, self.finished, self.settled, self.corrects_at().unwrap_or(NEVER)]
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
            Origin::Birth { birth, .. } => self.view.book.scheduled(self.id.day(), birth),
            Origin::Child { .. } | Origin::Added(_) => None,
        }
    }

    /// The payment or authorization that everything about this row goes back to; itself for one.
    #[must_use]
    pub fn root_id(&self) -> RowId {
        match self.origin {
            Origin::Birth { .. } => self.id,
            Origin::Child { day, birth, .. } => self.view.book.row_of_birth(day, birth),
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
            Origin::Birth { .. } => return None,
            Origin::Child { of, .. } => of,
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

    /// A short stream of draws about this very row for a purpose of the caller's (16 and above).
    #[must_use]
    pub fn draw(&self, purpose: u64) -> Draw {
        let own = self.id.0 ^ u64::from(self.view.merchant.id.0);
        Draw::new(self.key ^ own.rotate_left(17), purpose)
    }

    /// What a scenario or a test said of this very row.
    fn added(&self) -> Option<&'a Added> {
        match self.origin {
            Origin::Added(added) => Some(added),
            Origin::Birth { .. } | Origin::Child { .. } => None,
        }
    }

    /// Who paid.
    #[must_use]
    pub fn person(&self) -> Person<'a> {
        Person::of(self.key, self.view.merchant.trade.names, self.added())
    }

    /// The e-mail address of who paid the payment or authorization that everything about this row goes
    /// back to.
    #[must_use]
    pub fn payer_email(&self) -> Email<'a> {
        // A generated row and its root are drawn from the same key.
        let root = if self.added().is_some() { self.root() } else { *self };
        Email::of(root.key, self.view.merchant.trade.names, root.added())
    }

    /// The card it was paid with, where it was a card.
    #[must_use]
    pub fn card(&self) -> Option<Card> {
        (self.method == Method::Card).then(|| match self.origin {
            Origin::Added(Added { card: Some(card), .. }) => *card,
            Origin::Added(_) | Origin::Birth { .. } | Origin::Child { .. } => {
                Card::of(self.key, &self.view.merchant.trade, self.card_day())
            }
        })
    }

    /// The day the card was first used: that of the payment, or of the subscription behind it.
    fn card_day(&self) -> Day {
        match self.origin {
            Origin::Birth { birth, .. } => self.view.book.first_use(self.id.day(), birth),
            Origin::Child { day, birth, .. } => self.view.book.first_use(day, birth),
            Origin::Added(_) => self.root_id().day(),
        }
    }

    /// The bank account it was paid from, where it was one.
    #[must_use]
    pub fn bank_account(&self) -> Option<BankAccount> {
        (self.method == Method::Bank).then(|| BankAccount::of(self.key))
    }

    /// How 3-D Secure went, where it was tried: for card payments and authorizations.
    #[must_use]
    pub fn three_ds(&self) -> Option<ThreeDs> {
        (self.method == Method::Card && self.kind.is_birth())
            .then(|| ThreeDs::of(self.key, self.outcome, self.decline))
            .flatten()
    }

    /// Whether the merchant sent it, and not the customer (subscriptions).
    #[must_use]
    pub fn is_recurring(&self) -> bool {
        self.scheduled().is_some()
    }

    /// The merchant's own number for the order.
    #[must_use]
    pub fn order(&self) -> OrderRef<'a> {
        let root = self.root_id();
        match self.view.added(root) {
            Some(Added { order: Some(order), .. }) => OrderRef::Given(order),
            _ => OrderRef::Drawn(self.view.number_of(root)),
        }
    }

    /// What the customer bought, in a few words.
    #[must_use]
    pub fn description(&self) -> &'a str {
        match self.view.added(self.root_id()) {
            Some(Added { description: Some(text), .. }) => text,
            _ => super::person::description(self.key, self.view.merchant.trade.names),
        }
    }

    /// The row word for word as the scenario gives it for a provider, as JSON text.
    #[must_use]
    pub fn pinned(&self, provider: &str) -> Option<&'a str> {
        match self.origin {
            Origin::Added(added) => added.wire.get(provider).map(String::as_str),
            Origin::Birth { .. } | Origin::Child { .. } => None,
        }
    }

    /// The day it was created.
    #[must_use]
    pub fn day(&self) -> Day {
        calendar::day_of(self.created_at)
    }
}

/// The merchant's own number for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderRef<'a> {
    /// As the scenario or a test gave it.
    Given(&'a str),
    /// Made from the number of the payment.
    Drawn(i64),
}

impl std::fmt::Display for OrderRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Given(text) => f.write_str(text),
            Self::Drawn(number) => write!(f, "ORD-{number}"),
        }
    }
}
