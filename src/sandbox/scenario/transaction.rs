//! A transaction as a scenario file or the admin API spells it.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::VariantNames;

use super::schema::Instant;
use crate::sandbox::facts::{Decline, Kind, MAX_AMOUNT, Method, NEVER, Outcome, names_or_null};
use crate::sandbox::generate::calendar::{self, DAY};
use crate::sandbox::generate::card::Card;
use crate::sandbox::generate::original;
use crate::sandbox::generate::stream::mix;
use crate::sandbox::ledger::AddedRow;
use crate::sandbox::merchant::Merchant;
use crate::sandbox::money::Currency;

/// A transaction; everything is optional but merchant and amount.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionFile {
    /// The merchant's name.
    pub merchant: String,
    /// Minor units.
    #[schemars(range(min = 0, max = MAX_AMOUNT))]
    pub amount: i64,
    /// ISO 4217; the merchant's first without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = Currency::codes().map(Some).chain([None]).collect::<Vec<_>>()))]
    pub currency: Option<String>,
    /// `payment`, `authorization`, `refund`, …; `payment` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = names_or_null::<Kind>()))]
    pub kind: Option<String>,
    /// `captured`, `settled`, `authorized`, `declined`, `incomplete`, `pending`, `expired`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = names_or_null::<PinnedStatus>()))]
    pub status: Option<String>,
    /// When it was created; `now` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub at: Option<Timestamp>,
    /// When its outcome was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub paid_at: Option<Timestamp>,
    /// When its money is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub settled_at: Option<Timestamp>,
    /// When it was corrected by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub corrected_at: Option<Timestamp>,
    /// Minor units; by the merchant's trade without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub fee: Option<i64>,
    /// `card`, `bank` or `alternative`; `card` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = names_or_null::<Method>()))]
    pub method: Option<String>,
    /// Why it was declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = names_or_null::<Decline>()))]
    pub decline: Option<String>,
    /// The card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<CardFile>,
    /// The customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerFile>,
    /// The merchant's own order number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// What was bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it is a test transaction.
    #[serde(default)]
    pub test: bool,
    /// A name by which a later row of the file can say `of`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The label of the row this one happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The row word for word at a provider, as JSON text by slug.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub wire: BTreeMap<String, String>,
}

/// A card.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CardFile {
    /// First six digits.
    #[schemars(range(max = 999_999))]
    pub bin: u32,
    /// Last four digits.
    #[schemars(range(max = 9999))]
    pub last4: u16,
    /// 1 to 12.
    #[serde(default = "december")]
    #[schemars(range(min = 1, max = 12))]
    pub exp_month: u8,
    /// Four digits.
    #[serde(default = "far_year")]
    pub exp_year: u16,
}

fn december() -> u8 {
    12
}

fn far_year() -> u16 {
    2030
}

