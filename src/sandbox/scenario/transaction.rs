//! A pinned or added transaction as a scenario file or the admin API writes it, and its conversion to a row.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use strum::VariantNames;

use super::document::Shown;
use super::reporting::VisibleAtFile;
use super::schema::Instant;
use super::vocabulary::currency;
use crate::sandbox::facts::{Decline, Kind, MAX_AMOUNT, Method, NEVER, Outcome, names_or_null};
use crate::sandbox::generate::calendar::{self, DAY};
use crate::sandbox::generate::card::Card;
use crate::sandbox::generate::original;
use crate::sandbox::generate::stream::mix;
use crate::sandbox::ledger::AddedRow;
use crate::sandbox::merchant::Merchant;
use crate::sandbox::money::Currency;

/// A transaction; only `merchant` and `amount` are required.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionFile {
    /// The name of the merchant.
    pub merchant: String,
    /// The amount in minor units, not negative.
    #[schemars(range(min = 0, max = MAX_AMOUNT))]
    pub amount: i64,
    /// ISO 4217 code; the first currency of the merchant's trade if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = Currency::codes().map(Some).chain([None]).collect::<Vec<_>>()))]
    pub currency: Option<String>,
    /// `payment`, `authorization`, `refund`, …; `payment` if absent, `authorization` for status `authorized`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = names_or_null::<Kind>()))]
    pub kind: Option<String>,
    /// `captured`, `settled`, `authorized`, `declined`, `incomplete`, `pending`, `expired`; `captured` if
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = names_or_null::<PinnedStatus>()))]
    pub status: Option<String>,
    /// The instant of creation; the present sandbox time if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub at: Option<Timestamp>,
    /// The instant at which the outcome was known; `at` if absent (never for `pending` and `incomplete`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub paid_at: Option<Timestamp>,
    /// The instant of settlement; computed from the merchant's trade if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub settled_at: Option<Timestamp>,
    /// The instant of a correction by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub corrected_at: Option<Timestamp>,
    /// The earliest instant at which reports show it: one instant, or one for each provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible_at: Option<VisibleAtFile>,
    /// The fee in minor units; computed from the merchant's trade if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub fee: Option<i64>,
    /// `card`, `bank` or `alternative`; `card` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = names_or_null::<Method>()))]
    pub method: Option<String>,
    /// The reason of a decline; `do_not_honor` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = names_or_null::<Decline>()))]
    pub decline: Option<String>,
    /// The card; a generated one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<CardFile>,
    /// The customer; generated if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerFile>,
    /// The merchant's own order number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// A description of what was bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it is a test transaction.
    #[serde(default)]
    pub test: bool,
    /// A name for this transaction, so that a later one of the same file can refer to it with `of`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The label of the transaction to which this follow-up belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The row exactly as a provider shows it: JSON text by the slug of the provider.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub wire: BTreeMap<String, String>,
}

/// A payment card.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CardFile {
    /// The BIN: the first six digits, as a number or as text.
    #[serde(deserialize_with = "digits")]
    #[schemars(with = "Digits")]
    pub bin: u32,
    /// The last four digits, as a number or as text.
    #[serde(deserialize_with = "digits")]
    #[schemars(with = "Digits")]
    pub last4: u16,
    /// Month of expiry, 1 to 12; 12 if absent.
    #[serde(default = "december")]
    #[schemars(range(min = 1, max = 12))]
    pub exp_month: u8,
    /// Year of expiry, four digits; 2030 if absent.
    #[serde(default = "far_year")]
    pub exp_year: u16,
}

/// Digits that are written as a number or, with leading zeros, as text.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected digits")]
enum Digits {
    Number(u32),
    Text(#[schemars(regex(pattern = "^[0-9]{4,6}$"))] String),
}

fn digits<'de, D: Deserializer<'de>, T: TryFrom<u32>>(from: D) -> Result<T, D::Error> {
    let number = match Digits::deserialize(from)? {
        Digits::Number(number) => Some(number),
        Digits::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        Digits::Text(_) => None,
    };
    let number = number.and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| D::Error::custom("`bin` has six digits and `last4` has four"))
}

fn december() -> u8 {
    12
}

fn far_year() -> u16 {
    2030
}

/// A customer; absent fields are generated.
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

/// Why a transaction is refused: a field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct TransactionError {
    /// The name of the field; that of a table is in front of it (`card.bin`).
    pub field: String,
    /// What came and what is allowed, as the end of a sentence.
    pub problem: String,
}

