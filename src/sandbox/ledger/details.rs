//! The details of a transaction: customer, card or account, order, description. They are drawn from the key
//! of the row when they are shown, unless a scenario or an action gave them.

use super::overlay::AddedRow;
use super::person::{Email, Person};
use super::transaction::{Origin, Transaction};
use crate::sandbox::facts::Method;
use crate::sandbox::generate::calendar::Day;
use crate::sandbox::generate::card::{BankAccount, Card, ThreeDs};
use crate::sandbox::generate::stream::Draw;

impl<'a> Transaction<'a> {
    /// A stream of random values for this row and for a purpose of the caller (16 and above).
    #[must_use]
    pub fn draw(&self, purpose: u64) -> Draw {
        let own = self.id.bits() ^ u64::from(self.view.merchant.id.0);
        Draw::new(self.key ^ own.rotate_left(17), purpose)
    }

    /// The values that a scenario or an action gave for this row; `None` for generated rows.
    fn added(&self) -> Option<&'a AddedRow> {
        match self.origin {
            Origin::Added(added) => Some(added),
            Origin::Original { .. } | Origin::FollowUp { .. } => None,
        }
    }

    /// The customer.
    #[must_use]
    pub fn person(&self) -> Person<'a> {
        Person::of(self.key, self.view.merchant.trade.names, self.added())
    }

    /// The customer's e-mail address in the original transaction (payment or authorization) of this row.
    #[must_use]
    pub fn payer_email(&self) -> Email<'a> {
        // A generated row and its original transaction are drawn from the same key.
        let root = if self.added().is_some() { self.root() } else { *self };
        Email::of(root.key, self.view.merchant.trade.names, root.added())
    }

    /// The card, also the device card of a wallet or voucher where the merchant has those; `None` for other
    /// payment methods.
    #[must_use]
    pub fn card(&self) -> Option<Card> {
        self.has_card().then(|| match self.origin {
            Origin::Added(AddedRow { card: Some(card), .. }) => *card,
            Origin::Added(_) | Origin::Original { .. } | Origin::FollowUp { .. } => {
                Card::of(self.key, &self.view.merchant.trade, self.card_day())
            }
        })
    }

    /// Whether [`Self::card`] is some card, without drawing it.
    #[must_use]
    pub fn has_card(&self) -> bool {
        match self.method {
            Method::Card => true,
            Method::Alternative => self.view.merchant.device_cards,
            Method::Bank => false,
        }
    }

    /// The day on which the card was first used: the day of the payment, or the start of its subscription.
    fn card_day(&self) -> Day {
        match self.origin {
            Origin::Original { number: original, .. } => {
                self.view.generated.first_use(self.id.day(), original)
            }
            Origin::FollowUp { day, original, .. } => self.view.generated.first_use(day, original),
            Origin::Added(_) => self.root_id().day(),
        }
    }

    /// The bank account; `None` for other payment methods.
    #[must_use]
    pub fn bank_account(&self) -> Option<BankAccount> {
        (self.method == Method::Bank).then(|| BankAccount::of(self.key))
    }

    /// The result of 3-D Secure; `None` if it was not attempted. Only card payments and card authorizations
    /// have it.
    #[must_use]
    pub fn three_ds(&self) -> Option<ThreeDs> {
        (self.method == Method::Card && self.kind.is_original())
            .then(|| ThreeDs::of(self.key, self.outcome, self.decline))
            .flatten()
    }

    /// Whether the merchant initiated the payment (subscriptions), and not the customer.
    #[must_use]
    pub fn is_recurring(&self) -> bool {
        self.scheduled().is_some()
    }

    /// The merchant's own order number.
    #[must_use]
    pub fn order(&self) -> OrderRef<'a> {
        let root = self.root_id();
        match self.view.added(root) {
            Some(AddedRow { order: Some(order), .. }) => OrderRef::Given(order),
            _ => OrderRef::Drawn(self.view.number_of(root)),
        }
    }

    /// A short description of the goods.
    #[must_use]
    pub fn description(&self) -> &'a str {
        if let Some(text) = self.amended_description_of_root() {
            return text;
        }
        match self.view.added(self.root_id()) {
            Some(AddedRow { description: Some(text), .. }) => text,
            _ => super::person::description(self.key, self.view.merchant.trade.names),
        }
    }

    fn amended_description_of_root(&self) -> Option<&'a str> {
        if !self.view.has_amendments() {
            return None;
        }
        self.root().amended_description()
    }

    /// The exact row that the scenario gives for a provider, as JSON text.
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
    /// The number that the scenario or an action gave.
    Given(&'a str),
    /// A number derived from the number of the payment.
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
