//! The provider-independent JSON of a transaction, used by all calls that show transactions.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::spec::names;
use crate::sandbox::facts::{Kind, Method, Named, Status};
use crate::sandbox::ledger::Transaction;

fn instant(second: i64) -> Option<Timestamp> {
    Timestamp::from_second(second).ok()
}

/// A transaction, independent of any provider. Amounts are minor units.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Transaction")]
pub(super) struct TransactionView {
    pub(super) id: i64,
    merchant: String,
    #[schemars(extend("enum" = names::<Kind>()))]
    kind: &'static str,
    #[schemars(extend("enum" = names::<Status>()))]
    status: &'static str,
    #[schemars(extend("enum" = names::<Method>()))]
    method: &'static str,
    amount: i64,
    /// ISO 4217 code.
    #[schemars(regex(pattern = "^[A-Z]{3}$"))]
    currency: &'static str,
    fee: i64,
    created_at: Option<Timestamp>,
    /// When its outcome was known.
    paid_at: Option<Timestamp>,
    settled_at: Option<Timestamp>,
    /// When it was or will be settled.
    settles_at: Option<Timestamp>,
    test: bool,
    /// The transaction that it follows; `null` for an original transaction.
    parent: Option<i64>,
    /// The merchant's own order number.
    order: String,
    description: String,
    /// Why it was declined.
    decline: Option<&'static str>,
    /// Captured amount of a payment or an authorization.
    #[serde(skip_serializing_if = "Option::is_none")]
    captured: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refunded: Option<i64>,
    /// Its follow-up transactions.
    #[serde(skip_serializing_if = "Option::is_none")]
    children: Option<Vec<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<ShownCard>,
    customer: Customer,
    /// The journal entries whose answers carried it, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seen: Option<Vec<u64>>,
}

/// The stored data of a card.
#[derive(Debug, JsonSchema, Serialize)]
struct ShownCard {
    #[schemars(regex(pattern = "^[0-9]{6}$"))]
    bin: String,
    #[schemars(regex(pattern = "^[0-9]{4}$"))]
    last4: String,
}

/// The payer.
#[derive(Debug, JsonSchema, Serialize)]
struct Customer {
    first_name: String,
    last_name: String,
    email: String,
}

pub(super) fn shown(row: &Transaction<'_>) -> TransactionView {
    let person = row.person();
    let card = row.card().map(|card| ShownCard {
        bin: format!("{:06}", card.bin),
        last4: format!("{:04}", card.last4),
    });
    let is_birth = row.kind.is_original();
    TransactionView {
        id: row.number(),
        merchant: row.view().merchant.name.clone(),
        kind: row.kind.name(),
        status: row.status().name(),
        method: row.method.name(),
        amount: row.amount,
        currency: row.currency.code(),
        fee: row.fee,
        created_at: instant(row.created_at),
        paid_at: row.paid_at().and_then(instant),
        settled_at: row.settled_at().and_then(instant),
        settles_at: row.settles_at().and_then(instant),
        test: row.test,
        parent: row.parent().map(|parent| parent.number()),
        order: row.order().to_string(),
        description: row.description().to_owned(),
        decline: row.decline().map(|reason| reason.name()),
        captured: is_birth.then(|| row.captured()),
        refunded: is_birth.then(|| row.refunded()),
        children: is_birth.then(|| row.children().iter().map(Transaction::number).collect()),
        card,
        customer: Customer {
            first_name: person.first.to_owned(),
            last_name: person.last.to_owned(),
            email: person.email(),
        },
        seen: None,
    }
}