pub(super) fn wrong(field: &str, problem: String) -> TransactionError {
    TransactionError { field: field.to_owned(), problem }
}

/// The allowed statuses of a pinned or added transaction.
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

/// The values of a transaction that are words.
struct Words {
    status: PinnedStatus,
    kind: Kind,
    currency: Currency,
    method: Method,
    decline: Decline,
}

/// The variant with this name; `default` when no name is given.
fn one_of<T: FromStr + VariantNames>(
    field: &'static str,
    name: Option<&str>,
    default: T,
) -> Result<T, TransactionError> {
    let Some(name) = name else { return Ok(default) };
    name.parse().map_err(|_| {
        let known = T::VARIANTS.join(", ");
        wrong(field, format!("is `{}`; it can be {known}", Shown(name)))
    })
}

impl TransactionFile {
    /// A card payment of this merchant, created at `at` (Unix seconds).
    #[must_use]
    pub fn payment(merchant: &str, amount: i64, at: i64) -> Self {
        let at = Timestamp::from_second(at).ok();
        Self { merchant: merchant.to_owned(), amount, at, ..Self::default() }
    }

    /// The row of this transaction, created at `now` when `at` is absent.
    ///
    /// # Errors
    ///
    /// Every field that is wrong, and what is allowed.
    pub fn to_row(
        &self,
        merchant: &Merchant,
        now: Timestamp,
    ) -> Result<AddedRow, Vec<TransactionError>> {
        let mut errors = self.mistakes(now);
        let words = self.words(merchant, &mut errors);
        match words {
            Some(words) if errors.is_empty() => Ok(self.row(merchant, now, &words)),
            _ => Err(errors),
        }
    }

    /// The values that are words. `None` if one of them is not known.
    fn words(&self, merchant: &Merchant, errors: &mut Vec<TransactionError>) -> Option<Words> {
        let mut keep = |err: TransactionError| errors.push(err);
        let status = one_of("status", self.status.as_deref(), PinnedStatus::Captured);
        let status = status.map_err(&mut keep).ok();
        let plain = match status {
            Some(PinnedStatus::Authorized) => Kind::Authorization,
            _ => Kind::Payment,
        };
        let kind = one_of("kind", self.kind.as_deref(), plain).map_err(&mut keep).ok();
        if status == Some(PinnedStatus::Authorized)
            && kind.is_some_and(|kind| kind != Kind::Authorization)
        {
            keep(wrong("status", "`authorized` is for kind `authorization` only".to_owned()));
        }
        let currency = self.currency_of(merchant).map_err(&mut keep).ok();
        let method = one_of("method", self.method.as_deref(), Method::Card).map_err(&mut keep).ok();
        let decline =
            one_of("decline", self.decline.as_deref(), Decline::DoNotHonor).map_err(&mut keep).ok();
        Some(Words {
            status: status?,
            kind: kind?,
            currency: currency?,
            method: method?,
            decline: decline?,
        })
    }

    fn row(&self, merchant: &Merchant, now: Timestamp, words: &Words) -> AddedRow {
        let Words { status, kind, currency, method, decline } = *words;
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
            parent: None,
            reason: 0,
            key: mix(created_at.unsigned_abs(), mix(self.amount.unsigned_abs(), 7)),
            card: self.card.as_ref().map(CardFile::to_card),
            first_name: self.customer.as_ref().and_then(|it| it.first_name.clone()),
            last_name: self.customer.as_ref().and_then(|it| it.last_name.clone()),
            email: self.customer.as_ref().and_then(|it| it.email.clone()),
            order: self.order.clone(),
            description: self.description.clone(),
            wire: self.wire.clone(),
            visible_at: self.visible_at.as_ref().map(VisibleAtFile::to_seconds),
        };
        self.settle(merchant, status, &mut added);
        added
    }

    fn currency_of(&self, merchant: &Merchant) -> Result<Currency, TransactionError> {
        let Some(code) = &self.currency else {
            return Ok(merchant.trade.currencies.first().map_or(Currency::USD, |it| it.0));
        };
        currency(code).map_err(|problem| wrong("currency", format!("names an {problem}")))
    }

    /// Sets settlement and fee: computed from the merchant's trade, unless the file gives them.
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
        if moves && matches!(added.kind, Kind::Payment | Kind::Capture) {
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
