//! Values that the columns of several reports share: the merchant's identifiers and masked accounts.

use crate::sandbox::generate::card::{BankAccount, Card};
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::ledger::{Transaction, View};
use crate::sandbox::merchant::Brand;
use crate::wire::line::Line;

/// The agent of every merchant.
pub(super) const AGENT_ID: &str = "0012";
pub(super) const AGENT_NAME: &str = "Jane Doe";

/// The purpose of the draw of the merchant's own bank account.
const OWN_ACCOUNT: u64 = 48;

/// The identifier of the merchant: `epic_id`, and `merchant_id` in activesubscriptions.
pub(super) fn epic_id(view: &View) -> i64 {
    123_400 + i64::from(view.merchant.id.0)
}

/// The identifier of the merchant for transaction processing.
pub(super) fn mid(view: &View) -> i64 {
    88_880_000 + i64::from(view.merchant.id.0)
}

/// The merchant's own bank account, masked.
pub(super) fn own_account(view: &View) -> String {
    let mut draw = Draw::new(view.key(), OWN_ACCOUNT);
    let (head, last4) = (draw.below(1_000_000), draw.below(10_000));
    format!("{head:06}****{last4:04}")
}

/// A card or a bank account as reports show it; alternative payment methods have neither.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Account {
    pub(super) card: Option<Card>,
    pub(super) bank: Option<BankAccount>,
}

impl Account {
    /// The account of the payment that a row belongs to.
    pub(super) fn of(row: &Transaction<'_>) -> Self {
        let root = row.root();
        Self { card: root.card(), bank: root.bank_account() }
    }

    /// Appends the first six digits of the card, or the routing number with its nine.
    pub(super) fn push_bin(self, out: &mut Line) {
        match (self.card, self.bank) {
            (Some(card), _) => out.padded::<6>(card.bin.into()),
            (None, Some(bank)) => out.padded::<9>(bank.routing.into()),
            (None, None) => {}
        }
    }

    /// Appends the last four digits of a card, or the last three of a bank account.
    pub(super) fn push_suffix(self, out: &mut Line) {
        match (self.card, self.bank) {
            (Some(card), _) => out.padded::<4>(card.last4.into()),
            (None, Some(bank)) => out.padded::<3>(bank.last4.into()),
            (None, None) => {}
        }
    }

    /// Appends the number with four asterisks in its middle.
    pub(super) fn push_masked(self, out: &mut Line) {
        match (self.card, self.bank) {
            (Some(card), _) => out.padded::<6>(card.bin.into()),
            (None, Some(bank)) => out.padded::<7>(bank.head.into()),
            (None, None) => return,
        }
        out.piece(b"****");
        self.push_suffix(out);
    }

    /// Appends `MMYY` of a card, nothing of a bank account.
    pub(super) fn push_expiry(self, out: &mut Line) {
        if let Some(card) = self.card {
            out.padded::<2>(card.exp_month.into());
            out.padded::<2>(card.exp_year.into());
        }
    }

    /// The account type of the vendor's list.
    pub(super) fn kind(self) -> &'static str {
        match (self.card, self.bank) {
            (Some(card), _) => match card.brand {
                // The domestic schemes are not on the vendor's list.
                Brand::Visa | Brand::Mada | Brand::Meeza => "Visa",
                Brand::Mastercard => "Mastercard",
                Brand::Amex => "American Express",
                Brand::Discover => "Discover",
                Brand::Jcb => "JCB",
                Brand::Diners => "Diner's Club",
            },
            (None, Some(bank)) => match (bank.business, bank.savings) {
                (false, false) => "personal_checking",
                (false, true) => "personal_savings",
                (true, false) => "business_checking",
                (true, true) => "business_savings",
            },
            (None, None) => "",
        }
    }
}
