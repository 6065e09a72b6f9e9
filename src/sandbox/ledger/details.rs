//! What people read of a transaction: who paid with what for what. It is drawn from the row's key when it
//! is shown, unless a scenario or a test said it.

use super::overlay::AddedRow;
use super::person::{Email, Person};
use super::transaction::{Origin, Transaction};
use crate::sandbox::facts::Method;
use crate::sandbox::generate::calendar::Day;
use crate::sandbox::generate::card::{BankAccount, Card, ThreeDs};
use crate::sandbox::generate::stream::Draw;

impl<'a> Transaction<'a> {
    /// A short stream of draws about this very row for a purpose of the caller's (16 and above).
    #[must_use]
    pub fn draw(&self, purpose: u64) -> Draw {
        let own = self.id.bits() ^ u64::from(self.view.merchant.id.0);
        Draw::new(self.key ^ own.rotate_left(17), purpose)
    }

    /// What a scenario or a test said of this very row.
    fn added(&self) -> Option<&'a AddedRow> {
        match self.origin {
            Origin::Added(added) => Some(added),
            Origin::Original { .. } | Origin::FollowUp { .. } => None,
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
            Origin::Added(AddedRow { card: Some(card), .. }) => *card,
            Origin::Added(_) | Origin::Original { .. } | Origin::FollowUp { .. } => {
                Card::of(self.key, &self.view.merchant.trade, self.card_day())
            }
        })
    }

    /// The day the card was first used: that of the payment, or of the subscription behind it.
    fn card_day(&self) -> Day {
        match self.origin {
            Origin::Original { number: original, .. } => {
                self.view.generated.first_use(self.id.day(), original)
            }
            Origin::FollowUp { day, original, .. } => self.view.generated.first_use(day, original),
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
        (self.method == Method::Card && self.kind.is_original())
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
            Some(AddedRow { order: Some(order), .. }) => OrderRef::Given(order),
            _ => OrderRef::Drawn(self.view.number_of(root)),
        }
    }

    /// What the customer bought, in a few words.
    #[must_use]
    pub fn description(&self) -> &'a str {
        match self.view.added(self.root_id()) {
            Some(AddedRow { description: Some(text), .. }) => text,
            _ => super::person::description(self.key, self.view.merchant.trade.names),
        }
    }

    /// The row word for word as the scenario gives it for a provider, as JSON text.
    #[must_use]
    pub fn pinned(&self, provider: &str) -> Option<&'a str> {
        match self.origin {
            Origin::Added(added) => added.wire.get(provider).map(String::as_str),
            Origin::Original { .. } | Origin::FollowUp { .. } => None,
        }
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
