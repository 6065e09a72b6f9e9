//! The words for payments that every part of the sandbox uses: kind, method, outcome, status, decline. This
//! module imports no other one.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// Marks an instant that never comes.
pub const NEVER: i64 = i64::MAX;

/// The largest amount of a row in minor units: the sum of thousands of such amounts fits into 64 bits.
pub const MAX_AMOUNT: i64 = 1_000_000_000_000_000;

/// The name of a variant in scenarios, in the admin API and in the journal.
pub trait Named {
    /// The name of this variant.
    fn name(&self) -> &'static str;
}

impl<T> Named for T
where
    for<'a> &'a T: Into<&'static str>,
{
    fn name(&self) -> &'static str {
        self.into()
    }
}

/// The names of an enumeration's variants and `null`: the values of an optional field in a JSON schema.
#[must_use]
pub fn names_or_null<T: strum::VariantNames>() -> Vec<Option<&'static str>> {
    T::VARIANTS.iter().copied().map(Some).chain([None]).collect()
}

/// The kind of a row.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
    strum::VariantArray,
)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Kind {
    /// Money taken in one step.
    Payment,
    /// Money reserved, to be captured later.
    Authorization,
    /// Reserved money taken.
    Capture,
    /// Reserved money released.
    Void,
    /// Money returned to the customer by the merchant.
    Refund,
    /// Money returned to the customer by the card issuer.
    Chargeback,
    /// A bank payment that the customer's bank returned.
    Reject,
    /// A correction of account data by a bank; moves no money.
    Notice,
    /// Money that comes back to the merchant after a dispute was won. It is never generated: the packed
    /// rows of a day have no room for a ninth kind.
    ChargebackReversal,
}

impl Kind {
    /// Whether it is an original transaction and not a follow-up of another row.
    #[must_use]
    pub fn is_original(self) -> bool {
        matches!(self, Self::Payment | Self::Authorization)
    }

    /// The sign of its effect on the merchant's balance: 1, -1 or 0.
    #[must_use]
    pub fn sign(self) -> i64 {
        match self {
            Self::Payment | Self::Capture | Self::ChargebackReversal => 1,
            Self::Refund | Self::Chargeback | Self::Reject => -1,
            Self::Authorization | Self::Void | Self::Notice => 0,
        }
    }
}

/// The payment method.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
    strum::VariantArray,
)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Method {
    /// With a card.
    Card,
    /// From a bank account (ACH).
    Bank,
    /// With another method: wallets, vouchers, invoices.
    Alternative,
}

/// The final outcome of a row, decided when the row is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It succeeds.
    Approved,
    /// It is refused.
    Declined,
    /// The customer leaves before the payment is complete.
    Abandoned,
    /// The payment is not made in time.
    Expired,
}

/// How the dispute about a chargeback ended for the merchant.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DisputeOutcome {
    /// The money comes back.
    Won,
    /// The money is gone.
    Lost,
}

/// The status of a row at an instant.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// The customer has not finished (3-D Secure, card data).
    Incomplete,
    /// Waiting for the money or for the bank.
    Pending,
    /// The money is reserved.
    Authorized,
    /// Complete: the money was taken, returned or released, depending on the kind of the row.
    Captured,
    /// Refused by the issuer, the bank or the provider.
    Declined,
    /// Not paid in time.
    Expired,
    /// Reserved and released again.
    Voided,
}

/// The reason of a decline. Each provider has its own codes and texts for these reasons.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
    strum::VariantArray,
)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Decline {
    /// The issuer gives no reason.
    DoNotHonor,
    /// Not enough money.
    InsufficientFunds,
    /// The card has expired.
    ExpiredCard,
    /// The card does not exist.
    InvalidCard,
    /// The security code is wrong.
    InvalidCvv,
    /// The amount exceeds the limit of the card.
    LimitExceeded,
    /// Reported stolen.
    StolenCard,
    /// Reported lost.
    LostCard,
    /// Refused by fraud rules.
    SuspectedFraud,
    /// The customer failed 3-D Secure.
    AuthenticationFailed,
    /// The issuer did not answer.
    IssuerUnavailable,
    /// The issuer asks for a call about a card that was retried.
    CallIssuer,
}

impl Decline {
    /// All reasons with their weights.
    pub const WEIGHTS: [(Self, u32); 12] = [
        (Self::DoNotHonor, 26),
        (Self::InsufficientFunds, 30),
        (Self::ExpiredCard, 5),
        (Self::InvalidCard, 6),
        (Self::InvalidCvv, 7),
        (Self::LimitExceeded, 7),
        (Self::StolenCard, 1),
        (Self::LostCard, 1),
        (Self::SuspectedFraud, 4),
        (Self::AuthenticationFailed, 9),
        (Self::IssuerUnavailable, 2),
        (Self::CallIssuer, 2),
    ];

    /// The reason with this index.
    #[must_use]
    pub fn from_index(index: u32) -> Self {
        Self::VARIANTS.get(index as usize).copied().unwrap_or(Self::DoNotHonor)
    }
}

/// Whether a text is a valid name of a space: 1 to 64 letters, digits, `.`, `_`, `-`.
///
/// A name of nothing but dots is invalid, because a client that normalizes a URL reads it as a parent folder. The name `-` is
/// invalid, because it means the default space in a header.
#[must_use]
pub fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        && name.bytes().any(|byte| byte != b'.')
        && name != "-"
}
