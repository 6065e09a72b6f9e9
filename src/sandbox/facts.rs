//! Facts about payments that every part of the sandbox speaks of: what a row is, how it is paid, how it
//! ends, where it stands. It stands on nothing.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// An instant that does not come.
pub const NEVER: i64 = i64::MAX;

/// The largest amount of a row, in minor units: sums of thousands of them still fit 64 bits.
pub const MAX_AMOUNT: i64 = 1_000_000_000_000_000;

/// The name of a variant in scenarios, in the admin API and in the journal.
pub trait Named {
    /// That name.
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

/// What a row is.
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
    /// Whether it stands for itself and not for something that happens to another row.
    #[must_use]
    pub fn is_original(self) -> bool {
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
    /// With anything else: wallets, vouchers, invoices.
    Alternative,
}

/// How a row ends, decided when it is born.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
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

/// Why a payment was declined. Providers have their own codes and texts for each.
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
    /// The card is past its date.
    ExpiredCard,
    /// No such card.
    InvalidCard,
    /// The security code is wrong.
    InvalidCvv,
    /// Above the limit of the card.
    LimitExceeded,
    /// Reported stolen.
    StolenCard,
    /// Reported lost.
    LostCard,
    /// Stopped by fraud rules.
    SuspectedFraud,
    /// The customer failed 3-D Secure.
    AuthenticationFailed,
    /// The issuer did not answer.
    IssuerUnavailable,
    /// A retried card the issuer wants to be called about.
    CallIssuer,
}

impl Decline {
    /// Every reason and how often it is the one.
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

    /// The reason stored as this number.
    #[must_use]
    pub fn from_index(index: u32) -> Self {
        Self::VARIANTS.get(index as usize).copied().unwrap_or(Self::DoNotHonor)
    }
}

/// Whether a space can be called so: 1 to 64 letters, digits, `.`, `_`, `-`. Dots alone would be a
/// place above to whoever tidies up an address. `-` alone means the default space in a header.
#[must_use]
pub fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        && name.bytes().any(|byte| byte != b'.')
        && name != "-"
}