/// A customer.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerFile {
    /// First name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// Why a transaction cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// A word that is not one of those allowed.
    #[error("`{field}` is `{value}`; it can be {known}")]
    Word {
        /// Which field.
        field: &'static str,
        /// What it says.
        value: String,
        /// What it could say.
        known: String,
    },
    /// A value that makes no sense.
    #[error("`{field}` {problem}")]
    Value {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// The statuses that a pinned or added transaction can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
enum PinnedStatus {
    Captured,
    Settled,
    Authorized,
    Declined,
    Incomplete,
    Pending,
    Expired,
}

/// The variant with this name, or the default without a name.
fn one_of<T: FromStr + VariantNames>(
    field: &'static str,
    name: Option<&str>,
    default: T,
) -> Result<T, TransactionError> {
    let Some(name) = name else { return Ok(default) };
    name.parse().map_err(|_| TransactionError::Word {
        field,
        value: name.to_owned(),
        known: T::VARIANTS.join(", "),
    })
}

impl TransactionFile {
    /// The row this describes, for a merchant, where `at` is left out at `now`.
    ///
    /// # Errors
    ///
    /// Which field makes no sense, and what would.
    pub fn to_row(
        &self,
        merchant: &Merchant,
        now: Timestamp,
    ) -> Result<AddedRow, TransactionError> {
        let status = one_of("status", self.status.as_deref(), PinnedStatus::Captured)?;
        let plain =
            if status == PinnedStatus::Authorized { Kind::Authorization } else { Kind::Payment };
        let kind = one_of("kind", self.kind.as_deref(), plain)?;
        if status == PinnedStatus::Authorized && kind != Kind::Authorization {
            let problem = "`authorized` is for kind `authorization` only".to_owned();
            return Err(TransactionError::Value { field: "status", problem });
        }
        self.check_values()?;
        let currency = self.currency_of(merchant)?;
        let method = one_of("method", self.method.as_deref(), Method::Card)?;
        let decline = one_of("decline", self.decline.as_deref(), Decline::DoNotHonor)?;
        let outcome = match status {
            PinnedStatus::Declined => Outcome::Declined,
            PinnedStatus::Incomplete => Outcome::Abandoned,
            PinnedStatus::Expired => Outcome::Expired,
            PinnedStatus::Captured
            | PinnedStatus::Settled
            | PinnedStatus::Authorized
            | PinnedStatus::Pending => Outcome::Approved,
        };
        let created_at = self.at.unwrap_or(now).as_second();
        let finished_at = match (self.paid_at, status) {
            (Some(at), _) => at.as_second(),
            (None, PinnedStatus::Pending | PinnedStatus::Incomplete) => NEVER,
            (None, _) => created_at,
        };
        let mut added = AddedRow {
            kind,
            method,
            outcome,
            decline,
            created_at,
            finished_at,
            settled_at: NEVER,
            corrected_at: self.corrected_at.map(Timestamp::as_second),
            amount: self.amount,
            currency,
            fee: 0,
            test: self.test,
            of: None,
            root: None,
            reason: 0,
            key: mix(created_at.unsigned_abs(), mix(self.amount.unsigned_abs(), 7)),
            card: self.card.as_ref().map(CardFile::to_card),
            first_name: self.customer.as_ref().and_then(|it| it.first_name.clone()),
            last_name: self.customer.as_ref().and_then(|it| it.last_name.clone()),
            email: self.customer.as_ref().and_then(|it| it.email.clone()),
            order: self.order.clone(),
            description: self.description.clone(),
            wire: self.wire.clone(),
        };
        self.settle(merchant, status, &mut added);
        Ok(added)
    }

    /// Whether its numbers and the words for providers make sense.
    fn check_values(&self) -> Result<(), TransactionError> {
        let wrong = |field, problem| Err(TransactionError::Value { field, problem });
        if !(0..=MAX_AMOUNT).contains(&self.amount) {
            let problem = format!("is {}; it must be 0 to {MAX_AMOUNT} minor units", self.amount);
            return wrong("amount", problem);
        }
        if let Some(fee) = self.fee.filter(|fee| fee.unsigned_abs() > MAX_AMOUNT.unsigned_abs()) {
            return wrong("fee", format!("is {fee}; it must be at most {MAX_AMOUNT} minor units"));
        }
        for (slug, json) in &self.wire {
            if let Err(err) = serde_json::from_str::<serde::de::IgnoredAny>(json) {
                return wrong("wire", format!("of {slug} is not JSON: {err}"));
            }
        }
        Ok(())
    }

    fn currency_of(&self, merchant: &Merchant) -> Result<Currency, TransactionError> {
        let Some(code) = &self.currency else {
            return Ok(merchant.trade.currencies.first().map_or(Currency::USD, |it| it.0));
        };
        Currency::parse(code).ok_or_else(|| TransactionError::Word {
            field: "currency",
            value: code.clone(),
            known: Currency::codes().collect::<Vec<_>>().join(", "),
        })
    }

    /// Fee and settlement as the merchant's trade has them, unless they are given.
    fn settle(&self, merchant: &Merchant, status: PinnedStatus, added: &mut AddedRow) {
        let moves = added.kind.sign() != 0 && added.outcome == Outcome::Approved && !added.test;
        if moves && added.finished_at != NEVER {
            let paid = calendar::day_of(added.finished_at);
            let days = if added.kind.sign() > 0 {
                original::settle(&merchant.trade, paid, paid)
            } else {
                original::settle_back(paid)
            };
            let morning = calendar::start_of(paid) + 8 * 3600;
            added.settled_at = morning + i64::from(days) * DAY;
        }
        if moves && added.kind.sign() > 0 {
            added.fee = original::fee(&merchant.trade, added.amount);
        }
        if status == PinnedStatus::Settled {
            added.settled_at = added.finished_at;
        }
        if let Some(at) = self.settled_at {
            added.settled_at = at.as_second();
        }
        if let Some(fee) = self.fee {
            added.fee = fee;
        }
    }
}

impl CardFile {
    fn to_card(&self) -> Card {
        Card::known(self.bin % 1_000_000, self.last4 % 10_000, self.exp_month, self.exp_year)
    }
}
